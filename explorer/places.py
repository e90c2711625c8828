"""Where the files are that come with the program: at the top of a checkout, or inside the installed package.

Each copy of the program has its own, wherever it is started: none is looked for in the folder where one happens to be.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

_PACKAGE = Path(__file__).parent
_SHIPPED = _PACKAGE / "_shipped"  # there in an installed copy alone: the build puts it there


def home() -> Path:
    """The folder with assets/, pages/, .streamlit/ and pyproject.toml."""
    return _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent


def assets() -> Path:
    """The folder of the weights, the sample pictures and the icon."""
    return home() / "assets"


def pages() -> Path:
    """The folder of the pages, each a program for Streamlit."""
    return home() / "pages"


def version() -> str:
    """The version of this copy. Python's record of what is installed may be that of another."""
    return str(tomllib.loads((home() / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
