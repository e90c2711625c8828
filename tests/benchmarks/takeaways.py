"""What can be taken away from under every figure, saved and compared: `python -m tests.benchmarks.takeaways`.

    save DIR [--tree TREE]   opens the nine pages on pictures with three networks, and saves what each take-away gives;
                             `--networks NAME ...` takes some of the three
    compare BEFORE AFTER     lists what is not the same, byte for byte; exit status 1 where numbers are not

For each take-away DIR holds its numbers (.array.npy), those that its code leaves (.code.npy; where the code fails, the
error, .code.txt), its sentence (.txt) and its picture (.png), as DIR/network/page/view/name. The code itself may name
other modules than before: what it computes may not change. TREE is any checkout with a page for each of PAGES; this
file need not be in it.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

HERE = Path(__file__).parents[2]
NETWORKS = {"pocket_resnet": "chelsea", "lenet5": "digit", "basic_cnn": "chelsea"}  # and the picture that each sees
PATIENCE = 120  # seconds, for what is measured in the background


@dataclass(frozen=True)
class Visit:
    """A page as it is opened: what the link says, then what is set and pressed on it.

    `layer` is a share of the layers that the picker offers; `pressed` are the beginnings of labels of buttons, pressed
    where they are there; `awaited` is a take-away that comes with time.
    """

    page: str
    view: str = "as it opens"
    query: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    layer: float | None = None
    pressed: tuple[str, ...] = ()
    awaited: str = ""


VISITS = (
    Visit("overview"),
    Visit("architecture"),
    Visit("architecture", "another layer", layer=0.4),
    Visit("filters"),
    Visit("filters", "folded, another layer", {"folded": "true", "filter": "3"}, layer=0.6),
    Visit("filters", "tuning", {"tuned": "true"}, awaited="tuning"),
    *(
        Visit("feature_maps", f"{view}, {share:.0%} deep", {"view": view, "channel": "2"}, share)
        for view in ("All channels", "Statistics", "Before and after", "Several pictures", "Through depth")
        for share in (0.0, 0.5)
    ),
    Visit("feature_maps", "beside coffee", {"view": "Several pictures", "beside": "coffee"}, 0.3),
    Visit("switchboard", pressed=("Which channels matter?",)),
    Visit("switchboard", "switched", {"switched": ["1", "3"], "factor": "0.0"}, 0.3),
    Visit("convolution"),
    Visit("convolution", "a filter, another layer", {"lab_kernel": "filter of the first layer", "channel": "1"}, 0.6),
    Visit("pooling", pressed=("Exchange it", "Move the picture")),
    Visit("classifier"),
    Visit("classifier", "a difference", {"ledger_kind": "one class minus another", "temperature": "2.5"}),
    Visit("classifier", "one channel", {"ledger_map": "one channel", "channel": "4"}),
    Visit("saliency", "Through depth", {"maps": "Through depth"}, pressed=("Make the report card", "Let it forget")),
    Visit("saliency", "Methods", {"maps": "Methods", "signed": "true"}),
    Visit("saliency", "Classes", {"maps": "Classes"}),
    Visit("saliency", "Layers in one", {"maps": "Layers in one"}),
    Visit("saliency", "a channel", {"explain": "a channel", "channel": "5"}),
    Visit("saliency", "the pixels", {"method": "Gradient"}),
)
PAGES = tuple(dict.fromkeys(visit.page for visit in VISITS))


@dataclass(frozen=True)
class TakeAway:
    """One of them, as a page gave it."""

    sentence: str
    png: bytes | None
    array: Any
    code: str


def record(directory: Path, tree: Path, network: str) -> int:
    """Visit the tree's app with a network, and save whatever can be taken away. How many that is."""
    import explorer

    assert Path(explorer.__file__).is_relative_to(tree), f"{explorer.__file__} is not in {tree}"
    results: dict[str, Any] = {}  # by code: pages and views share some
    n = 0
    for visit in VISITS:
        folder = directory / network / visit.page / re.sub(r"\W+", "-", visit.view)
        folder.mkdir(parents=True)
        caught = _caught(tree, network, visit)
        for name, found in caught.items():
            if found.code not in results:
                results[found.code] = _executed(found.code)
            _save(folder / name, found, results[found.code])
        print(f"{network}, {visit.page}, {visit.view}: {', '.join(caught)}", flush=True)
        n += len(caught)
    return n


def _caught(tree: Path, network: str, visit: Visit) -> dict[str, TakeAway]:
    """What can be taken away on one visit, by name, once all is set and pressed."""
    from streamlit.testing.v1 import AppTest

    # Each app has a runtime of its own, and components belong to the one in which they are imported.
    for name in [name for name in sys.modules if name.startswith("explorer.ui")]:
        del sys.modules[name]
    app = AppTest.from_file(str(tree / "explorer" / "ui" / "app.py"), default_timeout=600)
    app.query_params["network"] = network
    app.query_params["sample"] = NETWORKS[network]
    app.run()  # imports what it takes
    caught = _catch()
    for key, value in visit.query.items():
        app.query_params[key] = value
    app.switch_page(str(tree / "pages" / f"{visit.page}.py")).run()
    if visit.layer is not None:
        picker = app.selectbox(key="layer")
        caught.clear()
        picker.set_value(picker.options[int(visit.layer * (len(picker.options) - 1))]).run()
    for label in visit.pressed:
        for button in app.button:
            if button.label.startswith(label):
                button.click().run()
                break
    started = monotonic()
    while visit.awaited and visit.awaited not in caught and monotonic() - started < PATIENCE:
        app.run()
    problems = [*app.exception, *app.error]
    assert not problems, (network, visit, [problem.value for problem in problems])
    return caught


def _catch() -> dict[str, TakeAway]:
    """Filled from now on with every take-away of the app, wherever the function for them lives."""
    caught: dict[str, TakeAway] = {}

    def take_away(
        sentence: str, name: str, png: Callable[[], bytes] | None, array: Callable[[], Any], code: str, *_: object
    ) -> None:
        caught[name] = TakeAway(sentence, png() if png is not None else None, array(), code)

    holders = [m for name, m in sys.modules.items() if name.startswith("explorer.ui") and hasattr(m, "take_away")]
    assert holders, "no module of the app has a take_away"
    for module in holders:
        setattr(module, "take_away", take_away)  # noqa: B010 - of a module that mypy does not know
    return caught


def _executed(code: str) -> Any:
    """What the code leaves in `array`, or the error with which it ends."""
    names: dict[str, Any] = {}
    try:
        exec(code, names)
    except Exception as error:  # that of code which somebody was shown: it is what they would see
        return error
    return names["array"]


def _save(stem: Path, found: TakeAway, result: Any) -> None:
    for kind, values in (("array", found.array), ("code", result)):
        if isinstance(values, Exception):
            text = f"{type(values).__name__}: {values}"
            stem.with_name(f"{stem.name}.{kind}.txt").write_text(text, encoding="utf-8")
            continue
        # in one order of memory, which is no part of what the numbers are
        np.save(stem.with_name(f"{stem.name}.{kind}.npy"), np.array(values, order="C"), allow_pickle=False)
    stem.with_name(f"{stem.name}.txt").write_text(found.sentence, encoding="utf-8")
    if found.png is not None:
        stem.with_name(f"{stem.name}.png").write_bytes(found.png)


def save(directory: Path, tree: Path, networks: Sequence[str]) -> int:
    """Record with each network in a process of its own that sees no other tree. The exit status."""
    # one thread: sums are then always added up in the same order
    environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    for network in networks:
        command = [sys.executable, "-P", __file__, "record", str(directory), "--tree", str(tree), "--networks", network]
        subprocess.run(command, cwd=tree, env=environment, check=True)
    found = [path.relative_to(directory) for path in directory.rglob("*.array.npy")]
    different = {(path.parts[0], path.parts[1], path.name) for path in found}
    print(f"{len(found)} take-aways, {len(different)} by network, page and name.")
    return 0


def compare(before: Path, after: Path) -> int:
    """List what only one of them has, or both have but not the same. The exit status: 1 where numbers differ."""
    old, new = ({path.relative_to(root) for path in root.rglob("*") if path.is_file()} for root in (before, after))
    lines = [f"only in {before}: {path}" for path in sorted(old - new)]
    lines += [f"only in {after}: {path}" for path in sorted(new - old)]
    changed = [path for path in sorted(old & new) if (before / path).read_bytes() != (after / path).read_bytes()]
    lines += [f"not the same: {path}{_how(before / path, after / path)}" for path in changed]
    print("\n".join(lines))
    for suffix, what in (
        (".array.npy", "arrays"),
        (".code.npy", "code results"),
        (".txt", "texts"),
        (".png", "pictures"),
    ):
        n = sum(path.name.endswith(suffix) for path in old & new)
        n_changed = sum(path.name.endswith(suffix) for path in changed)
        print(f"{n - n_changed} of {n} {what} are the same.")
    return int(not old or old != new or any(path.name.endswith((".npy", ".code.txt")) for path in changed))


def _how(before: Path, after: Path) -> str:
    if before.suffix == ".txt":
        return f"\n  {before.read_text(encoding='utf-8')}\n  {after.read_text(encoding='utf-8')}"
    if before.suffix != ".npy":
        return ""
    old, new = np.load(before), np.load(after)
    if old.shape != new.shape or old.dtype != new.dtype:
        return f": {old.dtype} {old.shape}, {new.dtype} {new.shape}"
    return f": off by at most {np.nanmax(np.abs(old.astype(float) - new.astype(float)), initial=0.0):.3g}"


def main(arguments: Sequence[str]) -> int:
    """The commands; `record` is what `save` starts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("save", "compare", "record"))
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--tree", type=Path, default=HERE)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=[*NETWORKS])
    given = parser.parse_args(arguments)
    directories = [directory.resolve() for directory in given.directories]
    if given.command == "compare":
        return compare(*directories)
    if given.command == "save":
        return save(directories[0], given.tree.resolve(), given.networks)
    record(directories[0], given.tree.resolve(), *given.networks)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
