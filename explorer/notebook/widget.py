"""A view with its data, as an anywidget. Imported when somebody looks at one, and anywidget is there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import anywidget
import traitlets

from ..elements.modules import own_script, style
from ..elements.view import File, View, addressed
from ..exporting.page import plain_json

_FILE = "a file of this model"  # as in houses/notebook.js


class LiveView(anywidget.AnyWidget):
    """A view in a notebook. `chosen` is what whoever looks has chosen, by name, such as {"channel": 12}; what is set
    there is chosen in the view.

    The files are sent as bytes, beside the data. The style sheet lies with the markup in a shadow root, where nothing
    of the notebook's reaches it, so `_css` is empty.
    """

    _markup = traitlets.Unicode().tag(sync=True)
    _style = traitlets.Unicode().tag(sync=True)
    _given = traitlets.Unicode().tag(sync=True)
    _files = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Dict().tag(sync=True)

    def __init__(self, view: View, data: Mapping[str, object]) -> None:
        files: dict[str, bytes] = {}

        def address(file: File, _: str) -> dict[str, str]:
            name = hashlib.sha256(file.content).hexdigest()[:24]
            files[name] = file.content
            return {_FILE: name, "kind": file.kind}

        self._esm = own_script(f"{view.name}.js", *view.around, "houses/notebook.js#inNotebook")
        super().__init__(
            _markup=view.html,
            _style=style("houses/notebook.css") + view.css,
            _given=plain_json(addressed(data, address, "")),
            _files=files,
        )
