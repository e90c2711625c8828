"""What the repository keeps of the first page: `python -m tests.first_view` writes it anew."""

from __future__ import annotations

import json
import sys
from typing import Any

from explorer.drawing.picture import photo, png_of_pixels, thumbnail
from explorer.elements.band import band
from explorer.elements.journey import band_data
from explorer.elements.view import inline_png
from explorer.loading.catalog import CATALOG, FIRST_NETWORK
from explorer.loading.load import load_network
from explorer.overview.sentences import child_sentence, headline
from explorer.pictures.samples import SAMPLES, load_sample
from explorer.places import assets
from explorer.trace import run
from explorer.ui.first_view import FILE
from explorer.wording import percent


def first_view() -> dict[str, Any]:
    """The first picture in the first network, as the first page shows it."""
    name = next(iter(SAMPLES))
    image, network = load_sample(name), load_network(FIRST_NETWORK)
    trace = run(network, image, "top")
    best = trace.top(1)[0]
    return {
        "title": headline(trace),
        "sentence": child_sentence(trace),
        "answer": best.category,
        "probability": percent(best.probability),
        "cards": [f"Picture: {SAMPLES[name].title}", f"Network: {CATALOG[FIRST_NETWORK].title}, trained"],
        "small": inline_png(png_of_pixels(thumbnail(image.pixels, 240, trace.prepared.box))),
        "band": band_data(band(trace, inline_png(trace.view(photo)), is_known=True)),
    }


def main() -> int:
    place = assets() / FILE
    place.write_text(json.dumps(first_view(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{place}: {place.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
