"""The help of the command line: true, complete, and its examples run as they stand."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

import explorer
from explorer.attribution import METHODS
from explorer.cli import help as shown
from explorer.cli import main, parser
from explorer.faithfulness.table import BASELINES

ROOT = Path(explorer.__file__).resolve().parents[1]


def commands() -> dict[str, argparse.ArgumentParser]:
    group = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(group.choices)


COMMANDS = sorted(commands())


def examples(command: str) -> list[str]:
    return re.findall(r"^  python -m explorer (.+)$", commands()[command].format_help(), re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_is_without_it(command: str) -> None:
    for action in commands()[command]._actions:
        assert action.help, action.dest
        if action.option_strings and action.nargs != 0 and not action.required:
            said = action.help % {"default": action.default}
            assert "(default: " in said, action.option_strings
            if action.default not in (None, []):
                written = {"pretrained": "pretrained|the usual one"}.get(
                    str(action.default), re.escape(str(action.default))
                )
                assert re.search(rf"\(default: (?:{written})[,)]", said), action.option_strings


def test_methods_are_listed_as_their_cards_say() -> None:
    assert dict(shown.METHODS) == {name: f"{card.title}: {card.good_for}" for name, card in METHODS.items()}
    assert list(shown.METHODS) == list(METHODS)
    assert tuple(name for name, card in METHODS.items() if card.signed_map is not None) == shown.READ_OFF
    explain, attribute = (commands()[name].format_help() for name in ("explain", "attribute"))
    for name in METHODS:
        assert bool(re.search(rf"^  {name} +", explain, re.MULTILINE)) == (name in shown.READ_OFF)
        assert re.search(rf"^  {name} +{re.escape(METHODS[name].title)}: ", attribute, re.MULTILINE)
    text = " ".join(commands()["evaluate-attribution"].format_help().split())
    assert ", ".join(BASELINES) in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_examples_that_are_understood(command: str) -> None:
    found = examples(command)
    assert found
    for example in found:
        assert parser().parse_args(shlex.split(example))


AT_ONCE = [
    example
    for command in ("explain", "attribute", "networks", "completion", "evaluate-attribution", "atlas")
    for example in examples(command)
    if not re.search(r"FOLDER|--check", example)
]


@pytest.mark.slow
@pytest.mark.parametrize("example", AT_ONCE)
def test_examples_run_with_what_is_here(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(example)) == 0
    assert capsys.readouterr().out
