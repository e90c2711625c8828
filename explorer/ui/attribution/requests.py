"""Maps of evidence as a page asks for them: what is asked, what is at hand, and where the answers are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from ...attribution import METHODS, Attribution, Method, OptionValue, explain, snippets
from ...attribution.request import Growing
from ...attribution.sentences import n_forward, n_passes
from ...errors import ExplorerError
from ...networks.cost import is_quick
from ...networks.network import Network
from ...running.progress import Progress
from ...targets import Target, default_layer
from ..frame.log import analysis
from ..frame.progress import with_progress
from ..frame.session import Selection


@dataclass(frozen=True)
class MapRequest:
    """What is asked of a method; equal requests about one picture and network have one answer."""

    method: str
    target: Target
    layer: str | None  # None for a method that explains the pixels
    options: tuple[tuple[str, OptionValue], ...] = ()
    signed: bool = False


def explained(
    selection: Selection, request: MapRequest, progress: Progress | None = None, growing: Growing | None = None
) -> Attribution:
    """The answer to a request, worked out once for all visitors. Raises as `attribute` does. Maps alone are kept: a
    picture belongs to its visit."""

    def make() -> Attribution:
        trace = selection.explaining(request.target)
        with analysis(selection.network, request.method, request.layer):
            found = explain(
                trace, request.method, request.layer, signed=request.signed, progress=progress, growing=growing,
                **dict(request.options),
            )  # fmt: skip
        return replace(found, seen=None)

    return selection.attributions.get(request, make)


def at_hand(selection: Selection, request: MapRequest) -> Attribution | None:
    """The answer if it is there, or within a second: None for what takes longer and has not been asked for."""
    if is_soon(selection.network, request):
        return explained(selection, request)
    return selection.attributions.find(request)


def is_soon(network: Network, request: MapRequest) -> bool:
    """Whether the answer is there within a second, and need not be asked for."""
    return is_quick(network, _n_forward(network, request))


def _n_forward(network: Network, request: MapRequest) -> int:
    return n_forward(network, request.method, request.layer, dict(request.options))


@dataclass(frozen=True)
class Gathered:
    """Answers to several requests: those that are there, those that would take long, and the sentences that others
    gave instead, each with the titles of its methods."""

    found: dict[MapRequest, Attribution] = field(default_factory=dict)
    missing: list[MapRequest] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, request: MapRequest, error: ExplorerError) -> None:
        """Keep the sentence that a method gave."""
        self.refused.setdefault(str(error), []).append(METHODS[request.method].title)

    def sentences(self) -> list[str]:
        """What was said instead of a map, and by which methods."""
        return [f"{', '.join(titles)}: {sentence}" for sentence, titles in self.refused.items()]


def gather(selection: Selection, asked: Sequence[MapRequest], key: str) -> Gathered:
    """What is at hand of several requests, with a bar and a Cancel where all of that takes long."""
    network, find = selection.network, selection.attributions.find
    soon = [one for one in asked if is_soon(network, one) and find(one) is None]
    if is_quick(network, sum(_n_forward(network, one) for one in soon)):
        return _gather(selection, asked)
    return with_progress("Other methods", key, partial(_gather, selection, asked))


def _gather(selection: Selection, asked: Sequence[MapRequest], progress: Progress | None = None) -> Gathered:
    gathered = Gathered()
    for i, one in enumerate(asked):
        if progress is not None:
            progress(i, len(asked))
        try:
            answer = at_hand(selection, one)
        except ExplorerError as error:
            gathered.refuse(one, error)
            continue
        if answer is None:
            gathered.missing.append(one)
        else:
            gathered.found[one] = answer
    return gathered


def methods_of(network: Network) -> dict[str, Method]:
    """The methods that have something to say about it: without maps, those that explain the pixels."""
    return {method: card for method, card in METHODS.items() if network.has_maps or not card.uses_layer}


def by_another(network: Network, request: MapRequest, method: str) -> MapRequest:
    """The same asked of another method, with its defaults; of the chosen one, with what was set."""
    if method == request.method:
        return request
    card = METHODS[method]
    options = tuple((option.name, option.default) for option in card.options_at(network.preprocessing.size))
    layer = (request.layer or default_layer(network, request.target)) if card.uses_layer else None
    return MapRequest(method, request.target, layer, options, request.signed)


def passes(network: Network, request: MapRequest) -> int:
    """About how many passes the answer takes."""
    return n_passes(network, request.method, request.layer, dict(request.options))


def changed_options(asked: MapRequest | Attribution, network: Network) -> dict[str, OptionValue]:
    """The options that are not what they are unless somebody sets them."""
    usual = {option.name: option.default for option in METHODS[asked.method].options_at(network.preprocessing.size)}
    return {key: value for key, value in dict(asked.options).items() if value != usual[key]}


def expression(target: Target) -> str:
    """The target as code names it."""
    return snippets.target_expression(target.index, target.against, target.layer, target.place)


def in_code(request: MapRequest, network: Network) -> snippets.Asked:
    """The request as code makes it."""
    options = changed_options(request, network)
    return snippets.Asked(request.method, expression(request.target), request.layer, request.signed, options)
