"""Every builder of notes and sentences has what compares it, and does what the sentences say hold for every network?

What is compared stands in tests/sentences/: each number, percentage and name is worked out again from the raw arrays of
a pass and from the weights.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path

import pytest

import explorer
from explorer.applications import sound_picture
from explorer.loading.sources import project
from explorer.networks.network import Network
from explorer.pictures import load_sample, load_sound
from explorer.pictures.sound import excerpt
from tests.sentences import (  # noqa: F401  # each registers its checks
    of_applications,
    of_attribution,
    of_challenges,
    of_class_maps,
    of_classifier,
    of_compare,
    of_convolution,
    of_exporting,
    of_feature_maps,
    of_filters,
    of_overview,
    of_pages,
    of_painting,
    of_pooling,
    of_scores,
    of_scratch,
    of_scratch_film,
    of_synthesis,
    of_transfer,
    of_tuning,
)
from tests.sentences.case import Case
from tests.sentences.said import CHECKS, compared, name_of

ROOT = Path(explorer.__file__).resolve().parent
OWN = tuple(info.name for info in project.SOURCE.networks)
# and some with forms that those lack: a map for each class, branches, groups, a layer norm before the logits
PAGES = (
    "pages",
    "applications",
    "challenges",
    "class_maps",
    "classifier",
    "compare",
    "convolution",
    "feature_maps",
    "filters",
    "overview",
    "pooling",
    "synthesis",
)
NETWORKS: dict[str, tuple[str, ...]] = {  # network -> the topics that are compared
    **dict.fromkeys((*OWN, "mobilenet_v3_small"), ("attribution", "scores", "transfer", "tuning", *PAGES)),
    "squeezenet1_1": ("attribution", "scores", "scratch", "scratch_film", "transfer", *PAGES),
    **dict.fromkeys(("googlenet", "densenet121"), ("scores", *PAGES)),
    "regnet_y_400mf": ("convolution", "filters", "feature_maps"),
    "convnext_tiny": ("classifier", "class_maps"),
}
FUNCTIONS = {name_of(check).removeprefix("tests.sentences.of_"): check for check in CHECKS.values()}
ASKED = [(n, check) for n, topics in NETWORKS.items() for check in FUNCTIONS if check.partition(".")[0] in topics]
NOT_THERE = {
    "pocket_resnet": ("class_maps.check_neurons", "applications.check_read"),
    "lenet5": ("attribution.check_concepts",),
    "sound_cnn": ("class_maps.check_neurons", "applications.check_read"),
}  # no sentence of these builders

_SAID = {"str", "str | None", "tuple[str, ...]", "list[str]", "Question", "Question | None"}
_SAID |= {"tuple[Question, list[int]] | None"}

NAMES = {
    "atlas.jobs": "Job.result RangesJob.result ShardJob.result CropsJob.result",
    "atlas.layout": "features_name",
    "atlas.listing": "Entry.label",
    "atlas.plan": "Plan.class_titles Plan.finished_fingerprint",
    "atlas.reading": "Atlas.classes Atlas.layer_for Atlas.layers Atlas.network Atlas.network_key Atlas.title",
    "atlas.shard": "shard_name",
    # what is called how: of layers, classes, files, options
    "applications.reading": "Reading.text",
    "attribution.request": "Request.choice",
    "challenges.changes": "Change.words",
    "classifier.head": "last_maps",
    "classifier.logits": "readings source_of",
    "compare.matching": "counterpart",
    "convolution.kernels": "first_layer",
    "drawing.color": "Scale.stops",
    "drawing.series": "shortened",
    "drawing.traces": "literal",
    "elements.maps": "read_off stages_with_maps layers_of",
    "elements.window": "colors",
    "exporting.parts": "layer_key",
    "exporting.sizes": "checked_layers choices default_layers summed",
    "feature_maps.film": "film_layers",
    "filters.measures": "orders",
    "filters.weights": "layers_with_kernels nearest_with_kernel batch_norm_behind",
    "loading.categories": "read_categories named",
    "loading.download": "file_name",
    "loading.inventory": "addresses",
    "loading.keras.applied": "Applied.path",
    "loading.keras.building": "beside fit",
    "loading.keras.calls": "Layer.operation",
    "loading.keras.hdf5": "Stored.text",
    "loading.keras.octets": "Octets.text_until_zero as_text",
    "loading.keras.network": "KerasNetwork.extra_repr",
    "loading.keras.settings": "Settings.choice",
    "loading.keras.variables": "snake_case",
    "loading.onnx.names": "Names.free held_name snake",
    "loading.pickled": "dotted",
    "loading.recognition": "head",
    "loading.scaling": "Reading.best",
    "notebook.pictures": "checked_kernels",
    "networks.bands": "BandPreparation.inputs",
    "networks.blocks": "form text",
    "networks.preparation": "Changed.inputs PhotoPreparation.inputs Preparation.inputs",
    "loading.sources.torchvision": "imagenet_categories",
    "loading.unwrapping": "prefixes",
    "networks.arrangement": "Arranged.name Arranged.inputs",
    "networks.graph": "Graph.leading_to Graph.reads Graph.operation",
    "networks.network": "Network.resolve Network.stages Network.cam_layer Network.first_layer "
    "Network.nearest_with_maps",
    "networks.layers": "counted_before",
    "networks.reach": "sources_of",
    "networks.surgery": "targets Rest.reads",
    "pictures.folders": "PictureFile.folder plain_name",
    "pictures.image": "name_of",
    "places": "version",
    "running.tokens": "TokenStore.keep",
    "scratch.experiments": "experiment_of",
    "scratch.run": "Run.status",
    "pooling.kinds": "sources",
    "overview.journey": "shown_stages",
    "pooling.layers": "pooling_layers first_pooling nearest_pooling",
    "synthesis.objective": "Objective.read_from before_activation",
    "synthesis.readable": "Measured.best",
    "targets": "Target.read_from default_layer class_names",
    "training.recipes": "category_of",
    "transfer.drawn": "Drawn.name",
    "loading.over": "digest_of",
    "transfer.examples": "Source.name",
    "transfer.features": "features_layer",
    "transfer.tuning": "last_block",
    "transfer.shortcut": "Marked.name",
}
NAMES |= {
    "ui.challenges.now": "strength_key _thing_key",
    "ui.challenges.swept": "_named",
    "ui.compare.choices": "Pane.title",
    "ui.concepts.own": "_class_choices",
    "ui.compare.further": "_answer",
    "ui.compare.panes": "_without_map",
    "ui.atlas.pictures": "_pick_layer _ways",
    "ui.attribution.requests": "Gathered.sentences",
    "ui.attribution.sanity": "_pick_beside",
    "ui.feature_maps.painting": "_known",
    "ui.feature_maps.switchboard": "_category",
    "ui.scratch.choices": "pick_experiment _written",
    "ui.synthesis.wants": "_kinds",
    "ui.transfer.before": "_code",
    "ui.transfer.own": "Upload.name",
    "ui.transfer.pictures": "in_short",
}
WRITTEN = {  # what a program reads: code, tables, completions
    "applications.video": "watched_csv",
    "challenges.card": "card_csv",
    "challenges.survey": "ChallengeTable.csv ChallengeTable.markdown",
    "cli.check": "row_text",
    "compare.table": "table_csv",
    "cli.completion": "bash zsh fish",
    "cli.one": "Explained.summary",
    "convolution.kernels": "as_text",
    "drawing.series": "Numbers.csv",
    "elements.modules": "script own_script source library",
    "elements.overlay": "Heat.png",
    "elements.view": "View.css View.around inline inline_png",
    "exporting.charts": "svg",
    "exporting.letters": "lettered",
    "faithfulness.table": "AttributionTable.markdown AttributionTable.csv AttributionTable.json",
    "loading.onnx.program": "OnnxNetwork.extra_repr",
    "exporting.page": "plain_json",
    "notebook.cards": "card",
    "notebook.markup": "escaped framed beside facts table line rest legend picture",
    "scratch.film": "Layout.as_json",
    "training.evaluation": "Evaluation.table",
    "training.loop": "model_card",
    "scratch.card": "card",
    "transfer.learned": "Learned.card",
    "ui.attribution.requests": "expression",
    "ui.classifier.softmax": "_quotient",
    "ui.pooling.exchange": "_table",
    "ui.scratch.kept": "_card",
    "ui.pooling.window": "_paragraphs",
}
ELSEWHERE = {  # what is wrong with a file or a word, or what was done to a picture: its tests make such files
    "attribution.method": "nothing_to_note",
    "errors": "nearest",
    "loading.keras.calls": "Layer.title",
    "loading.keras.precision": "precision_note",
    "loading.follow": "first_line",
    "loading.misfits": "first_three shape_text",
    "loading.onnx.document": "Node.described",
    "loading.preparation_checks": "problem_of",
    "loading.published": "folder_problem",
    "pictures.classes": "data_problem",
    "loading.strangers": "outlines stranger",
    "networks.network": "Network.no_classes",
    "pictures.levels": "said_as",
    "words.language": "Language.said",  # tests/unit/test_language.py
    "words.openings": "Opening.in_register",  # tests/unit/test_openings.py, over all of them
    "ui.server.sentences": "busy_sentence memory_sentence warm_sentence caches_table _work _queue",
    "pictures.tiff": "Directory.text Directory.described",
    "wording": "megabytes duration seconds_phrase percent round_percent count by plural number signed ratio_phrase "
    "symbols_phrase quoted described",
}


ELSEWHERE |= {  # tests/unit/test_atlas_map.py and test_concepts.py compare them with features and passes
    "atlas.map_figures": "picture_note",
    "atlas.map_sentences": "atlas_sentence matched_sentence map_sentence suspects_sentence suspect_phrase "
    "twins_sentence statistics_sentence",
    "atlas.shelf": "command_for",
    "concepts.sentences": "score_sentence accuracy_sentence",
}
ELSEWHERE |= {  # tests/unit/test_lesson_keys.py works out every answer again, test_lessons.py what is said
    "lessons.asked_of_answers": "top_class class_after where chosen",
    "lessons.asked_of_layers": "of_numbers input_numbers output_size n_maps n_places n_weights n_parameters "
    "receptive_field",
    "lessons.asked_of_values": "strongest_colour share_of_zeros after_relu which_window sum_and_bias which_kernel "
    "added strongest_channel adds_most",
    "lessons.history": "errors_sentence sources",
    "lessons.lesson": "Look.address",
    "lessons.questions": "question_of",
    "lessons.sentences": "length_sentence progress_sentence checks_sentence steps_sentence look_sentence "
    "caption_sentence mark_sentence",
    "ui.lessons.listing": "_known",
}


ELSEWHERE |= {  # tests/unit/test_units.py
    "ui.units.finding": "_layers",
    "ui.units.link": "address",
    "units.notes": "note_of",
    "units.routes": "maps_read",
    "units.sentences": "alike_note alike_sentence atlas_sentence fires_sentence found_sentence inputs_sentence "
    "link_name link_name_of link_note no_atlas_sentence no_uses_sentence readers_sentence row_sentence set_name "
    "silent_sentence standing_sentence unit_sentence uses_sentence value_sentence weights_sentence",
}


def builders() -> Iterator[str]:
    """Every public function, method and property of the library that returns text, and every function of the pages, by
    its full name."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        is_of_pages = parts[0] == "ui"
        is_topic = len(parts) == 3 and parts[1] not in ("elements", "frame", "loading")
        if (is_of_pages and not is_topic) or parts[-1] in ("snippets", "__main__"):
            continue
        module = importlib.import_module(".".join(("explorer", *parts)).removesuffix(".__init__"))
        for found in map(inspect.unwrap, vars(module).values()):
            if inspect.isclass(found) and found.__module__ == module.__name__:
                yield from (name_of(one) for one in vars(found).values() if is_builder(one))
            elif getattr(found, "__module__", "") == module.__name__ and is_builder(found, is_of_pages):
                yield name_of(found)


def is_builder(found: object, counts_private: bool = False) -> bool:
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, cached_property):
        found = found.func
    if not inspect.isfunction(found) or found.__annotations__.get("return") not in _SAID:
        return False
    return counts_private or not any(part.startswith("_") for part in found.__qualname__.split("."))


def test_every_builder_is_compared_or_says_nothing_of_a_network() -> None:
    aside = {
        f"explorer.{module}.{name}"
        for table in (NAMES, WRITTEN, ELSEWHERE)
        for module, names in table.items()
        for name in names.split()
    }
    found = {*builders()}
    assert len(found) > 100
    assert not aside & CHECKS.keys()
    missing = found - aside - CHECKS.keys()
    assert not missing, f"no check in tests/sentences/ for {', '.join(sorted(missing))}"
    assert aside <= found, f"no builders any more: {', '.join(sorted(aside - found))}"
    gone = {name for name in CHECKS if name not in found and not name.endswith((".alike", ".sources", ".input_names"))}
    assert not gone, f"checked, but no builders any more: {', '.join(sorted(gone))}"


@lru_cache(maxsize=2)
def case(network: Network) -> Case:
    if network.info is not None and network.info.reads == "sounds":
        return Case(network, sound_picture(excerpt(load_sound("rising chirp"))))
    return Case(network, load_sample("digit" if network.preprocessing.n_channels == 1 else "chelsea"))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "check"), ASKED)
def test_what_is_said_is_so(name: str, check: str, random_network: Callable[[str], Network]) -> None:
    """On the picture of a cat, of a digit or of a sound: of the project's own networks with their weights, of others
    without."""
    network = own(name) if name in OWN else random_network(name)
    n = len(compared)
    FUNCTIONS[check](case(network))
    assert len(compared) > n or check in NOT_THERE.get(name, FUNCTIONS)


@lru_cache(maxsize=1)
def own(name: str) -> Network:
    return explorer.load_network(name)
