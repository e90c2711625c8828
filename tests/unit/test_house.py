"""The order of the house: who may import whom, and what is public."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

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
    "explorer.samples": ("explorer.image",),
    "explorer.networks.": ("explorer.networks.", "explorer.geometry", "explorer.image"),
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


@functools.cache
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


def test_only_the_ui_imports_streamlit() -> None:
    beside = [path for path in LIBRARY if "ui" not in path.relative_to(ROOT).parts]
    assert [dotted(path) for path in beside if "streamlit" in packages(path)] == []
    # whose first command is to start it
    assert [dotted(path) for path in beside if any(name.startswith("explorer.ui") for name in imports(path))] == [
        "explorer.__main__"
    ]


def test_pages_leave_numbers_to_the_library() -> None:
    for path in PAGES:
        assert not packages(path) & {"torch", "torchvision", "numpy", "cv2", "PIL"}, dotted(path)
        assert "streamlit" in packages(path), dotted(path)


def test_torchvision_comes_through_one_door() -> None:
    doors = [dotted(path) for path in (*LIBRARY, *PAGES) if "torchvision" in packages(path)]
    assert doors == ["explorer.networks.vision"]


def test_every_part_has_its_place() -> None:
    free = (
        "explorer", "explorer.__main__", "explorer.attribution_evaluation", "explorer.check", "explorer.evaluation",
        "explorer.recipes", "explorer.training",
    )  # fmt: skip
    named = {dotted(path) for path in LIBRARY if not dotted(path).startswith("explorer.ui")}
    placed = {name for name in named if any(is_within(name, part) or f"{name}." == part for part in BELOW)}
    assert named - placed <= set(free)


def test_nothing_points_back() -> None:
    """A picture knows no network, a network no trace, a trace no figure, a figure no page."""
    found = []
    for path in LIBRARY:
        name = dotted(path)
        part = next((part for part in BELOW if is_within(name, part)), None)
        allowed = (*BELOW.get(part or "", ()), "explorer.errors")
        if part is not None:
            found += [
                f"{name} -> {imported}"
                for imported in modules(path)
                if not any(is_within(imported, below) for below in allowed)
            ]
    assert found == []


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
    defined = {
        name
        for node in ast.walk(ast.parse(Path(explorer.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for name in (alias.name for alias in node.names)
    }
    assert set(explorer.__all__) == defined
    # as ruff sorts it: constants, then classes, then functions
    constants = [name for name in explorer.__all__ if name.isupper()]
    classes = [name for name in explorer.__all__ if name[0].isupper() and not name.isupper()]
    functions = [name for name in explorer.__all__ if name[0].islower()]
    assert explorer.__all__ == sorted(constants) + sorted(classes) + sorted(functions)
    for name in classes + functions:
        assert getattr(explorer, name).__doc__, name


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
