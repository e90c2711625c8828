"""What a network sees, where, and in which part of the picture; what it is and how a picture is prepared for it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from explorer.feature_maps.figures import layer_view
from explorer.feature_maps.sentences import mosaic_texts
from explorer.filters.figures import Page, page_with
from explorer.loading import preparations, sentences
from explorer.loading.catalog import CATALOG, list_networks
from explorer.loading.inventory import Item, inventory
from explorer.loading.preparations import as_text, parse_preparation, preparation_sentence, reading_sentence
from explorer.loading.scaling import SCALINGS, Reading
from explorer.networks.network import Network
from explorer.networks.preparation import PhotoPreparation
from explorer.overview import sentences as say
from explorer.overview.journey import journey, shown_stages
from explorer.trace import as_maps

from .case import Case, centres, where
from .of_attribution import n_for_half
from .said import agrees, checks, counted_roughly, is_chance, is_share, same, taken_apart


@checks(say.headline, say.title)
def check_headline(case: Case) -> None:
    title = case.network.title + (", untrained," if case.network.is_random else "")
    assert say.title(case.network) == title
    for trace in (case.top, case.least):
        hears = say.reads_sounds(case.network)
        said = taken_apart(
            say.headline(trace), f"{{network}} {'hears' if hears else 'sees'}: {{category}}, {{share:%}}"
        )
        assert say.lacks_digit(trace) is False
        assert (said["network"], said["category"]) == (title, case.category(case.best))
        is_chance(said["share"], case.probabilities[case.best])


def grad_cam(case: Case, index: int, layer: str) -> np.ndarray:
    """Each channel times its mean gradient, added up one by one; what is negative is 0."""
    trace = case.top if index == case.best else case.least
    total = np.zeros(trace[layer].shape[1:])
    for values, gradient in zip(trace[layer], trace.gradient(layer), strict=True):
        total += gradient.mean(dtype=np.float64) * values
    return np.maximum(total, 0)


@checks(say.reading)
def check_reading(case: Case) -> None:
    for index, trace in ((case.best, case.top), (case.worst, case.least)):
        share = case.probabilities[index]
        if not case.network.has_maps:
            said = taken_apart(
                say.reading(trace),
                "It gives “{category}” {share:%}, but cannot show where in the picture the evidence lies.",
            )
            assert said["category"] == case.category(index)
            is_chance(said["share"], share)
            continue
        spatial = [stage for stage in case.network.stages if case.network.layer(stage).is_spatial]
        for layer in (case.network.cam_layer, *spatial[:2]):
            compare_reading(case, index, layer, say.reading(trace, layer))


def compare_reading(case: Case, index: int, layer: str, text: str) -> None:
    cam = grad_cam(case, index, layer)
    said = taken_apart(
        text,
        "There is no positive evidence for “{category}” at {layer}: in no cell do the maps that raise its score "
        "({logit:n}) outweigh those that lower it.",
        "Half of the evidence for “{category}” ({share:%}) lies in {half:%} of {what}; its centre of mass is {where}. "
        "Bright is where the maps of {layer} that raise this class's score are strong.",
    )
    assert (said["category"], said["layer"]) == (case.category(index), layer)
    if "logit" in said:
        assert cam.max() <= 1e-6 * np.abs(case.top[layer]).max()
        assert abs(float(said["logit"]) - case.logits[index]) <= 0.00501
        return
    is_chance(said["share"], case.probabilities[index])
    n = n_for_half(cam.astype(np.float32))
    shares = {k / cam.size for k in (n - 1, n, n + 1)}  # one cell more or less, where a sum is nearly half
    assert any(fits(said["half"], share) for share in shares)
    assert where(cam, centres(case.network, layer)) in (said["where"], None)
    height, width = case.network.layer(layer).size
    middles, what = centres(case.network, layer), said["what"]
    is_even = all(np.allclose(m, (np.arange(k) + 0.5) / k) for m, k in zip(middles, (height, width), strict=True))
    assert (what == f"the cells of {layer}") == (not is_even)
    if is_even and case.network.preprocessing.n_channels == 3:
        part = received(case)
        if part > 0.999:
            assert what == "the picture"
        else:
            more = taken_apart(what, "what it received, {share:%} of the picture")["share"]
            assert any(fits(more, share * part, 2e-3) for share in shares)


def fits(shown: str, share: float, slack: float = 2e-7) -> bool:
    try:
        is_share(shown, share, slack)
    except AssertionError:
        return False
    return True


def received(case: Case) -> float:
    """The share of a picture that is left when its shorter side is resized and the middle cut out."""
    height, width = case.image.pixels.shape[:2]
    how = case.network.preprocessing
    assert isinstance(how, PhotoPreparation)
    side = how.crop * min(height, width) / how.resize
    return min(side, height) * min(side, width) / (height * width)


@checks(say.knows_sentence)
def check_knows(case: Case) -> None:
    said = taken_apart(
        say.knows_sentence(case.network),
        "It knows {n:i} classes ({names}) and must choose among them, whatever the picture shows.",
    )
    assert int(said["n"]) == len(case.logits)
    names = ", ".join(case.category(i) for i in range(min(12, len(case.logits))))
    assert said["names"] == names + (" …" if len(case.logits) > 12 else "")


@checks(say.crop_sentence)
def check_crop(case: Case) -> None:
    said = taken_apart(
        say.crop_sentence(case.image, case.top.prepared),
        "The digit in {width:i} × {height:i} pixels, as MNIST would show it: {side:i} × {again:i}, without colour.",
        "The middle {share:%} of {width:i} × {height:i} pixels, resized to {side:i} × {again:i}.",
        "All of {width:i} × {height:i} pixels, resized to {side:i} × {again:i}.",
    )
    assert (int(said["height"]), int(said["width"])) == case.image.original_size
    assert int(said["side"]) == int(said["again"]) == case.top.prepared.tensor.shape[-1]
    if case.network.preprocessing.n_channels == 3:
        is_share(said.get("share", "100\u00a0%"), received(case), 2e-3)


@checks(Network.cam_reason)
def check_where_maps_end(case: Case) -> None:
    network, names = case.network, list(case.network.layers)
    said = taken_apart(
        network.cam_reason,
        "{layer} is the last block that ends in maps ({height:i} × {width:i} cells): behind it, {after} ({kind}) "
        "begins to give up where things are.",
        "{title} has no feature maps: its first layer already reads the whole picture as one row of numbers, so "
        "nothing in it knows where. Choose a convolutional network for maps.",
    )
    if "title" in said:
        assert said["title"] == network.title
        assert all(case.top[name].ndim == 1 for name in names)
        return
    size = int(said["height"]), int(said["width"])
    assert case.top[said["layer"]].shape[1:] == size
    at, after = names.index(network.resolve(said["layer"])), names.index(said["after"])
    assert network.layers[said["after"]].kind == said["kind"]
    assert {case.top[name].shape[1:] for name in names[at:after]} == {size}
    assert case.top[said["after"]].shape[1:] != size
    behind = [one for one in network.stages if names.index(network.resolve(one)) > at]
    assert not [one for one in behind if case.top[one].ndim == 3 and "pooling" not in network.layer(one).kind
                and case.top[one].shape[1] > 1]  # fmt: skip


def whole(shown: str) -> int:
    return int(shown.replace(",", ""))


@checks(Page.caption)
def check_pages(case: Case) -> None:
    layer = case.loudest[0]
    maps = as_maps(case.top[layer])
    n, texts = len(maps), mosaic_texts(case.top, layer)
    said = taken_apart(texts["where"].format(first=1, last=n), "{first:i} to {last:i} of {n:i} channels")
    assert {*map(whole, said.values())} == {1, n}
    view = layer_view(case.top, layer, "number", "layer", 0)
    assert (texts["reduced"] != "") == (view.factor < 1)
    if texts["reduced"]:
        is_share(taken_apart(texts["reduced"], ", reduced to {factor:%}")["factor"], view.factor)
    assert texts["own_scale"] == ", each on its own scale"
    for one in (0, n // 2, n - 1):
        shown = page_with(range(n), one, 7)
        said = taken_apart(shown.caption("things"), "{first:i} to {last:i} of {n:i} things")
        assert whole(said["first"]) == one // 7 * 7 + 1
        assert (whole(said["last"]), whole(said["n"])) == (min(n, one // 7 * 7 + 7), n)


# The band of maps


@checks(say.child_sentence, say.band_sentence, say.stage_phrase)
def check_band(case: Case) -> None:
    network, text = case.network, say.child_sentence(case.top)
    order = ["edges", "textures", "patterns", "parts", "whole things"]
    if network.is_random:
        assert not any(word in text for word in order)
    elif network.has_maps:
        said = taken_apart(
            text,
            "It looks for {first}, puts them together to {rest}, and says what they look like most: “{category}”.",
            "It looks for {first}, and says what they look like most: “{category}”.",
        )
        assert said["category"] == case.category(case.best)
        words = [said["first"], *said.get("rest", "").split(", ")]
        named = [say.stage_phrase(network, stage) for stage in shown_stages(network)]
        assert [word for word in words if word] == list(dict.fromkeys(named))
        assert named == sorted(named, key=order.index)
    for index, trace in ((case.best, case.top), (case.worst, case.least)):
        band = say.band_sentence(trace, is_known=True)
        assert ("thin" in say.band_sentence(trace, is_known=False)) == network.has_maps
        assert ("The names say" in band) == any(say.stage_phrase(network, stage) for stage in shown_stages(network))
        if network.has_maps:
            assert f"to the score of “{case.category(index)}”," in band
            assert f"the {len(journey(trace).stages[0].maps)} maps that add most" in band


@checks(say.map_phrase, say.numbers_phrase)
def check_nodes(case: Case) -> None:
    found = journey(case.least)
    for stage in found.stages:
        for shown in stage.maps:
            said = taken_apart(
                say.map_phrase(stage, shown),
                "Channel {channel:i} of {layer}, from {low:n} to {high:n}. It adds {adds:n} to the score. Lit up: what "
                "feeds it, and what it feeds.",
            )
            values, channel = case.least[said["layer"]], int(said["channel"])
            same(said["low"], values[channel].min())
            same(said["high"], values[channel].max())
            products = values[channel].astype(np.float64) * case.least.gradient(said["layer"])[channel]
            same(said["adds"], products.sum(), 3)
    for row in found.numbers:
        kind = case.network.layer(row.layer).kind
        assert (say.numbers_phrase(case.network, row.layer) == "averages") == (kind == "average pooling")


# How it was loaded


@checks(sentences.card)
def check_card(case: Case) -> None:
    for info in (CATALOG[case.network.name], *list_networks("timm")[::100]):
        said = taken_apart(
            sentences.card(info),
            "{title}, {year:i}: {brought}. {facts} a pass.",
            "{title}, one of timm's networks in its module {family}. {facts} a pass.",
        )
        assert said["title"] == info.title
        assert f"{said['facts']} a pass" == sentences.facts(info)
        if info.source == "timm":
            assert said["family"] == info.family
        else:
            assert (int(said["year"]), said["brought"]) == (info.year, info.brought)


@checks(sentences.facts)
def check_facts(case: Case) -> None:
    for info in CATALOG.values() if case.network.name == "pocket_resnet" else [CATALOG[case.network.name]]:
        said = taken_apart(
            sentences.facts(info), "{weights:c} weights · {products:c} multiply-adds · {side:i} px · {bytes:b} a pass"
        )
        counted_roughly(said["weights"], info.n_parameters)
        counted_roughly(said["products"], info.n_multiply_adds)
        counted_roughly(said["bytes"], 4 * info.n_parameters + 8 * info.n_values)
        assert int(said["side"]) == info.size
    said = taken_apart(
        sentences.facts(CATALOG[case.network.name]), "{weights:c} weights · {products:c} multiply-adds · {rest}"
    )
    layers = case.network.layers
    own = [case.network.weights(name) for name in layers]
    shared = {id(one): one for one in own}
    n_weights = sum(
        array.size for arrays in shared.values() for key, array in arrays.items() if not key.startswith("running")
        and key != "num_batches_tracked"
    )  # fmt: skip
    counted_roughly(said["weights"], n_weights)
    n_products = sum(
        math.prod(layers[name].shape) * arrays["weight"][0].size
        for name, arrays in zip(layers, own, strict=True)
        if layers[name].kind in ("convolution", "dense")
    )
    counted_roughly(said["products"], n_products)


@checks(sentences.disk_sentence, Item.place)
def check_disk(case: Case) -> None:
    items = inventory()[:9]
    here = [
        replace(one, path=Path("/a/file"), n_bytes_here=999_600 * i) if i % 2 else replace(one, path=None)
        for i, one in enumerate(items)
    ]
    said = taken_apart(
        sentences.disk_sentence(here),
        "{n:i} of {all:i} networks {verb} trained and ready on this machine, in {size:b}. What is fetched goes to "
        "{folder}, where {room} are free.",
    )
    names = {one.info.name for one in items}
    assert int(said["all"]) == len(names)
    assert int(said["n"]) == len({one.info.name for one in here if one.path is not None})
    agrees(int(said["n"]), "is", "are", said["verb"])
    counted_roughly(said["size"], 999_600 * sum(i for i in range(9) if i % 2))
    for one in here:
        is_brought = one.weights.url is None
        assert (one.place in ("missing", "to be fetched")) == (one.path is None)
        assert is_brought or one.place != "missing"


@checks(preparation_sentence, as_text)
def check_preparation(case: Case) -> None:
    how = case.network.preprocessing
    text = preparation_sentence(how)
    if case.network.preprocessing.n_channels == 1:
        assert taken_apart(
            text, "a digit, cut out and centred as those of {MNIST} are",
            "the spectrogram of a sound as it is; other pictures without colour, {height:i} × {width:i}",
        ).get("height", "128") == "128"  # fmt: skip
        assert as_text(how) == CATALOG[case.network.name].reads
        return
    assert isinstance(how, PhotoPreparation)
    odd = replace(how, mean=(0.1, 1 / 3, 0.7), std=(1 / 255,) * 3, channels="BGR")
    for one in (how, odd, replace(odd, squash=True)):
        said = taken_apart(
            preparation_sentence(one),
            "{sides} to {resize:i} pixels ({interpolation}), the middle {crop:i} × {again:i}, values from 0 to 1 "
            "less {mean:t}, divided by {std:t}, {channels}[[, then the colour transform of Inception, inside the "
            "{rest}]]",
        )
        assert (int(said["resize"]), int(said["crop"]), int(said["again"])) == (one.resize, one.crop, one.crop)
        assert (said["interpolation"], said["channels"]) == (one.interpolation, one.channels)
        assert ("rest" in said) == one.colour_transform
        assert said["sides"] == ("both sides" if one.squash else "shorter side")
        for shown, given in ((said["mean"], one.mean), (said["std"], one.std)):
            numbers = shown.strip("()").split(", ")
            for number, value in zip(numbers * (3 // len(numbers)), given, strict=True):
                same(number, value)
        assert parse_preparation(as_text(one), CATALOG[case.network.name]) == one


@checks(reading_sentence)
def check_what_a_norm_remembers(case: Case) -> None:
    names = list(SCALINGS)
    for worse in (1.5, 2.999, 3.001, 40.0):
        reading = Reading({names[1]: 0.0123, names[0]: 0.0123 * worse, names[2]: 99.0})
        said = taken_apart(
            preparations.reading_sentence(reading),
            "{best} (divergence {first:n}; the next best, {other}: {second:n})",
            "its first batch norm is undecided between {best} (divergence {first:n}) and {other} ({second:n})",
        )
        assert (said["best"], said["other"]) == (SCALINGS[names[1]].title, SCALINGS[names[0]].title)
        same(said["first"], 0.0123, 2)
        same(said["second"], 0.0123 * worse, 2)
        assert reading_sentence(reading).startswith("its") == (worse <= 3)
