"""Files of weights from strangers: what is read, and each way to do harm that is refused."""

from __future__ import annotations

import collections
import contextlib
import copy
import functools
import io
import os
import pickle
import re
import resource
import struct
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import nn

from explorer.errors import BadCheckpoint
from explorer.loading.checkpoints import Checkpoint, load_state, read_checkpoint
from explorer.networks.vision import torchvision

SHARED = Path(__file__).resolve().parents[3] / "shared" / "weights"
REST = (
    "; a file of weights is safetensors, or torch.save of named, dense, real tensors and no more. "
    "Save it again with torch.save(model.state_dict(), path)."
)
STATE = {"weight": torch.arange(12.0).reshape(3, 4), "bias": torch.ones(3), "steps": torch.tensor(7)}


def saved(content: object, *, legacy: bool = False) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=not legacy)
    return stream.getvalue()


def rezipped(
    data: bytes, change: Callable[[str, bytes], Mapping[str, bytes]], method: int = zipfile.ZIP_STORED
) -> bytes:
    """The zip with each member replaced by those that `change(name, content)` returns."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", method) as new:
        for name in old.namelist():
            for changed, content in change(name, old.read(name)).items():
                new.writestr(changed, content)
    return stream.getvalue()


def with_pickle(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    return rezipped(data, lambda name, content: {name: change(content) if name.endswith("/data.pkl") else content})


def replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    return data.replace(old, new)


def refusal(source: bytes | str | Path, name: str | None = "net.pth", **options: Any) -> str:
    """The sentence with which a file is refused, within 5 seconds and 200 MB, without the part that all share."""
    memory, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(BadCheckpoint) as caught:
        read_checkpoint(source, name, **options)
    assert time.monotonic() - begun < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 200 * (
        1024**2 if sys.platform == "darwin" else 1024
    )
    text = str(caught.value)
    assert "weights_only" not in text
    assert "\n" not in text
    assert caught.value.__cause__ is None
    return text.removesuffix(REST)


class Call:
    """Pickles as this call."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize(
    "data",
    [
        saved(STATE),
        saved(STATE, legacy=True),
        saved(collections.OrderedDict(STATE)),
        saved({"epoch": 3, "state_dict": STATE, "optimizer": {"state": {0: {"step": torch.ones(2)}}, "lr": [0.1]}}),
        saved({"model": STATE}, legacy=True),
        saved({key: nn.Parameter(value) if value.is_floating_point() else value for key, value in STATE.items()}),
        saved({key: value.double() if value.is_floating_point() else value for key, value in STATE.items()}),
        saved(Call(collections.OrderedDict, [[key, value] for key, value in STATE.items()]), legacy=True),
        safetensors.torch.save(STATE),
        safetensors.torch.save({**STATE, "weight": STATE["weight"].half(), "bias": STATE["bias"].bfloat16()}),
    ],
    ids=[
        "zip",
        "legacy",
        "ordered",
        "wrapped",
        "wrapped legacy",
        "parameters",
        "double",
        "python 2",
        "safetensors",
        "half",
    ],
)
def test_reads_weights_of_every_format(data: bytes) -> None:
    checkpoint = read_checkpoint(data)
    assert set(checkpoint.state) == set(STATE)
    for key, value in STATE.items():
        found = checkpoint.state[key]
        assert type(found) is torch.Tensor
        assert found.dtype == value.dtype
        assert not found.requires_grad
        assert torch.equal(found, value)
    assert checkpoint.notes == ()


@pytest.mark.parametrize("wrapper", ["state_dict", "model", "model_state_dict", "net"])
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_weights_out_of_a_training_checkpoint(wrapper: str, legacy: bool) -> None:
    """The state of the optimizer, larger than the weights, the epoch and the settings stand beside them."""
    model = nn.Linear(4, 3)
    optimizer = torch.optim.AdamW(model.parameters(), 0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    model(torch.ones(1, 4)).sum().backward()
    optimizer.step()
    content = {
        "epoch": 3,
        "model": {"depth": 18, "name": "a description, not the weights"},
        "args": {"lr": 0.1, "resume": None, "amp": True, "betas": (0.9, 0.999), "classes": ["cat", "dog"]},
        "best": torch.tensor(0.9),
        "optimizer": optimizer.state_dict(),
        "lr_scheduler": scheduler.state_dict(),
        wrapper: model.state_dict(),
    }
    state = read_checkpoint(saved(content, legacy=legacy)).state
    assert set(state) == {"weight", "bias"}
    assert torch.equal(state["weight"], model.weight)


def test_what_stands_beside_the_weights_is_checked_too() -> None:
    for beside, reason in (
        (torch.ones(1).expand(10**6, 10**6), "repeats one value where it claims many"),
        (torch.eye(3).to_sparse(), "holds sparse tensors"),
        (Call(os.getpid), "holds more than weights ('posix.getpid')"),
    ):
        assert refusal(saved({"state_dict": STATE, "optimizer": {"state": {0: beside}}})) == f"'net.pth' {reason}"


def test_a_large_optimizer_takes_no_time() -> None:
    state = {i: {"step": torch.tensor(1.0), "exp_avg": torch.ones(3), "exp_avg_sq": torch.ones(3)} for i in range(2000)}
    data = saved({"state_dict": STATE, "optimizer": {"state": state, "param_groups": [{"params": list(state)}]}})
    begun = time.monotonic()
    assert set(read_checkpoint(data).state) == set(STATE)
    assert time.monotonic() - begun < 5


def test_a_wrapper_that_wraps_no_tensors() -> None:
    assert refusal(saved({"model": {"depth": 18}, "epoch": 3})) == "'net.pth' has an entry 'model' that is not a tensor"
    assert (
        refusal(saved({"state_dict": {**STATE, "epoch": 3}})) == "'net.pth' has an entry 'epoch' that is not a tensor"
    )
    assert refusal(saved({"net": {}})) == "'net.pth' has an entry 'net' that is not a tensor"
    endless: dict[str, object] = {}
    endless["model"] = endless
    assert refusal(saved(endless)) == "'net.pth' has an entry 'model' that is not a tensor"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"module.a", "module.b.c"}, {"a", "b.c"}),
        ({"_orig_mod.a", "_orig_mod.b"}, {"a", "b"}),
        ({"model._orig_mod.module.a", "model._orig_mod.module.b"}, {"a", "b"}),
        ({"net.model.a", "net.b"}, {"model.a", "b"}),
        ({"module.a", "a"}, {"module.a", "a"}),  # these would become one
        ({"model.a", "net.a"}, {"model.a", "net.a"}),
        ({"model.a", "criterion.weight"}, {"model.a", "criterion.weight"}),
        ({"module."}, {"module."}),
        ({"module.module."}, {"module."}),
        ({"modules.a", "model_a"}, {"modules.a", "model_a"}),
        ({"module." * 1_000_000 + "a"}, {"module." * 999_996 + "a"}),  # and not one after the other until tomorrow
    ],
)
def test_what_wrappers_put_before_every_name(before: set[str], after: set[str]) -> None:
    begun = time.monotonic()
    assert set(read_checkpoint(saved({key: torch.ones(2) for key in before})).state) == after
    if max(map(len, before)) < 1000:
        assert set(read_checkpoint(safetensors.torch.save({key: torch.ones(2) for key in before})).state) == after
    assert time.monotonic() - begun < 5


def test_real_wrappers() -> None:
    model = torchvision.models.squeezenet1_1(num_classes=2)
    for wrapped in (nn.DataParallel(model), nn.ModuleDict({"model": nn.ModuleDict({"_orig_mod": model})})):
        state = read_checkpoint(saved({"model_state_dict": wrapped.state_dict(), "epoch": 1})).state
        with torch.device("meta"):
            fresh = torchvision.models.squeezenet1_1(num_classes=2)
        load_state(fresh, Checkpoint(state, ""), "squeezenet1_1", "net.pth")
        assert torch.equal(fresh.classifier[1].weight, model.classifier[1].weight)


def test_the_memory_of_the_weights() -> None:
    assert read_checkpoint(saved({"a": torch.ones(3, dtype=torch.half), "n": torch.tensor(7)})).n_bytes == 3 * 4 + 8


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "odd.txt"  # what a file is called says nothing
    for data in (saved(STATE), saved(STATE, legacy=True), safetensors.torch.save(STATE)):
        path.write_bytes(data)
        for source in (data, path, str(path)):
            assert read_checkpoint(source).digest == hashlib.sha256(data).hexdigest()


def test_reads_what_torchvision_and_its_builders_save() -> None:
    model = torchvision.models.shufflenet_v2_x0_5()
    for legacy in (False, True):
        state = read_checkpoint(saved(model.state_dict(), legacy=legacy)).state
        assert all(torch.equal(state[key], value) for key, value in model.state_dict().items())


def test_views_and_other_memory_formats_are_read_as_they_look() -> None:
    whole = torch.arange(24.0).reshape(1, 2, 3, 4)
    last = whole.contiguous(memory_format=torch.channels_last)
    data = saved(
        {"a": last, "b": whole.permute(3, 2, 1, 0), "none": torch.zeros(0, 3), "one": torch.ones(1).expand(1, 1)}
    )
    state = read_checkpoint(data).state
    assert torch.equal(state["a"], whole)
    assert torch.equal(state["b"], whole.permute(3, 2, 1, 0))
    assert state["b"].is_contiguous()
    assert state["none"].shape == (0, 3)


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
        (b"\x80\x04}.", "holds more than weights"),
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
        file.truncate(3_000_000_000)  # takes no room on the disk
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


@pytest.mark.parametrize(
    ("state", "notes"),
    [
        (
            {"a": torch.tensor([1.0, torch.nan, torch.nan]), "b": torch.tensor([torch.nan])},
            ("3 of its values are NaN",),
        ),
        (
            {"a": torch.tensor([torch.inf, -torch.inf, torch.nan])},
            ("1 of its values is NaN", "2 of its values are infinite"),
        ),
        ({"a": torch.tensor([1e300], dtype=torch.float64)}, ("1 of its values is infinite",)),
        ({"a": torch.tensor([3e38, 3e38])}, ()),  # their sum is not finite, they are
        ({"a": torch.zeros(3), "n": torch.tensor(5)}, ("all its weights are zero",)),
        ({"a": torch.zeros(3), "b": torch.tensor([0.0, 1e-30])}, ()),
    ],
)
def test_notes_on_the_values(state: dict[str, torch.Tensor], notes: tuple[str, ...]) -> None:
    assert read_checkpoint(saved(state)).notes == notes


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.bn, self.fc = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.bn(self.conv(x)).mean((2, 3)))  # type: ignore[no-any-return]


def test_a_model_without_memory_becomes_real() -> None:
    source = Small().eval()
    state = {key: value for key, value in source.state_dict().items() if not key.endswith("num_batches_tracked")}
    with torch.device("meta"):
        model = Small().eval()
    load_state(model, read_checkpoint(saved(state)), "small", "small.pth")
    assert {value.device.type for value in model.state_dict().values()} == {"cpu"}
    assert model.bn.num_batches_tracked is not None
    assert model.bn.num_batches_tracked.dtype == torch.int64
    x = torch.rand(2, 3, 8, 8)
    assert torch.equal(model(x), source(x))


def test_what_does_not_fit_is_said_and_nothing_is_copied() -> None:
    model = Small()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    state = {key: value + 1 for key, value in before.items() if key != "conv.weight"}
    state["fc.weight"], state["bn.bias"] = torch.ones(2, 5), torch.ones(9)

    def told(name: str = "net.pth") -> str:
        with pytest.raises(BadCheckpoint) as caught:
            load_state(model, Checkpoint(state, ""), "small", name)
        return str(caught.value)

    assert told() == (
        "'net.pth' does not fit small: it has no 'conv.weight', its 'bn.bias' is (9,) instead of (4,), "
        "its 'fc.weight' is (2, 5) instead of (2, 4). Choose the network it was saved from, or a checkpoint of small."
    )
    state["extra.weight"] = torch.ones(1)
    assert ", and 1 more entry does not fit. Choose" in told()
    state["fc.bias"] = torch.ones(2, dtype=torch.int64)
    assert ", and 2 more entries do not fit. Choose" in told()
    state.clear()
    state.update(before, extra=torch.ones(1))
    assert told().startswith("'net.pth' does not fit small: small has no 'extra'. Choose")
    state.clear()
    state.update(before, **{"fc.bias": torch.ones(2, dtype=torch.int64)})
    assert told().startswith("'net.pth' does not fit small: its 'fc.bias' holds whole numbers instead of fractions. ")
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_weights_of_another_architecture() -> None:
    state = torchvision.models.squeezenet1_1(num_classes=2).state_dict()
    with torch.device("meta"):
        others = {"resnet18": torchvision.models.resnet18(num_classes=2), "vit_b_16": torchvision.models.vit_b_16()}
    for name, model in others.items():
        with pytest.raises(
            BadCheckpoint,
            match=rf"^'net\.pth' does not fit {name}: (it has no '\S+', ){{3}}and \d+ more entries do not fit\. Choose",
        ):
            load_state(model, read_checkpoint(saved(state)), name, "net.pth")
        assert all(value.is_meta for value in model.state_dict().values())


def test_a_network_with_nan_in_it_still_loads() -> None:
    state = Small().state_dict()
    state["fc.weight"][0] = torch.nan
    checkpoint = read_checkpoint(saved(state))
    assert checkpoint.notes == ("4 of its values are NaN",)
    model = Small().eval()
    load_state(model, checkpoint, "small", "net.pth")
    assert model(torch.rand(1, 3, 8, 8)).isnan().tolist() == [[True, False]]


def test_the_names_of_densenets_published_files() -> None:
    new = torchvision.models.densenet121().state_dict()
    old = {re.sub(r"(denselayer.*)(norm|conv)([12])", r"\1\2.\3", key): value for key, value in new.items()}
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    with torch.device("meta"):
        model = torchvision.models.densenet121()
    load_state(model, Checkpoint(old, ""), "densenet121", "densenet121.pth")
    assert all(torch.equal(value, new[key]) for key, value in model.state_dict().items())


def test_the_version_of_mnasnet_is_kept() -> None:
    """It looks up a version that only torch's own state dict carries."""
    source = torchvision.models.mnasnet0_5()
    with torch.device("meta"):
        model = torchvision.models.mnasnet0_5()
    load_state(model, read_checkpoint(saved(source.state_dict())), "mnasnet0_5", "x.pth")
    assert torch.equal(model.layers[0].weight, source.layers[0].weight)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["squeezenet1_1", "mobilenet_v2"])
def test_real_weights(name: str) -> None:
    path = SHARED / f"{name}.safetensors"
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside the repository")
    checkpoint = read_checkpoint(path)
    assert checkpoint.notes == ()
    with torch.device("meta"):
        model = torchvision.models.get_model(name)
    load_state(model, checkpoint, name, path.name)
    with torch.inference_mode():
        assert model.eval()(torch.zeros(1, 3, 224, 224)).isfinite().all()
    with pytest.raises(
        BadCheckpoint, match=r"does not fit resnet18: it has no 'conv1\.weight', .*, and \d+ more entries"
    ):
        load_state(torchvision.models.resnet18(), checkpoint, "resnet18", path.name)
