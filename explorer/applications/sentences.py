"""What a network found, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from ..networks.network import Network
from ..pictures.sound import FLOOR, HOP, RATE, SECONDS, SIDE, WINDOW, Sound
from ..trace import Trace
from ..wording import number, percent, plural, round_percent
from .localisation import Located
from .reading import Reading
from .segmentation import Segment
from .sound import Loudest
from .video import Run, Watched


def located_sentence(trace: Trace, found: Located) -> str:
    """Where the thing is, in pixels of the picture."""
    category = trace.network.categories[found.target]
    if found.share == 1:
        return (
            f"What reaches {round_percent(found.threshold)} of the maximum of the evidence for “{category}” goes from "
            "edge to edge, so the box is all that the network received and says nothing. Raise the threshold."
        )
    top, left, bottom, right = found.in_picture
    height, width, _ = trace.image.pixels.shape
    return (
        f"“{category}”: y {top:.0f} to {bottom:.0f}, x {left:.0f} to {right:.0f}, in a picture of {height} × {width} "
        f"pixels. The box is {percent(found.share)} of what the network received."
    )


def segmented_sentence(trace: Trace, found: Segment) -> str:
    """How much the mask holds, and what GrabCut made of what it was given."""
    category = trace.network.categories[found.target]
    if found.share == 1:
        return (
            f"GrabCut found nothing in the picture that looks other than “{category}”: the mask is all of what the "
            "network received. Raise the threshold, or choose a picture with more around the thing."
        )
    changed = float((found.mask != (found.given % 2 == 1)).mean())
    return (
        f"“{category}” covers {percent(found.share)} of what the network received. GrabCut moved {percent(changed)} of "
        "the pixels to the other side of where the map’s threshold lay."
    )


def searched_sentence(layer: str, n_channels: int, titles: Sequence[str], cosines: Sequence[float], n: int) -> str:
    """Which of n other pictures is the nearest, and by what."""
    if n == 1:
        return (
            f"There is one other picture to search in, so “{titles[0]}” is the nearest whatever it shows: its cosine "
            f"is {cosines[0]:.2f}. Upload more pictures, or search in the samples as well."
        )
    return (
        f"The nearest of {n:,} pictures by the means of {plural(n_channels, 'channel')} of {layer} is “{titles[0]}”, "
        f"with a cosine of {cosines[0]:.2f}: 1 is the same mixture of channels."
    )


def read_sentence(found: Reading) -> str:
    """The number, its least certain digit, and what may be wrong with how it was cut."""
    best = found.traces[found.weakest].top(1)[0]
    text = f"It reads {found.text}. "
    if len(found.traces) > 1:
        text += f"The least certain digit is number {found.weakest + 1} from the left, “{best.category}”, with "
    else:
        text += f"That is one digit, “{best.category}”, with "
    text += f"{percent(best.probability)}."
    wide = [str(i) for i, digit in enumerate(found.cut.digits, start=1) if digit.is_wide]
    if wide:
        text += f" Wider than high: number {', '.join(wide)}. Digits that touch are read as one."
    if found.cut.n_marks:
        text += f" {plural(found.cut.n_marks, 'smaller mark')} beside the digits left out."
    return text


_MOST_TOLD = 5  # runs of one top class that are told one by one


def looked_at_sentence(n_frames: int, n_looked_at: int, n_missing: int, is_cut: bool = False) -> str:
    """How many frames the clip has, and how many of them were looked at."""
    n = plural(n_frames, "frame")
    if n_missing:
        return (
            f"{n} by the file; it breaks off or is damaged, and {n_looked_at:,} of the {n_looked_at + n_missing:,} to "
            "be looked at could be decoded."
        )
    text = f"{n}, all of them looked at." if n_frames == n_looked_at else f"{n}; {n_looked_at:,} of them, evenly."
    return f"{text} The file breaks off there: what may have followed is missing." if is_cut else text


def watched_sentence(watched: Watched) -> str:
    """Where in the clip the top class changes."""
    names, runs, n = watched.network.categories, watched.runs, len(watched.top)
    if len(runs) == 1:
        return f"The answer is “{names[runs[0].category]}” in every frame."
    if len(runs) <= _MOST_TOLD:
        parts = [f"“{names[run.category]}” from {_at(watched, run)}" for run in runs]
        return f"The answer changes {plural(len(runs) - 1, 'time')}: {', '.join(parts)}."
    longest = max(runs, key=lambda run: run.last - run.first)
    usual = watched.classes(3)
    shares = [f"“{names[index]}” in {int((watched.top == index).sum()):,}" for index in usual]
    return (
        f"The answer changes {len(runs) - 1:,} times. Of {n:,} frames it is {', '.join(shares)}. It stays longest at "
        f"“{names[longest.category]}”, for {plural(longest.last - longest.first + 1, 'frame')} from "
        f"{_at(watched, longest)} on."
    )


def _at(watched: Watched, run: Run) -> str:
    return f"{watched.seconds[run.first]:.2f}\u00a0s"


def moment_phrase(watched: Watched, i: int) -> str:
    """Frame number i in a few words: when it is shown, its answer, and the class whose evidence is seen where that is
    another one."""
    names, top, explained = watched.network.categories, int(watched.top[i]), int(watched.explained[i])
    text = f"{watched.seconds[i]:.2f}\u00a0s: “{names[top]}”, {percent(float(watched.probabilities[i, top]))}"
    if explained == top:
        return text
    return f"{text}; “{names[explained]}” has {percent(float(watched.probabilities[i, explained]))}"


def heard_sentence(trace: Trace, found: Loudest | None) -> str:
    """What a sound is taken for, and where the evidence for the explained class is strongest."""
    best = trace.top(1)[0]
    said = f"{trace.network.title} takes it for “{best.category}”, {percent(best.probability)}. "
    category = trace.network.categories[trace.class_of(None)]
    if found is None:
        return said + f"Nothing in {trace.network.cam_layer} speaks for “{category}”, so there is no evidence to show."
    return said + (
        f"The evidence for “{category}” is strongest around {found.seconds:.2f} s and {number(found.hertz)} Hz; a cell "
        f"of it is {number(1000 * found.wide)} ms wide and {number(found.high)} Hz high."
    )


def ear_sentence(network: Network) -> str:
    """What the network that hears a sound was trained on, as far as that is known."""
    if network.is_random:
        return f"{network.title} is untrained here: its answer means nothing."
    if network.info is not None and network.info.reads == "sounds":
        return (
            f"{network.title} has heard sounds made by code alone, of {len(network.categories)} kinds, and must choose "
            "among them whatever it hears: of your voice it says which of them it is most like."
        )
    return (
        f"{network.title} reads one channel, so the spectrogram is given to it, but nobody has trained it on sounds. "
        "Choose Sound CNN under “Network” for one that was."
    )


def loudness_sentence(sound: Sound, start: float) -> str:
    """What the spectrogram shows, how it was made, and what was done to the sound on the way."""
    said = (
        f"From second {number(start)} to {number(start + SECONDS)} of {number(sound.seconds)}: the levels of "
        f"{SIDE} frequencies, {number(RATE / WINDOW)} Hz each, every {number(1000 * HOP / RATE)} ms, in pieces of "
        f"{WINDOW} samples under a Hann window; black is {number(FLOOR)} dB, white 0 dB, a sine at full scale. "
    )
    if sound.rate != RATE:
        said += f"{sound.rate:,} samples a second were brought to {RATE:,}. "
    return (said + "".join(f"{note[0].upper()}{note[1:]}. " for note in sound.notes)).rstrip()
