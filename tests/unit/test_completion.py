"""What the shells offer: read from the same parser as the command line, and tried in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import explorer
from explorer.cli import main, parser
from explorer.cli.completion import SCRIPTS, Value, read

NETWORKS = [info.name for info in explorer.list_networks()]

# Each prints what may follow the words typed so far, the last of which may be empty, one a line.
ASK = {
    "bash": (
        'source "$0"; compopt() { compgen -f -- "${COMP_WORDS[COMP_CWORD]}"; }; '
        'COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _explorer; printf "%s\\n" "${COMPREPLY[@]}"'
    ),
    "fish": "source $argv[1]; complete -C (string join -- ' ' $argv[2..]) | string replace -r '\\t.*' ''; true",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a picture in it, where the shells are asked."""
    folder = tmp_path_factory.mktemp("shell")
    (folder / "picture.jpg").touch()
    return folder


@pytest.fixture(params=sorted(ASK))
def shell(request: pytest.FixtureRequest) -> str:
    if shutil.which(request.param) is None:
        pytest.skip(f"there is no {request.param} on this machine")
    return str(request.param)


def offered(shell: str, folder: Path, *typed: str) -> list[str]:
    script = folder / f"completion.{shell}"
    if not script.exists():
        script.write_text(SCRIPTS[shell](read(parser())), encoding="utf-8")
    done = subprocess.run(
        [shell, "-c", ASK[shell], str(script), *typed],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stderr == ""
    return sorted(done.stdout.split())


def test_commands_are_offered_first(shell: str, folder: Path) -> None:
    commands = {command.name for command in read(parser())}
    assert {"app", "networks", "evaluate-attribution", "completion"} <= commands
    assert commands <= set(offered(shell, folder, "explorer", ""))
    assert offered(shell, folder, "explorer", "evaluate-") == ["evaluate-attribution", "evaluate-challenges"]


@pytest.mark.parametrize("typed", [["explain", "--network"], ["networks"], ["networks", "resnet18"], ["train"]])
def test_networks_are_offered_where_one_is_named(shell: str, folder: Path, typed: list[str]) -> None:
    assert offered(shell, folder, "explorer", *typed, "vgg1") == sorted(n for n in NETWORKS if n.startswith("vgg1"))


def test_methods_are_offered_that_the_command_takes(shell: str, folder: Path) -> None:
    assert offered(shell, folder, "explorer", "attribute", "--method", "ri") == ["rise"]
    assert offered(shell, folder, "explorer", "explain", "--method", "ri") == []
    assert offered(shell, folder, "explorer", "explain", "--method", "grad") == ["grad_cam", "grad_cam_pp"]


def test_options_are_offered_of_their_own_command(shell: str, folder: Path) -> None:
    assert offered(shell, folder, "explorer", "explain", "--ca") == ["--categories"]
    assert offered(shell, folder, "explorer", "app", "--ca") == []
    assert offered(shell, folder, "explorer", "app", "--po") == ["--port"]


def test_files_are_offered_where_one_is_read_or_written_and_nowhere_else(shell: str, folder: Path) -> None:
    assert offered(shell, folder, "explorer", "explain", "pic") == ["picture.jpg"]
    assert offered(shell, folder, "explorer", "explain", "-o", "pic") == ["picture.jpg"]
    assert offered(shell, folder, "explorer", "explain", "--target", "pic") == []
    assert offered(shell, folder, "explorer", "app", "--port", "pic") == []


def test_choices_are_offered(shell: str, folder: Path) -> None:
    assert offered(shell, folder, "explorer", "completion", "") == sorted(SCRIPTS)


def test_everything_that_the_command_line_takes_is_read() -> None:
    commands = {command.name: command for command in read(parser())}
    explain = {name: option for option in commands["explain"].options for name in option.names}
    assert explain["-o"] is explain["--output"]
    assert explain["--network"].value == Value("words", tuple(NETWORKS))
    assert explain["--help"].value is None
    assert commands["explain"].argument == Value("file")
    assert commands["app"].argument == Value("other")


@pytest.mark.parametrize("shell", sorted(SCRIPTS))
def test_a_script_is_printed_that_its_shell_can_read(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for command in read(parser()):
        for option in command.options:
            assert all(name.lstrip("-") in script for name in option.names)
    if shutil.which(shell) is not None:
        (tmp_path / "script").write_text(script, encoding="utf-8")
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True, timeout=30)
