"""The ways to look at one layer besides all its channels; each is drawn only while its tab is open."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ...drawing.color import Scale
from ...drawing.picture import photo
from ...drawing.placing import note
from ...drawing.units import activation_unit
from ...elements.legend import legend
from ...elements.overlay import Heat, Photo
from ...feature_maps import snippets
from ...feature_maps.channels import correlations, counterpart, layer_histogram, steps_at
from ...feature_maps.figures import CORRELATION, correlation_png, histogram_bars
from ...feature_maps.film import (
    MOST_LAYERS,
    beside,
    common_scale,
    drawable,
    film,
    film_array,
    film_layers,
    left_out,
    plate,
)
from ...feature_maps.sentences import (
    beside_sentence,
    correlation_sentence,
    dead_sentence,
    histogram_sentence,
    left_out_sentence,
    range_note,
    step_name,
    step_sentence,
)
from ...networks.network import Network
from ...pictures.samples import SAMPLES, load_sample
from ...trace import FloatArray, Trace, as_maps
from ...wording import plural
from ..elements.chart import chart
from ..elements.choice import Choice
from ..elements.pickers import pick_one, pick_stretched
from ..elements.probe import probe
from ..elements.strip import strip
from ..frame import session
from ..frame.boundary import plain
from ..frame.session import KEPT_IN_LINK, choose
from ..frame.takeaway import setting, take_away

_N_ROWS = 8  # of a film
_MOST_BESIDE = 4  # further pictures: more would be too small to compare


def statistics(layer: str) -> None:
    """How active the layer is, and which of its channels say the same."""
    selection = session.selection()
    trace = selection.trace
    found, alike = trace.view(layer_histogram, layer), trace.view(correlations, layer)
    left, right = st.columns(2, gap="medium")
    with left:
        st.header("All values")
        chart(
            histogram_bars(found),
            f"Histogram of {layer}. {histogram_sentence(found)}",
            "histogram",
            histogram_sentence(found),
            lambda: trace[layer],
            snippets.layer_values(setting(selection), layer),
        )
        st.markdown(plain(dead_sentence(trace, layer)))
    with right:
        st.header("Which channels are alike")
        if len(alike.channels) > 1 and as_maps(trace[layer])[0].size > 1:
            png = trace.view(_correlation_png, layer)
            n = len(alike.channels)
            strip(
                [(png, 1, False)],
                [(f"{n} × {n} channels of {layer}", "by number, from the upper left corner")],
                alt=f"Correlations between channels of {layer}. {correlation_sentence(alike)}",
                key="correlations",
                width=420,
                legend=legend(CORRELATION, "correlation r of two maps, no unit; 1: the same pattern, −1: the opposite"),
            )
            take_away(
                correlation_sentence(alike),
                "correlation",
                lambda: png,
                lambda: alike.matrix,
                snippets.correlation(setting(selection), layer),
            )
        else:
            st.info("A correlation needs two channels with more than one cell each; this layer has none.")


def _correlation_png(trace: Trace, layer: str) -> bytes:
    return correlation_png(trace.view(correlations, layer).matrix)


def before_and_after(layer: str, channel: int) -> None:
    """One channel before and after a step, on one scale."""
    selection = session.selection()
    trace, network = selection.trace, selection.network
    steps = {step_name(before, after): (before, after) for before, after in steps_at(network, layer)}
    if not steps:
        st.info(f"{plain(layer)} reads the picture itself, and no activation follows it: there is no step to show.")
        return
    before, after = steps[pick_one("Step", steps, "step")]
    st.markdown(plain(step_sentence(trace, before, after, channel)))
    source = counterpart(network, before, after, channel)
    parts = [(name, c) for name, c in ((before, source), (after, channel)) if c is not None]
    maps = [drawable(trace, name, c) for name, c in parts]
    scale = common_scale(maps)
    is_stretched = pick_stretched(network, *(name for name, _ in parts))
    columns = st.columns(2, gap="medium")
    for column, (name, c), values, place in zip(columns[2 - len(parts) :], parts, maps, ("one", "two"), strict=False):
        described = network.layer(name)
        with column:
            st.markdown(f"**{plain(name)}**, {described.kind}")
            if described.is_spatial:
                truly = network.places(name)
                places = None if is_stretched else truly
                probe(
                    Photo(trace.view(photo), trace.prepared.size),
                    Heat(
                        values,
                        scale,
                        f"Channel {c} of {name} over the picture",
                        f"{activation_unit(network, name, c)}; both on one scale{note(truly, places)}",
                        opacity=1.0,
                        places=places,
                    ),
                    key=f"step-{place}",
                    field=network.field(name, c),
                    histogram=True,
                )
            else:
                _in_rows(network, name, values, scale, f"step-{place}")
            one = described.is_spatial
            take_away(
                f"{f'Channel {c}' if one else 'All numbers'} of {name}: {range_note(values)}.",
                f"step-{place}",
                partial(plate, [[(values, scale)]]),
                partial(_numbers, trace, name, c if one else None),
                snippets.channel_map(setting(selection), name, c)
                if one
                else snippets.layer_values(setting(selection), name),
            )


def _in_rows(network: Network, layer: str, values: FloatArray, scale: Scale, key: str) -> None:
    """All numbers of a layer whose maps have ended."""
    strip(
        [(plate([[(values, scale)]]), 1, False)],
        [(plural(network.layer(layer).n_channels, "number"), range_note(values))],
        alt=f"All numbers of {layer}, row by row",
        key=key,
        width=260,
        legend=legend(
            scale, f"{activation_unit(network, layer)}; both on one scale; the maps have ended, so numbers in rows"
        ),
    )


def _numbers(trace: Trace, layer: str, channel: int | None) -> FloatArray:
    return trace[layer] if channel is None else as_maps(trace[layer])[channel]


def several_pictures(layer: str, channel: int) -> None:
    """One channel for several pictures, on one scale."""
    selection = session.selection()
    chosen = st.multiselect(
        "Samples beside the current picture", list(SAMPLES), max_selections=_MOST_BESIDE, key="beside", **KEPT_IN_LINK,
    )  # fmt: skip
    if not chosen:
        st.info("Choose up to four samples, and see what the same channel answers to each.")
    pictures = [selection.image, *map(load_sample, chosen)]
    with st.spinner("Running the other pictures …", show_time=True):
        traces = [selection.with_image(picture).trace for picture in pictures]
    view = beside(traces, layer, channel)
    titles = ["Current picture", *(SAMPLES[name].title for name in chosen)]
    strip(
        [(view.photos, 1, True), (view.maps, 1, False)],
        [(title, range_note(values)) for title, values in zip(titles, view.values, strict=True)],
        alt=f"Channel {channel} of {layer} for {', '.join(titles)}",
        key="several",
        width=200,
        legend=legend(view.scale, f"{activation_unit(selection.network, layer, channel)}; one scale for all pictures"),
    )
    take_away(
        beside_sentence(view.values, titles),
        "several",
        lambda: view.maps,
        lambda: [trace[layer] for trace in traces],
        snippets.several(setting(selection), chosen, layer),
    )


def through_depth(layer: str, channel: int) -> None:
    """The same few channel numbers, layer after layer."""
    selection = session.selection()
    trace, network = selection.trace, selection.network
    stage = pick_one("Columns", ["every stage", *network.stages], "film")
    first = channel // _N_ROWS * _N_ROWS
    chosen = None if stage == "every stage" else stage
    layers = film_layers(network, chosen, first)
    if absent := left_out_sentence(network, left_out(network, chosen, first), first):
        st.caption(plain(absent))
    if not layers:
        return
    view = film(trace, layers, first, _N_ROWS)
    # in the headings the name of the block is left out where all layers shown are in it
    is_block = stage != "every stage" and all(name.startswith(f"{stage}.") for name in layers)
    block = f"{stage}." if is_block else ""
    cells = [(c, name) for c in view.channels for name in layers]
    here = cells.index((channel, layer)) if layer in layers else None
    strip(
        [(view.png, len(view.channels), False)],
        [(name[len(block) :], "×".join(map(str, network.layer(name).shape))) for name in layers],
        alt=f"Channels {first} to {view.channels[-1]} through {plural(len(layers), 'layer')}",
        key="film-strip",
        rows=[str(c) for c in view.channels],
        width=84,
        choice=Choice(
            [None if i in view.blank else f"Channel {c} of {name}" for i, (c, name) in enumerate(cells)],
            None if here in view.blank else here,
            lambda i: _open(*cells[i]),
        ),
    )
    take_away(
        f"Channels {first} to {view.channels[-1]} through {stage if is_block else 'depth'}, "
        f"{view.colors}. "
        "Each map is on its own scale, so compare patterns, not brightness; that two layers share a number does not "
        "make their channels the same. "
        "Blank: the layer has fewer channels. Choose a map to open it."
        + (f" Only the last {MOST_LAYERS} operations are shown." if len(layers) == MOST_LAYERS else ""),
        "film",
        lambda: view.png,
        lambda: film_array(trace, layers, view.channels),
        snippets.film(setting(selection), layers, view.channels),
    )


def _open(channel: int, layer: str) -> None:
    choose("layer", layer)
    choose("channel", channel)
