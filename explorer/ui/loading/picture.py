"""Where the picture comes from: samples, own files, the camera, the drawing pad."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...drawing.picture import Pixels, contact_sheet, png_of_pixels
from ...errors import BadImage
from ...networks.network import Network
from ...pictures.image import MAX_BYTES, ImageInput, read_image
from ...pictures.samples import SAMPLES, first_known, load_sample
from ..elements.choice import Choice
from ..elements.grid import grid
from ..elements.pad import drawing_pad
from ..elements.pickers import pick_one
from ..elements.strip import strip
from ..frame.arrival import answer, asked_for
from ..frame.boundary import plain
from ..frame.link import is_unmet, standing, write
from ..frame.session import KEPT_IN_LINK, choose, uploaded_image
from .remembering import brought, is_looked_for, is_lost, remember, set_aside

_COLUMNS = 4  # of a gallery
_SMALL = 96  # pixels, of a picture in it
_FEW_CLASSES = 20  # of which most pictures are none
_SLIM = 44  # CSS pixels, of a picture in the row above the page: it may push a figure down by 64 in all
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
    "wav",
]


_SOURCES = ("Sample", "Upload", "Camera", "Draw")
# In the link of an uploaded picture: the first digits of its digest, which tell it from others and open nothing.
_OWN = "own"
_MARK = re.compile("[0-9a-f]{8}")


def picture_in_words() -> str:
    """The picture that the pickers show."""
    source = standing("picture", _SOURCES) or _SOURCES[0]
    files = own_pictures()
    if source == "Upload" and files:
        return str(files[_mine(files)].name)
    if source == "Sample":
        return SAMPLES[standing("sample", SAMPLES) or next(iter(SAMPLES))].title
    return {"Upload": "your own", "Camera": "the camera’s", "Draw": "a drawing"}[source]


def is_made_here() -> bool:
    """Whether the picture comes out of its picker, or the picker has something to say: it is then open."""
    is_made = standing("picture", _SOURCES) in ("Camera", "Draw")
    return is_made or is_unmet("picture", _SOURCES) or is_unmet("sample", SAMPLES)


def pick_picture(page: DeltaGenerator) -> Callable[[], ImageInput]:
    """The pickers of the chosen source; and what reads the picture, which may fail only when all pickers are drawn.
    What is to be seen with the pickers closed is drawn on the page."""
    source: str | None = st.radio(
        "From", _SOURCES, key="picture", horizontal=True, **KEPT_IN_LINK,
    )  # fmt: skip
    assert source is not None  # one of them is always chosen
    if source == "Upload":
        return _pick_upload(page)
    write(_OWN, None)
    read = {"Sample": _pick_sample, "Camera": _pick_camera, "Draw": _pick_drawing}[source]()
    _uploader(waits=False)
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


def offer_known(network: Network) -> None:
    """Of a network of few classes that has no word for the sample on show: a button that shows it one that it knows."""
    shown = SAMPLES.get(st.session_state.get("sample", ""))
    known = first_known(network.categories) if len(network.categories) <= _FEW_CLASSES else None
    if st.session_state["picture"] != "Sample" or shown is None or known is None or known.subject is None:
        return
    if shown.subject is None or not shown.subject.is_among(network.categories):
        st.button(
            f"Show it {known.subject.phrase}, which it knows", key="known", on_click=choose,
            args=("sample", known.name), width="stretch",
        )  # fmt: skip


def own_pictures() -> list[Any]:
    """What this browser brought from an earlier visit, and what was uploaded in this one: files that the session reads
    as pictures."""
    return [*brought("pictures"), *(st.session_state.get("file") or [])]


def _mine(files: Sequence[Any]) -> int:
    """Which of them is chosen."""
    return min(st.session_state.get("mine") or 0, len(files) - 1)


def _uploader(waits: bool) -> list[Any]:
    """All pictures of one's own. A link cannot bring them back; the browser that they came from can. `waits`: there is
    no other picture to show."""
    st.file_uploader(
        "Or your own: choose, drop or paste", type=_KINDS, key="file", max_upload_size=MAX_BYTES >> 20,
        accept_multiple_files=True, on_change=_take_newest,
    )  # fmt: skip
    files = own_pictures()
    remember("pictures", files, max(0, _mine(files)), waits and not files, partial(choose, "mine"))
    return files


def _take_newest() -> None:
    files = own_pictures()
    choose("picture", "Upload" if files else "Sample")
    choose("mine", max(0, len(files) - 1))


def _pick_upload(page: DeltaGenerator) -> Callable[[], ImageInput]:
    files = _uploader(waits=True)
    if not files:
        if is_looked_for("pictures"):
            return partial(_look, page)
        page.info(
            "Your browser remembers an uploaded picture, but the server has forgotten it: a day has passed, others "
            "needed the room, or it was started anew. Choose the file again; until then you see a sample."
            if is_lost("pictures")
            else "An uploaded picture is not part of the link, and is forgotten when the page is loaded anew, unless "
            f"“Remember my pictures in this browser” was on. {_missing(asked_for(_OWN))}Choose the file (again); until "
            "then you see a sample."
        )
        return lambda: load_sample(next(iter(SAMPLES)))
    _take_asked(files, answer(_OWN))
    chosen = files[_pick_mine(files, page) if len(files) > 1 else 0]
    if chosen in brought("pictures"):
        st.button(plain(f"Remove {chosen.name}"), on_click=_remove, args=(chosen.file_id,), width="stretch")
    return partial(_read_own, chosen)


def _read_own(file: Any) -> ImageInput:
    image = uploaded_image(file)
    write(_OWN, image.digest[:8])
    return image


def _missing(mark: str | None) -> str:
    """Which picture a link is of, for who may have it."""
    return f"Missing is the one whose digest begins with {mark}. " if mark and _MARK.fullmatch(mark) else ""


def _take_asked(files: Sequence[Any], mark: str | None) -> None:
    """Choose the one that the link is of, where this browser has it; before the box that chooses is drawn."""
    if mark is None:
        return
    for i, file in enumerate(files):
        with suppress(BadImage):
            if uploaded_image(file).digest.startswith(mark):
                choose("mine", i)


def _look(page: DeltaGenerator) -> NoReturn:
    """No sample in the meantime: its answer would be taken for that on one's own picture."""
    page.info("Looking for your picture in this browser …")
    st.stop()


def _remove(file_id: str) -> None:
    set_aside("pictures", file_id)
    _take_newest()


def _pick_mine(files: Sequence[Any], page: DeltaGenerator) -> int:
    """Which of several, also in a row above the page; those that cannot be read are grey, and a sentence says why."""
    ids, small = tuple(file.file_id for file in files), [_small(file.file_id, file) for file in files]
    gallery = st.container()
    chosen: int = st.selectbox("Of your pictures", range(len(files)), format_func=lambda i: files[i].name, key="mine")
    labels = [found if isinstance(found, str) else file.name for file, found in zip(files, small, strict=True)]
    choice = Choice(labels, chosen, lambda i: choose("mine", i))
    with gallery:
        grid(_gallery(ids, _COLUMNS, small), _COLUMNS, choice, "Your pictures", "my-gallery")
    unread = [found for i, found in enumerate(small) if isinstance(found, str) and i != chosen]
    with page:
        _row(_gallery(ids, len(files), small), choice, unread)
    for sentence in unread:
        st.warning(plain(sentence))
    return chosen


def _row(png: bytes, choice: Choice, unread: Sequence[str]) -> None:
    """All of one's pictures, to step through; and what is wrong with those that are grey."""
    n = len(choice.labels)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width=_SLIM * n + 4):
            alt = "Your pictures, in a row"
            strip([(png, 1, True)], [("", "")] * n, alt, "my-strip", width=_SLIM, choice=choice)
        if unread:
            more = f" {len(unread) - 1} more cannot be read." if len(unread) > 1 else ""
            st.caption(plain(unread[0] + more))


@st.cache_data(show_spinner=False, max_entries=512)
def _small(file_id: str, _file: Any) -> Pixels | str:
    """A picture cut and reduced, or why it cannot be read: what a gallery needs of a file whose pixels nobody keeps."""
    try:
        return contact_sheet([uploaded_image(_file).pixels], 1, _SMALL)[..., :3]  # it has no holes
    except BadImage as error:
        return str(error)


@st.cache_data(show_spinner=False, max_entries=64)
def _gallery(ids: tuple[str, ...], columns: int, _small: Sequence[Pixels | str]) -> bytes:
    grey = np.full((_SMALL, _SMALL, 3), 128, np.uint8)
    return png_of_pixels(
        contact_sheet([grey if isinstance(found, str) else found for found in _small], columns, _SMALL)
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
