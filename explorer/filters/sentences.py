"""What the filters of a layer are, in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..networks.network import Network
from ..trace import FloatArray, Trace, contribution
from ..wording import number, percent, plural, signed
from .gratings import ANGLES, FREQUENCIES, HUE_NAMES, Tuning
from .measures import (
    ALIKE,
    DIRECTED,
    TURN,
    can_compare,
    coherence,
    colourfulness,
    dead,
    duplicates,
    frequency,
    norm,
    orders,
    orientation,
)
from .weights import batch_norm_behind, form, inputs_of, kernels, n_groups, nearest_with_kernel


def layer_sentences(trace: Trace, asked: str) -> str:
    """What the filters of a layer are, which of them are near-duplicates, which do nothing. `asked` is the layer that
    was chosen, in whose stead `nearest_with_kernel` is described where it has no kernel."""
    network = trace.network
    layer = nearest_with_kernel(network, asked)
    n_out, n_in, height, width = kernels(network, layer).shape
    text = ""
    if network.resolve(asked) != layer:
        meant = network.layer(asked)
        verb = "is" if asked == meant.name else "ends with"
        text = f"{asked} {verb} {meant.kind} and has no kernel, so the nearest layer that has one is shown. "
    is_dense = network.layers[layer].kind == "dense"
    text += f"{layer} is a {network.layers[layer].kind}{' layer' if is_dense else ''} of "
    text += f"{plural(n_out, 'filter')}, each with " if n_out > 1 else "1 filter with "
    text += f"{n_in} × {height} × {width} = {plural(n_in * height * width, 'weight')}."
    if is_dense and height * width > 1:
        what = "the flattened picture" if form(network, layer) in ("colour", "grey") else "flattened maps"
        text += f" It reads {what}, {height} × {width}, so its kernels are drawn as large as that."
    groups = n_groups(network, layer)
    if form(network, layer) == "depthwise":
        text += (
            f" It is depthwise: every filter reads one channel alone ({n_out // groups} for each), so nothing is mixed "
            "between channels."
        )
    elif groups > 1:
        text += (
            f" They come in {groups} groups: filters 0 to {n_out // groups - 1} read inputs 0 to {n_in - 1}, and so on."
        )
    if not is_dense and height * width == 1:
        text += (
            f" Its kernels are 1 × 1: there is no window, and at each place a filter is a weighted mix of the {n_in} "
            f"{'channel' if n_in == 1 else 'channels'} there."
        )
    return f"{text} {_duplicates_sentence(kernels(network, layer))} {_dead_sentence(network, layer)}"


_NAMED = 6  # filters or pairs in a sentence
_HARDLY = 0.25  # of the answer to a plain colour: below that, stripes are not what a filter is for
_ANY_DIRECTION = 0.7  # of the strongest answer: where the weakest direction has more, none is told


def _duplicates_sentence(weights: FloatArray) -> str:
    if not can_compare(weights):
        return "They are too many to be compared with each other while you wait."
    pairs = duplicates(weights)
    if not pairs:
        return f"No two are near-duplicates (cosine similarity above {ALIKE})."
    named = [f"{a} and {b} ({alike:.3f})" for a, b, alike in pairs[:_NAMED]]
    count = "1 pair is" if len(pairs) == 1 else f"{len(pairs)} pairs are"
    return f"{count} near-duplicates (cosine similarity above {ALIKE}): {_listed(named, len(pairs))}."


def _dead_sentence(network: Network, layer: str) -> str:
    found = dead(network, layer)
    measures = "norm, or the factor of its batch norm," if batch_norm_behind(network, layer) else "norm"
    if not found:
        return f"None is dead ({measures} below a thousandth of the median)."
    count = "1 filter is" if len(found) == 1 else f"{len(found)} filters are"
    named = [str(index) for index in found[:_NAMED]]
    return f"{count} dead ({measures} below a thousandth of the median): {_listed(named, len(found))}."


def _listed(named: Sequence[str], n: int) -> str:
    rest = n - len(named)
    return f"{', '.join(named)} and {rest} more" if rest else ", ".join(named)


def filter_sentence(trace: Trace, layer: str, index: int) -> str:
    """One filter in numbers: its inputs, norm, stripes, colour, and what it adds to the class on this picture."""
    network = trace.network
    weights = kernels(network, layer)[index : index + 1]
    inputs = inputs_of(network, layer, index)
    offered = orders(network, layer)
    parts = [f"norm {norm(weights)[0]:.4g}"]
    if "orientation" in offered and coherence(weights)[0] >= DIRECTED:
        parts.append(f"stripes or edges at {orientation(weights)[0].round() % 180:.0f}° ({TURN})")
    elif "orientation" in offered:
        parts.append("no direction of its own")
    if "frequency" in offered:
        parts.append(f"mean frequency {frequency(weights)[0]:.2f} cycles per pixel")
    if "colour" in offered:
        parts.append(f"{percent(float(colourfulness(weights)[0]))} of its energy is colour")
    text = f"Filter {index}: {', '.join(parts)}."
    if n_groups(network, layer) > 1:
        several = f"inputs {inputs[0]} to {inputs[-1]}, those of its group."
        text += f" It reads {several if len(inputs) > 1 else f'input {inputs[0]} alone.'}"
    if trace.target is not None:
        added = trace.view(contribution, layer)[index]
        text += f" Here it adds {signed(float(added))} to the score of “{trace.prediction(trace.target).category}”."
    return text


def why_no_twin(network: Network) -> str | None:
    """Why a network has no untrained twin to be set beside, if it has none."""
    if network.is_random:
        return "this is one"
    return "nobody knows how it began" if network.info is None else None


def twin_problem(network: Network, twin: Network, layer: str) -> str | None:
    """Why the filters of a layer cannot be compared with those of the untrained twin, if they cannot."""
    own, other = len(kernels(network, layer)), len(kernels(twin, layer))
    if own == other:
        return None
    return f"{layer} has {own} filters here, and {other} in the untrained network, whose classes are others."


def silenced_sentence(network: Network) -> str:
    """Why filters are drawn without the batch norm behind them although it was asked for."""
    text = (
        "The batch norm behind them multiplies all of these by 0: folded, nothing is left, so they are drawn unfolded."
    )
    if network.is_random:
        text += (
            " Training begins so on purpose: a block whose last batch norm is 0 adds nothing at first, and what came "
            "in passes on as it is (Goyal et al. 2017, arXiv:1706.02677, section 5.1)."
        )
    return text


def tuning_sentence(tuned: Tuning, layer: str, index: int) -> str:
    """Which stripes and which colour a filter answers to most, and how that was measured."""
    answers = tuned.gratings[index]
    if not np.isfinite(answers).all():
        return "Its answers are no finite numbers: these weights are broken, or were not trained to the end."
    text = f"Filter {index} of {layer} {_of_stripes(tuned, index)}"
    if tuned.hues is not None:
        hue = int(np.abs(tuned.hues[index]).argmax())
        text += f", and of the plain colours most to {HUE_NAMES[hue]} ({signed(float(tuned.hues[index, hue]))})"
    return (
        f"{text}. Measured in the middle of its map, on pictures of {tuned.side} × {tuned.side} pixels run through the "
        "network up to this layer; what it answers to plain mid-grey is taken off."
    )


def _of_stripes(tuned: Tuning, index: int) -> str:
    """To which stripes a filter answers, as far as it does, and in which direction, as far as that matters to it."""
    answers = tuned.gratings[index]
    angle, fine = np.unravel_index(int(answers.argmax()), answers.shape)
    most = float(answers.max())
    if tuned.hues is not None and most < _HARDLY * float(np.abs(tuned.hues[index]).max()):
        return f"hardly answers to grey stripes (at most {number(most)})"
    width = f"{FREQUENCIES[fine]} cycles per pixel ({1 / FREQUENCIES[fine]:.0f} pixels from stripe to stripe)"
    if float(answers[:, fine].min()) > _ANY_DIRECTION * most:
        return f"answers most to stripes with {width}, nearly alike in every direction"
    return f"answers most to stripes at {ANGLES[angle]}° ({TURN}) with {width}"
