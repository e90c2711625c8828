"""The code that makes the pictures of the page on synthesis: each ends with the values, from 0 to 1, in `array`."""

from __future__ import annotations

from dataclasses import fields

from ..snippets import Setting
from .objective import Objective
from .settings import Settings


def made(setting: Setting, objective: Objective, settings: Settings) -> str:
    """The pictures made for an objective, (B, C, side, side)."""
    names = "Objective, Settings, synthesise" if _written(settings) else "Objective, synthesise"
    given = f", {_written(settings)}" if _written(settings) else ""
    code = setting.load(f"from explorer.synthesis import {names}")
    return code + f"array = synthesise(network, {_expression(objective)}{given}).values\n"


def made_for_place(setting: Setting, layer: str, place: tuple[int, int], settings: Settings) -> str:
    """The same for the direction into which a layer's values point at a place of the picture."""
    names = "Settings, direction_of, synthesise" if _written(settings) else "direction_of, synthesise"
    given = f", {_written(settings)}" if _written(settings) else ""
    code = setting.begin(f"from explorer.synthesis import {names}")
    return code + f"array = synthesise(network, direction_of(trace, {layer!r}, {place}){given}).values\n"


def course(code: str) -> str:
    """The same pictures' code, with what each step reached, (steps, B), in the place of their values."""
    return code.removesuffix(".values\n") + ".course\n"


def dreamt(setting: Setting, layer: str, octaves: int, steps: int) -> str:
    """The picture after a dream, (1, C, H, W)."""
    code = setting.load("from explorer.synthesis import dream")
    return code + f"array = dream(network, image, {layer!r}, octaves={octaves}, steps={steps}).values\n"


def inverted(setting: Setting, layer: str, steps: int) -> str:
    """What is left of the picture at a layer, (1, C, H, W)."""
    code = setting.load("from explorer.synthesis import invert")
    return code + f"array = invert(network, image, {layer!r}, steps={steps}).values\n"


def _written(settings: Settings) -> str:
    """The settings that are not the usual ones, as an expression."""
    usual = Settings()
    changed = [
        f"{field.name}={getattr(settings, field.name)!r}"
        for field in fields(settings)
        if getattr(settings, field.name) != getattr(usual, field.name)
    ]
    return f"Settings({', '.join(changed)})" if changed else ""


def _expression(objective: Objective) -> str:
    """The objective as one writes it down."""
    parts = [_one(objective, index) for index, _ in objective.weights]
    return parts[0] if len(parts) == 1 else f"Objective.difference({parts[0]}, {parts[1]})"


def _one(objective: Objective, index: int) -> str:
    if objective.layer is None:
        return f"Objective.class_({index})"
    if objective.place is None:
        return f"Objective.channel({objective.layer!r}, {index})"
    return f"Objective.unit({objective.layer!r}, {index}, {objective.place[0]}, {objective.place[1]})"
