"""Which planted faults do the tests catch? `python -m tests.benchmarks.faults`.

    check [--tree TREE]           says which faults can be planted in the tree, and where; exit status 1 unless all can
    run OUT.json [--tree TREE]    plants one after another in a copy of the tree, and runs the tests that should notice;
                                  what OUT.json says of other faults stays
    compare BEFORE AFTER          exit status 1 where a fault that is caught in the one is not caught in the other

`--only NAME ...` takes some of them, `--jobs N` runs so many at once, each in a copy of its own. Where the tests named
by a fault notice nothing, all tests but those in the browser follow, unless `--named` is given: one pass over them for
each fault that is missed. A fault counts as caught by a test that fails with it and passes without it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from xml.etree import ElementTree

from tests.benchmarks.planted import FAULTS, Fault

HERE = Path(__file__).parents[2]
SOURCES = ("explorer", "pages")
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".*_cache", "node_modules", "htmlcov", ".coverage*"
)
PATIENCE = 1800  # seconds for one run of tests; a fault that makes them hang is caught as well


@dataclass(frozen=True)
class Outcome:
    """What became of a fault: "caught", "missed", or "not there" where its text does not stand exactly once."""

    state: str
    by: str  # the test that failed, or why there is none
    where: str  # the file that it was planted in
    seconds: float


@dataclass(frozen=True)
class Planting:
    """Where a fault goes, and what stands there instead."""

    path: Path
    text: str


def planting(fault: Fault, tree: Path) -> Planting | None:
    """The first of its forms that stands exactly once in the tree's sources, wherever that is."""
    files = [path for path in _sources(tree) if path.suffix in (".py", ".js")]
    texts = {path: path.read_text(encoding="utf-8") for path in files}
    for form in (fault.form, *fault.others):
        holders = [path for path, text in texts.items() if form[0] in text]
        if len(holders) == 1 and texts[holders[0]].count(form[0]) == 1:
            return Planting(holders[0], texts[holders[0]].replace(*form))
    return None


def _sources(tree: Path) -> Iterator[Path]:
    for folder in SOURCES:
        yield from sorted((tree / folder).rglob("*"))


def selected(fault: Fault, tree: Path) -> list[str]:
    """The files of tests whose path has one of the fault's words in it; those in the browser only where it is "e2e"."""
    paths = [path.relative_to(tree).as_posix() for path in sorted((tree / "tests").rglob("test_*.py"))]
    return [
        path
        for path in paths
        if any(word in path for word in fault.tests) and ("/e2e/" not in path or "e2e" in fault.tests)
    ]


def tried(fault: Fault, tree: Path, is_named_only: bool) -> Outcome:
    """Plant a fault in this tree, run tests until one fails, and take the fault out again."""
    started = monotonic()
    planted = planting(fault, tree)
    if planted is None:
        return Outcome("not there", "none of its forms stands exactly once", "", 0.0)
    where, original = planted.path.relative_to(tree).as_posix(), planted.path.read_bytes()
    keyword = ["-k", fault.keyword] if fault.keyword else []
    runs = [[*selected(fault, tree), *keyword]] if selected(fault, tree) else []
    if not is_named_only:
        runs.append(["--ignore", "tests/e2e"])
    for arguments in runs:
        planted.path.write_text(planted.text, encoding="utf-8")
        try:
            failed = _first_failure(tree, arguments)
        finally:
            planted.path.write_bytes(original)
        if failed is None:
            continue
        if failed and _first_failure(tree, failed) is not None:
            return Outcome("missed", f"{failed[0]} fails without the fault, too", where, monotonic() - started)
        return Outcome("caught", failed[0] if failed else "nothing ended in time", where, monotonic() - started)
    return Outcome("missed", "no test failed", where, monotonic() - started)


def _first_failure(tree: Path, arguments: Sequence[str]) -> list[str] | None:
    """What to give pytest to see the first failure again; nothing where they hang, None where all pass."""
    report = tree / "faults.xml"
    report.unlink(missing_ok=True)
    # no bytecode: a file that is changed twice within a second would be taken for the same
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tree)}
    command = [
        sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1",
        f"--junitxml={report}", *arguments,
    ]  # fmt: skip
    try:
        ended = subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return []
    if ended.returncode in (0, 5):  # 5: there are no such tests
        return None
    for case in ElementTree.parse(report).iter("testcase") if report.exists() else ():
        if case.find("failure") is not None or case.find("error") is not None:
            file = case.get("file")
            # without a file it is one that cannot even be collected
            return [f"{file}::{case.get('name')}"] if file else ["--collect-only", *arguments]
    return ["--collect-only", *arguments]


def run(faults: Sequence[Fault], tree: Path, out: Path, n_jobs: int, is_named_only: bool) -> int:
    """Try all of them, and keep what is known after each. The exit status: 1 where one is missed or not there."""
    outcomes: dict[str, dict[str, object]] = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    writing = threading.Lock()
    with tempfile.TemporaryDirectory() as place:
        copies: SimpleQueue[Path] = SimpleQueue()
        for i in range(n_jobs):
            copies.put(Path(shutil.copytree(tree, Path(place) / str(i), ignore=LEFT_BEHIND)))

        def work(fault: Fault) -> None:
            copy = copies.get()
            found = tried(fault, copy, is_named_only)
            copies.put(copy)
            with writing:
                outcomes[fault.name] = asdict(found)
                out.write_text(json.dumps(outcomes, indent=1, sort_keys=True), encoding="utf-8")
                print(f"{found.state:9} {found.seconds:5.0f} s  {fault.name}: {found.by}", flush=True)

        with ThreadPoolExecutor(n_jobs) as pool:
            list(pool.map(work, faults))
    n_caught = sum(one["state"] == "caught" for one in outcomes.values())
    print(f"{n_caught} of {len(outcomes)} faults are caught.")
    return int(n_caught < len(outcomes))


def compare(before: Path, after: Path) -> int:
    """Say which of the faults that were caught no longer are. The exit status: 1 where there is one."""
    old, new = (json.loads(path.read_text(encoding="utf-8")) for path in (before, after))
    caught = [name for name, one in old.items() if one["state"] == "caught"]
    lost = [name for name in caught if new.get(name, {}).get("state") != "caught"]
    for name in lost:
        print(f"no longer caught: {name} (before by {old[name]['by']}; now {new.get(name, 'not tried')})")
    print(f"{len(caught) - len(lost)} of {len(caught)} faults that were caught still are.")
    return int(bool(lost) or not caught)


def check(faults: Sequence[Fault], tree: Path) -> int:
    """Say where each fault would go and which files of tests it names."""
    missing = 0
    for fault in faults:
        planted = planting(fault, tree)
        missing += planted is None
        where = planted.path.relative_to(tree) if planted else "NOT THERE"
        print(f"{fault.name}: {where}; {', '.join(selected(fault, tree)) or 'NO TESTS'}")
    print(f"{len(faults) - missing} of {len(faults)} faults can be planted.")
    return int(missing > 0)


def main(arguments: Sequence[str]) -> int:
    """The commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("check", "run", "compare"))
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--tree", type=Path, default=HERE)
    parser.add_argument("--only", nargs="+", default=[fault.name for fault in FAULTS], metavar="NAME")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--named", action="store_true")
    given = parser.parse_args(arguments)
    faults = [fault for fault in FAULTS if fault.name in given.only]
    if given.command == "compare":
        return compare(*given.files)
    if given.command == "check":
        return check(faults, given.tree.resolve())
    return run(faults, given.tree.resolve(), given.files[0].resolve(), given.jobs, given.named)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
