"""Where the picture comes from: samples, own files, the camera, the drawing pad."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from ...drawing.picture import Pixels, contact_sheet, png_of_pixels
from ...errors import BadImage
from ...pictures.image import MAX_BYTES, ImageInput, read_image
from ...pictures.samples import SAMPLES, load_sample
from ..elements.choice import Choice
from ..elements.grid import grid
from ..elements.pad import drawing_pad
from ..elements.pickers import pick_one
from ..frame.boundary import plain
from ..frame.session import KEPT_IN_LINK, choose, uploaded_image

_COLUMNS = 4  # of a gallery
_SMALL = 96  # pixels, of a picture in it
_KINDS = [
    "jpg",
    "jpeg",
    "png",
    "apng",
    "webp",
    "gif",
    "bmp",
    "tif",
    "tiff",
    "avif",
    "mpo",
    "heic",
    "dcm",
    "heif",
    "dng",
    "jp2",
]


def pick_picture() -> Callable[[], ImageInput]:
    """The pickers of the chosen source; and what reads the picture, which may fail only when all pickers are drawn."""
    source: str | None = st.radio(
        "Picture", ["Sample", "Upload", "Camera", "Draw"], key="picture", horizontal=True, **KEPT_IN_LINK,
    )  # fmt: skip
    assert source is not None  # one of them is always chosen
    read = {"Sample": _pick_sample, "Upload": _pick_upload, "Camera": _pick_camera, "Draw": _pick_drawing}[source]()
    if source != "Upload":
        _uploader()
    return read


def _pick_sample() -> Callable[[], ImageInput]:
    names = list(SAMPLES)
    gallery = st.container()
    name = pick_one("Sample", names, "sample")
    with gallery:
        grid(
            _sample_gallery(),
            _COLUMNS,
            Choice([SAMPLES[n].title for n in names], names.index(name), lambda i: choose("sample", names[i])),
            "Sample pictures",
            "gallery",
        )
    st.caption(plain(f"{SAMPLES[name].title}. {SAMPLES[name].credit}"))
    return lambda: load_sample(name)


def _uploader() -> list[Any]:
    """Uploads live as long as the visit: a link cannot bring them back."""
    return st.file_uploader(
        "Or your own: choose, drop or paste", type=_KINDS, key="file", max_upload_size=MAX_BYTES >> 20,
        accept_multiple_files=True, on_change=_take_newest,
    )  # fmt: skip


def _take_newest() -> None:
    files = st.session_state["file"]
    choose("picture", "Upload" if files else "Sample")
    choose("mine", max(0, len(files) - 1))


def _pick_upload() -> Callable[[], ImageInput]:
    files = _uploader()
    if not files:
        return _sample_until(
            "An uploaded picture is not part of the link, and is forgotten when the page is loaded anew. Choose the "
            "file (again); until then you see a sample."
        )
    chosen = files[_pick_mine(files) if len(files) > 1 else 0]
    return lambda: uploaded_image(chosen)


def _pick_mine(files: Sequence[Any]) -> int:
    """Which of several; those that cannot be read are grey, and a sentence says why."""
    small = [_small(file.file_id, file) for file in files]
    gallery = st.container()
    chosen: int = st.selectbox("Of your pictures", range(len(files)), format_func=lambda i: files[i].name, key="mine")
    with gallery:
        grid(
            _gallery(tuple(file.file_id for file in files), small),
            _COLUMNS,
            Choice([file.name for file in files], chosen, lambda i: choose("mine", i)),
            "Your pictures",
            "my-gallery",
        )
    for i, found in enumerate(small):
        if isinstance(found, str) and i != chosen:
            st.warning(plain(found))
    return chosen


@st.cache_data(show_spinner=False, max_entries=512)
def _small(file_id: str, _file: Any) -> Pixels | str:
    """A picture cut and reduced, or why it cannot be read: what a gallery needs of a file whose pixels nobody keeps."""
    try:
        return contact_sheet([uploaded_image(_file).pixels], 1, _SMALL)[..., :3]  # it has no holes
    except BadImage as error:
        return str(error)


@st.cache_data(show_spinner=False, max_entries=64)
def _gallery(ids: tuple[str, ...], _small: Sequence[Pixels | str]) -> bytes:
    grey = np.full((_SMALL, _SMALL, 3), 128, np.uint8)
    return png_of_pixels(
        contact_sheet([grey if isinstance(found, str) else found for found in _small], _COLUMNS, _SMALL)
    )


def _pick_camera() -> Callable[[], ImageInput]:
    # without a wish, Streamlit takes what fits into the sidebar; a camera that has less gives what it has
    file = st.camera_input("Take a photograph", key="camera", resolution="1080p")
    if file is None:
        return _sample_until("Take a photograph, or choose another picture; until then you see a sample.")
    return lambda: uploaded_image(file)


def _pick_drawing() -> Callable[[], ImageInput]:
    drawing = drawing_pad("pad")
    if drawing is None:
        return _sample_until("Draw a digit; until then you see a sample.", "digit")
    return lambda: read_image(drawing, "drawing")


def _sample_until(why: str, sample: str = next(iter(SAMPLES))) -> Callable[[], ImageInput]:
    st.info(why)
    return lambda: load_sample(sample)


@st.cache_data(show_spinner=False)
def _sample_gallery() -> bytes:
    return png_of_pixels(contact_sheet([load_sample(name).pixels for name in SAMPLES], _COLUMNS, _SMALL))
