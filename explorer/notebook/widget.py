"""A view with its data, as an anywidget."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from ..elements.modules import own_script, source
from ..elements.view import File, View, addressed
from ..exporting.page import plain_json

_FILE = "a file of this model"  # as in houses/notebook.js


def widget_of(view: View, data: Mapping[str, object]) -> Any:
    """A view in a notebook, of which `chosen` is what whoever looks has chosen, by name; what is set there is chosen in
    the view. The files are sent as bytes, beside the data. The style sheet lies with the markup in a shadow root, where
    nothing of the notebook's reaches it. Raises ImportError without anywidget.
    """
    files: dict[str, bytes] = {}

    def address(file: File, _: str) -> dict[str, str]:
        name = hashlib.sha256(file.content).hexdigest()[:24]
        files[name] = file.content
        return {_FILE: name, "kind": file.kind}

    return _kind()(
        _esm=own_script(f"{view.name}.js", *view.around, "houses/notebook.js#inNotebook"),
        _markup=view.html,
        _style=source("houses/themes.css") + source("houses/notebook.css") + view.css,
        _given=plain_json(addressed(data, address, "")),
        _files=files,
    )


@cache
def _kind() -> type[Any]:
    """What all of them are: made when the first is looked at, for anywidget is an optional part."""
    import anywidget
    import traitlets

    class LiveView(anywidget.AnyWidget):
        """A view that is live in a notebook."""

        _esm = traitlets.Unicode().tag(sync=True)
        _markup = traitlets.Unicode().tag(sync=True)
        _style = traitlets.Unicode().tag(sync=True)
        _given = traitlets.Unicode().tag(sync=True)
        _files = traitlets.Dict().tag(sync=True)
        chosen = traitlets.Dict().tag(sync=True)

    return LiveView
