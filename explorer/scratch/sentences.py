"""What is said of a training: what was changed in it, and what became of it."""

from __future__ import annotations

from ..wording import percent, plural
from .settings import Edit, Settings


def changed_sentence(before: Settings, after: Settings, has_dropout: bool) -> str:
    """What other settings change from here on."""
    said = []
    for name, old, new in (
        ("learning rate", before.learning_rate, after.learning_rate), ("batch", before.batch, after.batch),
        ("momentum", before.momentum, after.momentum), ("weight decay", before.weight_decay, after.weight_decay),
    ):  # fmt: skip
        if old != new:
            said.append(f"{name} {new:g}, before {old:g}")
    if before.dropout != after.dropout:
        old, new = ("as built" if share is None else percent(share) for share in (before.dropout, after.dropout))
        said.append(f"dropout {new}, before {old}" + "" if has_dropout else f"dropout {new}: this network has none, so nothing changes")
    if before.augment != after.augment:
        said.append("with augmentation" if after.augment else "without augmentation")
    listed = "; ".join(said) or "nothing changed"
    return f"{listed[0].upper()}{listed[1:]}."
