"""More of a network trained than its head: weights before and after, number by number."""

from __future__ import annotations

import numpy as np

from explorer.transfer import Learned, Tuning, fine_tune, gathered, learn
from explorer.transfer import sentences as say
from explorer.transfer.drawn import drawn_set
from explorer.transfer.moved import Moved, kernels_moved, maps_moved, moved
from explorer.transfer.moved_figures import kernel_rows
from explorer.transfer.tuner import LOOKING, Reached

from .case import Case
from .said import checks, counted, is_share, same, taken_apart

TUNING = Tuning("all", n_epochs=1, learning_rate=0.01)


def trained(case: Case) -> Learned:
    if "tuned" not in case.kept:
        case.kept["tuned"] = fine_tune(learn(case.network, gathered(drawn_set("parts", 4))), TUNING)
    return case.kept["tuned"]  # type: ignore[no-any-return]


def changes(found: Learned) -> dict[str, tuple[float, float]]:
    """Of each convolution and dense layer, by how much they changed, and how long they were, both squared."""
    assert found.frozen is not None
    made = {}
    for name in found.frozen.layers:
        first, second = found.frozen.weights(name), found.network.weights(name)
        if first and found.frozen.layers[name].traits.is_weighted:
            pairs = [(np.float64(first[key]), np.float64(second[key])) for key in first]
            made[name] = sum(((b - a) ** 2).sum() for a, b in pairs), sum((a**2).sum() for a, _ in pairs)
    return made


@checks(say.tuning_sentence, Tuning.in_words)
def check_tuning(case: Case) -> None:
    found = trained(case)
    said = taken_apart(
        say.tuning_sentence(found, TUNING),
        "All layers and the head, {n:i} numbers, are trained for {epochs:i} epoch with small steps (SGD, momentum "
        "{momentum:n}), from where the head alone has come to. Batch norms stay in evaluation mode: they go on with "
        "the means and variances that they have. It is done in a process of its own.",
    )
    counted(said["n"], sum(value.numel() for value in found.network.graph.recorder.parameters()))
    counted(said["epochs"], 1)
    same(said["momentum"], 0.9)
    said = taken_apart(
        TUNING.in_words,
        "all layers and the head trained on, {epochs:i} epoch in batches of {batch:i}, SGD at {rate:n} with momentum "
        "{momentum:n}, weight decay {decay:n}, seed {seed:i}; batch norms in evaluation mode",
    )
    counted(said["batch"], 16)
    same(said["rate"], 0.01)
    same(said["decay"], 1e-4)


@checks(say.reached_sentence)
def check_reached(case: Case) -> None:
    said = taken_apart(say.reached_sentence(Reached(LOOKING, 1200, 2400), None), "{what}: {done:i} of {all:i}")
    counted(said["done"], 1200)
    counted(said["all"], 2400)
    assert said["what"] == LOOKING
    said = taken_apart(say.reached_sentence(None, 2), "Waiting for its turn: {n:i} trainings to begin, with this one.")
    counted(said["n"], 2)
    taken_apart(say.reached_sentence(None, None), "Starting a process …")


@checks(say.moved_sentence, Moved.phrase)
def check_moved(case: Case) -> None:
    found = trained(case)
    far, layers = moved(found), changes(found)
    said = taken_apart(
        say.moved_sentence(found, far),
        "{title} moved most in {name}: by {n:n}\u00a0{unit} of the length of its weights.[[ {still:i} {what} of "
        "{all:i} stayed as they were.]]",
    )
    assert said["title"] == case.network.title
    if not far.is_of_stages:
        assert far.names == tuple(layers)
        shares = {name: float(np.sqrt(change / whole)) for name, (change, whole) in layers.items()}
        assert said["name"] == max(shares, key=shares.__getitem__)
        same(said["n"], shares[said["name"]] * {"%": 100, "ppm": 1e6}[said["unit"]], slack=1e-3)


@checks(say.kernels_sentence)
def check_kernels(case: Case) -> None:
    found = trained(case)
    if case.network.layers[case.network.first_layer].kind != "convolution":
        return
    pairs = kernels_moved(found)
    said = taken_apart(
        say.kernels_sentence(found, *kernel_rows(pairs)[1:]),
        "Kernels of {layer}, those that changed most. Before and after have one scale, from {low:n} to {high:n}; the "
        "difference has its own, from {least:n} to {most:n}: it is enlarged {times:i} times. Grey is zero.",
    )
    assert said["layer"] == case.network.first_layer
    largest = max(float(np.abs(part).max()) for part in (pairs.before, pairs.after))
    change = float(np.abs(pairs.after - pairs.before).max())
    same(said["high"], largest)
    same(said["low"], -largest)
    same(said["most"], change)
    same(said["least"], -change)
    counted(said["times"], round(largest / change))
    taken_apart(
        say.kernels_sentence(found, 1.0, 0.0), "The kernels of {layer} are as they were: they were not trained."
    )


@checks(say.maps_sentence)
def check_maps(case: Case) -> None:
    found = trained(case)
    if not case.network.has_maps:
        return
    layer = case.network.cam_layer
    pairs = maps_moved(found, case.image, layer)
    said = taken_apart(
        say.maps_sentence(layer, pairs),
        "Channels of {layer} that changed most on this picture, by {low:%} to {high:%} of the length of their values; "
        "one scale for all three rows.",
    )
    lengths = [
        float(np.linalg.norm(np.float64(b) - a)) / (float(np.linalg.norm(np.float64(a))) or 1)
        for a, b in zip(pairs.before, pairs.after, strict=True)
    ]
    is_share(said["low"], min(lengths), 1e-6)
    is_share(said["high"], max(lengths), 1e-6)
