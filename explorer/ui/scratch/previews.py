"""Networks as they are before anybody trains them, each made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ...scratch.preview import Preview, preview
from ...scratch.settings import Plan, Settings
from ..frame.caches import caches


def previews_of(plans: Sequence[Plan]) -> list[Preview]:
    """One for each plan: settings and titles change nothing of it. Raises BadData, BadOption, BadImage."""
    plain = [replace(plan, settings=Settings(), title="") for plan in plans]
    return [caches().previews.get(plan, partial(preview, plan)) for plan in plain]
