"""The kernel lab: a kernel that one chooses or types, laid over the picture, and any value of the result opened."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from ...convolution import snippets
from ...convolution.kernels import Kernel, as_text, filter_kernel, first_layer, named_kernel, typed_kernel
from ...convolution.lab import (
    Experiment,
    convolve,
    input_names,
    is_as_recorded,
    size_question,
    source,
    sources,
    value_sentence,
)
from ...convolution.recipes import RECIPES
from ...convolution.sentences import SIZE_FORMULA, size_sentences, weights_sentence
from ...drawing.color import Scale, scale_of
from ...drawing.picture import heat_map
from ...drawing.units import input_scale, shade
from ...elements.window import LabelledMap, Reckoning
from ...filters.figures import scale_around
from ...filters.tables import Table
from ...trace import FloatArray, read_by
from ...wording import by, number
from ..elements.numbers import numbers
from ..elements.pickers import pick_number, pick_one, pick_switch
from ..elements.question import ask
from ..elements.window import window_player
from ..frame.boundary import fragment, plain
from ..frame.session import KEPT_IN_LINK, Selection, choose
from ..frame.takeaway import setting, take_away

_TYPED, _FILTER = "typed", "filter of the first layer"
_EXAMPLE = "1 2 1; 2 4 2; 1 2 1"
_PRINTED = 7  # kernels up to this size have their numbers in the cells
_MOST_STRIDE, _MOST_PADDING, _MOST_DILATION = 8, 15, 8


@dataclass(frozen=True, eq=False)
class _Chosen:
    """A kernel, what it is laid over, and what came of it."""

    kernel: Kernel
    experiment: Experiment
    names: tuple[str, ...]  # of the channels that it reads
    scales: tuple[Scale, ...]  # on which these are drawn
    unit: str  # of their values, in a few words
    units: str  # what the numbers in them are, as a sentence
    check: str  # whether the network recorded the same, as a sentence, where it does the same
    code: str


@fragment
def kernel_lab(selection: Selection) -> None:
    """Choose or type a kernel and how it moves; see what it makes of the picture, number by number."""
    chosen = _pick(selection)
    experiment, kernel = chosen.experiment, chosen.kernel
    scale = scale_of(experiment.values)
    _play(chosen, scale)
    st.markdown(plain(kernel.answers_to))
    height, width = experiment.values.shape
    take_away(
        f"{kernel.title}, laid over {', '.join(chosen.names)}: {height} × {width} values from "
        f"{experiment.n_products:,} multiplications. As in the network, each is the sum of the products under one "
        f"place of the window. {_reading(experiment.values, scale)}",
        "kernel-lab",
        lambda: heat_map(experiment.values, scale),
        lambda: experiment.values,
        chosen.code,
    )
    st.header("The kernel")
    # three colours need the whole width
    cells, words = st.columns(2, gap="medium") if len(kernel.weights) == 1 else (st.container(), st.container())
    with cells:
        numbers(_tables(chosen), "lab-numbers")
    with words:
        st.markdown(plain(weights_sentence(kernel.weights)))
        st.caption(plain(f"How it is made: {kernel.formula} Source: {kernel.origin}."))
        if len(kernel.weights) == 1:
            st.button("Change these numbers", on_click=_edit, args=(as_text(kernel.weights[0]),), key="lab-edit")
    st.header("The size of the result")
    formula, question = st.columns(2, gap="medium")
    with formula:
        for sentence in (SIZE_FORMULA, *size_sentences(experiment.axes, "the picture")):
            st.markdown(plain(sentence))
    with question:
        ask(size_question(experiment), "lab-size")


def _edit(text: str) -> None:
    choose("lab_typed", text)
    choose("lab_kernel", _TYPED)


def _reading(values: FloatArray, scale: Scale) -> str:
    if values.size > 1 and (values == values.flat[0]).all():
        return f"All values are {number(float(values.flat[0]))}."
    if scale.signed:
        return "Red is positive, blue negative, white zero; both ends of the scale are equally far from it."
    return "No value is negative, so the scale begins at 0."


# What is chosen


def _pick(selection: Selection) -> _Chosen:
    first = first_layer(selection.network)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        name = pick_one("Kernel", [*RECIPES, _TYPED, *([_FILTER] if first else [])], "lab_kernel")
    with right:
        if name == _FILTER and first is not None:
            index = pick_number(f"Filter of {first}", range(selection.network.layer(first).n_channels), "lab_filter")
        else:
            over = pick_one("Laid over", sources(selection.network), "lab_source")
    if name == _FILTER and first is not None:
        return _chosen_filter(selection, first, index)
    return _chosen_kernel(selection, name, over)


def _chosen_kernel(selection: Selection, name: str, over: str) -> _Chosen:
    """A well-known kernel or a typed one, laid over one channel of the picture. All is asked before anything is said
    to be wrong: what is to be corrected must be there."""
    if name == _TYPED:
        text = st.text_area(
            "Its numbers, with spaces between them and a ; or a new line after each row", placeholder=_EXAMPLE,
            max_chars=4000, height=110, key="lab_typed", **KEPT_IN_LINK,
        ) or _EXAMPLE  # fmt: skip
        make, call = partial(typed_kernel, text), f"typed_kernel({text!r})"
        steps = _pick_steps()
    else:
        with st.container(horizontal=True, gap="medium"):
            settings = _pick_settings(name)
            steps = _pick_steps()
        make = partial(named_kernel, name, *settings)
        call = f"named_kernel({', '.join(map(repr, (name, *settings)))})"
    kernel = make()
    return _Chosen(
        kernel,
        convolve(source(selection.network, selection.trace.prepared, over), kernel.weights, *steps),
        (over,),
        (Scale(0.0, 1.0, shade(over)),),
        f"{over}, no unit: 0 is none of it, 1 is full",
        f"The numbers are the {over} of the picture as the network receives it, from 0 (none) to 1 (full), before they "
        "are normalised.",
        "",
        snippets.kernel_result(setting(selection), over, call, *steps),
    )


def _pick_settings(name: str) -> tuple[int, ...]:
    """Of a recipe the size; of a Gabor also the direction of its stripes and their width."""
    sizes = RECIPES[name].sizes
    if len(sizes) == 1:
        return sizes
    size = st.select_slider(
        "Size, in pixels", sizes, max(sizes[0], 3), key="lab_size", **KEPT_IN_LINK,
        width=200,
    )  # fmt: skip
    if name != "Gabor":
        return (size,)
    angle = st.slider(
        "Angle of the stripes, °", 0, 165, 0, 15, key="lab_angle", **KEPT_IN_LINK,
        width=200,
    )  # fmt: skip
    wavelength = st.slider(
        "Stripe to stripe, pixels", 2, 16, 4, key="lab_wavelength", **KEPT_IN_LINK,
        width=200,
    )  # fmt: skip
    return size, angle, wavelength


def _chosen_filter(selection: Selection, layer: str, index: int) -> _Chosen:
    """A filter of the first layer, laid over what that layer reads: as the network does it, or otherwise."""
    trace = selection.trace
    window = selection.network.layer(layer).window
    assert window is not None  # every convolution has one
    own = f"stride {window.stride[0]}, padding {window.padding[0]}, dilation {window.dilation[0]}"
    steps = window.stride, window.padding, window.dilation
    is_other = pick_switch(f"Not as the network does it ({own})", "lab_other")
    if is_other:
        steps = _pick_steps()
    kernel = filter_kernel(trace, layer, index)
    check = f"The network itself has {own}; for other ones it recorded nothing to compare with."
    if steps == (window.stride, window.padding, window.dilation):
        n = trace[layer][index].size
        check = (
            f"✓ All {n:,} values are what the network recorded as channel {index} of {layer}."
            if trace.view(is_as_recorded, layer, index)
            else f"✗ These {n:,} values are not what the network recorded as channel {index} of {layer}."
        )
    names = input_names(selection.network, layer)
    return _Chosen(
        kernel,
        convolve(read_by(trace, layer), kernel.weights, *steps, kernel.bias),
        names,
        tuple(trace.view(input_scale, layer, channel) for channel in range(len(names))),
        "normalised picture, no unit",
        f"The numbers are what {layer} itself reads: the picture after it was normalised.",
        check,
        snippets.filter_result(setting(selection), layer, index, *steps),
    )


def _pick_steps() -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Stride, padding and dilation, each the same along both axes."""
    found = []
    with st.container(horizontal=True, gap="small"):
        for label, low, high in (
            ("Stride", 1, _MOST_STRIDE), ("Padding", 0, _MOST_PADDING), ("Dilation", 1, _MOST_DILATION),
        ):  # fmt: skip
            value = int(
                st.number_input(
                    label, low, high, key=f"lab_{label.lower()}", **KEPT_IN_LINK,
                    width=140,
                )
            )  # fmt: skip
            found.append((value, value))
    return found[0], found[1], found[2]


# What is shown


def _tables(chosen: _Chosen) -> list[Table]:
    weights = chosen.kernel.weights
    height, width = weights.shape[1:]
    rows, columns = tuple(map(str, range(height))), tuple(map(str, range(width)))
    scale, is_printed = scale_around(weights), max(height, width) <= _PRINTED
    titles = [name.capitalize() for name in chosen.names] if len(weights) > 1 else [chosen.kernel.title]
    unit = f"weight, no unit; {chosen.kernel.title}"
    return [
        Table(title, plane, rows, columns, scale, unit, is_printed)
        for title, plane in zip(titles, weights, strict=True)
    ]


def _play(chosen: _Chosen, scale: Scale) -> None:
    """The window over the picture and over the result; the value where it stands, added up in full."""
    experiment, names = chosen.experiment, chosen.names
    height, width = experiment.values.shape
    keys = [f"lab-{axis}-{n}" for axis, n in zip("yx", experiment.values.shape, strict=True)]
    best = experiment.strongest
    for key, start in zip(keys, best, strict=True):
        st.session_state.setdefault(key, start)  # results of one size share the place

    def move(y: int, x: int) -> None:
        choose(keys[0], y)
        choose(keys[1], x)

    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        y, x = (
            int(st.number_input(f"Value at {axis}, 0 to {n - 1}", 0, n - 1, key=key, width=150))
            for axis, n, key in zip("yx", experiment.values.shape, keys, strict=True)
        )
        st.button("The strongest value", on_click=move, args=best, key="lab-strongest")
        channel = 0
        if len(names) > 1:
            shown = st.segmented_control(
                "Colour in the window", names, default=names[0], required=True, key="lab_colour", **KEPT_IN_LINK,
            )  # fmt: skip
            channel = names.index(shown)
    plane = experiment.source[channel]
    window_player(
        LabelledMap(plane, chosen.scales[channel], f"{names[channel].capitalize()}, {by(plane.shape)}", chosen.unit),
        LabelledMap(
            experiment.values,
            scale,
            f"{chosen.kernel.title.partition(',')[0]}: {height} × {width}",
            "sum of products, no unit",
        ),
        experiment.window,
        (y, x),
        "lab-player",
        move,
        Reckoning(kernel=experiment.weights[channel], note=_note(experiment)),
    )
    st.markdown(plain(value_sentence(experiment, names, y, x)))
    if chosen.check:
        st.markdown(plain(chosen.check))
    st.caption(plain(chosen.units))


def _note(experiment: Experiment) -> str:
    """What else goes into a value than the products that the player shows."""
    others = ["the other colours"] if len(experiment.weights) > 1 else []
    if experiment.bias:
        others.append(f"the bias {number(experiment.bias)}")
    return f"with {' and '.join(others)}" if others else ""
