"""A network that a person's own program makes: `file.py:make`, for the command line."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from ..errors import BadCategories, BadModule, BadPreparation, ExplorerError
from ..networks.network import Network
from .follow import first_line, usual_preparation
from .module import USUAL_SIZE, network_of
from .preparations import preparation_in_words


def made_network(place: str, categories: Path | None = None, preparation: str | None = None) -> Network:
    """The network that the function `make` of `file.py` makes, called without arguments.

    It returns a module, or a network that `explorer.network_of` made of one, where it has more to say of it. The file
    is run, so it must be one's own. `categories` names the classes of a module, `preparation` says in words how its
    pictures are prepared. Raises BadModule, and what network_of raises.
    """
    file, sign, function = place.rpartition(":")
    path = Path(file)
    if not sign or path.suffix != ".py" or not function.isidentifier():
        raise BadModule(f"'{place}' names no function of a file. Write file.py:make, where make() returns the module.")
    made = _called(path, function)
    if isinstance(made, Network):
        if categories is not None:
            raise BadCategories(f"{function} of '{path.name}' has named the classes. Leave the file of names out.")
        if preparation is not None:
            raise BadPreparation(f"{function} of '{path.name}' has said how pictures are prepared. Leave it out here.")
        return made
    if not isinstance(made, nn.Module):
        raise BadModule(
            f"{function} of '{path.name}' returns {'nothing' if made is None else f'a {type(made).__name__}'}. It must "
            "return a torch.nn.Module, or what explorer.network_of makes of one."
        )
    how = None if preparation is None else preparation_in_words(preparation, usual_preparation(USUAL_SIZE))
    return network_of(made, how, categories, name=path.stem, made_by=f"explorer.network_of({function}())")


def _called(path: Path, function: str) -> Any:
    """What the function returns. The file's folder is looked in for what it imports, as if Python ran it."""
    if not path.is_file():
        raise BadModule(f"There is no file '{path}'. Check the path.")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent.absolute()))
    try:
        spec.loader.exec_module(module)
        found = getattr(module, function, None)
        if not callable(found):
            known = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
            raise BadModule(f"'{path.name}' has no function '{function}'.{_offered(known)}")
        return found()
    except ExplorerError:
        raise
    except Exception as error:
        where = _line(error, path)
        raise BadModule(f"'{path.name}' ends in {type(error).__name__}{where}: {first_line(error)}.") from error
    finally:
        sys.path.pop(0)


def _line(error: Exception, path: Path) -> str:
    """Where in the file it was raised."""
    found, trace = "", error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == path:
            found = f" in line {trace.tb_lineno}"
        trace = trace.tb_next
    return found


def _offered(known: Sequence[str]) -> str:
    return f" It has {', '.join(known[:6])}." if known else ""
