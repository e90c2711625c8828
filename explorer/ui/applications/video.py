"""A clip, one's own or the program's, as the network sees it: frame by frame, with the evidence in each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...applications import Watched, snippets, watch
from ...applications.figures import answer_lines, evidence_scale
from ...applications.films import COLUMNS, INSTALL, PER_SHEET, Film, film, has_mp4, mp4, webp
from ...applications.sentences import looked_at_sentence, moment_phrase, watched_sentence
from ...applications.video import watched_csv
from ...drawing.placing import note
from ...errors import BadImage
from ...networks.cost import is_quick
from ...pictures.frames import MAX_BYTES, MOST_FRAMES, Clip
from ...pictures.tour import tour
from ...wording import by
from ..elements.chart import chart
from ..elements.choice import Choice, Chooses
from ..elements.clip import FrameMaps, Sheets, clip_player
from ..elements.pickers import pick_one
from ..elements.points import Points
from ..frame.boundary import plain
from ..frame.progress import from_shelf
from ..frame.session import KEPT_IN_LINK, Selection, uploaded_clip
from ..frame.takeaway import setting

_KINDS = ["mp4", "m4v", "mov", "webm", "mkv", "avi", "gif", "webp", "png", "apng", "avif"]
_QUICK_PIXELS = 3e8  # that are decoded within a second or two
_OWN_ANSWER = "each frame’s own answer"


def video(selection: Selection) -> None:
    """The clip with its evidence, and the likeliest classes over its time."""
    trace, network = selection.trace, selection.network
    category = network.categories[trace.class_of(None)]
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        clip = _pick_clip()
        n_frames = st.slider(
            "Frames, evenly, at most",
            10,
            2 * MOST_FRAMES,
            MOST_FRAMES,
            10,
            key="clip-frames",
            **KEPT_IN_LINK,
            width=240,
        )
        whose = pick_one("Evidence for", (_OWN_ANSWER, f"“{category}”"), "clip-evidence", is_in_row=True)
    if clip is None:
        return
    target = None if whose == _OWN_ANSWER else trace.class_of(None)
    found = _film(selection, clip, n_frames, target)
    if found is None:
        return
    watched = found.watched
    how_many = looked_at_sentence(clip.n_frames, len(watched.top), watched.n_missing, clip.is_cut)
    st.caption(plain(f"{clip.name}, {by(clip.size[::-1])} pixels: {how_many}"))
    left, right = st.columns([2, 3], gap="medium")
    moments = [moment_phrase(watched, i) for i in range(len(watched.top))]
    chooses = f"moment-{clip.digest[:8]}-{len(moments)}"
    with left:
        _player(found, moments, chooses, whose)
        _films(watched)
    with right:
        lines, sentence = answer_lines(watched), watched_sentence(watched)
        st.markdown(plain(sentence))
        chart(
            lines, f"{lines.title}. {sentence}", "clip-answers",
            "Each frame is looked at for itself: the network remembers nothing of the one before.",
            lambda: watched.probabilities,
            snippets.watched(setting(selection), clip.code, n_frames, target),
            Points(
                Choice(moments, 0, lambda i: None, chooses=Chooses(chooses, range(len(moments)))),
                "Choose a point to see that frame.",
                is_marked=True,
            ),
        )  # fmt: skip


def _pick_clip() -> Clip | None:
    """One's own clip, or the program's; None where one's own cannot be read."""
    with st.popover("Your own clip"):
        file = st.file_uploader(
            "MP4, MOV, WebM, AVI; GIF, WebP, PNG that move", type=_KINDS, key="clip", max_upload_size=MAX_BYTES >> 20
        )
    if file is None:
        return tour()
    try:
        return uploaded_clip(file)
    except BadImage as error:
        st.error(plain(str(error)))
        return None


def _film(selection: Selection, clip: Clip, n_frames: int, target: int | None) -> Film | None:
    """What the network says of it: at once where that takes a second or two, or when somebody has asked for it."""
    n = min(n_frames, clip.n_frames)
    quick = is_quick(selection.network, n) and clip.n_frames * clip.size[0] * clip.size[1] <= _QUICK_PIXELS
    return from_shelf(
        selection.films(clip), (n, target), quick, f"Look at {n} frames", "clip-look", "Looking",
        lambda progress: film(watch(selection.network, clip, n, target, progress=progress)),
    )  # fmt: skip


def _player(found: Film, moments: Sequence[str], chooses: str, whose: str) -> None:
    watched, network, maps = found.watched, found.watched.network, found.watched.maps
    height, width = watched.pictures.shape[1:3]
    drawn = None
    if maps is None or found.maps is None:
        st.caption(plain(network.cam_reason))
    else:
        places, side = network.places(network.cam_layer), network.preprocessing.size
        unit = f"Grad-CAM at {network.cam_layer} for {whose}, in units of the logit; one scale{note(places, places)}"
        drawn = FrameMaps(
            found.maps, (maps.shape[1], maps.shape[2]), evidence_scale(watched), unit, (side, side),
            places,
        )  # fmt: skip
    clip_player(
        Sheets(found.sheets, COLUMNS, PER_SHEET, (height, width)),
        drawn,
        watched.seconds.tolist(),
        moments,
        chooses,
        f"The clip, {len(moments)} frames, with the evidence over each",
        "clip-player",
    )


def _films(watched: Watched) -> None:
    """The clip with its evidence to take away, and its numbers."""
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Animated WebP", lambda: webp(watched), "evidence.webp", "image/webp", key="clip-webp", on_click="ignore",
            help="Every browser plays it; it begins anew by itself",
        )  # fmt: skip
        has = has_mp4()
        st.download_button(
            "MP4", lambda: mp4(watched), "evidence.mp4", "video/mp4", key="clip-mp4", on_click="ignore",
            disabled=not has, help="For slides and phones" if has else plain(INSTALL),
        )  # fmt: skip
        st.download_button(
            "CSV", lambda: watched_csv(watched), "frames.csv", "text/csv", key="clip-csv", on_click="ignore",
            help="A row for each frame: its time, its answer, the evidence",
        )  # fmt: skip
