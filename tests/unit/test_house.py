"""The order of the house: who may import whom, and what is public."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import explorer
from explorer import errors
from explorer.errors import nearest

ROOT = Path(explorer.__file__).resolve().parents[1]
LIBRARY = sorted((ROOT / "explorer").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))

# The rooms of the house from the ground up: a folder is a room, and so is a file beside the folders. What stands on a
# floor builds on lower floors alone.
FLOORS = (
    "errors geometry places questions shown snippets wording words",
    "pictures running",
    "networks",
    "loading predictions targets",
    "recording",
    "remaking",
    "trace",
    "drawing interventions training",
    "architecture feature_maps filters pooling synthesis",
    "attribution convolution",
    "challenges classifier concepts faithfulness overview",
    "applications atlas compare lessons transfer",
    "units",
    "elements scratch",
    "exporting",
    "notebook",
    "ui.frame",
    "ui.elements",
    "ui.films ui.first_view ui.lighter ui.link_code ui.loading ui.uploads ui.warm",
    "ui.site ui.units",
    "ui.serve",
    "cli ui.applications ui.architecture ui.at_hand ui.atlas ui.attribution ui.challenges ui.classifier ui.compare "
    "ui.concepts ui.convolution ui.feature_maps ui.filters ui.lessons ui.overview ui.pooling ui.scratch ui.server "
    "ui.sidebar ui.synthesis ui.transfer",
    "__main__ ui.app",
)


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


MODULES = {dotted(path) for path in LIBRARY}


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def modules(path: Path) -> Iterator[str]:
    """The modules of the project that a file imports; names inside them are left out."""
    for name in imports(path):
        if name in MODULES and name not in ("explorer", "explorer.ui"):
            yield name


def room(name: str) -> str:
    """The room in which a module stands: its folder, in ui/ the folder there, or the file itself."""
    parts = name.split(".")[1:]
    return ".".join(parts[:2] if parts[0] == "ui" else parts[:1])


def test_there_is_a_house() -> None:
    assert len(LIBRARY) > 20
    assert len(PAGES) >= 2
    assert "torch" in packages(ROOT / "explorer" / "trace.py")
    assert "explorer.networks.network" in imports(ROOT / "explorer" / "trace.py")
    assert "explorer.networks.vision" in set(modules(ROOT / "explorer" / "networks" / "tracing.py"))


def test_only_the_ui_imports_streamlit() -> None:
    below = [path for path in LIBRARY if "ui" not in path.relative_to(ROOT).parts]
    assert not [dotted(path) for path in below if "streamlit" in packages(path)]
    users = [dotted(path) for path in below if any(name.startswith("explorer.ui") for name in imports(path))]
    assert users == ["explorer.cli.app"]  # whose first command is to start it


def test_pages_leave_numbers_to_the_library() -> None:
    for path in PAGES:
        assert not packages(path) & {"torch", "torchvision", "numpy", "cv2", "PIL"}, dotted(path)
        assert "streamlit" in packages(path), dotted(path)


def test_torchvision_comes_through_one_door() -> None:
    doors = [dotted(path) for path in (*LIBRARY, *PAGES) if "torchvision" in packages(path)]
    assert doors == ["explorer.networks.vision"]


def test_graphs_are_taken_apart_in_one_place() -> None:
    users = {dotted(path) for path in (*LIBRARY, *PAGES) if "torch.fx" in imports(path)}
    assert users == {f"explorer.networks.{name}" for name in ("calling", "exporting", "graph", "surgery", "tracing")}


FLOOR_OF = {name: floor for floor, names in enumerate(FLOORS) for name in names.split()}
ROOMS = [path for path in LIBRARY if path.parent != ROOT / "explorer" / "ui" or path.name != "__init__.py"]


def test_every_room_has_its_floor() -> None:
    assert {room(dotted(path)) for path in ROOMS if dotted(path) != "explorer"} == set(FLOOR_OF)
    assert len(FLOOR_OF) == sum(len(names.split()) for names in FLOORS)


def test_nothing_points_up() -> None:
    """A picture knows no network, a network no trace, a trace no figure, a figure no page."""
    names = [dotted(path) for path in ROOMS]
    assert not [
        (name, imported)
        for name, path in zip(names, ROOMS, strict=True)
        if name != "explorer"
        for imported in modules(path)
        if room(imported) != room(name) and FLOOR_OF[room(imported)] >= FLOOR_OF[room(name)]
    ]


def test_one_door_leads_up_and_is_opened_by_name() -> None:
    """Results draw themselves by asking for what stands above them, when somebody looks: in one place, that can be
    found."""
    doors = [
        dotted(path) for path in LIBRARY if re.search(r'import_module\("explorer', path.read_text(encoding="utf-8"))
    ]
    assert doors == ["explorer.shown"]


def test_no_two_modules_need_each_other() -> None:
    graph = {dotted(path): set(modules(path)) for path in LIBRARY if path.name != "__init__.py"}
    finished: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join((*above, name))
        if name in graph and name not in finished:
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


def test_the_page_about_the_house_names_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE)
    assert sorted(rows) == sorted(FLOOR_OF)
    for name in re.findall(r"`(?:explorer/)?([a-z_]+(?:/[a-z_]+)*\.py)`", text):
        assert any((ROOT / folder / name).exists() for folder in ("explorer", ".", "explorer/ui/elements")), name
