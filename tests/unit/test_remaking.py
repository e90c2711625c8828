"""What a pass left, kept while there is room, and made again: its arrays stay what they were, to the bit."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import explorer
from explorer.networks.network import Network
from explorer.pictures.image import ImageInput
from explorer.recording import Recording
from explorer.remaking import Tensors
from explorer.running.cache import BoundedCache, Room
from explorer.running.lock import LOCK
from explorer.targets import Target
from explorer.trace import Trace, contribution, contributions


def counted_passes(trace: Trace) -> list[bool]:
    """Grows by one whenever a pass is made again; whether with gradients."""
    again, passes = trace._again, list[bool]()
    assert again is not None

    def counted(with_gradients: bool) -> Recording:
        passes.append(with_gradients)
        return again(with_gradients)

    trace._again = counted
    return passes


def arrays_apart() -> tuple[Room, BoundedCache[Tensors], BoundedCache[Tensors]]:
    """A room, and in it what keeps whole passes and what keeps parts of them."""
    room = Room(1 << 30)
    whole, parts = (BoundedCache[Tensors](9, 1 << 30, lambda found: found.n_bytes, room) for _ in range(2))
    return room, whole, parts


def test_the_stages_of_a_pass_stay_when_the_rest_of_it_has_gone(tiny: Network, image: ImageInput) -> None:
    trace = explorer.run(tiny, image, "top")
    passes = counted_passes(trace)
    _, whole, parts = arrays_apart()
    trace.keep_in(whole, parts, "it")
    while len(whole):
        whole.drop_oldest()
    expected = explorer.run(tiny, image, "top")
    for stage in tiny.stages:
        assert np.array_equal(trace[stage], expected[stage])
        assert np.array_equal(trace.gradient(stage), expected.gradient(stage))
    assert not passes
    rest = [layer for layer in tiny.layers if layer not in map(tiny.resolve, tiny.stages)]
    assert np.array_equal(trace.gradient(rest[0]), expected.gradient(rest[0]))
    assert np.array_equal(trace.gradient(rest[0]), trace.gradient(rest[0]))
    assert (passes, len(whole)) == ([True], 0), "one pass for that layer, and no whole one kept of it"


def test_a_pass_that_is_larger_than_what_is_kept_is_made_a_few_times_and_not_for_each_layer(
    tiny: Network, image: ImageInput
) -> None:
    trace = explorer.run(tiny, image, "top")
    passes = counted_passes(trace)
    room = Room(1 << 30)
    whole, parts = (BoundedCache[Tensors](9, 1, lambda found: found.n_bytes, room) for _ in range(2))
    trace.keep_in(whole, parts, "it")
    for _ in range(2):
        found = contributions(trace)
        assert [*found] == [layer for layer in tiny.layers if trace.has_gradient(layer)]
        room.free(room.n_bytes)
    assert len(passes) <= 4


@pytest.mark.parametrize("is_kept", [True, False])
def test_gradients_at_some_layers_and_later_at_the_others_are_those_of_one_pass(
    is_kept: bool, tiny: Network, image: ImageInput
) -> None:
    trace, expected = explorer.run(tiny, image, 1, at=tiny.stages), explorer.run(tiny, image, 1)
    passes = counted_passes(trace)
    if is_kept:
        trace.keep_in(*arrays_apart()[1:], "it")
    rest = [layer for layer in tiny.layers if layer not in map(tiny.resolve, tiny.stages)]
    assert [*map(trace.has_gradient, tiny.layers)] == [*map(expected.has_gradient, tiny.layers)]
    for stage in tiny.stages:
        assert np.array_equal(trace.gradient(stage), expected.gradient(stage))
        assert np.array_equal(contribution(trace, stage), contribution(expected, stage))
    assert rest
    assert not passes
    found = contributions(trace)
    assert passes == [True]
    assert [*found] == [*tiny.layers]
    for layer in tiny.layers:
        assert np.array_equal(trace.gradient(layer), expected.gradient(layer))
        assert np.array_equal(found[layer], contribution(expected, layer))
    assert passes == [True], "one further pass has them all"


@pytest.mark.parametrize("name", ["tiny", "pocket_resnet", "efficientnet_lite0"])
def test_gradients_from_a_layer_on_are_those_of_a_whole_pass_to_the_bit(
    name: str, tiny: Network, image: ImageInput
) -> None:
    network = tiny if name == "tiny" else explorer.load_network(name)
    first = explorer.run(network, image, "top", at=())
    passes = counted_passes(first)
    room, whole, parts = arrays_apart()
    first.keep_in(whole, parts, "it")
    for n, target in enumerate([Target(1), Target(0), Target(2, against=0)]):
        if n:
            room.free(whole.n_bytes)  # the stages stay
        trace, expected = first.toward(target), explorer.run(network, image, target)
        assert (trace.explained, trace.target) == (expected.explained, expected.target)
        assert np.array_equal(trace.logits, expected.logits)
        assert [*map(trace.has_gradient, network.layers)] == [*map(expected.has_gradient, network.layers)]
        for stage in reversed(network.stages):
            assert np.array_equal(trace.gradient(stage), expected.gradient(stage)), stage
            assert np.array_equal(trace[stage], expected[stage]), stage
    assert passes == [], "nothing before a stage is run again for its gradient"
    assert first.target == explorer.run(network, image, "top").target


def test_what_comes_behind_the_last_maps_is_what_the_weights_say(image: ImageInput) -> None:
    network = explorer.load_network("pocket_resnet")  # its last maps are averaged and multiplied by one row of weights
    first = explorer.run(network, image, "top", at=())
    first.keep_in(*arrays_apart()[1:], "it")
    weight, (height, width) = network.weights("fc")["weight"], network.layer("layer4").size
    lowest, highest = int(first.logits.argmin()), int(first.logits.argmax())
    assert first.logits[lowest] < 0
    rows = {Target(lowest): weight[lowest], Target(lowest, against=highest): weight[lowest] - weight[highest]}
    for target, row in rows.items():
        found = first.toward(target).gradient("layer4")
        np.testing.assert_allclose(
            found, np.broadcast_to(row[:, None, None] / (height * width), found.shape), rtol=1e-5
        )


def test_threads_beside_each_other_make_what_comes_behind_many_layers(image: ImageInput) -> None:
    network = explorer.load_network("efficientnet_lite0")
    first = explorer.run(network, image, "top", at=())
    first.keep_in(*arrays_apart()[1:], "it")
    layers = [*network.layers][-40:]  # more than the parts that are kept ready
    expected = explorer.run(network, image, 5)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda layer: first.toward(Target(5)).gradient(layer), layers * 2))
    assert all(np.array_equal(one, expected.gradient(layer)) for one, layer in zip(found, layers * 2, strict=True))


def test_several_classes_are_explained_by_one_way_through_the_rest(tiny: Network, image: ImageInput) -> None:
    first = explorer.run(tiny, image, "top", at=())
    room, whole, parts = arrays_apart()
    first.keep_in(whole, parts, "it")
    stages, targets = tiny.stages, [Target(2), Target(0)]
    for _ in range(2):
        before = whole.n_bytes + parts.n_bytes
        for target, trace in zip(targets, first.toward_each(targets, stages[::-1]), strict=True):
            expected = explorer.run(tiny, image, target)
            assert trace.target == expected.target
            assert all(np.array_equal(trace.gradient(stage), expected.gradient(stage)) for stage in stages)
            assert all(np.array_equal(trace[stage], expected[stage]) for stage in stages)
        assert whole.n_bytes + parts.n_bytes <= max(before, first.network.n_values * 8), "no gradients are kept"
        room.free(room.n_bytes)  # then their passes are made again
    assert first.toward_each([], stages) == []


def test_of_what_is_no_class_the_gradients_are_taken_everywhere(tiny: Network, image: ImageInput) -> None:
    target = Target(0, layer=tiny.stages[1])
    trace, expected = explorer.run(tiny, image, target, at=tiny.stages[:1]), explorer.run(tiny, image, target)
    passes = counted_passes(trace)
    assert [*trace.gradients] == [*expected.gradients] != [*tiny.layers]
    assert not passes


def test_threads_that_ask_for_one_array_that_has_gone_make_one_pass(tiny: Network, image: ImageInput) -> None:
    trace = explorer.run(tiny, image)
    layer = next(iter(tiny.layers))
    expected = trace[layer].copy()
    room, whole, parts = arrays_apart()
    passes = counted_passes(trace)
    trace.keep_in(whole, parts, "it")
    room.free(room.n_bytes)
    with ThreadPoolExecutor(8) as pool, LOCK:
        found = [pool.submit(lambda: trace[layer]) for _ in range(8)]
        while LOCK.n_waiting < 8:
            time.sleep(0.001)
    assert all(np.array_equal(one.result(), expected) for one in found)
    assert passes == [False]


def test_where_there_is_room_for_few_arrays_one_pass_serves_the_layer_and_the_stages(
    tiny: Network, image: ImageInput
) -> None:
    trace = explorer.run(tiny, image, "top")
    stages = [tiny.resolve(stage) for stage in tiny.stages]
    other = next(layer for layer in tiny.layers if layer not in stages)
    expected = {layer: trace[layer].copy() for layer in (other, *stages)}
    passes = counted_passes(trace)
    room, whole, parts = arrays_apart()
    trace.keep_in(whole, parts, "it")
    room.free(room.n_bytes)
    for _ in range(3):
        assert all(np.array_equal(trace[layer], array) for layer, array in expected.items())
    assert passes == [False]
    assert room.n_bytes == sum(array.nbytes for array in expected.values())


@pytest.mark.parametrize("target", [None, "top", 1])
def test_what_a_trace_has_kept_elsewhere_it_makes_again_to_the_bit(
    target: int | str | None, tiny: Network, image: ImageInput
) -> None:
    trace = explorer.run(tiny, image, target)
    layers = [*tiny.layers]
    arrays = {layer: trace[layer].copy() for layer in layers}
    gradients = {layer: trace.gradient(layer).copy() for layer in layers if target is not None}
    whole = trace.n_bytes
    stages = {tiny.resolve(stage) for stage in tiny.stages}
    of_stages = sum(found[stage].nbytes for found in (arrays, gradients) for stage in stages if found)
    room, kept, parts = arrays_apart()
    passes = counted_passes(trace)
    trace.keep_in(kept, parts, "it")
    assert (trace.n_bytes, kept.n_bytes, parts.n_bytes) == (0, whole, of_stages)
    assert trace[layers[1]].base is not None
    for _ in range(2):
        assert all(np.array_equal(trace[layer], array) for layer, array in arrays.items())
        assert all(np.array_equal(trace.gradient(layer), gradient) for layer, gradient in gradients.items())
        assert whole <= room.n_bytes <= 2 * whole + of_stages
        assert len(passes) <= 8, "made again four times for either, not once for each layer"
        assert all(trace.has_gradient(layer) == (target is not None) for layer in layers)
        room.free(room.n_bytes)
        assert room.n_bytes == 0
    if target is not None:
        assert np.array_equal(trace.gradient(layers[0]), gradients[layers[0]]), "also where that is asked for first"
    assert not any(tensor.is_inference() or tensor.requires_grad for tensor in trace.activations.values()) or not target
    assert trace.view(lambda trace: trace[layers[0]][:1]).base.nbytes <= trace.n_bytes, "a part holds the whole"
