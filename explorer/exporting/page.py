"""The one HTML file: parts, the views that they draw with, and the files that these read. Texts become text, data
JSON in which nothing can end a script, and files letters."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from ..drawing.series import numbers
from ..elements.modules import library, source
from ..elements.view import File, View, addressed
from .charts import svg
from .letters import lettered
from .part import Block, Choices, Code, Drawn, Figure, Part, Rows, Said

# Whatever a text in it may try: nothing is fetched from anywhere, and nothing sent. WebAssembly reaches for no more
# than a script does.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' data:; style-src 'unsafe-inline'; "
    "img-src data: blob:; connect-src data: blob:; base-uri 'none'; form-action 'none'"
)
FILE_KEY = "a file of this document"  # in the data: the id of one


class Page:
    """Collects what the parts need while they are written."""

    def __init__(self) -> None:
        self.views: dict[str, View] = {}
        self.files: dict[str, File] = {}

    def write(self, title: str, parts: Sequence[Part]) -> bytes:
        """All of it. `title` is text, as is all that the parts say."""
        body = "".join(self._parts(parts))
        links = "".join(f'<a href="#{part.key}">{escape(part.title)}</a>' for part in parts)
        scripts = {name: (f"{name}.js", *view.around) for name, view in self.views.items()}
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
            f'content="light dark"><title>{escape(title)}</title>'
            f"<script>{_in_script(source('houses/theme.js'))}</script>"
            f"<style>{source('houses/themes.css')}{source('houses/file.css')}</style></head>"
            f'<body><header><h1>{escape(title)}</h1><button type="button" id="theme">Light or dark</button>'
            f'<nav aria-label="Parts">{links}</nav></header>'
            '<noscript><p class="missing">This browser runs no scripts: what they draw is missing.</p></noscript>'
            f"<main>{body}</main>{''.join(self._templates())}{''.join(self._files())}"
            f'<script type="module">{_in_script(library(scripts, "houses/file.js#show"))}</script></body></html>\n'
        ).encode()

    def _parts(self, parts: Sequence[Part]) -> Iterator[str]:
        is_first = True
        for part in parts:
            blocks = "".join(self._block(block, f"{part.key}-{i}") for i, block in enumerate(part.blocks))
            title = f"<h2>{escape(part.title)}</h2>"
            if part.folds:
                is_open = " open" if is_first else ""
                yield f'<details id="{part.key}"{is_open}><summary>{title}</summary>{blocks}</details>'
                is_first = False
            else:
                yield f'<section id="{part.key}">{title}{blocks}</section>'

    def _block(self, block: Block, key: str) -> str:
        match block:
            case Said():
                return f"<p>{escape(block.text)}</p>"
            case Code():
                return (
                    "<details class='code'><summary>The code</summary>"
                    f'<pre tabindex="0">{escape(block.text)}</pre></details>'
                )
            case Rows():
                return _table(block.columns, block.rows)
            case Figure():
                found = numbers(block.chart)
                table = _table(found.columns, found.texts())
                return (
                    f"<figure><figcaption>{escape(block.chart.title)}</figcaption>{svg(block.chart)}"
                    f"<details class='code'><summary>The numbers</summary>{table}</details></figure>"
                )
            case Choices():
                buttons = "".join(
                    f'<button type="button" data-choice="{escape(block.name)}" data-value="{escape(value)}" '
                    f'aria-pressed="{str(value == block.first).lower()}">{escape(text)}</button>'
                    for value, text in block.values
                )
                return f'<div class="choices" role="group" aria-label="{escape(block.label)}">{buttons}</div>'
            case Drawn():
                return self._drawn(block, key)

    def _drawn(self, block: Drawn, key: str) -> str:
        self.views[block.view.name] = block.view
        acts = {
            report: {value: {"chosen": dict(act.chosen), "to": act.to} for value, act in found.items()}
            for report, found in block.acts.items()
        }
        given = {"data": addressed(block.data, self._address, key), "acts": acts}
        return (
            f'<div class="view" data-view="{block.view.name}" data-given="{key}"></div>'
            f'<script type="application/json" id="{key}">{_json(given)}</script>'
        )

    def _address(self, file: File, _: str) -> dict[str, str]:
        name = f"file-{hashlib.sha256(file.content).hexdigest()[:24]}"
        self.files[name] = file
        return {FILE_KEY: name}

    def _templates(self) -> Iterator[str]:
        for name, view in self.views.items():
            yield f'<template id="view-{name}"><style>{view.css}</style>{view.html}</template>'

    def _files(self) -> Iterator[str]:
        for name, file in self.files.items():
            yield f'<script type="text/plain" id="{name}" data-kind="{file.kind}">{lettered(file.content)}</script>'


def _json(value: object) -> str:
    """JSON in which nothing ends the script that it stands in, or begins a comment in it."""
    return plain_json(value).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def plain_json(value: object) -> str:
    """JSON that any browser reads: what is no finite number is null."""
    return json.dumps(_finite(value), allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def _finite(value: object) -> object:
    """What is no finite number is null: JSON has no other word for it."""
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _in_script(code: str) -> str:
    """The program's own script; what in its texts would end it is written in another way."""
    return code.replace("</", "<\\/").replace("<!--", "<\\!--")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    lines = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return (
        '<div class="table" tabindex="0" role="group" aria-label="A table"><table>'
        + (f"<thead><tr>{head}</tr></thead>" if columns else "")
        + f"<tbody>{lines}</tbody></table></div>"
    )
