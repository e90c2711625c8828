"""What a module of the browser's side makes of something, for what Python and the browser have to agree on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.node import MISSING, node

FRONTEND = Path(__file__).parents[1] / "explorer" / "elements" / "frontend"


def in_node(module: str, expression: str, given: object) -> object:
    """The expression as JSON; in it `all` is what the module exports, and `given` what is given."""
    command = node()
    if command is None:
        pytest.skip(MISSING)
    path = (FRONTEND / module).as_uri()
    code = f"const all = await import({path!r}); const given = JSON.parse(await new Response(process.stdin).text());"
    done = subprocess.run(
        [*command, "--input-type=module", "--eval", f"{code} console.log(JSON.stringify({expression}))"],
        input=json.dumps(given), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)
