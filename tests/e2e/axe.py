"""What axe-core finds on a page: https://github.com/dequelabs/axe-core, one of the tools that `make test` installs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
MISSING = "Pages are looked at by axe-core. Install it: make node_modules/.ready"
GRAVE = ("serious", "critical")


def faults(page: Page) -> list[str]:
    """What is serious or critical on the page as it stands: a line for each rule, and under it each part that breaks
    it. Elements' shadow trees are looked at as well."""
    if not SCRIPT.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        line
        for rule in found
        if rule["impact"] in GRAVE
        for line in (f"{rule['impact']}: {rule['id']}, {rule['help']}", *map(_told, rule["nodes"]))
    ]


def _told(node: dict[str, Any]) -> str:
    why = " ".join(node["failureSummary"].split())
    return f"    {node['html'][:160]}\n        {why[:300]}"
