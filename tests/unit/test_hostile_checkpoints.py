"""Files of weights by the hundred at the border: right ones with the right tensors, others as sentences."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import pytest
import torch

from explorer.errors import BadCheckpoint
from explorer.loading.checkpoints import read_checkpoint
from tests.hostile.bad_weights import bad_weights, flipped_weights
from tests.hostile.weights import HARM, calls, good_weights
from tests.weight_files import refusal

pytestmark = pytest.mark.slow

LEAST_BAD = {
    "cut off": 30, "strange call": 90, "lying tensor": 30, "lying type": 9, "lying storage": 4, "broken zip": 12,
    "no named tensors": 30, "broken pickle": 25, "lying header": 35, "lying length": 6, "another kind of file": 45,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in: whatever the calls in these files do, they do it here."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_right_files_give_their_tensors_and_nothing_in_them_is_run(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    good = good_weights()
    assert len(good) >= 150
    for one in good:
        found = read_checkpoint(one.data, "net.pth").state
        assert set(found) == set(one.state), one.name
        for key, value in one.state.items():
            assert found[key].dtype == value.dtype, one.name
            if value.dtype == torch.bool:
                assert found[key].view(torch.uint8).max() <= 1, one.name
            assert torch.equal(found[key].nan_to_num(nan=7.5), value.nan_to_num(nan=7.5)), one.name
    assert not list(folder.iterdir())
    assert capfd.readouterr() == ("", "")


def test_all_others_are_told_in_a_sentence_and_nothing_in_them_is_run(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = bad_weights()
    found = Counter(one.fault for one in bad)
    assert not {fault: (found[fault], n) for fault, n in LEAST_BAD.items() if found[fault] < n}
    wrong = {}
    for one in bad:
        text = refusal(one.data)
        if not text.startswith("'net.pth' ") or not any(part in text for part in one.says):
            wrong[f"{one.fault}: {one.name}"] = text
    assert not wrong
    assert not list(folder.iterdir())
    assert capfd.readouterr() == ("", "")


def test_the_calls_in_them_would_be_seen(folder: Path) -> None:
    for name in ("os.mkdir", "os.system", "exec", "eval", "subprocess", "shutil", "pathlib", "torch.save"):
        pickle.loads(pickle.dumps(calls()[name]))
        (left,) = folder.iterdir()
        assert left.name == HARM, name
        left.rmdir() if left.is_dir() else left.unlink()


def test_other_bytes_give_tensors_no_larger_than_the_file_or_a_sentence(folder: Path) -> None:
    n_read = n_refused = 0
    for name, data in flipped_weights():
        try:
            checkpoint = read_checkpoint(data)
        except BadCheckpoint:
            n_refused += 1
        else:
            n_read += 1
            assert checkpoint.n_bytes <= 2 * len(data), name  # half precision becomes single
            assert all(type(value) is torch.Tensor for value in checkpoint.state.values()), name
    assert n_read + n_refused >= 150
    assert min(n_read, n_refused) > 20
    assert not list(folder.iterdir())
