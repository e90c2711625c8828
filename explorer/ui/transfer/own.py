"""A visitor's own pictures, class by class: files, whole folders, or pictures from the camera."""

from __future__ import annotations

import secrets
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from ...pictures.image import MAX_BYTES, ImageInput, read_image
from ...transfer.examples import Content, Source
from ...wording import plural
from ..elements.pickers import pick_one
from ..frame.boundary import plain
from ..frame.session import KEPT_IN_LINK
from ..loading.remembering import KeptFile

_FILES, _FOLDERS, _CAMERA = "files", "whole folders", "the camera"
_SHOTS = "transfer-shots"  # pictures from the camera, by the number of their class
_MOST_SHOTS = 200  # of a visit


@dataclass(frozen=True)
class Upload:
    """A picture that a visitor uploaded. It is decoded whenever it is needed: thousands would not have room."""

    file: Any

    @property
    def name(self) -> str:
        """What its file is called."""
        return str(self.file.name)

    def read(self) -> ImageInput:
        """The picture; raises BadImage."""
        return read_image(self.file.getvalue(), self.name)

    def __reduce__(self) -> tuple[type[Content], tuple[str, bytes]]:
        return Content, (self.name, self.file.getvalue())  # what another process is sent


def pick_own() -> tuple[dict[str, list[Source]], Hashable]:
    """The pictures by class, and a key that tells them from all others: the files' own, unguessable ids."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        n_classes = int(st.number_input("Classes", 2, 8, 2, key="transfer_classes", **KEPT_IN_LINK, width=120))
        how = pick_one("Pictures from", (_FILES, _FOLDERS, _CAMERA), "transfer_from", is_in_row=True)
    names, uploads = [], []
    for i, column in enumerate(st.columns(n_classes, gap="small")):
        with column:
            name = st.text_input(f"Name of class {i + 1}", f"class {i + 1}", key=f"transfer-name-{i}", max_chars=60)
            names.append(name.strip())
            uploads.append([] if how == _CAMERA else _uploaded(i, "directory" if how == _FOLDERS else True))
    if how == _CAMERA:
        _shoot(names)
    classes: dict[str, list[Source]] = {}
    key: list[Hashable] = []
    for i, (name, files) in enumerate(zip(names, uploads, strict=True)):
        files = [*files, *_shots().get(i, [])]
        while name in classes:
            name = f"{name} "  # two of one name are said to be, by who gathers them
        classes[name] = [Upload(file) for file in files]
        key.append((name, *(file.file_id for file in files)))
    return classes, tuple(key)


def _uploaded(i: int, several: Literal[True, "directory"]) -> list[Any]:
    key = f"transfer-{'files' if several is True else 'folder'}-{i}"
    return st.file_uploader(
        f"Pictures of class {i + 1}", accept_multiple_files=several, key=key,
        label_visibility="collapsed", max_upload_size=MAX_BYTES >> 20,
    )  # fmt: skip


def _shots() -> dict[int, list[KeptFile]]:
    found: dict[int, list[KeptFile]] = st.session_state.setdefault(_SHOTS, {})
    return found


def _shoot(names: list[str]) -> None:
    """One press, one picture: the camera is there again at once, for the class that is chosen."""
    chosen: int = st.segmented_control(
        "Take pictures of", range(len(names)), default=0, required=True, key="transfer-camera-class",
        format_func=lambda i: f"{plain(names[i])} ({len(_shots().get(i, []))})",
    )  # fmt: skip
    n_all = sum(map(len, _shots().values()))
    if n_all >= _MOST_SHOTS:
        st.caption(f"{n_all} pictures were taken, the most that are kept. Remove some.")
    else:
        key = f"transfer-camera-{n_all}-{st.session_state.get('transfer-removed', 0)}"
        st.camera_input("Press for each picture", key=key, on_change=_take, args=(key, chosen), width=360)
    st.button(
        f"Remove the last of {plain(names[chosen])}", key="transfer-unshoot", on_click=_remove, args=(chosen,),
        disabled=not _shots().get(chosen),
    )  # fmt: skip
    st.caption(
        f"{plural(n_all, 'picture')} from the camera, in the server’s memory for as long as this visit lasts; they are "
        "in no link and on no disk."
    )


def _take(key: str, chosen: int) -> None:
    shot = st.session_state[key]
    if shot is not None:
        part = _shots().setdefault(chosen, [])
        part.append(KeptFile(secrets.token_hex(16), f"camera {len(part) + 1}.jpg", shot.getvalue()))


def _remove(chosen: int) -> None:
    _shots()[chosen].pop()
    st.session_state["transfer-removed"] = st.session_state.get("transfer-removed", 0) + 1  # a camera of its own
