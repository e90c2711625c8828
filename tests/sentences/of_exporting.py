"""What a file to take along says of its size."""

from __future__ import annotations

import math

from explorer.exporting import sentences as say
from explorer.exporting.sizes import choices, default_layers, has_window, total_bytes, window_shapes
from explorer.networks.digits import DigitPreparation

from .case import Case
from .said import checks, counted, counted_roughly, taken_apart


@checks(say.layer_choice)
def check_choices(case: Case) -> None:
    for layer in choices(case.network):
        shape = case.network.layer(layer).shape
        said = taken_apart(say.layer_choice(case.network, layer), "{layer}: {shape}, up to {size:b}")
        assert (said["layer"], said["shape"]) == (layer, " × ".join(map(str, shape)))
        counted_roughly(said["size"], 5 * math.prod(shape))


@checks(say.total_sentence)
def check_totals(case: Case) -> None:
    for layers in ((), default_layers(case.network)):
        said = taken_apart(
            say.total_sentence(case.network, layers),
            "{n:i} layer[[s]] with all maps, and all else: up to {size:b}, less where maps are zero.",
        )
        counted(said["n"], len(layers))
        counted_roughly(said["size"], total_bytes(case.network, layers))
        said = taken_apart(
            say.total_sentence(case.network, layers, 7_200_000),
            "{n:i} layer[[s]] with all maps, the network (up to {live:b}), and all else: up to {size:b}, less where "
            "maps are zero.",
        )
        counted(said["n"], len(layers))
        counted_roughly(said["live"], 7_200_000)
        counted_roughly(said["size"], total_bytes(case.network, layers) + 7_200_000)


@checks(say.arrays_sentence)
def check_arrays(case: Case) -> None:
    layers = default_layers(case.network)
    said = taken_apart(
        say.arrays_sentence(case.network, layers),
        "{n:i} layer[[s]] with all maps: {size:b} before they are packed, and pictures.",
    )
    counted(said["n"], len(layers))
    counted_roughly(said["size"], 4 * sum(math.prod(case.network.layer(name).shape) for name in layers))


@checks(say.cells_sentence)
def check_cells(case: Case) -> None:
    layers = default_layers(case.network)
    said = taken_apart(
        say.cells_sentence(layers),
        "Cells for {n:i} layer[[s]], the evidence and the answer: little more than the picture.",
    )
    counted(said["n"], len(layers))


@checks(say.left_out)
def check_left_out(case: Case) -> None:
    for layer in choices(case.network):
        shapes = window_shapes(case.network, layer)
        if not shapes or has_window(case.network, layer):
            continue
        said = taken_apart(
            say.left_out(case.network, layer, "a layer"),
            "The window of {name} is left out: what it reads, its filters and its sums would take {size:b} more.",
        )
        assert said["name"] == "a layer"
        counted_roughly(said["size"], 5 * sum(map(math.prod, shapes)))


@checks(say.live_sentence)
def check_live(case: Case) -> None:
    reads_digits = isinstance(case.network.preprocessing, DigitPreparation)
    for is_rounded in (False, True):
        text = say.live_sentence(case.network, is_rounded)
        assert text.startswith("Draw a digit, or choose a picture of one: " if reads_digits else "Choose a picture: ")
        assert f": {case.network.title} runs in this page" in text
        assert ("rounded" in text) == is_rounded
