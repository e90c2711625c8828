"""Units: who makes a channel and who reads it, whose classes it speaks for, its like, and what is noted about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import explorer
from explorer.atlas import NetworkSource, Settings, make_atlas, open_atlas, shipped
from explorer.atlas.rows import Histogram
from explorer.errors import BadNote
from explorer.filters.weights import folding, inputs_of, kernels
from explorer.interventions import switch
from explorer.networks.network import Network
from explorer.pictures import load_sample
from explorer.trace import Trace, as_maps, contribution
from explorer.units import sentences as say
from explorer.units.alike import correlations_with, most_alike
from explorer.units.listing import FEWEST, fires_here_alone, fires_on, of_atlas, of_picture, ranked, relative, within
from explorer.units.notes import MOST_CHARACTERS, Note, keep, note_of, notes
from explorer.units.paths import filter_of, inputs_before, readers_behind
from explorer.units.routes import maps_read, route, sources
from explorer.units.standing import pooled, share_below, share_of_places_below
from explorer.units.uses import class_uses, class_weights
from explorer.wording import percent
from tests.atlases import drawn_atlas


@pytest.fixture(scope="module")
def network() -> Network:
    return explorer.load_network("pocket_resnet")


@pytest.fixture(scope="module")
def trace(network: Network) -> Trace:
    return explorer.run(network, load_sample("chelsea"), target="top")


def test_inputs_are_the_filter_s_own_by_the_size_of_its_kernels(network: Network) -> None:
    found = inputs_before(network, "layer1.0.relu", 5, most=32)
    assert found.makers == (("layer1.0.conv1", 5),)
    assert not found.lost
    factor = folding(network, "layer1.0.conv1")[0][5]
    for link in found.shown:
        own = kernels(network, "layer1.0.conv1")[5, link.channel] * factor
        assert link.layer == network.layers["layer1.0.conv1"].inputs[0]
        assert link.strength == pytest.approx(np.sqrt(sum(float(w) ** 2 for w in own.ravel())), rel=1e-5)
        assert link.total == pytest.approx(float(own.sum()), rel=1e-4, abs=1e-6)
    assert [link.channel for link in found.shown] != sorted(link.channel for link in found.shown)
    assert sorted(link.channel for link in found.shown) == list(range(32))
    assert [link.strength for link in found.shown] == sorted((link.strength for link in found.shown), reverse=True)


def test_a_residual_sum_has_its_shortcut_and_the_inputs_of_its_summand(network: Network) -> None:
    found = inputs_before(network, "layer1", 3, most=4)
    first, *others = found.shown
    assert (first.through, first.channel) == ("", 3)
    sums = [la for name, la in network.layers.items() if name.startswith("layer1.") and la.kind == "addition"]
    summed = sums[-1]
    assert first.layer in summed.inputs
    assert all(link.through.endswith("conv2") for link in others)


def test_what_reads_a_channel_has_it_among_its_inputs(network: Network) -> None:
    found = readers_behind(network, "layer1.0.relu", 5, most=1000)
    assert found.shown
    for link in found.shown:
        back = inputs_before(network, link.layer, link.channel, most=1000)
        assert ("layer1.0.relu", 5) in {(one.layer, one.channel) for one in back.shown}
        (same,) = [one for one in back.shown if (one.layer, one.channel) == ("layer1.0.relu", 5)]
        assert same.strength == pytest.approx(link.strength)


@pytest.mark.parametrize("name", ["shufflenet_v2_x0_5", "densenet121", "mobilenet_v3_small", "googlenet"])
def test_a_channel_that_is_said_to_be_made_of_another_follows_it(
    name: str, random_network: Callable[[str], Network]
) -> None:
    """Rearrangements, groups and concatenations: on a recorded pass the values themselves are the same."""
    net = random_network(name)
    seen = explorer.run(net, load_sample("chelsea"))
    kept = [n for n, la in net.layers.items() if la.kind == "concatenation" or la.traits.group == "rearranging"]
    n_compared = 0
    for layer in kept[:: max(1, len(kept) // 12)]:
        for channel in (0, net.layers[layer].n_channels // 2, net.layers[layer].n_channels - 1):
            made_of = sources(net, (layer, channel))
            if made_of:
                ((source, number),) = made_of
                one, other = as_maps(seen[layer])[channel], as_maps(seen[source])[number]
                if one.size == other.size:
                    assert np.array_equal(one.ravel(), other.ravel(), equal_nan=True), (layer, channel)
                    n_compared += 1
                else:  # flattened: a number of the map
                    assert one.ravel()[0] in other
                    n_compared += 1
    assert n_compared > 3


def test_a_layer_that_mixes_all_is_not_followed(network: Network) -> None:
    assert route(network, "conv1", "layer1.0.conv1") is None
    assert maps_read(network, "conv1") is None  # the picture
    assert inputs_before(network, "conv1", 0).at_end
    assert filter_of(network, "conv1", 7) == ("conv1", 7)
    last = list(network.layers)[-1]
    assert readers_behind(network, last, 0).at_end


@pytest.mark.parametrize("layer", ["conv1", "layer1.0.relu", "layer2", "layer4"])
def test_a_channel_s_uses_are_its_gradient_times_its_activation(network: Network, trace: Trace, layer: str) -> None:
    channel = int(np.argmax(np.abs(contribution(trace, layer))))
    uses = class_uses(trace, layer, channel)
    assert uses is not None
    for k in (trace.class_of(None), 0, len(uses) - 1):
        other = explorer.run(network, trace.image, target=k)
        assert uses[k] == pytest.approx(contribution(other, layer)[channel], rel=1e-3, abs=1e-4)


def test_weights_times_means_and_the_bias_are_the_logits(network: Network, trace: Trace) -> None:
    means = as_maps(trace["layer4"]).mean(axis=(1, 2))
    columns = [class_weights(network, "layer4", c) for c in range(len(means))]
    assert all(column is not None for column in columns)
    logits = (
        np.stack([column for column in columns if column is not None], axis=1) @ means + network.weights("fc")["bias"]
    )
    assert logits == pytest.approx(trace.logits, rel=1e-3, abs=1e-3)
    assert class_weights(network, "layer3", 0) is None
    # where nothing stands between, the use is the term of the logit
    uses, own = class_uses(trace, "layer4", 3), columns[3]
    assert uses is not None
    assert own is not None
    assert uses == pytest.approx(own * means[3], rel=1e-3, abs=1e-4)
    off = switch(trace, "layer4", {3: 0.0})
    assert trace.logits - off.logits == pytest.approx(uses, rel=1e-3, abs=1e-3)


def test_the_single_logit_of_two_classes_has_both_signs(random_network: Callable[[str], Network]) -> None:
    net = random_network("basic_cnn")
    seen = explorer.run(net, load_sample("chelsea"), target=1)
    uses = class_uses(seen, net.stages[-2], 0)
    assert uses is not None
    assert uses.tolist() == [-uses[1], uses[1]]


def test_correlations_are_numpy_s(trace: Trace) -> None:
    cells = as_maps(trace["layer2"]).reshape(len(as_maps(trace["layer2"])), -1)
    found = correlations_with(trace, "layer2", 4)
    for c in range(len(cells)):
        if c != 4 and cells[c].std() > 0 and cells[4].std() > 0:
            assert found[c] == pytest.approx(np.corrcoef(cells[c], cells[4])[0, 1], abs=1e-5)
    best = most_alike(trace, "layer2", 4, 3)
    assert best[0][1] == pytest.approx(np.nanmax(found))
    assert [r for _, r in best] == sorted(dict(best).values())[::-1]
    assert not most_alike(trace, list(trace.network.layers)[-1], 0)  # numbers without places have no correlation


def test_where_a_number_lies_among_others() -> None:
    assert share_below(np.array([1, 2, 2, 3], np.float32), 2) == 0.5
    assert share_below(np.array([1, 2, np.nan], np.float32), 5) == 1
    assert np.isnan(share_below(np.zeros(0, np.float32), 1))
    counted = Histogram(np.array([1, 3], np.int64), np.array([0.0, 1.0, 3.0]))
    assert share_of_places_below(counted, 1) == 0.25
    assert share_of_places_below(counted, 2) == 0.625
    assert share_of_places_below(counted, 9) == 1


def test_units_are_listed_filtered_and_ranked(network: Network, trace: Trace) -> None:
    units = of_picture(trace, ("layer1", "layer2"))
    assert len(units) == network.layer("layer1").n_channels + network.layer("layer2").n_channels
    row = network.layer("layer1").n_channels + 3
    assert units.columns["maximum"][row] == as_maps(trace["layer2"])[3].max()
    assert (units.layers[units.layer[row]], units.channel[row]) == (network.resolve("layer2"), 3)
    there = of_picture(explorer.run(network, load_sample("coffee")), ("layer1", "layer2"))
    alone = fires_here_alone(units, there, 0.25)
    for i in range(len(units)):
        here, other = float(units.columns["maximum"][i]), float(there.columns["maximum"][i])
        assert alone[i] == (here > 0 and other <= np.float32(0.25) * np.float32(here))
    assert relative(units, "maximum")[: network.layer("layer1").n_channels].max() == 1
    values = np.array([3.0, np.nan, 1.0, 3.0])
    assert ranked(np.ones(4, np.bool_), values).tolist() == [0, 3, 2, 1]
    assert ranked(values > 2, values, is_descending=False).tolist() == [0, 3]
    assert within(values, 1, 2).tolist() == [False, False, True, False]


def test_an_atlas_s_units_and_what_is_said_of_them(network: Network, trace: Trace, tmp_path: Path) -> None:
    layer = network.resolve("layer2")
    for with_pictures in (True, False):
        atlas = open_atlas(drawn_atlas(tmp_path / str(with_pictures), network, (layer,), with_pictures=with_pictures))
        units = of_atlas(atlas)
        assert len(units) == network.layers[layer].n_channels
        row = atlas.channel(layer, 5)
        assert units.columns["selectivity"][5] == pytest.approx(row.selectivity, nan_ok=True)
        said = say.standing_sentence(trace, atlas, layer, 5)
        if with_pictures:
            share = share_below(np.asarray(atlas.features(layer)[:, 5]), pooled(trace, layer, 5))
        else:
            share = share_of_places_below(row.histogram, float(as_maps(trace[layer])[5].max()))
        assert percent(share) in said
        assert ("statistics alone" in say.atlas_sentence(atlas)) is not with_pictures
        assert f"{atlas.n_pictures} pictures" in say.row_sentence(atlas, row)


@pytest.mark.parametrize("with_pictures", [True, False])
def test_how_many_pictures_a_unit_fires_on_is_never_overstated(
    network: Network, tmp_path: Path, with_pictures: bool
) -> None:
    names, folder = (network.resolve("layer4"), "layer4.1.bn2"), tmp_path / "pictures"
    folder.mkdir()
    shown = []
    for i, sample in enumerate(("chelsea", "coffee", "rocket")):
        for j in range(4):  # the same but for its place, and far darker: deep channels are silent on some
            pixels = (load_sample(sample).pixels[40 * j : 200 + 40 * j, :200] // (1 + 5 * (j % 2))).astype(np.uint8)
            cv2.imwrite(str(folder / f"{i}{j}.png"), pixels[:, :, ::-1])
            shown.append(explorer.run(network, explorer.read_image(pixels)))
    made = make_atlas(
        NetworkSource(network.name), [folder], tmp_path / "atlas", names, Settings(pictures=with_pictures, n_bins=8), 1
    )
    fires, start = fires_on(made), 0
    for name in made.layers:
        values = np.stack([as_maps(one[name]) for one in shown])
        of_layer = slice(start, start := start + values.shape[1])
        truth = (values > 0).any(axis=(2, 3)).sum(axis=0)
        assert made.n_positive[of_layer] == pytest.approx((values > 0).sum(axis=(0, 2, 3)), abs=2)  # in a batch
        assert [made.channel(name, c).histogram.n_positive for c in range(len(truth))] == (
            made.n_positive[of_layer].tolist()
        )
        assert (fires[of_layer] <= truth).all()
        assert (fires[of_layer] > 0).sum() == (truth > 0).sum()
        if with_pictures and values.min() >= 0:
            assert fires[of_layer].tolist() == truth.tolist()
            assert len({*truth.tolist()}) > 3


def test_a_unit_that_fires_on_a_few_is_said_to_tell_nothing(network: Network) -> None:
    """The most selective channel of the shipped statistics fires at one place of thousands of pictures."""
    atlas = next(one for one in shipped(network) if not one.has_pictures)
    units, fires = of_atlas(atlas), fires_on(atlas)
    assert units.columns["fires"].tolist() == fires.tolist()
    first = int(ranked(np.ones(len(units), np.bool_), units.columns["selectivity"])[0])
    row = atlas.channel(units.layers[units.layer[first]], int(units.channel[first]))
    positive = sum(int(n) for n, high in zip(row.histogram.counts, row.histogram.edges[1:], strict=True) if high > 0)
    assert row.selectivity > 0.99
    assert 0 < positive < FEWEST
    assert f"It fires on {positive} of them at the most: too few" in say.row_sentence(atlas, row)
    assert "class selectivity" not in say.row_sentence(atlas, row)
    kept = ranked(fires >= FEWEST, units.columns["selectivity"])
    assert fires[kept].min() >= FEWEST
    assert len(kept) > len(units) // 2
    assert "fewer than 20 for certain" in say.fires_sentence(FEWEST)
    assert "left out" not in say.fires_sentence(0)


def test_what_is_said_of_a_unit(network: Network, trace: Trace) -> None:
    assert say.unit_sentence(network, "layer2", 3).startswith(f"Channel 3 of {network.layer('layer2').n_channels} in ")
    assert "no maps" in say.unit_sentence(network, "fc", 3)
    values = as_maps(trace["layer2"])
    higher = sum(float(one.mean()) > float(values[3].mean()) for one in values)
    assert f"; {higher} channel" in say.value_sentence(trace, "layer2", 3)
    assert (
        say.inputs_sentence(network, "conv1", 0, inputs_before(network, "conv1", 0)) == "It reads the picture itself."
    )
    found = readers_behind(network, "conv1", 0)
    assert f"of {found.n} readers" in say.readers_sentence(found)
    assert say.found_sentence(3, 20_000, 3) == "3 of 20,000 units."


def test_notes_are_kept_changed_and_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "new" / "notes.json"
    note = Note("lenet5", "key", "c1", 2, "  Sees <b>edges</b>\x07.\r\nTwice. ")
    assert notes(path) == ()
    keep(path, note)
    keep(path, Note("lenet5", "other weights", "c1", 2, "Another"))
    assert note_of(path, "key", "c1", 2) == "Sees <b>edges</b> .\nTwice."
    assert note_of(path, "key", "c1", 3) == ""
    keep(path, Note("lenet5", "key", "c1", 2, " "))
    assert [one.text for one in notes(path)] == ["Another"]
    assert [one.name for one in path.parent.iterdir()] == ["notes.json"]
    with pytest.raises(BadNote, match=r"1,000 characters at most; this one has 1,001"):
        keep(path, Note("lenet5", "key", "c1", 2, "x" * (MOST_CHARACTERS + 1)))


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"notes": [1]}', "[" * 100_000, json.dumps({"notes": [{"network": "a", "key": "b",
     "layer": "c", "channel": "2", "text": "d"}]}), json.dumps({"notes": [{"text": "x"}]})]
)  # fmt: skip
def test_a_file_of_something_else_is_never_written_over(tmp_path: Path, content: str) -> None:
    path = tmp_path / "notes.json"
    path.write_text(content)
    with pytest.raises(BadNote, match=r"^'notes.json' holds no notes\."):
        keep(path, Note("lenet5", "key", "c1", 2, "text"))
    assert path.read_text() == content


def test_the_inputs_of_groups_are_those_of_the_channel_s_own(random_network: Callable[[str], Network]) -> None:
    net = random_network("mobilenet_v3_small")
    depthwise = next(n for n, la in net.layers.items() if (la.groups or 1) > 1)
    found = inputs_before(net, depthwise, 7)
    assert [link.channel for link in found.shown] == list(inputs_of(net, depthwise, 7))
    assert torch.is_grad_enabled()
