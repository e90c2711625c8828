"""Which experiment is looked at, with which settings: what is changed while it is trained holds from then on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from ...scratch.experiments import EXPERIMENTS, Experiment, experiment_of
from ...scratch.run import Run
from ...scratch.settings import Plan, Settings
from ..frame.boundary import plain
from ..frame.link import say_unmet
from ..frame.runs import runs
from ..frame.session import KEPT_IN_LINK, visitor

_LINK, _KEPT = "run", "scratch-run"  # under which names the link and this visit have the key of a training
_REFUSED = "scratch-refused"
_EXPERIMENT = "experiment"
_SLIDERS: dict[str, tuple[str, tuple[float | None, ...]]] = {  # of Settings: what each is called, and can be
    "learning_rate": ("Learning rate", (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)),
    "batch": ("Batch", (1, 2, 4, 8, 16, 32, 64, 128)),
    "momentum": ("Momentum", (0.0, 0.5, 0.8, 0.9, 0.95, 0.99)),
    "weight_decay": ("Weight decay", (0.0, 0.0001, 0.001, 0.01, 0.1)),
    "dropout": ("Dropout", (None, 0.0, 0.1, 0.2, 0.3, 0.5, 0.7)),
}


@dataclass(frozen=True)
class Chosen:
    """The experiment, its trainings with the settings that are chosen, the run of just these, and another one that this
    visitor has instead."""

    experiment: Experiment
    plans: tuple[Plan, ...]
    run: Run | None
    other: Run | None


def standing_run() -> Run | None:
    """This visitor's training, or the one that the link names."""
    key = st.session_state.get(_KEPT) or st.query_params.get(_LINK)
    found = None if key is None else runs().find(key)
    if found is None:
        st.session_state.pop(_KEPT, None)
        return None
    if st.session_state.get(_KEPT) != key:  # it came with the link
        st.session_state[_KEPT] = key
        _take_over(found)
    if st.query_params.get(_LINK) != found.key:
        st.query_params[_LINK] = found.key
    return found


def is_gone() -> bool:
    """Whether the link names a training that there is not."""
    return _LINK in st.query_params and _KEPT not in st.session_state


def start(plans: tuple[Plan, ...]) -> None:
    """Train. A visitor has one training at a time: one that is there already is ended."""
    leave()
    run = runs().start(plans, visitor())
    st.session_state[_KEPT] = run.key
    st.query_params[_LINK] = run.key


def leave() -> None:
    """End this visitor's training, if there is one, and forget it."""
    run = standing_run()
    if run is not None:
        run.cancel()
    st.session_state.pop(_KEPT, None)
    st.query_params.pop(_LINK, None)


def refuse(why: str) -> None:
    """In a callback: keep what could not be done, for the page to say."""
    st.session_state[_REFUSED] = why


def say_refused() -> None:
    """What could not be done when somebody pressed something, once."""
    why = st.session_state.pop(_REFUSED, None)
    if why is not None:
        st.error(plain(why))


def _take_over(run: Run) -> None:
    """Show the experiment of a training that came with a link, with the settings that hold in it."""
    key = experiment_of(run.plans)
    if key is None:
        return
    st.session_state[_EXPERIMENT] = EXPERIMENTS[key].title
    for name in (*_SLIDERS, "augment"):
        st.session_state[f"{key}_{name}"] = getattr(run.settings[0], name)
    if key == "own":
        st.session_state["blocks"] = run.plans[0].network


def pick_experiment() -> str:
    """One of the experiments, by its key."""
    titles = {one.title: key for key, one in EXPERIMENTS.items()}
    chosen = st.selectbox("Experiment", titles, key=_EXPERIMENT, label_visibility="collapsed", **KEPT_IN_LINK)
    say_unmet(_EXPERIMENT, titles)
    return titles[chosen]


def pick_settings(key: str, experiment: Experiment, run: Run | None, has_dropout: bool) -> Chosen:
    """A slider for each setting; what is moved while the training runs is told it at once."""
    is_own = run is not None and experiment.is_of(run.plans)
    tell = partial(_tell, key, run if is_own else None)
    found: dict[str, object] = {}
    with st.container(key="scratch-settings"):
        columns = st.columns(len(_SLIDERS) + 1, gap="medium")
    for column, (name, (label, options)) in zip(columns, _SLIDERS.items(), strict=False):
        with column:
            found[name] = st.select_slider(
                label, options, getattr(experiment.settings, name), format_func=_written, key=f"{key}_{name}",
                on_change=tell, **KEPT_IN_LINK,
                help=None if has_dropout or name != "dropout" else "This network has no dropout: it changes nothing.",
            )  # fmt: skip
    with columns[-1]:
        is_fixed = "augment" in experiment.differ
        found["augment"] = st.toggle(
            "Augment", experiment.settings.augment, key=f"{key}_augment", on_change=tell, **KEPT_IN_LINK,
            disabled=is_fixed,
            help="Both are shown beside each other."
            if is_fixed
            else "Each picture is moved a little at random whenever it is trained on.",
        )  # fmt: skip
    plans = experiment.with_settings(Settings(**found))  # type: ignore[arg-type]  # of what the sliders offer
    return Chosen(experiment, plans, run if is_own else None, None if is_own else run)


def _written(value: float | None) -> str:
    return "as built" if value is None else f"{value:g}"


def _tell(key: str, run: Run | None) -> None:
    if run is not None:
        run.set(Settings(**{name: st.session_state[f"{key}_{name}"] for name in (*_SLIDERS, "augment")}))
