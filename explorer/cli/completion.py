"""`explorer completion`: what a shell may offer when the tabulator key is pressed, as a script for that shell.

Everything is read from the parser of the command line, but for the names of the networks, which the catalogue knows.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .help import METHODS, READ_OFF, add_command
from .options import Commands

_TAKES_A_NETWORK, _TAKES_A_METHOD = (
    {"network", "networks", "base", "names"},
    {"method", "methods"},
)  # what the parser calls them


@dataclass(frozen=True)
class Value:
    """What follows an option, or stands alone: one of some words, a file, or anything else."""

    kind: Literal["words", "file", "other"]
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Option:
    """One option of a command. `value` is None for a switch."""

    names: tuple[str, ...]
    help: str
    value: Value | None


@dataclass(frozen=True)
class Command:
    """One command: its options, and what it takes besides."""

    name: str
    help: str
    options: tuple[Option, ...]
    argument: Value


def register(commands: Commands, parser: argparse.ArgumentParser) -> None:
    """`parser` is that of the whole command line: all that it knows by the time the script is asked for is offered."""
    completion = add_command(commands, "completion", "print what makes a shell complete these commands", "bash", "fish")
    completion.add_argument(
        "shell", choices=sorted(SCRIPTS),
        help="bash, zsh: source <(explorer completion bash); fish: explorer completion fish | source",
    )  # fmt: skip
    completion.set_defaults(command=lambda options: print(SCRIPTS[options.shell](read(parser)), end=""))


def read(parser: argparse.ArgumentParser) -> list[Command]:
    """The commands of a parser."""
    group = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    helps = {action.dest: action.help or "" for action in group._choices_actions}
    return [_command(name, helps[name], below) for name, below in group.choices.items()]


def _command(name: str, text: str, parser: argparse.ArgumentParser) -> Command:
    options = tuple(
        Option(tuple(action.option_strings), action.help or "", None if action.nargs == 0 else _value(action))
        for action in parser._actions
        if action.option_strings
    )
    arguments = [_value(action) for action in parser._actions if not action.option_strings]
    return Command(name, text, options, arguments[0] if arguments else Value("other"))


def _value(action: argparse.Action) -> Value:
    from ..loading.catalog import list_networks

    if action.choices is not None:
        return Value("words", tuple(map(str, action.choices)))
    if action.dest in _TAKES_A_METHOD:
        return Value("words", READ_OFF if action.metavar == "CAM" else tuple(METHODS))
    if action.dest in _TAKES_A_NETWORK:
        return Value("words", tuple(info.name for info in list_networks()))
    return Value("file" if action.type is Path else "other")


def bash(commands: list[Command]) -> str:
    cases = "".join(f"            {line}\n" for command in commands for line in _bash_cases(command))
    names = " ".join(command.name for command in commands)
    return f"""\
_explorer() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" words=''
    if ((COMP_CWORD == 1)); then
        words='{names} --help --version'
    else
        case "${{COMP_WORDS[1]}} $before $word" in
{cases}        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -F _explorer explorer
"""


def _bash_cases(command: Command) -> Iterator[str]:
    """The first case that fits counts: the value of an option, another option, what stands alone."""
    for option in command.options:
        if option.value is not None:
            patterns = "|".join(f"'{command.name} {name} '*" for name in option.names)
            yield f"{patterns}) {_bash_offer(option.value)} ;;"
    names = " ".join(name for option in command.options for name in option.names)
    yield f"'{command.name} '*' -'*) words='{names}' ;;"
    yield f"'{command.name} '*) {_bash_offer(command.argument)} ;;"


def _bash_offer(value: Value) -> str:
    return "compopt -o default; return" if value.kind == "file" else f"words='{' '.join(value.words)}'"


def zsh(commands: list[Command]) -> str:
    names = "\n".join(f"            {shlex.quote(_zsh_text(c.name) + ':' + c.help)}" for c in commands)
    cases = "\n".join(f"        {command.name}) _arguments {' '.join(_zsh_specs(command))} ;;" for command in commands)
    return f"""\
_explorer() {{
    if ((CURRENT == 2)); then
        local -a commands=(
{names}
        )
        _describe command commands
        return
    fi
    shift words
    ((CURRENT--))
    case "$words[1]" in
{cases}
    esac
}}
compdef _explorer explorer
"""


def _zsh_specs(command: Command) -> Iterator[str]:
    for option in command.options:
        for name in option.names:
            value = "" if option.value is None else f":value:{_zsh_offer(option.value)}"
            yield shlex.quote(f"{name}[{_zsh_text(option.help)}]{value}")
    yield shlex.quote(f"*:argument:{_zsh_offer(command.argument)}")


def _zsh_text(text: str) -> str:
    return text.replace("[", "(").replace("]", ")").replace(":", "\\:")


def _zsh_offer(value: Value) -> str:
    return {"file": "_files", "words": f"({' '.join(value.words)})", "other": "( )"}[value.kind]


def fish(commands: list[Command]) -> str:
    lines = [
        "complete -c explorer -f",
        "complete -c explorer -n __fish_use_subcommand -l version -d 'print the version'",
    ]
    for command in commands:
        lines.append(f"complete -c explorer -n __fish_use_subcommand -a {command.name} -d {shlex.quote(command.help)}")
        here = f"complete -c explorer -n '__fish_seen_subcommand_from {command.name}'"
        for option in command.options:
            names = " ".join(f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in option.names)
            value = "" if option.value is None else f" -r {_fish_offer(option.value)}"
            lines.append(f"{here} {names} -d {shlex.quote(option.help)}{value}")
        if command.argument.kind != "other":
            lines.append(f"{here} {_fish_offer(command.argument)}")
    return "\n".join(lines) + "\n"


def _fish_offer(value: Value) -> str:
    return {"file": "-F", "words": f"-f -a {shlex.quote(' '.join(value.words))}", "other": "-f"}[value.kind]


SCRIPTS: dict[str, Callable[[list[Command]], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
