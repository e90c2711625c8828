"""In what precision a network was made to work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .calls import Model

_USUAL = "float32"


def precision_note(model: Model) -> str:
    """What to know where some of its layers work in another precision than here; empty where none does."""
    others = sorted({name for name in _policies(model) if name != _USUAL})
    if not others:
        return ""
    return f"It was made to work in {' and '.join(others)}; here it is worked with in float32"


def _policies(model: Model) -> Iterator[str]:
    for layer in model.layers:
        said = layer.config.get("dtype")
        if isinstance(said, Mapping):  # a policy: its name stands inside
            inside = said.get("config")
            said = inside.get("name") if isinstance(inside, Mapping) else None
        if isinstance(said, str) and layer.kind != "InputLayer" and said.isidentifier():
            yield said[:40]
        if layer.inside is not None:
            yield from _policies(layer.inside)
