"""The command line: explorer app | networks | fetch | explain | attribute | synthesise | export | verify |
evaluate-attribution | evaluate-challenges | atlas | finetune | train | evaluate | completion.

One module for each group of commands. It says what its commands take, and imports what they need when they run:
`networks`, a help text and the completion of a shell answer at once, without waiting for torch.
"""

from __future__ import annotations

import argparse
import os
import sys

from ..errors import ExplorerError
from ..places import version
from . import (
    app,
    atlas,
    completion,
    evaluate_attribution,
    evaluate_challenges,
    explain,
    export,
    finetune,
    networks,
    synthesise,
    training,
    verify,
)


def main(arguments: list[str] | None = None) -> int:
    """Parse and run; what went wrong becomes one line on standard error and the exit status 1."""
    options = parser().parse_args(arguments)
    try:
        status = int(options.command(options) or 0)
        sys.stdout.flush()
        return status
    except ExplorerError as error:
        print(f"explorer: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # who read it has seen enough: `explorer networks | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it ends
        return 0
    except OSError as error:  # of a place to write to: what is read comes through a border of its own
        print(f"explorer: {error.filename} cannot be written: {error.strerror}. Choose another place.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """All commands, in the order of the help."""
    parser = argparse.ArgumentParser(
        "explorer", description="See inside a convolutional network.",
        epilog="explorer COMMAND --help says what a command takes, with its defaults and with examples.",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in (
        app,
        networks,
        explain,
        synthesise,
        export,
        verify,
        evaluate_attribution,
        evaluate_challenges,
        atlas,
        finetune,
        training,
    ):
        group.register(commands)
    completion.register(commands, parser)
    return parser
