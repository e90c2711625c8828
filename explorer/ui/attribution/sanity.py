"""Does a map show what the network has learned? Block by block the network forgets, and the maps are drawn again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import streamlit as st

from ...attribution import METHODS
from ...errors import ExplorerError
from ...faithfulness import snippets
from ...faithfulness.cards import SCORE_CARDS
from ...faithfulness.figures import correlation_lines, correlations, forgotten_maps, forgotten_png, two_decimals
from ...faithfulness.randomisation import Sanity, cascade, sanity
from ...faithfulness.scores import as_ranking
from ...networks.cost import is_quick
from ...networks.network import Network
from ...running.progress import Progress
from ...trace import FloatArray
from ...wording import plural
from ..elements.chart import chart
from ..elements.choice import Choice
from ..elements.points import Points
from ..elements.strip import strip
from ..frame.boundary import fragment, plain
from ..frame.progress import when_wanted
from ..frame.session import KEPT_IN_LINK, Selection, choose
from ..frame.takeaway import setting, take_away
from .requests import MapRequest, at_hand, by_another, in_code, methods_of, passes

_BESIDE = "guided_backprop"  # known to change little: what to compare with
_KINDS = {"signed": "with their signs", "absolute": "without their signs"}


def sanity_slider(selection: Selection, request: MapRequest) -> None:
    """The chosen method, and others beside it, while more and more blocks forget. No fragment: Cancel must not wait."""
    network = selection.network
    if network.is_random:
        st.info("This network has learned nothing, so there is nothing to forget. Choose trained weights.")
        return
    if network.info is None:
        st.info("How this network began is not known, so nothing can be forgotten. Choose a network of the list.")
        return
    left, right = st.columns([3, 1])
    with left:
        beside = _pick_beside(network)
    with right:
        seed = int(st.number_input("Seed", 0, 9999, key="sanity-seed", **KEPT_IN_LINK))
    methods = dict.fromkeys([request.method, *beside])
    asked = [replace(by_another(network, request, method), signed=True) for method in methods]  # for both correlations
    found, missing, refused = _found(selection, asked, seed)
    for sentence in refused:
        st.caption(plain(sentence))
    n = (len(cascade(network)) + 1) * sum(passes(network, one) for one in missing)
    if missing:
        when_wanted(
            is_quick(network, 3 * n),  # forward and back
            f"Let it forget, block by block: {plural(n, 'pass', 'passes')}", "sanity-make", "Forgetting",
            partial(_forget, selection, missing, seed),
        )  # fmt: skip
        found = _found(selection, asked, seed)[0]
    if found:
        _steps(selection, found, seed)


def _pick_beside(network: Network) -> list[str]:
    """Methods of a single pass to look at as well."""
    titles = {
        card.title: method for method, card in methods_of(network).items() if card.makes_one_pass and not card.options
    }
    chosen = st.multiselect(
        "Beside it", titles, [METHODS[_BESIDE].title], key=f"beside-{'maps' if network.has_maps else 'pixels'}",
        **KEPT_IN_LINK, max_selections=4,
    )  # fmt: skip
    return [titles[title] for title in chosen]


def _found(
    selection: Selection, asked: list[MapRequest], seed: int
) -> tuple[dict[MapRequest, Sanity], list[MapRequest], list[str]]:
    """What is there, what is still to be made, and why some cannot be."""
    found, missing, refused = dict[MapRequest, Sanity](), list[MapRequest](), list[str]()
    for one in asked:
        kept = selection.sanities.find((one, seed))
        if kept is not None:
            found[one] = kept
            continue
        try:
            first = at_hand(selection, one)
            if first is not None:
                as_ranking(first)
            missing.append(one)
        except ExplorerError as error:
            refused.append(f"{METHODS[one.method].title}: {error}")
    return found, missing, refused


def _forget(selection: Selection, missing: list[MapRequest], seed: int, progress: Progress | None) -> None:
    """Each method is kept as soon as it is done: Cancel loses only the one that it stops."""
    for i, one in enumerate(missing):

        def further(done: int, total: int | None, before: int = i) -> None:
            assert total is not None  # a cascade knows its steps
            assert progress is not None  # or nobody is told
            progress(before * total + done, len(missing) * total)

        done = sanity(
            selection.network, selection.image, one.method, one.target, one.layer, seed,
            progress and further, signed=True, **dict(one.options),
        )  # fmt: skip
        selection.sanities.get((one, seed), partial(_itself, done))


def _itself(found: Sanity) -> Sanity:
    return found


@fragment
def _steps(selection: Selection, found: Mapping[MapRequest, Sanity], seed: int) -> None:
    """All maps; the slider that picks a step, that step large, and the correlations up to there."""
    by_title = {METHODS[one.method].title: value for one, value in found.items()}
    blocks = [step.block for step in next(iter(found.values())).steps]
    n = len(blocks)
    key = f"sanity-step-{n}"
    step = int(st.slider("Blocks that have forgotten, from the last one", 0, n, min(2, n), key=key))
    first, (title, one) = next(iter(found)), next(iter(by_title.items()))
    strip(
        [(forgotten_png(one, range(n + 1)), 1, False) for one in by_title.values()],
        [("as learned", "0"), *((f"{'+ ' if i else ''}{block}", str(i + 1)) for i, block in enumerate(blocks))],
        alt=f"Maps of {', '.join(by_title)} while 0 to {n} blocks have forgotten",
        key="sanity-strip",
        rows=list(by_title),
        width=110,
        choice=Choice(
            [f"{title}, {plural(i, 'block')}" for title in by_title for i in range(n + 1)],
            step,
            lambda cell: choose(key, cell % (n + 1)),
        ),
    )
    take_away(
        "Each map has its own scale: blue below 0, white at 0, red above. The picture and the numbers to take away are "
        f"those of {title}.",
        "sanity-maps",
        partial(forgotten_png, one, range(n + 1)),
        partial(forgotten_maps, one),
        snippets.forgotten(setting(selection), in_code(first, selection.network), seed),
    )
    left, right = st.columns(2, gap="medium")
    with left:
        strip(
            [(forgotten_png(one, (0, step)), 1, False) for one in by_title.values()],
            [("as learned", ""), (_forgot(blocks, step), "")],
            alt=f"The maps as learned, and with {plural(step, 'block')} that forgot",
            key="sanity-pair",
            width=180,
        )
    with right:
        for title, one in by_title.items():
            st.markdown(f"**{title}.** {plain(_at(one, step))} {plain(one.reading())}")
        card = SCORE_CARDS["sanity"]
        st.caption(f"{plain(card.proves)}  \n**But:** {plain(f'{card.proves_not} ({card.paper})')}")
    code = [in_code(one, selection.network) for one in found]
    choice = Choice([plural(i, "block") for i in range(n + 1)], step, partial(choose, key))
    points = Points(choice, "Choose a point to see the maps at its step.", is_marked=True)
    for column, (kind, how) in zip(st.columns(2, gap="medium"), _KINDS.items(), strict=True):
        with column:
            chart(
                correlation_lines(by_title, kind),
                f"Rank correlations {how}, by blocks. {' '.join(one.reading() for one in by_title.values())}",
                f"sanity-{kind}",
                f"Rank correlations {how}: 1 is the same order of the pixels, 0 none in common.",
                partial(_rows, by_title, kind),
                snippets.forgotten_correlations(setting(selection), code, seed, kind),
                points,
            )


def _rows(by_title: Mapping[str, Sanity], kind: str) -> list[FloatArray]:
    return [correlations(one, kind) for one in by_title.values()]


def _forgot(blocks: list[str], step: int) -> str:
    return "as learned" if not step else f"{blocks[0]} forgot" if step == 1 else f"{blocks[step - 1]} and later forgot"


def _at(found: Sanity, step: int) -> str:
    """One method's correlation at a step, or why there is none."""
    if not step:
        return "Nothing has forgotten yet."
    at = found.steps[step - 1]
    if at.signed is None or at.absolute is None:
        return at.problem
    signed, absolute = two_decimals(at.signed), two_decimals(at.absolute)
    return f"After {plural(step, 'block')}: rank correlation {signed}, without signs {absolute}."
