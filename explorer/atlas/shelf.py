"""The atlases that can be opened: those that come along, and those in the folder that EXPLORER_ATLAS_DIR names."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import AtlasError
from ..networks.network import Network
from ..pictures.classes import class_folders, classes_in
from ..pictures.folders import PictureFile
from ..wording import quoted
from .layout import MANIFEST
from .reading import Atlas, kept_open, shipped

VARIABLE = "EXPLORER_ATLAS_DIR"
_MOST = 200  # folders that are looked into


def atlases_of(network: Network) -> tuple[list[Atlas], list[str]]:
    """Those of just this network, the operator's own before those that come along, and why others in the operator's
    folder cannot be opened, as sentences. Nobody else says where on the server to look."""
    found, problems = list[Atlas](), list[str]()
    for folder in _folders(problems):
        try:
            atlas = kept_open(folder)
        except AtlasError as error:
            problems.append(str(error))
        else:
            if atlas.network_key == network.key:
                found.append(atlas)
    return [*found, *shipped(network)], problems


def _folders(problems: list[str]) -> list[Path]:
    if not (own := os.environ.get(VARIABLE)):
        return []
    try:
        places = [Path(own), *sorted(one for one in Path(own).iterdir() if one.is_dir())[:_MOST]]
    except OSError as error:
        problems.append(
            f"{VARIABLE} names the folder {quoted(own)}, which cannot be looked into: {error.strerror}. Put the folder "
            "there, or start again with another name or none."
        )
        return []
    return [one for one in places if (one / MANIFEST).is_file()]


def command_for(network: Network) -> str:
    """The command that makes an atlas of this network where the page finds it."""
    return f"python -m explorer atlas PICTURES --network {network.name} -o {os.environ.get(VARIABLE) or 'ATLASES'}/NAME"


def originals(names: list[str]) -> dict[str, PictureFile]:
    """The files of pictures of an atlas, by the folder and the name that they have in it, as far as they lie in a data
    set on the server (EXPLORER_DATA_DIR). Another picture may have the name: their digests tell."""
    wanted = {_short(name): name for name in names}
    found: dict[str, PictureFile] = {}
    for place in class_folders().values():
        for part in classes_in(place).values():
            for file in part:
                if _short(file.name) in wanted:
                    found.setdefault(wanted[_short(file.name)], file)
    return found


def _short(name: str) -> str:
    return "/".join(name.split("/")[-2:])
