"""Every text that the app shows, gathered from the code, for whoever writes it in another language.

    python -m tests.texts                    what there is, with the place where it stands
    python -m tests.texts --missing german   what has no German yet, as lines to fill in
    python -m tests.texts --take german F …  fill the language's file with what stands in such files

A text with values in it is written as the code writes it, each place called as the value is: `{count} maps`. What a
condition chooses is written out, so that either form is a message: `{n} cell` and `{n} cells`.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from itertools import chain, product
from pathlib import Path

from explorer.words.language import messages as messages_of
from tests.node import node as node_command

ROOT = Path(__file__).resolve().parents[1]
WORDS = ROOT / "explorer" / "words"
MOST = 12  # alternatives of one text; of more, each is a message by itself

LEFT_OUT = (  # what stays English, or says nothing: the command line, notebooks, code, what is written into files
    "explorer/cli/", "explorer/__main__", "explorer/notebook/", "snippets.py", "explorer/exporting/notebook.py",
    "explorer/exporting/recipes.py", "explorer/training/", "explorer/scratch/card.py", "explorer/running/worker.py",
    "explorer/elements/modules.py", "explorer/loading/builtin.py", "explorer/ui/serve.py", "explorer/ui/uploads.py",
    "explorer/loading/onnx/names.py", "explorer/convolution/products.py", "explorer/words/language.py",
    "explorer/ui/frame/spoken.py", "explorer/__init__.py", "explorer/atlas/rows.py",
    "explorer/elements/frontend/spoken",
)  # fmt: skip
OF_NAMES = ("loading/onnx", "loading/keras", "loading/sources")  # one word alone there is an operator's or a network's
LOGS = {"debug", "info", "warning", "error", "exception", "log"}  # of a logger: said to whoever runs the server
READ = {  # functions that read, compare or look something up by the text that they are given
    "getattr", "hasattr", "setattr", "compile", "match", "fullmatch", "search", "sub", "findall", "finditer", "split",
    "rsplit", "partition", "rpartition", "replace", "removeprefix", "removesuffix", "startswith", "endswith", "strip",
    "lstrip", "rstrip", "encode", "decode", "open", "TypeVar", "NewType", "Path", "pack", "unpack", "calcsize",
    "einsum", "import_module", "find_spec", "astype", "get", "pop", "setdefault", "translate", "maketrans", "count",
    "index", "field", "cast", "view", "join", "html",
}  # fmt: skip
NAMED = {  # arguments that are keys, colours, kinds
    "key", "mode", "type", "encoding", "name", "line", "marker", "color", "dtype", "icon", "gap", "file_name", "method",
    "layer", "colorscale", "side", "width", "height",
}  # fmt: skip
PROGRAMMERS = {"ValueError", "TypeError", "KeyError", "AssertionError", "RuntimeError", "NotImplementedError"}
IN_FILES = {
    "plain",
    "exact",
    "title",
    "goal",
    "next",
    "notes",
    "text",
    "also",
    "name",
    "formula",
    "answers",
    "right",
    "why",
}
IN_MARKUP = ("title", "aria-label", "placeholder", "alt")
SHOWN = {  # what looks like a key of something, or like code, and is shown all the same
    "red", "green", "blue", "normalised", "yellow", "positive", "negative", "zero", "and", "or", "kind", "addition",
    "dense", "groups", "correlation", "cosine", "probability", "level", "samples", "maximum", "zeros", "luminance",
    "is", "are", "yes", "no", "project", "edges", "textures", "patterns", "parts", "averages", "number", "numbers",
    "channel", "layer", "network", "none", "mean", "sum", "others", "min", "stochastic", "blur-pool", "average",
    "max", "bias", "value", "weight", "input", "output", "loss", "accuracy", "step", "product", "low", "high",
    "below", "above", "before", "after", "normalisation", "joining", "rearranging", "channels {a} and {b}, r = {r}",
}  # fmt: skip
STREAMLIT: tuple[str, ...] = ()  # what Streamlit itself writes on our pages

_PLACE = re.compile(r"\{\w+\}")
_MARKUP = re.compile(r"<\w+[ >]|<\w+$")
_CODE = re.compile(
    r"https?://|^[#.]?[\w-]+\{\{|</?[a-z]+|=\"|\{\{.*:.*;|^@|^--|;$|^(import|from|def|return|if|for) .*[:(=]|::|%\(|"
    r"\\[sdw]|^M-?\d|^[a-z_]+\.[a-z_.]+ |^\{1\}$|^\w+-?\{\w+\}-?$|\[data-|^\(prefers|:not\(|^\.\w|^\w+/\{|px\b|"
    r"pane-|\?from=|^button, |^default-src |^name linked$|^unit to open$|"
    r"^\w unified$|^tuple\[|^Answer, or leave|=ATLASES"
)


@dataclass(frozen=True)
class Value:
    """A place in a text, and the code of what it takes."""

    name: str
    code: str


Form = tuple[str | Value, ...]


@dataclass(frozen=True)
class Text:
    """A message, where it stands, and what its places hold."""

    english: str
    where: str
    values: dict[str, str] = field(default_factory=dict)


def is_text(text: str, is_chosen: bool = False) -> bool:
    """Whether it holds words: no keys, formats, addresses, markup, code, names or papers. One small word is mostly a
    key, unless it `is_chosen` by a condition."""
    bare = re.sub(r":\w+\[", " ", _PLACE.sub(" ", re.sub(r"%\{[^}]*\}", " ", text)))
    if text in SHOWN:
        return True
    if not re.search(r"[A-Za-z]{2}", bare) or _CODE.search(text):
        return False
    if max(map(len, text.split())) > 50:
        return False
    small = re.findall(r"(?<![\w.-])[a-zµ][a-z’'-]+(?![\w(\[])", re.sub(r"\b(and|van|der|et|al)\b", " ", bare))
    large = re.findall(r"(?<![\w.-])(?!Ctrl)[A-Z][a-z]+(?:-[a-z]+)?(?![\w(\[-])", bare)
    if len(small) < 3 and re.search(r"(19|20)\d\d\b|arXiv:|doi:", text):
        return False
    if not small:  # "Channel {c}" is one; "Wide ResNet", "Huang, Liu and Weinberger" are names
        return len(large) == 1 and not re.search(r"\w[(\[]", bare)
    if re.search(r"\w[(\[]\w|\w_\w| = |->|==", bare) and len([word for word in small if len(word) > 2]) < 4:
        return False
    if len(bare.split()) == 1 and not large:
        has_place = (
            _PLACE.search(text) is not None
            and (len(bare.strip()) > 3 or " " in text)
            and not re.search(r"[/_\[#.]", bare)
        )
        return has_place or (is_chosen and re.fullmatch(r"[a-z-]{2,}", text) is not None)
    return True


def _called(node: ast.expr) -> str:
    """What a place is called: as its value is."""
    if isinstance(node, ast.Name):
        return node.id.strip("_")
    if isinstance(node, ast.Attribute):
        return node.attr.strip("_")
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and not node.args:
            return _called(node.func)
        return _called(node.args[0] if node.args else node.func)
    if isinstance(node, ast.Subscript):
        return _called(node.value)
    return _called(node.left) if isinstance(node, ast.BinOp) else ""


def _forms(node: ast.expr, is_wide: bool = True) -> list[Form] | None:
    """All texts that an expression of literals can be; None where it is something else."""
    if isinstance(node, ast.Constant):
        return [(node.value,)] if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        made = [tuple(chain(*parts)) for parts in product(*(_of_part(part, is_wide) for part in node.values))]
        return made if len(made) <= MOST or not is_wide else _forms(node, False)
    both = (node.left, node.right) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) else ()
    either = (node.body, node.orelse) if isinstance(node, ast.IfExp) else ()
    parts = [_forms(one, is_wide) for one in (*both, *either)]
    if not parts or any(part is None for part in parts):
        return None
    first, second = parts[0] or [], parts[1] or []
    return first + second if either else [a + b for a in first for b in second]


def _of_part(node: ast.expr, is_wide: bool) -> list[Form]:
    if not isinstance(node, ast.FormattedValue):
        return _forms(node, is_wide) or [()]
    inner = node.value
    if isinstance(inner, ast.IfExp) and is_wide:
        return [form for one in (inner.body, inner.orelse) for form in _of_part(ast.FormattedValue(one, -1), is_wide)]
    if isinstance(inner, ast.Constant):
        return [(str(inner.value),)]
    if isinstance(inner, ast.JoinedStr):
        return _forms(inner, is_wide) or [()]
    return [(Value(_called(inner), ast.unparse(inner)),)]


def _lines(form: Form) -> Iterator[tuple[str, dict[str, str]]]:
    """A text as messages, one a line: each is said by itself."""
    line: list[str | Value] = []
    for part in form:
        for i, piece in enumerate(part.split("\n") if isinstance(part, str) else [part]):
            if i:
                yield _written(line)
                line = []
            line.append(piece)
    yield _written(line)


def _written(form: Sequence[str | Value]) -> tuple[str, dict[str, str]]:
    values: dict[str, str] = {}
    text = ""
    for part in form:
        if isinstance(part, str):
            text += _escaped(part)
            continue
        name = next((name for name, code in values.items() if code == part.code), "")
        if not name:
            name, n = part.name or "1", 2
            while name in values:
                name, n = f"{part.name}{n}", n + 1
            values[name] = part.code
        text += f"{{{name}}}"
    return _one_line(text).removeprefix("...; ").removeprefix("...: "), values


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _one_line(text: str) -> str:
    return " ".join(text.split())


class _Gatherer(ast.NodeVisitor):
    """The texts of one module."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        self.path, self.found, self.all = path, list[Text](), set[str]()
        self.aside = {
            id(one.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            for one in node.body
            if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
        }  # docstrings, of attributes too
        self.visit(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.expr) and id(node) not in self.aside:
                self.all |= {text for form in _forms(node) or () for text, _ in _lines(form)}

    def _take(self, forms: Sequence[Form], line: int, is_chosen: bool = False) -> None:
        where = f"{self.path}:{line}"
        for form in forms:
            if isinstance(form[0] if form else "", str) and any(_MARKUP.search(p) for p in form if isinstance(p, str)):
                self.found += [Text(text, where) for text in _in_markup(form) if is_text(text)]
                continue
            for text, values in _lines(form):
                is_name = " " not in text and any(one in self.path for one in OF_NAMES)
                if is_text(text, is_chosen) and not is_name:
                    self.found.append(Text(text, where, values))

    def generic_visit(self, node: ast.AST) -> None:
        if id(node) in self.aside:
            return
        forms = _forms(node) if isinstance(node, ast.expr) else None
        if forms is None:
            super().generic_visit(node)
            return
        assert isinstance(node, ast.expr)
        self._take(forms, node.lineno, isinstance(node, ast.IfExp))
        wide = sum(len(form) for form in forms)
        for inner in ast.walk(node):
            if not isinstance(inner, ast.FormattedValue) or isinstance(inner.value, ast.Constant | ast.JoinedStr):
                continue
            if not isinstance(inner.value, ast.IfExp):
                self.visit(inner.value)
            elif wide:
                for either in (inner.value.body, inner.value.orelse):
                    if _forms(either) is None:
                        self.visit(either)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        is_method = isinstance(function, ast.Attribute)
        called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if called == "plural" and len(node.args) > 1:
            one = _forms(node.args[1]) or []
            many = (_forms(node.args[2]) or []) if len(node.args) > 2 else [(*form, "s") for form in one]
            n = Value("n", "n")
            self._take([(n, " ", *form) for form in (*one, *many)], node.lineno)
            self.visit(node.args[0])
            return
        of = function.value if isinstance(function, ast.Attribute) else None
        if called in LOGS and "log" in (getattr(of, "id", "") or getattr(of, "attr", "")).lower():
            return
        self.visit(function)
        reads = called in READ and (is_method or called not in ("get", "join", "count", "search", "html", "view"))
        for argument in node.args:
            if not (reads and isinstance(argument, ast.Constant)):
                self.visit(argument)
        for keyword in node.keywords:
            if not (keyword.arg in NAMED and isinstance(keyword.value, ast.Constant)):
                self.visit(keyword.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        if not (isinstance(node.exc, ast.Call) and getattr(node.exc.func, "id", "") in PROGRAMMERS):
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """Said to programmers."""

    def visit_Compare(self, node: ast.Compare) -> None:
        for one in (node.left, *node.comparators):
            if not isinstance(one, ast.Constant | ast.Tuple | ast.Set | ast.List):
                self.visit(one)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        if not isinstance(node.slice, ast.Constant) or isinstance(node.ctx, ast.Store):
            self.visit(node.slice)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                self.visit(target)
        if not any(isinstance(target, ast.Name) and target.id.startswith("__") for target in node.targets):
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for one in (*node.args.defaults, *(one for one in node.args.kw_defaults if one), *node.body):
            self.visit(one)


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        self.found += [value for name, value in attrs if name in IN_MARKUP and value]

    def handle_data(self, data: str) -> None:
        if self._tag not in ("style", "script"):
            self.found.append(data)


def _in_markup(form: Form) -> list[str]:
    reader = _Markup()
    reader.feed("".join(part if isinstance(part, str) else f"{{{part.name}}}" for part in form))
    return [_one_line(text) for text in reader.found]


def _in_file(data: object, key: str = "") -> Iterator[str]:
    """The texts of a file of words or of a lesson."""
    if isinstance(data, dict):
        for name, one in data.items():
            if isinstance(one, dict) and " " in name:  # a tab
                yield name
            yield from _in_file(one, name)
    elif isinstance(data, list):
        for one in data:
            yield from _in_file(one, key)
    elif isinstance(data, str) and key in IN_FILES and re.search(r"[A-Za-z]{3}", data):
        yield _escaped(_one_line(data))


@cache
def modules() -> tuple[_Gatherer, ...]:
    """Every module of the app, read."""
    found = []
    for path in sorted([*ROOT.glob("explorer/**/*.py"), *ROOT.glob("pages/*.py")]):
        short = path.relative_to(ROOT).as_posix()
        if not any(short.startswith(one) or short.endswith(one) for one in LEFT_OUT):
            found.append(_Gatherer(short, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


@cache
def of_scripts() -> tuple[Text, ...]:
    """What stands in the browser's scripts."""
    command = node_command()
    assert command is not None
    done = subprocess.run(
        [*command, str(ROOT / "tests/texts.js")], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return tuple(Text(_one_line(text), where) for where, text in json.loads(done.stdout))


def texts() -> dict[str, Text]:
    """Every message, by its English, in the order of the files."""
    found = [text for module in modules() for text in module.found]
    for path in [WORDS / "glossary.toml", WORDS / "openings.toml", *sorted(ROOT.glob("explorer/lessons/files/*.toml"))]:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        found += [Text(text, path.relative_to(ROOT).as_posix()) for text in _in_file(read)]
    found += [text for text in of_scripts() if is_text(text.english) and not text.where.startswith(LEFT_OUT)]
    found += [Text(text, "streamlit") for text in STREAMLIT]
    return {text.english: text for text in reversed(found)}


def literals() -> set[str]:
    """All that the code has, whether it is shown or not."""
    return {*texts(), *(text for module in modules() for text in module.all), *(text.english for text in of_scripts())}


def topic(text: Text) -> str:
    """What a message is about: the room whose it is."""
    parts = text.where.partition(":")[0].split("/")
    return next((part for part in parts[:-1] if part not in ("explorer", "ui", "elements", "files")), "frame")


def written(found: dict[str, str]) -> str:
    """A language's file: messages by topic, in their order in the code."""
    there = texts()
    by_topic: dict[str, list[str]] = {}
    for english, other in found.items():
        line = f"{json.dumps(english, ensure_ascii=False)} = {json.dumps(other, ensure_ascii=False)}"
        by_topic.setdefault(topic(there.get(english, Text(english, ""))), []).append(line)
    return "\n".join(line for name in sorted(by_topic) for line in (f"[{name}]", *by_topic[name], ""))


def main(arguments: Sequence[str]) -> None:
    """List, say what is missing, or take what was filled in."""
    there = texts()
    file = WORDS / f"{arguments[1]}.toml" if arguments else None
    known = messages_of(file.read_text(encoding="utf-8")) if file is not None and file.exists() else {}
    if file is not None and arguments[0] == "--take":
        for path in arguments[2:]:
            filled = messages_of(Path(path).read_text(encoding="utf-8"))
            known |= {english: other for english, other in filled.items() if other}
        allowed = literals()
        order = {english: i for i, english in enumerate(there)}
        kept = sorted((english for english in known if english in allowed), key=lambda one: order.get(one, len(order)))
        file.write_text(written({english: known[english] for english in kept}), encoding="utf-8")
        return
    for english, text in reversed(there.items()):
        if english not in known:
            values = ", ".join(f"{name}={code}" for name, code in text.values.items() if name != code)
            print(f'# {text.where}   {values}\n{json.dumps(english, ensure_ascii=False)} = ""')


if __name__ == "__main__":
    main(sys.argv[1:])
