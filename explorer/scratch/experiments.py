"""What there is to try: one network that learns, or two beside each other, and what there is to see in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from .settings import Plan, Settings

FIRST_BLOCKS = "conv 8 5, relu, max 2, conv 16 3, relu, max 2, flatten, dense 32, relu, dense"


@dataclass(frozen=True)
class Experiment:
    """Its title, its trainings, what there is to see in them, and by which of the settings its networks differ."""

    title: str
    plans: tuple[Plan, ...]
    says: str
    differ: Sequence[str] = ()

    @property
    def settings(self) -> Settings:
        """Those that it begins with."""
        return self.plans[0].settings

    def with_settings(self, settings: Settings) -> tuple[Plan, ...]:
        """Its trainings with other settings, but for those that they differ by."""
        return tuple(replace(plan, settings=self.for_one(plan, settings)) for plan in self.plans)

    def for_one(self, plan: Plan, settings: Settings) -> Settings:
        """The settings of one of its networks."""
        return replace(settings, **{name: getattr(plan.settings, name) for name in self.differ})

    def is_of(self, plans: Sequence[Plan]) -> bool:
        """Whether trainings are these, whatever their settings."""
        return [replace(plan, settings=self.settings) for plan in plans] == [
            replace(plan, settings=self.settings) for plan in self.plans
        ]

    def with_network(self, network: str, data: str) -> Experiment:
        """The same with a network of one's own, on pictures of one's choice."""
        return replace(self, plans=tuple(replace(plan, network=network, data=data) for plan in self.plans))


def experiment_of(plans: Sequence[Plan]) -> str | None:
    """Which experiment trainings are of, whatever their settings and blocks; None for those of none."""
    titles = [plan.title for plan in plans]
    return next((key for key, one in EXPERIMENTS.items() if [plan.title for plan in one.plans] == titles), None)


# What it finds in one place it finds in any: borders are padded, and behind the last maps nothing knows places.
_ANYWHERE = ", ".join(
    (
        *("conv 12 5 padding 2", "relu", "max 2", "conv 24 5 padding 2", "relu", "max 2"),
        *("conv 48 3 padding 1", "relu", "global average", "dense"),
    )
)
_DIGITS = Plan("lenet5", "digits", watched=3, n_steps=2000, title="LeNet-5")

_MOVED = replace(_DIGITS, shifted=True, settings=Settings(0.02), n_steps=800)

EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType({
    "digits": Experiment(
        "A network learns to read digits", (_DIGITS,),
        "It begins with random weights. Watch its kernels turn into strokes and edges, and the evidence gather on the "
        "digit.",
    ),
    "first": Experiment(
        "The first course’s network",
        (Plan("basic_cnn", "shapes", settings=Settings(0.02), n_steps=600, title="The first course’s CNN"),),
        "Discs, squares and triangles of any colour. It has 1.6 million weights, so its steps take longer.",
    ),
    "shifted": Experiment(
        "MLP beside CNN on shifted digits",
        (
            replace(_MOVED, network=_ANYWHERE, title="CNN"),
            replace(_MOVED, network="mlp", title="MLP"),
        ),
        "Digits moved aside: in three trainings each, this CNN, which averages over places, had 89 to 96 % right, the "
        "MLP 23 to 24 %.",
    ),
    "augmented": Experiment(
        "With and without augmentation",
        (
            replace(_DIGITS, n_train=200, title="As they are"),
            replace(_DIGITS, n_train=200, settings=Settings(augment=True), title="Moved at random"),
        ),
        "Both have the same 200 digits: one sees each as it is, and soon knows all; the other never sees one twice.",
        differ=("augment",),
    ),
    "by_heart": Experiment(
        "Twenty pictures by heart", (replace(_DIGITS, n_train=20, n_steps=600, title="LeNet-5, twenty digits"),),
        "All twenty are soon right, and their loss goes to zero; those held out tell how little of digits was learned.",
    ),
    "too_large": Experiment(
        "Too large a learning rate",
        (replace(_DIGITS, settings=Settings(2.0), n_steps=600, title="LeNet-5, a rate too large"),),
        "Each step goes too far, and the kernels with it. Make the rate smaller while it runs, or go back and on from "
        "there.",
    ),
    "own": Experiment(
        "Blocks of your own", (replace(_DIGITS, network=FIRST_BLOCKS, settings=Settings(0.02), title="Your network"),),
        "Put a network together from blocks, and see what each of them makes of a picture before you train it.",
    ),
})  # fmt: skip
