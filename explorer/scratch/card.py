"""What is to be known of a network that was trained from scratch, as a text that goes along with its weights."""

from __future__ import annotations

import hashlib

from ..wording import percent
from .data import find
from .run import Run
from .sending import changes


def card(run: Run, pane: int, step: int, weights: bytes) -> str:
    """What the network is, what it was trained on and how, and how good it is, as Markdown."""
    plan, layout, settings = run.plans[pane], run.layouts[pane], run.settings[pane]
    data = find(plan.data)
    held_out = run.series(pane, "held_out")
    first = plan.settings
    lines = [
        f"# {plan.title}, trained from scratch",
        "",
        f"- sha256: `{hashlib.sha256(weights).hexdigest()}`",
        f"- Network: {plan.network}; {layout.n_parameters:,} numbers are learned",
        f"- Classes: {', '.join(layout.categories)}",
        f"- Data: {data.title}, {data.says}; {layout.n_train:,} to train on, {layout.n_held_out:,} held out"
        + ", the latter moved at random" * plan.shifted,
        f"- Trained: {step:,} steps from random weights, seed {plan.seed}; stochastic gradient descent at "
        f"{first.learning_rate:g}, batch {first.batch}, momentum {first.momentum:g}, weight decay "
        f"{first.weight_decay:g}{', pictures moved at random' * first.augment}",
        *(f"- Step {when:,}: {said}" for when, said in changes(run)),
        f"- At the end: learning rate {settings.learning_rate:g}, batch {settings.batch}",
        f"- Accuracy: {percent(float(held_out[-1]))} of {layout.n_looked_at:,} held-out pictures",
    ]
    return "\n".join(lines) + "\n"
