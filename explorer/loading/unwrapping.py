"""What training scripts put around a network's weights, and the names without it.

The weights stand in a dict by themselves, or under one of some usual names; their own names bear a prefix where the
network was a part of something; a loss or a counter may stand between them; and the names of the classes may stand
beside them. A refusal is a BadCheckpoint whose text says only what is wrong.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping

import torch

from ..errors import BadCheckpoint
from ..wording import quoted
from .pickled import UNNAMED, Claim, Foreign, Unread, dotted
from .sources import SOURCES

# under what name the weights stand, the first that holds tensors
_WRAPPERS = ("state_dict", "model", "model_state_dict", "model_state", "net", "network", "weights", "params",
             "state_dict_ema", "model_ema", "ema_state_dict", "ema")  # fmt: skip
_MAX_WRAPPERS = 3  # one in the other: {"model": {"state_dict": ...}}
_PREFIXES = ("module.", "_orig_mod.", "model.", "net.")  # of DataParallel, torch.compile, Lightning
_MAX_PREFIXES = 4  # "model._orig_mod.module." has three
_MAX_LIKELY = 9  # prefixes that are looked at closely
_MAX_CLASSES = 30_000  # of names in a file; ImageNet-21k has 21,843
_TRAINING = re.compile(r"(^|[._])(n_averaged|loss|losses|criterion|metrics?|accuracy|acc|auroc)([._]|\d*(\.|$))")
_NAMES = ("class_to_idx", "idx_to_class", "id2label", "label2id", "class_names", "classes", "label_names", "labels",
          "names", "categories")  # fmt: skip
_ROOMS = ("hyper_parameters", "hparams", "args", "config", "cfg", "meta", "opt")  # where such names stand, if not above

# what says in the files of usual tools how pictures are prepared
_PREPARATIONS = ("pretrained_cfg", "default_cfg", "preprocessor_config", "preprocessing", "transforms")

Setting = tuple[str, Mapping[object, object]]  # what stands beside weights: under what name, and its entries
Found = tuple[str, object]  # class names as they were found: under what name, and a list or a dict as of JSON


def weights_in(content: object) -> tuple[dict[str, Claim], list[str]]:
    """The named tensors in what was saved, and notes on what else stood there."""
    entries, notes = _unwrapped(content)
    claims: dict[str, Claim] = {}
    others = []
    for key, value in entries.items():
        if key is UNNAMED or (isinstance(value, Claim) and not isinstance(key, str)):
            raise BadCheckpoint("has entries without a name")
        if isinstance(value, Unread):
            raise BadCheckpoint(value.reason)
        if isinstance(value, Claim):
            claims[str(key)] = value
        elif key not in (*_PREPARATIONS, "mean", "std") and (
            str(key).lower() not in _NAMES or _plain_names(value) is None  # else they are the classes' names
        ):
            others.append(str(key))
    counted: dict[int, int] = {}
    inner = [str(key) for key, value in entries.items() if _n_claims(value, 1, counted) > len(claims)]
    if inner:
        raise BadCheckpoint(f"holds tensors under {_listed(inner)}, where no weights are looked for")
    if not claims and others:
        objects = [value for value in entries.values() if isinstance(value, Foreign)]
        raise BadCheckpoint(
            f"holds more than weights ({dotted(objects[0].text)})" if objects
            else f"has an entry {quoted(others[0])} that is not a tensor"
        )  # fmt: skip
    return claims, notes + _left_out(others)


def _unwrapped(content: object) -> tuple[dict[object, object], list[str]]:
    """The dict in which the tensors stand."""
    notes: list[str] = []
    for depth in range(_MAX_WRAPPERS, 0, -1):
        if not isinstance(content, dict):
            break
        held = [name for name in _WRAPPERS if _n_claims(content.get(name), depth, {})]
        if not held:
            break
        if len(held) > 1:
            notes.append(f"Its weights are those under {quoted(held[0])}; {_listed(held[1:])} holds tensors, too")
        content = content[held[0]]
    if isinstance(content, Foreign):
        raise BadCheckpoint(f"holds more than weights ({dotted(content.text)})")
    if not isinstance(content, dict):
        raise BadCheckpoint("holds no named tensors")
    return content, notes


def _n_claims(value: object, depth: int, counted: dict[int, int]) -> int:
    """How many tensors a dict holds by itself or under one of the usual names. What many entries share is `counted`
    once."""
    if not isinstance(value, dict) or not depth:
        return 0
    if id(value) not in counted:
        counted[id(value)] = 0  # while it is looked into: it may hold itself
        own = sum(isinstance(inner, Claim) for inner in value.values())
        inside = (_n_claims(value[name], depth - 1, counted) for name in _WRAPPERS if name in value)
        counted[id(value)] = own or max(inside, default=0)
    return counted[id(value)]


def bare(state: dict[str, torch.Tensor]) -> tuple[dict[str, torch.Tensor], list[str]]:
    """The entries by the names that the network itself gives them, and notes on what was left out."""
    training = [key for key in state if _TRAINING.search(key)]
    if len(training) < len(state):
        state = {key: value for key, value in state.items() if not _TRAINING.search(key)}
    else:
        training = []
    for _ in range(_MAX_PREFIXES):  # as all lose the same, no two become one
        for prefix in _PREFIXES:
            if all(key.startswith(prefix) and key != prefix for key in state):
                state = {key[len(prefix) :]: value for key, value in state.items()}
                break
    known = prefixes(state)
    if known and "" not in known and (strays := _strays(state, known[0])) is not None:
        training += strays
        state = {key[len(known[0]) :]: value for key, value in state.items() if key.startswith(known[0])}
    return state, _left_out(training)


def prefixes(state: Iterable[str]) -> list[str]:
    """What stands before the names by which families of networks are known: first what most entries begin with."""
    marks = {row.mark for source in SOURCES for row in source.resemblances}
    found = Counter("" for key in state if key.startswith(tuple(marks)))
    found.update(key[: key.index(f".{mark}") + 1] for key in state for mark in marks if f".{mark}" in key)
    likely = [prefix for prefix, _ in found.most_common(_MAX_LIKELY)]
    return sorted(likely, key=lambda prefix: (-sum(key.startswith(prefix) for key in state), len(prefix), prefix))


def _strays(state: Mapping[str, torch.Tensor], prefix: str) -> list[str] | None:
    """The entries without the prefix, if none of them can be a layer of the network; the same tensors once more under
    another name are not among them."""
    inside = {id(value) for key, value in state.items() if key.startswith(prefix)}
    strays = [key for key, value in state.items() if not key.startswith(prefix) and id(value) not in inside]
    return None if any(may_be_layer(key, state[key]) for key in strays) else strays


def may_be_layer(key: str, value: torch.Tensor) -> bool:
    """Whether an entry may be a part of what a network computes: no number, and no list of weights of classes."""
    if key.endswith(("bias", "running_mean", "running_var")):
        return True
    return value.ndim == 2 or (value.ndim > 2 and value.numel() != max(value.shape))


def _left_out(keys: list[str]) -> list[str]:
    if not keys:
        return []
    n = len(keys)
    return [f"{n} {'entry' if n == 1 else 'entries'} beside the network's own {'is' if n == 1 else 'are'} left out: "
            f"{_listed(keys)}"]  # fmt: skip


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(quoted, names[:3])) + more


def names_beside(content: object) -> Found | None:
    """The names of the classes that stand beside the weights, or among the settings of the training."""
    entries = content.items if isinstance(content, Foreign) else content
    if not isinstance(entries, dict):
        return None
    for name in _NAMES:
        for key in (name, name.upper()):
            if (names := _plain_names(entries.get(key))) is not None:
                return key, names
    rooms = (entries.get(room) for room in _ROOMS)
    inner = ({k: v for k, v in _entries(room).items() if k not in _ROOMS} for room in rooms)
    return next((found for room in inner if room and (found := names_beside(room))), None)


def read_metadata(metadata: Mapping[str, str]) -> dict[object, object]:
    """The texts in a safetensors file that are JSON, as what stands beside weights."""
    read: dict[object, object] = {}
    for key, text in metadata.items():
        try:
            read[key] = json.loads(text)
        except (ValueError, RecursionError):  # it is some other text
            continue
    return read


def settings_inside(content: object) -> tuple[Setting, ...]:
    """What stands beside the weights and may say how pictures are prepared: the entries that do so in the files of
    usual tools, the settings of the training, and single numbers."""
    entries = _entries(content)
    named = [(name, _entries(entries[name])) for name in (*_PREPARATIONS, *_ROOMS) if name in entries]
    return tuple((name, said) for name, said in [*named, ("mean", entries)] if said)


def _entries(room: object) -> dict[object, object]:
    items = room.items if isinstance(room, Foreign) else room
    return items if isinstance(items, dict) else {}


def _plain_names(value: object) -> list[object] | dict[str, object] | None:
    """A list of texts, or a dict between texts and numbers; None for anything else of that name."""
    if isinstance(value, (list, tuple, dict)) and len(value) > _MAX_CLASSES:
        return None
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, str) for one in value):
        return list(value)
    entries = _entries(value)
    pairs = [(key, one) for key, one in entries.items() if isinstance(key, (str, int)) and type(one) in (str, int)]
    if not pairs or len(pairs) < len(entries) or any(type(key) is type(one) is int for key, one in pairs):
        return None
    return {str(key): one for key, one in pairs}
