"""What a network is trained on from scratch: drawn by code, or one's own, prepared as the network prepares it."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from explorer.errors import BadData, BadOption
from explorer.networks.digits import DigitPreparation, shows_digit
from explorer.networks.preparation import PhotoPreparation
from explorer.pictures import classes
from explorer.pictures.classes import VARIABLE, class_folders, classes_in, data_folder, data_problem, some_of_each
from explorer.pictures.image import read_image
from explorer.scratch import data
from explorer.scratch.data import OF_DIGITS, OF_PICTURES, data_sets, find, load, preparation_of
from explorer.scratch.drawn_digits import N_TEST, N_TRAIN, drawn_digits
from explorer.scratch.mnist import read_mnist
from explorer.transfer.drawn import SETS, SIDE, drawn_set

ROOT = Path(__file__).parents[2]
MNIST = ROOT.parent / "shared" / "data" / "mnist.npz"
WITHOUT_MNIST = pytest.mark.skipif(not MNIST.is_file(), reason="MNIST is not beside the repository")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_N_DRAWN", 6)
    monkeypatch.setattr(data, "_N_DRAWN_TEST", 3)


@pytest.fixture(scope="module")
def digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return drawn_digits("test")


def as_picture(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(digit[0, :, :, None], 3, axis=2)


def test_there_are_digits_and_the_drawn_sets_and_each_says_what_it_is() -> None:
    found = data_sets()
    assert [*found] == ["digits", *SETS]
    assert [*SETS][-1] == "orientation"
    for one in found.values():
        assert one.title
        assert "drawn by code" in one.says
        assert len(one.categories) > 1
    assert find("digits").shape == OF_DIGITS
    assert find("orientation").shape == OF_PICTURES
    with pytest.raises(BadData, match=r"^There is no data set 'digit'\. Nearest: 'digits'. There are digits, shapes, "):
        find("digit")


def test_digits_are_the_same_for_a_seed_and_new_for_another_and_none_is_in_both_parts() -> None:
    train, labels = drawn_digits("train")
    test, test_labels = drawn_digits("test")
    assert (train.shape, train.dtype, labels.dtype) == ((N_TRAIN, 1, 32, 32), np.uint8, np.int64)
    assert len(test) == N_TEST >= 1000
    assert N_TRAIN >= 5000
    assert np.bincount(labels).tolist() == [N_TRAIN // 10] * 10
    assert np.bincount(test_labels).tolist() == [N_TEST // 10] * 10
    assert np.array_equal(test, drawn_digits("test")[0])
    assert not np.array_equal(test, drawn_digits("test", seed=1)[0])
    pixels = [one.tobytes() for one in (*train, *test)]
    assert len({*pixels}) == len(pixels)


def test_a_drawn_digit_is_prepared_already_as_one_of_mnist_is(digits: tuple[NDArray[np.uint8], object]) -> None:
    """Its longer side has twenty pixels, and its centre of mass lies in the middle, as far as 28 pixels allow."""
    for one in digits[0][:200, 0]:
        rows, columns = np.nonzero(one.any(axis=1))[0], np.nonzero(one.any(axis=0))[0]
        assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 20  # a faint last row rounds to nothing
        y, x = (float((one.sum(axis=a) * np.arange(32)).sum() / one.sum()) for a in (1, 0))
        assert max(abs(y - 16), abs(x - 16)) <= 0.6 or rows.min() == 2 or rows.max() == 29
    prepare = DigitPreparation()
    far = [
        np.abs(prepare(read_image(as_picture(one))).pixels[:, :, 0].astype(float) - one[0]).mean()
        for one in digits[0][:100]
    ]
    assert np.median(far) < 2  # of 255
    assert sum(shows_digit(as_picture(one)) for one in digits[0][:200]) >= 198


def test_the_nearest_of_the_training_digits_tells_the_held_out_ones(digits: tuple[NDArray[np.uint8], object]) -> None:
    """That they can be learned, without a network: one nearest neighbour in pixels."""
    train, labels = drawn_digits("train")
    a, b = (x.reshape(len(x), -1).astype(np.float32) for x in (train, digits[0][:300]))
    nearest = ((a**2).sum(1)[None] - 2 * b @ a.T).argmin(axis=1)
    assert (labels[nearest] == np.asarray(digits[1])[:300]).mean() > 0.9


def test_what_is_loaded_is_what_the_preparation_makes_of_each_picture(fewer: None) -> None:
    for shape in (OF_DIGITS, OF_PICTURES, (3, 40, 40)):
        found, prepare = load("shapes", shape, seed=4), preparation_of(shape)
        assert found.preparation == prepare
        assert found.test.shape == (9, *shape)
        assert (found.train.dtype, found.test.dtype) == (np.uint8, np.uint8)
        for (category, part), label in zip(drawn_set("shapes", 9, seed=4).items(), range(3), strict=True):
            expected = [np.moveaxis(prepare(one.read()).pixels, -1, 0)[: shape[0]] for one in part[6:]]
            assert np.array_equal(found.test[found.test_labels == label], expected), category


def test_scaled_pictures_are_what_the_network_receives_in_the_app(fewer: None) -> None:
    for key, shape in (("parts", OF_PICTURES), ("parts", OF_DIGITS)):
        found = load(key, shape)
        (picture,) = (one.read() for one in drawn_set(key, 7)["good"][6:])
        scaled = found.preparation.scaled(torch.from_numpy(found.test[:1]).float() / 255)
        assert torch.allclose(scaled, found.preparation(picture).tensor, atol=1e-6)


def test_some_to_train_on_are_evenly_of_all_classes_and_the_held_out_stay(fewer: None) -> None:
    every = load("shapes", OF_PICTURES)
    assert len(every.train) == 18
    few = load("shapes", OF_PICTURES, 7)
    assert sorted(np.bincount(few.train_labels)) == [2, 2, 3]
    assert np.array_equal(few.test, every.test)
    assert {one.tobytes() for one in few.train} < {one.tobytes() for one in every.train}
    assert np.array_equal(few.train, load("shapes", OF_PICTURES, 7).train)
    assert not {one.tobytes() for one in every.train} & {one.tobytes() for one in every.test}
    for wrong in (2, 19, 0, -1):
        with pytest.raises(BadOption, match=f"^Shapes has 18 pictures to train on, of 3 classes; {wrong} are asked"):
            load("shapes", OF_PICTURES, wrong)


def test_no_more_is_trained_on_than_memory_is_meant_for(fewer: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_MOST_BYTES", 5 * 3 * 64 * 64)
    assert len(load("shapes", OF_PICTURES).train) == 5


def test_held_out_digits_are_moved_and_those_to_train_on_stay() -> None:
    plain, moved = load("digits", OF_DIGITS, 10), load("digits", OF_DIGITS, 10, shifted=True)
    assert np.array_equal(plain.train, moved.train)
    steps = []
    for before, after in zip(plain.test[:40, 0], moved.test[:40, 0], strict=True):
        around = np.pad(before, 5)
        steps += [(y, x) for y in range(11) for x in range(11) if np.array_equal(around[y:, x:][:32, :32], after)]
    assert len(steps) == 40
    assert len({*steps}) > 25


def test_portraits_are_higher_than_wide() -> None:
    for category, draw in SETS["orientation"].classes.items():
        for seed in range(60):
            pixels = np.full((SIDE, SIDE, 3), 255, np.uint8)
            draw(pixels, np.random.default_rng(seed))
            rows, columns = np.nonzero((pixels != 255).any(axis=2))
            assert (np.ptp(rows) > np.ptp(columns)) == (category == "portrait")


def png(level: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((9, 9, 3), level, np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two classes, the same packed, one class alone, pictures beside each other, and other things."""
    own = tmp_path / "pets"
    for number in range(16):
        place = own / "train" / ("cat" if number % 2 else "dog")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.png").write_bytes(png(number))
    (own / "train" / "dog" / "broken.png").write_bytes(b"no picture")
    (own / "beside.png").write_bytes(png(200))
    with tarfile.open(tmp_path / "packed.tar", "w") as tar:
        tar.add(own, ".")
    (tmp_path / "one" / "cat").mkdir(parents=True)
    (tmp_path / "one" / "cat" / "1.png").write_bytes(png(1))
    (tmp_path / "broken.tar").write_bytes(b"no archive")
    (tmp_path / "notes.txt").write_text("nothing")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def test_folders_and_archives_with_a_folder_for_each_class_are_data_sets(folder: Path) -> None:
    assert [*class_folders()] == ["packed.tar", "pets"]
    assert [*data_sets()][-2:] == ["folder packed.tar", "folder pets"]
    for key in ("folder packed.tar", "folder pets"):
        found = load(key, OF_PICTURES)
        assert found.categories == ("cat", "dog")
        assert (len(found.train), len(found.test)) == (12, 4)
        levels = {label: {int(one.mean()) for one in found.train[found.train_labels == label]} for label in (0, 1)}
        assert all(level % 2 == 1 - label for label, part in levels.items() for level in part)
        assert "'train/dog/broken.png' of 'dog' cannot be read, and is left out." in found.notes
        assert found.says == f"pictures of one's own, from {key.removeprefix('folder ')} in {VARIABLE}"


def test_what_is_put_into_a_folder_later_is_found(folder: Path) -> None:
    assert "one" not in class_folders()
    (folder / "one" / "dog").mkdir()
    (folder / "one" / "dog" / "2.png").write_bytes(png(2))
    assert [*classes_in(class_folders()["one"])] == ["cat", "dog"]


def test_some_of_each_class_are_at_even_steps(folder: Path) -> None:
    every = classes_in(folder / "pets")
    few = some_of_each(every, 2)
    assert {name: [one.name for one in part] for name, part in few.items()} == {
        name: [part[0].name, part[len(part) // 2].name] for name, part in every.items()
    }
    assert {name: len(part) for name, part in some_of_each(every, 99).items()} == {"cat": 8, "dog": 9}


def test_one_class_or_none_is_no_data_set(folder: Path) -> None:
    with pytest.raises(BadData, match=r"^'one' has 1 folder with pictures. Put those of each class into a folder of"):
        classes_in(folder / "one")
    (folder / "none").mkdir()
    with pytest.raises(BadData, match="There is no picture"):
        classes_in(folder / "none")
    with pytest.raises(BadData, match=r"cannot be read: No such file or directory. Look at its permissions.$"):
        classes_in(folder / "nowhere")


def test_a_whole_disk_is_not_looked_through(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "_MOST_FILES", 18)
    assert len(classes_in(folder / "pets")) == 2  # 18 files
    monkeypatch.setattr(classes, "_MOST_FILES", 17)
    classes._classes.cache_clear()
    with pytest.raises(BadData, match=r"^'pets' has more than 17 files\. Choose a folder with pictures alone\.$"):
        classes_in(folder / "pets")
    assert [*class_folders()] == ["packed.tar"]


def test_a_folder_that_is_not_there_is_said_and_the_rest_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_problem() == ""
    assert data_folder() is None
    monkeypatch.setenv(VARIABLE, str(tmp_path / "gone"))
    assert data_problem().startswith(f"{VARIABLE} names the folder '{tmp_path / 'gone'}', which cannot be looked into")
    assert data_folder() is None
    assert [*data_sets()] == ["digits", *SETS]
    with pytest.raises(BadData, match=r"There is no data set 'mnist'.* which cannot be looked into"):
        find("mnist")


def arrays(n: int = 20) -> dict[str, NDArray[np.generic]]:
    rng = np.random.default_rng(0)
    pictures, labels = rng.integers(0, 256, (n, 28, 28)).astype(np.uint8), (np.arange(n) % 10).astype(np.uint8)
    return {"x_train": pictures, "y_train": labels, "x_test": pictures[::-1], "y_test": labels[::-1]}


def saved(folder: Path, **changed: object) -> Path:
    content = arrays() | changed
    np.savez_compressed(folder / "mnist.npz", **{key: value for key, value in content.items() if value is not None})  # type: ignore[arg-type]
    return folder / "mnist.npz"


def test_mnist_is_read_with_a_margin_and_is_a_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train, labels, test, _ = read_mnist(saved(tmp_path))
    assert np.array_equal(train[:, 0, 2:-2, 2:-2], arrays()["x_train"])
    assert np.array_equal(test, train[::-1])
    assert not train[:, :, :2].any()
    assert labels.tolist() == [*range(10)] * 2
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    found = load("mnist", OF_DIGITS, 10)
    assert sorted(found.train_labels) == [*range(10)]
    assert find("mnist").says == f"70,000 handwritten digits (LeCun, Cortes, Burges), from mnist.npz in {VARIABLE}"
    assert isinstance(load("mnist", OF_PICTURES, 10).preparation, PhotoPreparation)


@pytest.mark.parametrize(("changed", "said"), [
    ({"x_test": None}, "it is damaged, or holds other arrays"),
    ({"x_train": np.zeros((20, 28, 28))}, "x_train is float64 of 20 × 28 × 28"),
    ({"x_train": np.zeros((20, 28, 27), np.uint8)}, "x_train is uint8 of 20 × 28 × 27"),
    ({"x_train": np.zeros((20, 784), np.uint8)}, "x_train is uint8 of 20 × 784"),
    ({"x_train": np.array([{}] * 20)}, "x_train is object of 20"),
    ({"y_train": np.zeros(19, np.uint8)}, "y_train is no list of 20 digits in which each from 0 to 9 occurs"),
    ({"y_train": np.full(20, 3, np.uint8)}, "y_train is no list of 20 digits in which each from 0 to 9 occurs"),
    ({"y_train": np.arange(20)}, "y_train is no list of 20 digits in which each from 0 to 9 occurs"),
])  # fmt: skip
def test_another_file_of_that_name_is_refused_with_what_is_wrong(
    changed: dict[str, object], said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadData) as caught:
        read_mnist(saved(tmp_path, **changed))
    assert str(caught.value) == (
        f"'mnist.npz' cannot be read: {said}. It is a file of NumPy with x_train and x_test, uint8 pictures of "
        "28 × 28, and y_train and y_test, a digit for each: fetch it again."
    )


def test_what_a_file_claims_is_compared_before_anything_is_unpacked(tmp_path: Path) -> None:
    file = saved(tmp_path)
    for shape, said in (
        ("(900000000, 28, 28)", "claims to be 900000000 × 28 × 28; 100,000 pictures of 28 × 28 are the most"),
        ("(99999, 28, 28)", "has not as many numbers as it says"),
    ):
        with zipfile.ZipFile(file, "w") as archive, archive.open("x_train.npy", "w") as entry:
            header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
            entry.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(1000))
        with pytest.raises(BadData, match=f"x_train {said}"):
            read_mnist(file)
    file.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(BadData, match="it is damaged, or holds other arrays"):
        read_mnist(file)


@WITHOUT_MNIST
def test_mnist_as_it_is_loaded_is_what_the_preparation_makes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(MNIST.parent))
    found, prepare = load("mnist", OF_DIGITS, 60), DigitPreparation()
    assert len(found.test) == 10_000
    for one in found.test[:60]:
        assert np.array_equal(prepare(read_image(as_picture(one))).pixels[:, :, 0], one[0])
