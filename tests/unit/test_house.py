"""The order of the house: who may import whom, and what is public."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import explorer
from explorer import errors
from explorer.errors import nearest

ROOT = Path(explorer.__file__).resolve().parents[1]
LIBRARY = sorted((ROOT / "explorer").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))

# What each part may build on, besides errors.py; a name ending in a dot means everything inside.
BELOW = {
    "explorer.errors": (),
    "explorer.cache": (),
    "explorer.geometry": (),
    "explorer.image": (),
    "explorer.places": (),
    "explorer.samples": ("explorer.image", "explorer.places"),
    "explorer.networks.": ("explorer.networks.", "explorer.geometry", "explorer.image", "explorer.places"),
    "explorer.targets": ("explorer.networks.",),
    "explorer.trace": ("explorer.targets", "explorer.networks.", "explorer.image"),
    "explorer.attribution.": (
        "explorer.attribution.", "explorer.interventions", "explorer.targets", "explorer.trace", "explorer.networks.",
        "explorer.image",
    ),
    "explorer.map_scores": ("explorer.trace",),
    "explorer.score_cards": (),
    "explorer.faithfulness": (
        "explorer.map_scores", "explorer.attribution.", "explorer.targets", "explorer.trace", "explorer.networks.",
    ),
    "explorer.sanity": (
        "explorer.map_scores", "explorer.attribution.", "explorer.targets", "explorer.trace", "explorer.networks.",
        "explorer.image",
    ),
    "explorer.picture_files": ("explorer.image",),
    "explorer.attribution_table": ("explorer.score_cards",),
    "explorer.feature_maps": ("explorer.trace", "explorer.networks.", "explorer.image"),
    "explorer.snippets": (),
    "explorer.questions": (),
    "explorer.arithmetic": ("explorer.trace", "explorer.networks.", "explorer.geometry"),
    "explorer.arithmetic_summary": (
        "explorer.arithmetic", "explorer.architecture", "explorer.summary", "explorer.questions", "explorer.networks.",
        "explorer.geometry",
    ),
    "explorer.kernel_recipes": ("explorer.filters", "explorer.trace", "explorer.networks."),
    "explorer.kernel_lab": (
        "explorer.kernel_recipes", "explorer.arithmetic", "explorer.filters", "explorer.questions",
        "explorer.geometry", "explorer.trace", "explorer.networks.",
    ),
    "explorer.pooling": ("explorer.arithmetic", "explorer.trace", "explorer.networks.", "explorer.geometry"),
    "explorer.pooling_lab": ("explorer.trace", "explorer.networks.", "explorer.geometry"),
    "explorer.pooling_summary": (
        "explorer.pooling", "explorer.pooling_lab", "explorer.shift", "explorer.arithmetic", "explorer.architecture",
        "explorer.summary", "explorer.questions", "explorer.trace", "explorer.networks.",
    ),
    "explorer.shift": (
        "explorer.pooling", "explorer.pooling_lab", "explorer.interventions", "explorer.trace", "explorer.networks.",
        "explorer.geometry",
    ),
    "explorer.classifier": ("explorer.arithmetic", "explorer.trace", "explorer.networks."),
    "explorer.classifier_summary": (
        "explorer.classifier", "explorer.arithmetic", "explorer.questions", "explorer.summary",
        "explorer.architecture", "explorer.trace", "explorer.networks.",
    ),
    "explorer.sensitivity": ("explorer.trace", "explorer.networks.", "explorer.image"),
    "explorer.interventions": (
        "explorer.feature_maps", "explorer.targets", "explorer.trace", "explorer.networks.",
    ),
    "explorer.architecture": ("explorer.trace", "explorer.networks.", "explorer.geometry", "explorer.image"),
    "explorer.filters": ("explorer.feature_maps", "explorer.trace", "explorer.networks."),
    "explorer.tuning": ("explorer.filters", "explorer.cache", "explorer.trace", "explorer.networks."),
    "explorer.layer_summary": (
        "explorer.summary", "explorer.interventions", "explorer.attribution", "explorer.feature_maps", "explorer.trace",
        "explorer.networks.", "explorer.image",
    ),
    "explorer.summary": (
        "explorer.architecture", "explorer.attribution", "explorer.feature_maps", "explorer.trace",
        "explorer.networks.", "explorer.image",
    ),
    "explorer.saliency_summary": (
        "explorer.summary", "explorer.faithfulness", "explorer.attribution", "explorer.targets", "explorer.trace",
        "explorer.networks.",
    ),
    "explorer.figures.": (
        "explorer.arithmetic", "explorer.pooling", "explorer.pooling_lab", "explorer.shift", "explorer.questions",
        "explorer.geometry", "explorer.faithfulness", "explorer.map_scores", "explorer.sanity",
        "explorer.figures.", "explorer.classifier", "explorer.classifier_summary", "explorer.architecture",
        "explorer.sensitivity", "explorer.filters", "explorer.tuning",
        "explorer.attribution", "explorer.feature_maps", "explorer.trace", "explorer.networks.",
        "explorer.image",
    ),
}  # fmt: skip


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, by its full name; `from a import b` counts as a.b too."""
    package = dotted(path).split(".") if path.name == "__init__.py" else dotted(path).split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def modules(path: Path) -> Iterator[str]:
    """The modules of the project that a file imports; names inside them are left out."""
    known = {dotted(file) for file in LIBRARY}
    for name in imports(path):
        if name in known and name != "explorer" and not (ROOT / name.replace(".", "/")).is_dir():
            yield name


def is_within(name: str, allowed: str) -> bool:
    return name.startswith(allowed) if allowed.endswith(".") else name == allowed


def test_there_is_a_house() -> None:
    assert len(LIBRARY) > 20
    assert len(PAGES) >= 2
    assert "torch" in packages(ROOT / "explorer" / "trace.py")
    assert "explorer.networks.graph" in imports(ROOT / "explorer" / "trace.py")
    assert "explorer.networks.vision" in set(modules(ROOT / "explorer" / "networks" / "graph.py"))


@pytest.mark.parametrize("path", LIBRARY, ids=dotted)
def test_only_the_ui_imports_streamlit(path: Path) -> None:
    if "ui" not in path.relative_to(ROOT).parts:
        assert "streamlit" not in packages(path)
        if dotted(path) != "explorer.cli.app":  # whose first command is to start it
            assert not any(name.startswith("explorer.ui") for name in imports(path))


@pytest.mark.parametrize("path", PAGES, ids=dotted)
def test_pages_leave_numbers_to_the_library(path: Path) -> None:
    assert not packages(path) & {"torch", "torchvision", "numpy", "cv2", "PIL"}
    assert "streamlit" in packages(path)


@pytest.mark.parametrize("path", [*LIBRARY, *PAGES], ids=dotted)
def test_torchvision_comes_through_one_door(path: Path) -> None:
    assert ("torchvision" in packages(path)) == (dotted(path) == "explorer.networks.vision")


def test_every_part_has_its_place() -> None:
    free = {
        "explorer", "explorer.__main__", "explorer.attribution_evaluation", "explorer.evaluation", "explorer.recipes",
        "explorer.training",
    }  # fmt: skip
    named = {dotted(path) for path in LIBRARY if not dotted(path).startswith(("explorer.ui", "explorer.cli"))}
    placed = {name for name in named if any(is_within(name, part) or f"{name}." == part for part in BELOW)}
    assert named - placed <= free


@pytest.mark.parametrize("path", LIBRARY, ids=dotted)
def test_nothing_points_back(path: Path) -> None:
    """A picture knows no network, a network no trace, a trace no figure, a figure no page."""
    name = dotted(path)
    part = next((part for part in BELOW if is_within(name, part)), None)
    if part is None:
        return
    for imported in modules(path):
        assert imported == "explorer.errors" or any(is_within(imported, below) for below in BELOW[part]), imported


def test_no_two_modules_need_each_other() -> None:
    graph = {dotted(path): set(modules(path)) for path in LIBRARY}
    finished: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join((*above, name))
        if name not in finished:
            for below in sorted(graph[name]):
                visit(below, (*above, name))
            finished.add(name)

    for name in graph:
        visit(name, ())
    assert finished == set(graph)


def test_what_is_public_is_listed_in_order() -> None:
    """Three times in one file: for whoever imports it, for whoever checks types, and where each is to be found."""
    body = ast.parse(Path(explorer.__file__).read_text(encoding="utf-8")).body
    checked = next(node for node in body if isinstance(node, ast.If))
    assert ast.unparse(checked.test) == "TYPE_CHECKING"
    places = {
        alias.name: f"{'.' * node.level}{node.module}"
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert places == explorer._MODULES
    assert set(explorer.__all__) == set(places)
    assert {*explorer.__all__, "__version__"} <= set(dir(explorer))
    # as ruff sorts it: constants, then classes, then functions
    constants = [name for name in explorer.__all__ if name.isupper()]
    classes = [name for name in explorer.__all__ if name[0].isupper() and not name.isupper()]
    functions = [name for name in explorer.__all__ if name[0].islower()]
    assert explorer.__all__ == sorted(constants) + sorted(classes) + sorted(functions)
    for name in classes + functions:
        assert getattr(explorer, name).__doc__, name


def test_what_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match=r"^module 'explorer' has no attribute 'lod_network'$"):
        explorer.lod_network  # type: ignore[attr-defined]  # noqa: B018


def test_errors_are_one_family_and_all_in_its_tree() -> None:
    kinds = {name: kind for name, kind in vars(errors).items() if getattr(kind, "__module__", "") == errors.__name__}
    del kinds["nearest"]
    assert errors.__doc__ is not None
    for name, kind in kinds.items():
        assert issubclass(kind, explorer.ExplorerError)
        assert name in errors.__doc__
        assert kind.__doc__


def test_nearest_names() -> None:
    assert nearest("layer5", ["layer4", "conv1"]) == " Nearest: 'layer4'."
    assert nearest("xyz", ["layer4", "conv1"]) == ""
    assert nearest("xyz", []) == ""
