"""How large its rooms may be: files, functions, and what a function is told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sorted(path for folder in ("explorer", "pages") for path in (ROOT / folder).rglob("*.py"))
BROWSER = sorted(
    path
    for path in (ROOT / "explorer").rglob("*")
    if path.suffix in (".js", ".css") and "node_modules" not in path.parts
)
TESTS = sorted([*(ROOT / "tests").rglob("*.py"), *(ROOT / "tests").rglob("*.js")])

MOST_LINES, MOST_LINES_OF_TESTS = 300, 450
MOST_LINES_OF_A_FUNCTION = 60
MOST_PARAMETERS = 8

Function = ast.FunctionDef | ast.AsyncFunctionDef

# In the browser's code a function begins where a line opens its body: with the word, with an arrow, or as a method.
_BODY = re.compile(r"\bfunction\b.*\{$|=>\s*\{$|^\s*(?:async |static |get |set |#)*[\w$#]+\([^()]*\)\s*\{$")
_NO_METHOD = re.compile(r"^\s*(?:\} else )?(?:if|for|while|switch|catch|with)\b")
# strings, patterns and comments, whose braces close nothing
_ASIDE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"""
    r"""|(?<=[(,=:])\s*/(?:\\.|\[[^\]\n]*\]|[^/\\\n])+/""",
    re.DOTALL,
)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def n_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Lines from `def` to the last one, docstring included, decorators not."""
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def n_parameters(function: Function) -> int:
    """Of all kinds, `self` and `cls` not counted. The fields of a dataclass are none: nobody writes its __init__."""
    given = function.args
    named = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    others = [one for one in (given.vararg, given.kwarg) if one is not None]
    return len(named) - (named[:1] in (["self"], ["cls"])) + len(others)


def script_functions(text: str) -> Iterator[tuple[int, int]]:
    """Line and length of every function of a script whose body does not end in the line in which it begins."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n") or "0"

    opened: list[tuple[int, bool]] = []
    for number, line in enumerate(_ASIDE.sub(blank, text).splitlines(), start=1):
        code = line.rstrip()
        begins = bool(_BODY.search(code)) and not (_NO_METHOD.match(code) and "=>" not in code)
        last = code.rfind("{")
        for at, sign in enumerate(code):
            if sign == "{":
                opened.append((number, begins and at == last))
            if sign == "}":
                start, is_function = opened.pop()
                if is_function:
                    yield start, number - start + 1
    assert not opened, "braces that are never closed: this reading of the script is wrong"


def test_a_file_is_read_in_one_sitting() -> None:
    assert not {name(path): n_lines(path) for path in (*PYTHON, *BROWSER) if n_lines(path) > MOST_LINES}
    assert not {name(path): n_lines(path) for path in TESTS if n_lines(path) > MOST_LINES_OF_TESTS}


def test_a_function_fits_on_a_screen_and_is_told_little() -> None:
    found = [(f"{name(path)}: {function.name}", function) for path in PYTHON for function in functions(path)]
    assert not {where: length(function) for where, function in found if length(function) > MOST_LINES_OF_A_FUNCTION}
    assert not {where: n_parameters(function) for where, function in found if n_parameters(function) > MOST_PARAMETERS}


def test_a_function_of_the_browser_s_code_fits_on_a_screen() -> None:
    found = [
        (f"{name(path)}: line {at}", length)
        for path in BROWSER
        if path.suffix == ".js"
        for at, length in script_functions(path.read_text(encoding="utf-8"))
    ]
    assert not {where: length for where, length in found if length > MOST_LINES_OF_A_FUNCTION}


def test_functions_are_measured() -> None:
    source = "@decorated\ndef f(self, a, /, b=1, *c, d, **e):\n    return (\n        1\n    )\n"
    (found,) = (node for node in ast.walk(ast.parse(source)) if isinstance(node, Function))
    assert (length(found), n_parameters(found)) == (4, 5)
    script = """function outer({ a: [b] }) {
  const text = "{", pattern = x.replace(/[{]/g, `
    ${b} {`); // {
  if (b) {
    each((one) => {
      use(one);
    });
  } else if (a) {
    b();
  }
}
class Kept {
  find(key) {
    return { key };
  }
}
"""
    assert sorted(script_functions(script)) == [(1, 11), (5, 3), (13, 3)]


def test_there_is_something_to_measure() -> None:
    assert len(PYTHON) > 100
    assert len(TESTS) > 50
    scripts = [path.read_text(encoding="utf-8") for path in BROWSER if path.suffix == ".js"]
    assert len(scripts) >= 10
    assert sum(len(list(script_functions(text))) for text in scripts) > 50
