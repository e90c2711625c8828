"""A clip as a network sees it: against the network asked frame by frame, and what is taken away of it."""

from __future__ import annotations

import csv
import io
import sys
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import explorer
from explorer.applications import Watched, snippets, watch
from explorer.applications.figures import answer_lines, evidence_scale
from explorer.applications.films import PER_SHEET, film, lengths, mp4, webp
from explorer.applications.sentences import looked_at_sentence, moment_phrase, watched_sentence
from explorer.applications.video import watched_csv
from explorer.attribution import class_activation_map
from explorer.drawing.series import numbers
from explorer.errors import BadArgument, BadImage, BadTarget, LibraryMissing, NotFinite
from explorer.networks.network import Network
from explorer.pictures.frames import Clip, read_clip
from explorer.pictures.tour import tour
from explorer.snippets import Setting
from tests.clips import animation
from tests.tiny import Overwriting, tiny_network


@pytest.fixture(scope="module")
def watched(pocket: Network) -> Watched:
    return watch(pocket, tour(), 12)


def clip_of(n: int = 9, milliseconds: int = 100) -> Clip:
    return read_clip(animation("PNG", [milliseconds] * n), "moves.png")


def same_as_alone(network: Network, clip: Clip, found: Watched, target: int | None) -> None:
    """Each frame is what the network makes of it as a picture of its own."""
    for i, frame in enumerate(clip.frames(found.indices.tolist())):
        trace = explorer.run(network, frame.image, "top" if target is None else target)
        assert found.seconds[i] == frame.seconds
        assert found.logits[i] == pytest.approx(trace.logits, abs=1e-4)
        assert found.probabilities[i] == pytest.approx(trace.probabilities, abs=1e-5)
        assert found.top[i] == trace.top(1)[0].index
        assert found.explained[i] == trace.target
        if found.maps is not None:
            assert np.maximum(found.maps[i], 0) == pytest.approx(class_activation_map(trace), abs=1e-4)
        received = network.prepare(frame.image).pixels
        factor = max(1, len(found.pictures[i]) // len(received))
        if len(received) <= 320:
            assert np.array_equal(found.pictures[i], received.repeat(factor, 0).repeat(factor, 1))


@pytest.mark.parametrize("target", [None, 2])
def test_each_frame_is_seen_as_a_picture_of_its_own(target: int | None, pocket: Network) -> None:
    found = watch(pocket, tour(), 11, target)  # a batch and a part of one
    assert found.indices.tolist() == [0, 4, 8, 12, 16, 20, 23, 27, 31, 35, 39]
    same_as_alone(pocket, tour(), found, target)


@pytest.mark.parametrize("target", [None, 0, 1])
def test_a_network_with_one_logit_sees_two_classes(target: int | None, sigmoid_head: Network) -> None:
    clip = clip_of()
    found = watch(sigmoid_head, clip, target=target)
    assert found.logits.shape == (9, 1)
    assert found.probabilities.shape == (9, 2)
    same_as_alone(sigmoid_head, clip, found, target)
    assert "“cat”" in watched_sentence(found) or "“dog”" in watched_sentence(found)


def test_a_network_without_maps_answers_all_the_same() -> None:
    network, clip = explorer.load_network("mlp"), clip_of(4)
    found = watch(network, clip)
    assert found.maps is None
    assert found.peak == 0
    same_as_alone(network, clip, found, None)
    assert film(found).maps is None
    assert read_clip(webp(found)).n_frames == 4
    assert [row[-1] for row in csv.reader(io.StringIO(watched_csv(found)))][1:] == [""] * 4


def test_a_network_with_large_pictures_keeps_small_ones() -> None:
    network = tiny_network(Overwriting(), side=400)
    found = watch(network, clip_of(2))
    assert found.pictures.shape == (2, 320, 320, 3)


def test_scores_that_are_no_numbers_are_refused() -> None:
    class Broken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.log(self.conv(x).mean(dim=(2, 3)) * 0 - 1)

    network = tiny_network(Broken())
    with pytest.raises(NotFinite, match=r"^Tiny scores this clip with values that are no numbers"):
        watch(network, clip_of(3))


def test_what_is_asked_is_checked(pocket: Network) -> None:
    with pytest.raises(BadArgument, match="How many frames to take of a clip is a whole number from 2 on, not 1"):
        watch(pocket, tour(), 1)
    with pytest.raises(BadTarget):
        watch(pocket, tour(), 5, 10_000)
    name = pocket.categories[3]
    assert watch(pocket, tour(), 3, name).explained.tolist() == [3, 3, 3]


def test_progress_counts_frames_and_cancels(pocket: Network) -> None:
    told: list[tuple[int, int | None]] = []
    watch(pocket, tour(), 20, progress=lambda *done: told.append(done))
    assert told[0] == (0, 20)
    assert told[-1] == (20, 20)
    assert told == sorted(told)
    assert len(told) > 40  # also while frames between are passed

    def stop(done: int, total: int | None) -> None:
        if done:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        watch(pocket, tour(), 20, progress=stop)


def test_of_a_clip_that_breaks_off_what_is_missing_is_counted(pocket: Network) -> None:
    whole = animation("PNG", [50] * 12)
    clip = read_clip(whole[: len(whole) * 6 // 10], "cut.png")
    found = watch(pocket, clip)
    assert 0 < len(found.top) < 12
    assert found.n_missing == 12 - len(found.top)
    assert "it breaks off or is damaged" in looked_at_sentence(clip.n_frames, len(found.top), found.n_missing)

    class Empty:
        size, n_frames, is_cut = (8, 8), 4, True

        def walk(self) -> Any:
            return iter(())

    with pytest.raises(BadImage, match=r"^'none' has no frame that can be decoded"):
        watch(pocket, Clip("none", "0", Empty(), 0))


def test_how_many_are_taken_is_said() -> None:
    assert looked_at_sentence(10_000, 100, 0) == "10,000 frames; 100 of them, evenly."
    assert looked_at_sentence(40, 40, 0) == "40 frames, all of them looked at."
    assert looked_at_sentence(40, 40, 0, True) == (
        "40 frames, all of them looked at. The file breaks off there: what may have followed is missing."
    )


def test_runs_are_where_the_top_class_stays(watched: Watched) -> None:
    at = [run.category for run in watched.runs for _ in range(run.first, run.last + 1)]
    assert at == watched.top.tolist()
    assert all(a.category != b.category for a, b in zip(watched.runs, watched.runs[1:], strict=False))


def test_the_lines_are_of_the_classes_that_hold_longest(watched: Watched) -> None:
    lines = answer_lines(watched)
    tops = [watched.network.categories[i] for i in watched.top]
    assert lines.lines[0].name == max(set(tops), key=tops.count)
    assert len(lines.lines) == 5
    table = numbers(lines)
    assert [row[0] for row in table.rows] == pytest.approx(watched.seconds.tolist())
    index = watched.network.categories.index(lines.lines[0].name)
    assert [row[1] for row in table.rows] == pytest.approx((100 * watched.probabilities[:, index]).tolist())


def test_the_table_has_a_row_for_each_frame(watched: Watched) -> None:
    rows = list(csv.DictReader(io.StringIO(watched_csv(watched))))
    assert watched.maps is not None
    for i, row in enumerate(rows):
        assert int(row["frame"]) == watched.indices[i]
        assert float(row["time [s]"]) == watched.seconds[i]
        assert row["top class"] == row["explained"] == watched.network.categories[watched.top[i]]
        assert float(row["probability"]) == pytest.approx(float(watched.probabilities[i].max()))
        assert float(row["highest of its map"]) == pytest.approx(float(watched.maps[i].max()))
    assert len(rows) == 12


def test_sheets_hold_every_frame_in_its_place(pocket: Network) -> None:
    found = film(watch(pocket, tour(), 40))
    sheets = [np.asarray(Image.open(io.BytesIO(sheet))) for sheet in found.sheets]
    assert len(sheets) == -(-40 // PER_SHEET)
    height, width = found.watched.pictures.shape[1:3]
    for i, pixels in enumerate(found.watched.pictures):
        row, column = divmod(i % PER_SHEET, 5)
        cell = sheets[i // PER_SHEET][row * height : (row + 1) * height, column * width : (column + 1) * width]
        assert np.abs(cell.astype(int) - pixels).mean() < 6
    assert found.n_bytes > found.watched.n_bytes > found.watched.pictures.nbytes


def test_frames_of_a_film_are_shown_for_as_long_as_in_the_clip_unless_that_is_slow() -> None:
    assert lengths(np.array([0, 0.1, 0.3, 0.4])) == pytest.approx([0.1, 0.2, 0.1, 0.1])
    assert lengths(np.arange(0, 300, 3.0)) == pytest.approx([0.1] * 100)
    assert lengths(np.array([0.0])) == pytest.approx([0.1])


def test_the_film_shows_the_evidence_where_it_is(watched: Watched) -> None:
    made = Image.open(io.BytesIO(webp(watched)))
    assert (made.size, made.info["loop"]) == ((448, 488), 0)
    assert read_clip(webp(watched)).n_frames == 12
    plain = watched.pictures[0].astype(float).mean()
    assert evidence_scale(watched).high == watched.peak > 0
    made.load()
    shown = np.asarray(made.convert("RGB"))[:448].astype(float)
    assert abs(shown.mean() - plain) > 5  # half of it is the map
    shown_for = []
    for i in range(12):
        made.seek(i)
        made.load()
        shown_for.append(made.info["duration"])
    assert shown_for == pytest.approx((1000 * lengths(watched.seconds)).tolist(), abs=1)


def test_the_mp4_is_what_browsers_play(watched: Watched) -> None:
    av = pytest.importorskip("av", reason="the part that writes MP4 is not installed")
    made = mp4(watched)
    with av.open(io.BytesIO(made)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.width % 2 == stream.height % 2 == 0
        times = [frame.time for frame in container.decode(stream)]
    assert times == pytest.approx((watched.seconds - watched.seconds[0]).tolist(), abs=2e-3)
    again = read_clip(made)
    assert (again.n_frames, again.size) == (12, (488, 448))
    (first,) = again.frames([0])
    film_of = Image.open(io.BytesIO(webp(watched)))
    assert np.abs(first.image.pixels.astype(float) - np.asarray(film_of.convert("RGB"))).mean() < 8


def test_without_its_part_an_mp4_says_how_to_install_it(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(LibraryMissing, match=r"^An MP4 is written by PyAV, which is not installed: pip install 'cnn-"):
        mp4(watched)


def test_the_code_under_the_figure_makes_its_numbers(watched: Watched) -> None:
    setting = Setting("pocket_resnet", "pretrained", "load_sample('chelsea')", "top")
    for target in (None, 2):
        scope: dict[str, Any] = {}
        exec(snippets.watched(setting, tour().code, 12, target), scope)
        assert np.allclose(scope["array"], watched.probabilities, atol=1e-5)
    assert "from explorer.pictures.frames import read_clip\n" in snippets.watched(setting, clip_of().code, 12, None)


def test_a_moment_says_both_classes_where_they_differ(pocket: Network, watched: Watched) -> None:
    assert moment_phrase(watched, 0).count("“") == 1
    other = watch(pocket, tour(), 3, (int(watched.top[0]) + 1) % len(pocket.categories))
    assert moment_phrase(other, 0).count("“") == 2
