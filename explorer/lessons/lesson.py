"""What a lesson is: steps, each with something to look at in the app and something to predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode


@dataclass(frozen=True)
class Setting:
    """Which network with which weights ("Trained" or "Untrained"), and which sample picture."""

    network: str
    sample: str
    weights: str = "Trained"


@dataclass(frozen=True)
class Look:
    """A page of the app, and what is chosen on it; `more` are further settings of the page's own, as its address has
    them."""

    setting: Setting
    page: str
    layer: str = ""
    channel: int | None = None
    category: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        """What the address says after the page."""
        said = {"network": self.setting.network, "sample": self.setting.sample}
        if self.setting.weights != "Trained":
            said["weights"] = self.setting.weights
        if self.layer:
            said["layer"] = self.layer
        if self.channel is not None:
            said["channel"] = str(self.channel)
        if self.category:
            said["class"] = self.category
        return said | dict(self.more)

    def address(self, first: str) -> str:
        """The address as a browser follows it from any page of the app, the `first` of which has no name there."""
        return f"{'./' if self.page == first else self.page}?{urlencode(self.query)}"


@dataclass(frozen=True)
class Ask:
    """A question that the network answers: which of `questions.KINDS`, about which setting, and where. What the kind
    does not need is empty. `answers`, `right` and `why` are those of a question that no network can answer."""

    setting: Setting
    kind: str
    text: str = ""
    layer: str = ""
    channel: int | None = None
    y: int | None = None
    x: int | None = None
    change: str = ""
    strength: float | None = None
    answers: tuple[str, ...] = ()
    right: str = ""
    why: str = ""


@dataclass(frozen=True)
class Step:
    """A few sentences; where to look, and what to predict, if there is something. `chart` names a chart of the
    lessons' own below it."""

    title: str
    text: str
    look: Look | None = None
    check: Ask | None = None
    chart: str = ""


@dataclass(frozen=True)
class Lesson:
    """`name` is that of its file, and stands in the address. `question` is asked before the first step and after the
    last one. `file` is where a mistake in it is to be found."""

    name: str
    file: str
    title: str
    minutes: int
    goal: str
    question: Ask
    steps: tuple[Step, ...]
    further: str
    notes: str

    @property
    def asks(self) -> tuple[Ask, ...]:
        """Everything that is asked, the question first."""
        return self.question, *(step.check for step in self.steps if step.check is not None)

    @property
    def looks(self) -> tuple[Look, ...]:
        """Everything that is to be looked at."""
        return tuple(step.look for step in self.steps if step.look is not None)
