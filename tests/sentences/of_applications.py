"""A network put to use: what it found, found again from the raw arrays."""

from __future__ import annotations

import math

import numpy as np

import explorer
from explorer.applications import (
    Watched,
    features,
    heard_evidence,
    locate,
    nearest,
    read_number,
    segment,
    sound_picture,
    watch,
)
from explorer.applications import sentences as say
from explorer.applications.sound import edges, loudest
from explorer.errors import Unsuited
from explorer.networks.digits import DigitPreparation
from explorer.pictures import load_sound, read_sound
from explorer.pictures.image import read_image
from explorer.pictures.samples import load_sample
from explorer.pictures.sound import excerpt
from explorer.pictures.tour import tour
from explorer.trace import Trace
from tests.sounds import tone, wav

from .case import Case, centres
from .said import checks, is_chance, is_share, softmax, taken_apart, value_of

THRESHOLDS = (0.05, 0.2, 0.6)


def spread(case: Case) -> np.ndarray:
    """Grad-CAM of the likeliest class at the size of what was received: between the middles of its cells in straight
    lines, beyond them level."""
    layer = case.network.cam_layer
    maps, slopes = (np.asarray(part, np.float64) for part in (case.top[layer], case.top.gradient(layer)))
    cells = np.maximum(sum(g.mean() * a for a, g in zip(maps, slopes, strict=True)), 0)
    side = (np.arange(case.network.preprocessing.size) + 0.5) / case.network.preprocessing.size
    down, across = centres(case.network, layer)
    rows = np.stack([np.interp(side, across, row) for row in cells])
    return np.stack([np.interp(side, down, column) for column in rows.T], axis=1)


def largest(bright: np.ndarray) -> tuple[int, int, int, int]:
    """The edges of the largest region whose pixels touch, by walking over it."""
    left = {(int(y), int(x)) for y, x in np.argwhere(bright)}
    best: set[tuple[int, int]] = set()
    while left:
        found, edge = set(), [left.pop()]
        while edge:
            y, x = edge.pop()
            found.add((y, x))
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            edge += near
        best = max(best, found, key=len)
    ys, xs = zip(*best, strict=True)
    return min(ys), min(xs), max(ys) + 1, max(xs) + 1


@checks(say.located_sentence)
def check_located(case: Case) -> None:
    if not case.network.has_maps:
        return
    values, side = spread(case), case.network.preprocessing.size
    if not values.any():
        try:
            locate(case.top)
        except Unsuited as error:
            taken_apart(str(error), "Grad-CAM finds no positive evidence for “{name}” in {rest}.")
            return
        raise AssertionError("a box around nothing")
    top, left, bottom, right = case.top.prepared.box
    for threshold in THRESHOLDS:
        y0, x0, y1, x1 = largest(values >= threshold * values.max())
        said = taken_apart(
            say.located_sentence(case.top, locate(case.top, threshold)),
            "What reaches {share} of the maximum of the evidence for “{name}” goes from edge to edge, so the box is "
            "all that the network received and says nothing. Raise the threshold.",
            "“{name}”: y {y0:n} to {y1:n}, x {x0:n} to {x1:n}, in a picture of {h:i} × {w:i} pixels. The box is "
            "{share:%} of what the network received.",
        )
        assert said["name"] == case.category(case.best)
        if "y0" not in said:
            assert (y0, x0, y1, x1) == (0, 0, side, side)
            continue
        height, width = case.image.pixels.shape[:2]
        assert (int(said["h"]), int(said["w"])) == (height, width)
        down, across = (bottom - top) / side, (right - left) / side
        for name, edge, begin, step, end in (
            ("y0", y0, top, down, height), ("y1", y1, top, down, height), ("x0", x0, left, across, width),
            ("x1", x1, left, across, width),
        ):  # fmt: skip
            assert abs(value_of(said[name]) - min(max(begin + edge * step, 0), end)) <= step + 0.51, name
        is_share(said["share"], (y1 - y0) * (x1 - x0) / side**2, slack=2.5 / side)


@checks(say.segmented_sentence)
def check_segmented(case: Case) -> None:
    if not case.network.has_maps:
        return
    values = spread(case)
    for threshold in THRESHOLDS:
        try:
            found = segment(case.top, threshold, 0.8)
        except Unsuited as error:
            taken_apart(
                str(error),
                "The map reaches the threshold in all of the picture, {rest}.",
                "The map reaches the threshold in all but {n:i} of {all:i} pixels, {rest}.",
                "Grad-CAM finds no positive evidence for {rest}.",
                "The map reaches the threshold in {n:i} of {all:i} pixels: {rest}.",
            )
            continue
        said = taken_apart(
            say.segmented_sentence(case.top, found),
            "GrabCut found nothing in the picture that looks other than “{name}”: the mask is all of what the network "
            "received. Raise the threshold, or choose a picture with more around the thing.",
            "“{name}” covers {share:%} of what the network received. GrabCut moved {changed:%} of the pixels to the "
            "other side of where the map’s threshold lay.",
        )
        assert said["name"] == case.category(case.best)
        assert ("share" not in said) == bool(found.mask.all())
        if "share" in said:
            is_share(said["share"], int(found.mask.sum()) / found.mask.size)
            likely = values >= threshold * values.max()
            is_share(said["changed"], int((likely != found.mask).sum()) / likely.size, slack=2 / likely.shape[0])


@checks(say.searched_sentence)
def check_searched(case: Case) -> None:
    names = ("coffee", "bars", "raccoon")
    for layer in (case.network.stages[0], case.network.stages[-1]):
        means = []
        for image in (case.image, *map(load_sample, names)):
            values = np.asarray(explorer.run(case.network, image)[layer], np.float64)
            means.append([math.fsum(part.ravel()) / part.size for part in values.reshape(len(values), -1)])
        own, *others = means
        if len(own) == 1:
            continue  # a mixture of one channel
        products = [math.fsum(a * b for a, b in zip(own, one, strict=True)) for one in others]
        cosines = [p / math.hypot(*own) / math.hypot(*one) for p, one in zip(products, others, strict=True)]
        for n in (3, 1):
            which, found = nearest(np.array(others[:n]), features(case.top, layer))
            titles = [names[i] for i in which]
            said = taken_apart(
                say.searched_sentence(layer, len(own), titles, found.tolist(), n),
                "The nearest of {n:i} pictures by the means of {c:i} channels of {layer} is “{title}”, with a cosine "
                "of {cosine:n}: 1 is the same mixture of channels.",
                "There is one other picture to search in, so “{title}” is the nearest whatever it shows: its cosine is "
                "{cosine:n}. Upload more pictures, or search in the samples as well.",
            )
            best = max(cosines[:n])
            assert abs(value_of(said["cosine"]) - best) <= 0.0051
            assert abs(cosines[names.index(said["title"])] - best) < 1e-5
            assert ("n" in said) == (n > 1)
            if n > 1:
                assert (said["n"], int(said["c"].replace(",", "")), said["layer"]) == ("3", len(own), layer)


@checks(say.read_sentence)
def check_read(case: Case) -> None:
    """A number made of one digit, turned, beside itself, with a dash that is none."""
    if case.network.preprocessing.inputs != DigitPreparation.inputs:
        return
    digit = case.image.pixels
    dash = np.full_like(digit, digit[0, 0])
    dash[150:160, 100:200] = 255 - digit[0, 0]
    for row, n_marks in (([digit], 0), ([digit, digit[:, ::-1], digit[::-1]], 0), ([digit, dash, digit], 1)):
        number = read_image(np.ascontiguousarray(np.concatenate(row, axis=1)))
        answers = []
        for part in row:
            if part is not dash:
                trace = explorer.run(case.network, read_image(np.ascontiguousarray(part)))
                p = softmax(float(z) for z in trace.logits)
                answers.append((max(p), case.category(p.index(max(p)))))
        said = taken_apart(
            say.read_sentence(read_number(case.network, number)),
            "It reads {text}. That is one digit, “{name}”, with {p:%}.",
            "It reads {text}. The least certain digit is number {i:i} from the left, “{name}”, with {p:%}.[[ {marks:i} "
            "smaller mark beside the digits left out.]]",
        )
        assert said["text"] == "".join(name for _, name in answers)
        least = min(answers)
        assert said["name"] == least[1]
        is_chance(said["p"], least[0], 1e-5)
        assert int(said.get("marks", 0)) == n_marks
        if len(answers) > 1:
            assert abs(answers[int(said["i"]) - 1][0] - least[0]) < 1e-5


@checks(say.watched_sentence)
def check_watched(case: Case) -> None:
    """The clip of the program, whole and from its middle on, and one in which nothing moves."""
    names = case.network.categories
    for n in (2, 6, 24):
        watched = watch(case.network, tour(), n)
        tops = [int(np.argmax(softmax(map(float, row)))) for row in watched.logits]
        said = taken_apart(
            say.watched_sentence(watched),
            "The answer is “{only}” in every frame.",
            "The answer changes {n:i} times. Of {frames:i} frames it is {shares}. It stays longest at “{long}”, for "
            "{length:i} frames from {at:n}\u00a0s on.",
            "The answer changes {n:i} time{s}: {runs}.",
            "The answer changes {n:i} time: {runs}.",
        )
        starts = [i for i in range(len(tops)) if not i or tops[i] != tops[i - 1]]
        if "only" in said:
            assert {names[top] for top in tops} == {said["only"]}
            continue
        assert int(said["n"]) == len(starts) - 1 > 0
        if "runs" in said:
            told = [f"“{names[tops[i]]}” from {watched.seconds[i]:.2f}\u00a0s" for i in starts]
            assert said["runs"] == ", ".join(told)
            continue
        lengths = {i: end - i for i, end in zip(starts, [*starts[1:], len(tops)], strict=True)}
        first = starts[[f"{watched.seconds[i]:.2f}" for i in starts].index(said["at"])]
        assert (names[tops[first]], int(said["length"])) == (said["long"], max(lengths.values()))
        assert int(said["frames"]) == len(tops)
        counted = {top: tops.count(top) for top in tops}
        for part in said["shares"].split(", “"):
            name, _, count = part.removeprefix("“").partition("” in ")
            assert int(count) in [n for top, n in counted.items() if names[top] == name] or int(count) == 0


@checks(say.moment_phrase)
def check_moment(case: Case) -> None:
    other = (case.best + 1) % len(case.network.categories)
    for target in (None, other):
        watched: Watched = watch(case.network, tour(), 3, target)
        for i, row in enumerate(watched.logits):
            p = softmax(map(float, row))
            said = taken_apart(
                say.moment_phrase(watched, i),
                "{at:n}\u00a0s: “{top}”, {p:%}",
                "{at:n}\u00a0s: “{top}”, {p:%}; “{name}” has {share:%}",
            )
            assert said["at"] == f"{watched.seconds[i]:.2f}"
            assert said["top"] == case.category(p.index(max(p)))
            is_chance(said["p"], max(p), 1e-5)
            if "name" in said:
                assert said["name"] == case.category(other)
                is_chance(said["share"], p[other], 1e-5)
            else:
                assert target is None or p.index(max(p)) == other


@checks(say.looked_at_sentence)
def check_looked_at(case: Case) -> None:
    for n, found, missing, is_cut in ((2, 2, 0, False), (10_000, 100, 0, True), (300, 12, 88, True)):
        said = taken_apart(
            say.looked_at_sentence(n, found, missing, is_cut),
            "{n:i} frames, all of them looked at.",
            "{n:i} frames; {found:i} of them, evenly.[[ The file {cut}.]]",
            "{n:i} frames by the file; it breaks off or is damaged, and {found:i} of the {asked:i} to be looked at "
            "could be decoded.",
        )
        assert said["n"] == f"{n:,}"
        assert said.get("found", said["n"]) == f"{found:,}"
        assert ("asked" in said) == (missing > 0)
        assert ("asked" in said or "cut" in said) == is_cut
        assert said.get("asked", "100") == "100"


@checks(say.heard_sentence, say.ear_sentence, say.loudness_sentence)
def check_heard(case: Case) -> None:
    """Two made sounds, and the later part of a long one at another rate, of two channels."""
    ear = case.network
    said = taken_apart(
        say.ear_sentence(ear),
        "{network} is untrained here: its answer means nothing.",
        "{network} has heard sounds made by code alone, of {n:i} kinds, and must choose among them whatever it hears: "
        "of your voice it says which of them it is most like.",
        "{network} reads one channel, so the spectrogram is given to it, but nobody has {trained} it on sounds. Choose "
        "Sound CNN under “Network” for one that was.",
    )
    assert said["network"] == ear.title
    if not ear.is_random:
        assert said.get("n") == (str(len(ear.categories)) if ear.name == "sound_cnn" else None)
    if ear.preprocessing.n_channels != 1 or not ear.has_maps:
        return
    long = read_sound(wav(np.stack([tone(1500, 16_000, 4)] * 2, axis=1), 16_000), "long")
    for sound, start in ((load_sound("clicks"), 0.0), (load_sound("chord"), 0.0), (long, 1.6)):
        trace = explorer.run(ear, sound_picture(excerpt(sound, start)), "top")
        check_where(trace, start)
        said = taken_apart(
            say.loudness_sentence(sound, start),
            "From second {start:n} to {end:n} of {all:n}: the levels of 128 frequencies, {hz:n} Hz each, every {ms:n} "
            "ms, in pieces of {window:i} samples under a Hann window; black is {floor:n} dB, white 0 dB, a sine at "
            "full scale.[[ {rate:i} samples a second were brought to 8,000. {n:i} channels mixed down to their mean.]]",
        )
        assert (value_of(said["start"]), value_of(said["all"])) == (start, len(sound.samples) / sound.rate)
        assert abs(value_of(said["end"]) - start - 128 * 128 / 8000) < 0.0011
        assert (value_of(said["hz"]), value_of(said["ms"]), said["window"]) == (8000 / 256, 1000 * 128 / 8000, "256")
        assert value_of(said["floor"]) == -80
        assert (said.get("rate"), said.get("n")) == (("16,000", "2") if sound is long else (None, None))


def check_where(trace: Trace, start: float) -> None:
    """The class, and the highest cell of its evidence, found by walking over the map."""
    network, probabilities = trace.network, softmax(float(z) for z in trace.logits)
    values = heard_evidence(trace)
    place = edges(trace, network.cam_layer, start)
    said = taken_apart(
        say.heard_sentence(trace, None if values is None else loudest(values, place)),
        "{network} takes it for “{name}”, {p:%}. Nothing in {layer} speaks for “{class}”, so there is no evidence to "
        "show.",
        "{network} takes it for “{name}”, {p:%}. The evidence for “{class}” is strongest around {s:n} s and {hz:n} Hz; "
        "a cell of it is {ms:n} ms wide and {high:n} Hz high.",
    )
    best = max(range(len(probabilities)), key=lambda i: probabilities[i])
    assert (said["network"], said["name"], said["class"]) == (network.title, *[network.categories[best]] * 2)
    is_chance(said["p"], probabilities[best], 1e-5)
    assert ("s" in said) == (values is not None)
    if values is not None:
        left, right, bottom, top = place
        height, width = values.shape
        highest = {(y, x) for y in range(height) for x in range(width) if values[y, x] == values.max()}
        shown = value_of(said["s"]), value_of(said["hz"])
        assert any(
            abs(left + (x + 0.5) * (right - left) / width - shown[0]) < 0.006
            and abs(top - (y + 0.5) * (top - bottom) / height - shown[1]) < 0.51
            for y, x in highest
        )
        assert abs(value_of(said["ms"]) - 1000 * (right - left) / width) < 0.06
        assert abs(value_of(said["high"]) - (top - bottom) / height) < 0.06
