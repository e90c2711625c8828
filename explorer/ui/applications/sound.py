"""What kind of sound a sound is: heard by a network of pictures, with the evidence over time and frequency."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ...applications import heard_evidence, snippets, sound_picture
from ...applications.figures import channel_tint, evidence_tint, sound_plane
from ...applications.sentences import ear_sentence, heard_sentence, loudness_sentence
from ...applications.sound import loudest, reads_sounds
from ...drawing.picture import png_of_pixels
from ...drawing.series import Tint
from ...errors import BadSound
from ...networks.network import Network
from ...pictures.made_sounds import KINDS, load_sound
from ...pictures.riff import as_wave
from ...pictures.sound import HOP, MAX_BYTES, RATE, Excerpt, Sound
from ...targets import class_names
from ...wording import percent
from ..elements.bar import Chosen
from ..elements.chart import chart
from ..elements.pickers import pick_likely_class, pick_number, pick_one
from ..elements.ranking import ranking
from ..frame.boundary import plain
from ..frame.link import go_to, keep
from ..frame.session import Selection, choose, excerpt_of, network, uploaded_sound
from ..frame.takeaway import setting
from ..loading.remembering import bring

_EAR = "sound_cnn"
_OWN, _BROUGHT = "your own", "sound-brought"
_STEP = HOP / RATE  # seconds: a column of the picture
_LIKELIEST = "the likeliest"
_LOOKS = _EVIDENCE, _OVER, _ALONE, _SPECTROGRAM = "evidence", "channel over it", "channel alone", "spectrogram alone"
_ELSEWHERE = {"Feature maps": "feature_maps", "Saliency": "saliency", "Convolution": "convolution"}


def sound(selection: Selection, bar: Chosen) -> None:
    """Two seconds of a sound to listen to, what the network takes them for, and why."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        row, below = st.container(horizontal=True, vertical_alignment="bottom", gap="small"), st.container()
        with row:
            found, code = _pick_sound(below)
            look = pick_one("Show", _LOOKS, "sound-look", is_in_row=True)
        if found is None:
            return
        cut = excerpt_of(found, _pick_start(found))
    heard = _heard_by(selection, cut)
    with right:
        st.audio(as_wave(cut.heard, RATE), format="audio/wav")
        _answer(heard, selection.network)
        layer, channel = _pick_channel(heard.network, bar if heard.network is selection.network else None)
    with left:
        _figure(heard, cut, code, look, layer, channel)
    st.caption(plain(f"{loudness_sentence(found, cut.start)} {ear_sentence(heard.network)}"))
    _offer_pages(found.name, png_of_pixels(heard.image.pixels), heard.network is selection.network)


def _heard_by(selection: Selection, cut: Excerpt) -> Selection:
    """The sound as the picture of the chosen network, if that reads one channel, else of the network of sounds."""
    image = sound_picture(cut)
    if reads_sounds(selection.network):
        return selection.with_image(image)
    ear = network(_EAR, "pretrained")
    names = class_names(ear)
    chosen = keep("sound-class", (_LIKELIEST, *names))
    return Selection(image, ear, None if chosen == _LIKELIEST else names.index(chosen))


def _figure(heard: Selection, cut: Excerpt, code: str, look: str, layer: str, channel: int) -> None:
    """The waveform, and below it what is to be looked at, over time and frequency."""
    trace, ear = heard.trace, heard.network
    evidence = trace.view(heard_evidence) if ear.has_maps else None
    strongest = None if evidence is None else evidence_tint(trace, evidence, cut.start)
    map_of_layer = channel_tint(trace, layer, channel, cut.start)
    shown: tuple[list[Tint], str, str] = {
        _EVIDENCE: (
            [strongest] if strongest else [],
            f"Evidence for {ear.categories[trace.class_of(None)]}",
            "heard_evidence(trace)",
        ),
        _OVER: ([replace(map_of_layer, fades=True)], f"Channel {channel} of {layer}", f"trace[{layer!r}][{channel}]"),
        _ALONE: ([map_of_layer], f"Channel {channel} of {layer}", f"trace[{layer!r}][{channel}]"),
        _SPECTROGRAM: ([], "Spectrogram", ""),
    }[look]
    over, title, array = shown
    plane = sound_plane(cut, title, over, has_levels=look != _ALONE)
    chart(
        plane,
        f"The waveform of {heard.image.name}, and below it, over time and frequency: {look}",
        "heard",
        heard_sentence(trace, None if strongest is None else loudest(strongest.values, strongest.edges)),
        lambda: plane.maps[-1].values,
        snippets.heard(
            replace(setting(heard), picture=snippets.heard_picture(code, cut.start)),
            array if over else snippets.heard_levels(code, cut.start),
        ),
    )


def _pick_sound(below: DeltaGenerator) -> tuple[Sound | None, str]:
    """The sound that is chosen, and the code for it; None where it cannot be read, which is said below."""
    name = pick_one("Sound", [*KINDS, _OWN], "sound", is_in_row=True)
    with st.popover("Bring your own"):
        st.file_uploader(
            "A WAV file: choose or drop", type=["wav", "wave"], key="sound-file", max_upload_size=MAX_BYTES >> 20,
            on_change=_take, args=("sound-file",),
        )  # fmt: skip
        st.audio_input(
            "Or record one", sample_rate=RATE, key="sound-recorded", on_change=_take, args=("sound-recorded",)
        )
    if name != _OWN:
        return load_sound(name), snippets.made_sound(name)
    file: Any = st.session_state.get(_BROUGHT)
    if file is None:
        below.info("A sound of your own is not part of the link. Choose a WAV file or record one; until then, a tone.")
        kind = next(iter(KINDS))
        return load_sound(kind), snippets.made_sound(kind)
    try:
        return uploaded_sound(file), snippets.own_sound()
    except BadSound as error:
        below.error(plain(str(error)))
        return None, ""


def _take(key: str) -> None:
    """What was just uploaded or recorded is the sound from now on, on a later visit to the page as well; where it was
    taken away, a made one."""
    file = st.session_state.get(key)
    choose(_BROUGHT, file)
    choose("sound", next(iter(KINDS)) if file is None else _OWN)


def _pick_start(found: Sound) -> float:
    """Where two seconds of a longer sound begin: at a column of its spectrogram."""
    last = int(found.last_start / _STEP)
    if last < 1:
        return 0.0
    step = st.slider(
        f"From second, of {found.seconds:.2f}", 0.0, last * _STEP, 0.0, _STEP, key=f"sound-start-{found.digest[:6]}",
        format="%.2f",
    )  # fmt: skip
    return min(round(step / _STEP), last) * _STEP


def _pick_channel(ear: Network, shown: Chosen | None) -> tuple[str, int]:
    """The layer and the channel of the bar above, where that is of the same network."""
    if shown is not None:
        return ear.nearest_with_maps(shown.layer), shown.channel
    stages = [stage for stage in ear.stages if ear.layer(stage).is_spatial]
    with st.container(horizontal=True, gap="small"):
        layer = pick_one("Layer", stages, "sound-layer", is_in_row=True)
        channel = pick_number(f"Channel of {layer}", range(ear.layer(layer).n_channels), "sound-channel")
    return layer, channel


def _answer(heard: Selection, chosen: Network) -> None:
    """The likeliest classes, each to be explained by a click: on all pages alike, where all have this network."""
    if heard.network is chosen:
        pick_likely_class(heard.trace, "sound-classes")
        return
    names, target = class_names(heard.network), heard.trace.target
    assert target is not None  # a selection's trace has one
    ranking(
        [(p.index, p.category, p.probability, percent(p.probability)) for p in heard.trace.top(5)],
        chosen=target,
        label="Class to explain",
        key="sound-classes",
        on_choose=lambda index: choose("sound-class", names[index]),
    )


def _offer_pages(name: str, png: bytes, is_own: bool) -> None:
    """Other pages with this very picture, and with the network that reads it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Open this sound as the picture on", width="content")
        for title, page in _ELSEWHERE.items():
            if st.button(title, key=f"sound-to-{page}", on_click=_give, args=(name, png, is_own)):
                go_to(page)


def _give(name: str, png: bytes, is_own: bool) -> None:
    choose("picture", "Upload")
    choose("mine", bring("pictures", name, png))
    if not is_own:
        choose("network", _EAR)
        choose("weights", "Trained")
