"""A curve, a bar or a histogram is a chart that one can point into, never a picture."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import explorer

ROOT = Path(explorer.__file__).resolve().parents[1]
FILES = sorted(path for folder in ("explorer", "pages") for path in (ROOT / folder).rglob("*.py"))

# Every function that makes a PNG. What is on it are maps, kernels, windows and photographs, whose pixels are numbers
# themselves. A chart is none of these: it is what `drawing.series` holds, and is drawn in the browser.
PICTURES = {
    "explorer.drawing.picture": "png_of_pixels png_of_image photo heat_map slide mosaic _png_of_indices",
    "explorer.applications.figures": "mask_png cut_out_png dimmed_png given_png received_png alike_png "
    "framed_png digits_png",
    "explorer.architecture.figures": "field_png",
    "explorer.atlas.map_figures": "gallery",
    "explorer.atlas.reading": "_thumbnail",
    "explorer.atlas.shard": "encoded",
    "explorer.attribution.figures": "laid_over_png row_of_maps sheet_of_maps concept_sheet concepts_png",
    "explorer.challenges.figures": "strip_sheet whole_png",
    "explorer.concepts.figures": "picture_row",
    "explorer.convolution.figures": "products_png window_png",
    "explorer.exporting.recipes": "made _array _overlay _mosaic",
    "explorer.faithfulness.figures": "steps_png guessed_png boxes_png forgotten_png",
    "explorer.feature_maps.figures": "correlation_png",
    "explorer.feature_maps.film": "plate photos",
    "explorer.filters.figures": "png _matrix_png _sheet",
    "explorer.filters.tables": "tables_png",
    "explorer.lessons.asked_of_answers": "picture_of",
    "explorer.lessons.asked_of_values": "pictures_of map_of",
    "explorer.lessons.questions": "picture_of",
    "explorer.overview.journey": "_png _cam_png",
    "explorer.pooling.figures": "png ways_png map_png window_png",
    "explorer.scratch.figures": "kernel_sheet",
    "explorer.synthesis.figures": "made_png shown_png",
    "explorer.transfer.figures": "photo_sheet readable_sheet cell_sheets _evidence_sheet witness_sheets",
    "explorer.transfer.moved_figures": "kernel_rows _row map_rows",
    "explorer.ui.attribution.controls": "png",
    "explorer.ui.classifier.ledger": "_pictures",
    "explorer.ui.elements.pad": "drawing_pad _drawn",
    "explorer.ui.feature_maps.views": "_correlation_png",
    "explorer.ui.loading.picture": "_gallery _sample_gallery",
    "explorer.ui.pooling.window": "_png",
    "explorer.ui.units.up_close": "_kernel",
    "explorer.units.figures": "crops_png map_png kernel_png",
}
# Who draws with lines and letters: frames around boxes, the numbers in a window, what a visitor draws, the answer
# under a film.
PENS = {"explorer.applications.films", "explorer.faithfulness.figures", "explorer.pooling.figures",
        "explorer.ui.elements.pad"}  # fmt: skip
CHARTS = ("line_chart", "bar_chart", "area_chart", "scatter_chart", "altair_chart", "vega_lite_chart", "pyplot",
          "plotly_chart", "graphviz_chart", "pydeck_chart")  # fmt: skip
# where bytes are no picture
OTHER_BYTES = ("loading", "pictures", "training", "architecture.table", "ui.frame.takeaway", "elements.graph",
               "ui.first_view", "ui.loading.remembering", "ui.site", "feature_maps.files",
               "attribution.files", "filters.files", "ui.attribution.maps", "ui.frame.session",
               "drawing.packing", "exporting.archive", "exporting.live", "exporting.notebook", "exporting.manifest",
               "exporting.page", "exporting.writing",
               "ui.at_hand", "ui.elements.tools", "ui.frame.along",
               "transfer.files", "transfer.learned", "ui.transfer.own", "applications.films",
               "running.worker", "scratch.course",
               "scratch.export", "scratch.film", "scratch.headless", "scratch.looking", "scratch.record", "scratch.run",
               "scratch.sending", "scratch.states", "ui.films", "ui.scratch.kept")  # fmt: skip


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def users(*names: str) -> set[str]:
    """The files that mention one of these names, as an attribute or to import it."""

    def mentions(node: ast.AST) -> bool:
        imported = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
        return (isinstance(node, ast.Attribute) and node.attr in names) or not set(names).isdisjoint(imported)

    return {dotted(path) for path in FILES if any(map(mentions, nodes(path)))}


def makers() -> dict[str, set[str]]:
    """The functions that return bytes, by their file."""
    found: dict[str, set[str]] = {}
    for path in FILES:
        if not dotted(path).removeprefix("explorer.").startswith(OTHER_BYTES):
            for node in nodes(path):
                returns = ast.unparse(node.returns) if isinstance(node, ast.FunctionDef) and node.returns else ""
                if isinstance(node, ast.FunctionDef) and "bytes" in returns:
                    found.setdefault(dotted(path), set()).add(node.name)
    return found


def test_no_function_makes_a_picture_of_a_chart() -> None:
    assert makers() == {name: set(functions.split()) for name, functions in PICTURES.items()}


def test_nobody_draws_axes_and_letters_but_for_what_is_no_chart() -> None:
    assert users("ImageDraw") == PENS
    assert users("INKS") == {"explorer.drawing.charts"}


def test_all_charts_come_through_one_door_which_gives_each_its_numbers() -> None:
    assert users(*CHARTS) == {"explorer.ui.elements.chart"}
    assert users("figure") == {"explorer.ui.elements.chart", "explorer.notebook.pictures"}  # a page, a notebook
    source = (ROOT / "explorer" / "ui" / "elements" / "chart.py").read_text(encoding="utf-8")
    (call,) = (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and ast.unparse(n.func) == "take_away")
    assert ast.unparse(call.args[-1]) == "partial(numbers, shown)"


def test_the_first_page_has_no_chart_to_wait_for() -> None:
    assert "chart" not in (ROOT / "pages" / "overview.py").read_text(encoding="utf-8")
