"""Files of weights from strangers: each way to do harm that is refused."""

from __future__ import annotations

import collections
import contextlib
import copy
import functools
import io
import os
import pickle
import struct
import sys
import time
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from explorer.errors import BadCheckpoint
from explorer.loading.checkpoints import read_checkpoint
from tests.weight_files import STATE, Call, refusal, replaced, rezipped, saved, with_pickle


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize(
    ("function", "argument", "shown"),
    [
        (os.system, "touch harm", "posix.system"),
        (eval, "open('harm', 'w')", "builtins.eval"),
        (bytearray, 1 << 40, "builtins.bytearray"),  # torch lets this one pass
        (torch.Tensor, 1 << 40, "torch._tensor.Tensor"),  # and this
        (getattr, "x", "builtins.getattr"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="names of POSIX")
def test_nothing_in_a_pickle_is_called(
    function: object, argument: object, shown: str, legacy: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = saved({"weight": Call(function, argument)}, legacy=legacy)
    text = refusal(data)
    assert text.startswith("'net.pth' holds more than weights (")
    assert text.endswith(f".{shown.split('.')[-1]}')")
    assert list(tmp_path.iterdir()) == []


def _must_not_run(self: object, state: object) -> None:
    print("called")


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_nothing_beside_the_weights_is_called_or_imported(
    legacy: bool, protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A stand-in takes its place, however the call is written, and the weights are read."""
    name = "imported_by_a_pickle"
    (tmp_path / f"{name}.py").write_text("print('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    marked = type("Marked", (), {"__module__": name, "__setstate__": _must_not_run})
    module: Any = types.ModuleType(name)
    module.Marked = marked
    monkeypatch.setitem(sys.modules, name, module)
    instance: Any = marked()
    instance.attribute = 1
    beside = {
        "print": Call(print, "called"),
        "call of a call": Call(functools.partial, Call(print, "called")),
        "object": instance,
        "class": marked,
        "system": Call(os.system, "echo called"),
    }
    data = saved({"epoch": 1, "state_dict": STATE, **beside}, legacy=legacy, protocol=protocol)
    monkeypatch.delitem(sys.modules, name)
    capfd.readouterr()
    state = read_checkpoint(data).state
    assert set(state) == set(STATE)
    assert all(torch.equal(state[key], value) for key, value in STATE.items())
    assert name not in sys.modules
    assert capfd.readouterr() == ("", "")


def test_such_calls_would_be_seen(capfd: pytest.CaptureFixture[str]) -> None:
    pickle.loads(pickle.dumps([Call(print, "called"), Call(os.system, "echo called")]))
    assert sorted(capfd.readouterr().out.split()) == ["called", "called"]


STAND_IN = b"cbuiltins\nprint\nX\x01\x00\x00\x00x\x85R"  # print("x")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ctorch\nFloatStorage\nq\x04", STAND_IN + b"q\x04"),
        (b"ctorch\nFloatStorage\nq\x04", b"cbuiltins\nprint\nq\x04"),
        (b"K\x00K\x03\x85", STAND_IN + b"K\x03\x85"),
        (b"K\x00K\x03\x85", b"K\x00" + STAND_IN),
        (b"K\x00K\x03\x85", b"K\x00" + STAND_IN + b"\x85"),
        (b"K\x03tq", STAND_IN + b"tq"),
        (b"K\x01\x85", STAND_IN),
        (b"Q", b"\x85" + STAND_IN + b"\x86"),  # the storage itself
    ],
)
def test_no_stand_in_becomes_a_part_of_a_tensor(old: bytes, new: bytes) -> None:
    data = with_pickle(saved({"bias": torch.ones(3)}), lambda content: replaced(content, old, new))
    assert refusal(data) in (
        "'net.pth' describes its values in a way that torch.save does not",
        "'net.pth' is damaged, or holds something that no network's weights need",
    )


def test_a_bare_pickle_is_no_file_of_weights() -> None:
    for protocol in range(6):
        assert refusal(pickle.dumps(Call(os.system, "false"), protocol)) == (
            "'net.pth' is neither of the two kinds of file that can be read"
        )


def test_compressed_zips_are_not_unpacked() -> None:
    data = rezipped(
        saved({"weight": torch.zeros(1_000_000)}), lambda name, content: {name: content}, zipfile.ZIP_DEFLATED
    )
    assert len(data) < 50_000
    assert refusal(data) == "'net.pth' is a compressed zip, which torch.save never writes"


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ("../evil", "is a zip with members outside its one folder"),
        ("archive/../../evil", "is a zip with members outside its one folder"),
        ("archive/data\\0", "is a zip with members outside its one folder"),
        ("other/data.pkl", "is a zip with members outside its one folder"),
        ("archive/code/data.pkl", "is a TorchScript program"),
        ("archive/constants.pkl", "is a TorchScript program"),
        ("archive/inner/data.pkl", "is a zip, but not one that torch.save wrote"),
        ("archive/data/x", "is a zip that torch.save did not write"),
        ("archive/DATA.pkl", "is a zip with two members of one name"),
    ],
)
def test_members_that_torch_never_writes(extra: str, reason: str) -> None:
    def change(name: str, content: bytes) -> dict[str, bytes]:
        return {name: content, extra: b"harm"} if name.endswith("version") and "." not in name else {name: content}

    data = rezipped(saved(STATE), change)
    if "\\" in extra:  # zipfile turns it round on writing where that is the separator
        assert extra.encode() in data
    assert refusal(data) == f"'net.pth' {reason}"


def test_torchscript_is_named() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("m/data.pkl", "m/constants.pkl", "m/code/__torch__.py"):
            archive.writestr(name, b"\x80\x02}.")
    assert refusal(stream.getvalue()) == "'net.pth' is a TorchScript program"


def test_bytes_around_a_zip_are_refused() -> None:
    data = saved(STATE)
    for odd in (data + b"\0", data + b"x" * 100, data[:4] + b"\0" * 8 + data[4:], data + data):
        refusal(odd)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_sparse_tensors_are_refused(legacy: bool) -> None:
    assert refusal(saved({"weight": torch.eye(3).to_sparse()}, legacy=legacy)) == "'net.pth' holds sparse tensors"


def test_a_sparse_tensor_with_lying_indices_is_refused() -> None:
    lying = torch.sparse_coo_tensor(torch.tensor([[10**12]]), torch.ones(1), (10**13,), check_invariants=False)
    assert refusal(saved({"weight": lying})) == "'net.pth' holds sparse tensors"


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_a_tensor_that_repeats_one_value_4_tb_long_is_refused(legacy: bool) -> None:
    data = saved({"weight": torch.ones(1).expand(10**6, 10**6)}, legacy=legacy)
    assert refusal(data) == "'net.pth' repeats one value where it claims many"


SHAPE = b"K\x03\x85"  # (3,) as torch writes the shape of the bias


def big(number: int) -> bytes:
    return b"J" + struct.pack("<i", number)


def test_claims_are_held_against_the_bytes() -> None:
    data, old = saved({"bias": torch.ones(3)}), saved({"bias": torch.ones(3)}, legacy=True)
    missing = "'net.pth' claims values that are not in it"
    for number in (4, 10**9):
        wrong_shape = with_pickle(data, lambda content: replaced(content, SHAPE, big(number) + b"\x85"))  # noqa: B023
        wrong_storage = with_pickle(data, lambda content: replaced(content, b"K\x03tq", big(number) + b"tq"))  # noqa: B023
        assert refusal(wrong_shape) == refusal(wrong_storage) == missing
        assert refusal(replaced(old, SHAPE, big(number) + b"\x85")) == missing
        assert refusal(replaced(old, b"K\x03Ntq", big(number) + b"Ntq")) == missing


def test_a_legacy_storage_that_is_not_in_the_file_is_refused() -> None:
    """Its values would be whatever the memory held before."""
    data = saved({"bias": torch.ones(3)}, legacy=True)
    keys = data.rindex(b"\x80\x02]")
    assert refusal(data[:keys] + b"\x80\x02].") == "'net.pth' claims values that are not in it"


def test_many_views_of_one_storage_are_refused() -> None:
    """Each of them would become a tensor of its own."""
    whole = torch.ones(50_000, dtype=torch.float16)
    text = refusal(saved({f"w{i}": whole[i:] for i in range(100)}))
    assert text == "'net.pth' claims more values than it holds"


@pytest.mark.parametrize("make", [saved, lambda state: saved(state, legacy=True), safetensors.torch.save])
@pytest.mark.parametrize("shape", [(10**12, 0), (0, 10**12), (10**6, 10**6, 0)])
def test_empty_tensors_that_claim_a_great_length(make: Callable[[object], bytes], shape: tuple[int, ...]) -> None:
    """They are no bytes in the file, but a network with as many classes would be."""
    assert refusal(make({"fc.weight": torch.zeros(shape)})) == "'net.pth' claims more values than it holds"


def test_members_that_share_their_bytes() -> None:
    """How a small zip unpacks to a large one without compression."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved({"weight": torch.ones(5000)}))) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        storage = new.getinfo("archive/data/0")
        for i in range(1, 100):
            again = copy.copy(storage)
            again.filename = f"archive/data/{i}"
            new.filelist.append(again)
    assert refusal(stream.getvalue()) == "'net.pth' claims to unpack to more than it is"


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_too_many_entries(legacy: bool) -> None:
    assert refusal(saved({f"w{i}": torch.zeros(0) for i in range(5001)}, legacy=legacy)) == (
        "'net.pth' has 5,001 entries, more than the 5,000 that any network here needs"
    )


@pytest.mark.slow
def test_200_000_entries_are_not_read_to_the_end() -> None:
    many = pickle.dumps({f"k{i}": i for i in range(200_000)}, 2)
    data = with_pickle(saved({"k": torch.zeros(1)}), lambda _: many)
    assert refusal(data) == "'net.pth' holds far more than weights"


def test_200_000_entries_of_safetensors_are_not_read_at_all() -> None:
    entries = (b'"k%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}' % i for i in range(200_000))
    header = b"{" + b",".join(entries) + b"}"
    assert refusal(struct.pack("<Q", len(header)) + header) == (
        "'net.pth' is neither of the two kinds of file that can be read"
    )


@pytest.mark.parametrize(
    ("pickled", "reason"),
    [
        (b"\x80\x02]q\x00(K\x01K\x02e.", "holds no named tensors"),
        (b"\x80\x02}q\x00.", "holds no named tensors"),
        (b"\x80\x02}q\x00X\x01\x00\x00\x00a}s.", "has an entry 'a' that is not a tensor"),
        (b"\x80\x02}q\x00X\x01\x00\x00\x00aK\x01s.", "has an entry 'a' that is not a tensor"),
        (b"\x80\x02}q\x00K\x07}s.", "has an entry '7' that is not a tensor"),
        (b"\x80\x02}q\x00NK\x01s.", "has entries without a name"),
        (b"\x80\x04}.", "holds no named tensors"),
        (b"\x80\x06}.", "holds more than weights"),
        (b"\x80\x02}q\x00X\x01\x00\x00\x00a", "is damaged, or holds something that no network's weights need"),
        (b"\x80\x02\x30.", "holds more than weights"),
        (b"", "is damaged, or holds something that no network's weights need"),
        (b"\x80\x02u.", "is damaged, or holds something that no network's weights need"),
        # a key of tuples in tuples, 60 deep and each twice: looking it up would take until the end of the world
        (b"\x80\x02})" + b"q\x01h\x01\x86" * 60 + b"K\x01s.", "has entries without a name"),
        # and one 100,000 deep, which would break the stack
        (b"\x80\x02})" + b"\x85" * 100_000 + b"K\x01s.", "has entries without a name"),
    ],
)
def test_pickles_of_other_things(pickled: bytes, reason: str) -> None:
    assert refusal(with_pickle(saved(STATE), lambda _: pickled)) == f"'net.pth' {reason}"


def test_an_ordered_dict_with_attributes_that_hide_its_methods() -> None:
    state = collections.OrderedDict(STATE)
    state.__dict__.update(itemz=None, keyz=None, geu=None)
    hidden = {b"itemz": b"items", b"keyz": b"keys", b"geu": b"get"}
    data = with_pickle(
        saved(state), lambda content: functools.reduce(lambda old, pair: replaced(old, *pair), hidden.items(), content)
    )
    assert set(read_checkpoint(data).state) == set(STATE)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: torch.ones(2, dtype=torch.complex64), "holds complex numbers"),
        (lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), "holds quantised weights"),
        (lambda: torch.ones(2).to(torch.float8_e4m3fn), "holds more than weights ('torch._utils._rebuild_tensor_v3')"),
        (
            lambda: torch.ones(2, device="meta"),
            "holds more than weights ('torch._utils._rebuild_meta_tensor_no_storage')",
        ),
    ],
    ids=["complex", "quantised", "float8", "meta"],
)
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated:UserWarning")
def test_only_dense_real_tensors(make: Callable[[], torch.Tensor], reason: str) -> None:
    assert refusal(saved({"weight": make()})) == f"'net.pth' {reason}"


def test_safetensors_of_other_kinds() -> None:
    for tensor in (torch.ones(2, dtype=torch.complex64), torch.ones(2, dtype=torch.float8_e5m2)):
        assert refusal(safetensors.torch.save({"weight": tensor})) == (
            f"'net.pth' has an entry 'weight' of a kind that is not read ({tensor.dtype})"
        )
    lying = safetensors.torch.save({"weight": torch.ones(3)}).replace(b'"shape":[3]', b'"shape":[9]')
    assert refusal(lying) == "'net.pth' is damaged, or holds something that no network's weights need"


@pytest.mark.parametrize("make", [saved, lambda state: saved(state, legacy=True), safetensors.torch.save])
def test_truncated_files(make: Callable[[object], bytes]) -> None:
    data = make({"weight": torch.arange(100.0), "bias": torch.ones(5)})
    for length in [*range(1, len(data), 97), len(data) - 1]:
        refusal(data[:length])


@pytest.mark.parametrize("make", [saved, lambda state: saved(state, legacy=True), safetensors.torch.save])
def test_flipped_bytes_never_break_anything(make: Callable[[object], bytes]) -> None:
    data = make({"weight": torch.arange(4.0), "bias": torch.ones(5)})
    for position in range(0, len(data), 3):
        broken = bytearray(data)
        broken[position] ^= 0x55
        with contextlib.suppress(BadCheckpoint):  # and never anything else
            read_checkpoint(bytes(broken))


def test_what_is_no_file_of_weights_at_all(tmp_path: Path) -> None:
    assert refusal(b"") == "'net.pth' is empty"
    assert refusal(b"", None) == "The file of weights is empty"
    for data in (
        b"just some text, a little longer than sixteen bytes",
        b"\0",
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"\xff" * 999,
    ):
        assert refusal(data) == "'net.pth' is neither of the two kinds of file that can be read"
    cannot = " cannot be opened; a readable file of weights is needed. Check the path and its permissions."
    assert refusal(tmp_path / "absent.pth", None) == "'absent.pth'" + cannot
    assert refusal(str(tmp_path), "folder") == "'folder'" + cannot
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe", None) == "'pipe'" + cannot


def test_files_over_the_limit_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.pth"
    with path.open("wb") as file:
        file.truncate(3000 << 20)  # takes no room on the disk
    assert refusal(path, None) == (
        "'huge.pth' has 3,000 MB; a file of weights may have 300 MB. "
        "Save the weights alone, without the state of the training, or choose a smaller network."
    )
    data = saved(STATE)
    assert refusal(data, max_bytes=len(data) - 1).startswith("'net.pth' has 0 MB; ")
    assert read_checkpoint(data, max_bytes=len(data)).state


def test_names_from_outside_stay_short_and_on_one_line() -> None:
    text = refusal(saved({"a\nb" * 100: 1}), "x\r\n" + "y" * 200)
    assert text.startswith("'x??yyy")
    assert "has an entry 'a?ba?b" in text
    assert len(text) < 250


def test_what_many_entries_share_is_looked_into_once() -> None:
    """A small file can say of a long list a million times that it stands there, too."""
    long = [str(i) for i in range(25_000)] + [1]
    inner: dict[str, object] = {str(i): i for i in range(25_000)}
    names = ("classes", "names", "labels", "class_names", "id2label", "label2id", "categories")
    room: dict[str, object] = dict.fromkeys(names, long)
    wrappers = ("state_dict", "model", "net", "network", "weights", "params", "ema", "model_ema")
    for _ in range(5):
        inner = {**dict.fromkeys(wrappers, inner), **inner}
    many: dict[str, object] = {f"e{i}": inner for i in range(3000)}
    rooms = dict.fromkeys(("args", "config", "cfg", "meta", "opt", "hparams"), room)
    begun = time.process_time()
    assert refusal(saved({**many, **rooms, **room, "state_dict": {"weight": 1}})).startswith("'net.pth' has an entry ")
    state = read_checkpoint(saved({"state_dict": STATE, **many, **rooms, **room})).state
    assert set(state) == set(STATE)
    assert time.process_time() - begun < 10
