"""Sounds as pictures: the spectrogram against a slow transform, tones where they must be, and what is heard in them."""

from __future__ import annotations

import cmath
import math
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer.applications import heard_evidence, snippets, sound_picture
from explorer.applications.figures import channel_tint, evidence_tint, sound_plane
from explorer.applications.sound import edges, loudest, picture_edges, reads_sounds, waveform
from explorer.errors import BadSound, UnknownSample
from explorer.loading.builtin import CATEGORIES
from explorer.networks.network import Network
from explorer.networks.sounds import SoundPreparation, is_of_sound
from explorer.pictures import load_sample, load_sound, read_image, read_sound
from explorer.pictures.made_sounds import KINDS, SHOWN, made_wave
from explorer.pictures.riff import as_wave
from explorer.pictures.sound import FLOOR, HOP, RATE, SECONDS, SIDE, WINDOW, Sound, excerpt
from explorer.snippets import Setting
from explorer.training.evaluation import Evaluation
from explorer.training.recipes import find_recipe, read_pictures
from tests.sounds import tone, wav


@pytest.fixture(scope="module")
def ear() -> Network:
    return explorer.load_network("sound_cnn")


def sound_of(values: np.ndarray, rate: int = RATE) -> Sound:
    return Sound(values.astype(np.float32), rate, "test", f"{values.tobytes()!r}")


def slow_level(samples: np.ndarray, row: int, column: int) -> float:
    """One value of the spectrogram, sample by sample: `samples` begin where the picture does."""
    k, middle = SIDE - 1 - row, (column + 0.5) * HOP
    total, window_sum = 0j, 0.0
    for n in range(WINDOW):
        weight = 0.5 - 0.5 * math.cos(2 * math.pi * n / WINDOW)
        at = int(middle - WINDOW / 2) + n
        value = float(samples[at]) if 0 <= at < len(samples) else 0.0
        total += weight * value * cmath.exp(-2j * math.pi * k * n / WINDOW)
        window_sum += weight
    return min(max(20 * math.log10(max(abs(total) / (window_sum / 2), 1e-9)), FLOOR), 0.0)


@pytest.mark.parametrize("kind", ["noise", "rising chirp", "clicks"])
def test_the_spectrogram_is_what_a_slow_transform_gives(kind: str) -> None:
    sound = load_sound(kind)
    found = excerpt(sound).levels()
    assert found.shape == (SIDE, SIDE)
    assert found.dtype == np.float32
    draw = np.random.default_rng(0)
    for row, column in [(0, 0), (127, 127), (127, 0), (0, 127), *draw.integers(0, SIDE, (40, 2)).tolist()]:
        assert found[row, column] == pytest.approx(slow_level(sound.samples, row, column), abs=0.02)


@pytest.mark.parametrize("rate", [8000, 8001, 11_025, 16_000, 44_100, 48_000, 96_000, 192_000, 7000])
@pytest.mark.parametrize("hertz", [250, 440.0, 1234.5, 2875])
def test_a_tone_of_full_scale_is_0_db_at_its_frequency_whatever_the_rate(rate: int, hertz: float) -> None:
    found = excerpt(sound_of(tone(hertz, rate, 3, loud=1), rate), 0.32).levels()
    row = SIDE - 1 - round(hertz / (RATE / WINDOW))
    middle = found[:, 5:-5]
    assert {*middle.argmax(axis=0).tolist()} <= {row - 1, row, row + 1}
    assert abs((SIDE - 1 - float(np.median(middle.argmax(axis=0)))) * RATE / WINDOW - hertz) <= RATE / WINDOW / 2 + 1
    offset = abs(hertz / (RATE / WINDOW) - round(hertz / (RATE / WINDOW)))
    assert middle.max() == pytest.approx(0, abs=0.02 if offset < 0.01 else 1.5)  # a Hann window loses up to 1.42 dB


def test_what_the_telephone_does_not_carry_is_not_heard_as_something_else() -> None:
    """A tone above half the new rate is left out, not folded back."""
    found = excerpt(sound_of(tone(5000, 16_000, 3, loud=1), 16_000), 0.4)
    assert np.abs(found.heard).max() < 1e-3
    assert found.levels().max() <= -60
    both = sound_of(tone(5000, 16_000, 3, loud=0.5) + tone(1000, 16_000, 3, loud=0.5), 16_000)
    alone = sound_of(tone(1000, 16_000, 3, loud=0.5), 16_000)
    assert np.abs(excerpt(both, 0.4).heard - excerpt(alone, 0.4).heard).max() < 1e-3


@pytest.mark.parametrize("rate", [7919, 22_050, 44_100])
def test_a_resampled_tone_is_that_tone(rate: int) -> None:
    for start in (0.0, 0.128, 0.9):
        found = excerpt(sound_of(tone(440, rate, 3.5), rate), start).heard
        expected = tone(440, seconds=3.5)[round(start * RATE) :][: len(found)]
        inner = slice(300, -300)
        assert len(found) == SIDE * HOP
        assert np.abs(found[inner] - expected[inner]).max() < 1e-4


def test_a_later_start_is_the_same_picture_further_on() -> None:
    values = np.random.default_rng(0).normal(0, 0.1, 4 * RATE)
    first, later = excerpt(sound_of(values)).levels(), excerpt(sound_of(values), 10 * HOP / RATE).levels()
    assert np.allclose(first[:, 11:], later[:, 1:-10], atol=1e-3)
    assert np.allclose(first[:, 10], later[:, 0], atol=1e-3)  # the first piece reaches before the start as well


def test_chirps_rise_and_fall_and_clicks_are_columns() -> None:
    times = np.arange(3 * RATE) / RATE
    for sign in (1, -1):
        glide = np.sin(2 * np.pi * (2000 * times + sign * 400 * (times - 1.5) ** 2))
        ridge = SIDE - 1 - excerpt(sound_of(0.5 * glide)).levels()[:, 2:-2].argmax(axis=0)
        assert (sign * np.diff(ridge) >= 0).all()
        assert sign * (int(ridge[-1]) - int(ridge[0])) == pytest.approx(800 * SECONDS / 31.25, abs=4)
    click = np.zeros(3 * RATE)
    click[9000] = 1
    levels = excerpt(sound_of(click)).levels()
    column = 9000 // HOP
    assert levels[:, column].max() == levels.max()
    assert np.ptp(levels[1:-1, column]) < 0.1  # all frequencies alike
    reached = [c for c in range(SIDE) if (c + 0.5) * HOP - WINDOW / 2 < 9000 < (c + 0.5) * HOP + WINDOW / 2]
    assert np.flatnonzero((levels > FLOOR).any(axis=0)).tolist() == reached


def test_levels_are_pixels_and_a_file_is_the_picture_of_its_beginning() -> None:
    found = excerpt(load_sound("vibrato"))
    pixels = found.pixels()
    assert np.abs(pixels[..., 0] / 255 * 80 - 80 - found.levels()).max() <= 0.5 * 80 / 255 + 1e-4
    assert (pixels == pixels[..., :1]).all()
    image = read_image(made_wave("vibrato", SHOWN), "vibrato.wav")
    assert image == sound_picture(found)
    assert np.array_equal(image.pixels, pixels)
    assert image.notes == ("a sound: the spectrogram of its first 2.048 s, 0 to 4 kHz",)
    long = read_image(wav(tone(440, 44_100, 1), 44_100), "a.wav")
    assert "it lasts 1 s; the rest of the picture is silence" in long.notes
    silent = sound_picture(excerpt(read_sound(wav(np.zeros(20_000)))))
    assert not silent.pixels.any()
    assert silent.notes == ("every sample is 0, so the picture is black: there is nothing to hear",)


@pytest.mark.parametrize("start", [-0.1, 1.0, math.nan, math.inf])
def test_a_start_that_is_none_gets_a_sentence(start: float) -> None:
    with pytest.raises(BadSound, match=r"^Two seconds of 'test' can begin from second 0 to 0\.452, not at "):
        excerpt(sound_of(tone(440)), start)


def test_the_preparation_takes_a_spectrogram_as_it_is_and_notes_what_is_none() -> None:
    image = sound_picture(excerpt(load_sound("chord")))
    found = SoundPreparation()(image)
    assert np.array_equal(found.pixels, image.pixels)
    assert found.notes == ()
    assert found.box == (0, 0, SIDE, SIDE)
    expected = (image.pixels[..., 0] / 255 - 0.2) / 0.2
    assert np.abs(found.tensor[0, 0].numpy() - expected).max() < 1e-5
    assert np.allclose(SoundPreparation().unscaled(found.tensor)[0, 0].numpy() * 255, image.pixels[..., 0], atol=1e-3)
    cat = SoundPreparation()(load_sample("chelsea"))
    assert cat.tensor.shape == (1, 1, SIDE, SIDE)
    assert cat.box == (0, 0, *load_sample("chelsea").pixels.shape[:2])
    assert "this picture is none, so its answer means nothing" in cat.notes[0]
    assert not is_of_sound(np.zeros((SIDE, SIDE + 1, 3), np.uint8))


# What is made, and what was learnt


def test_made_sounds_are_the_same_for_the_same_seed_and_never_cut() -> None:
    assert tuple(KINDS) == CATEGORIES["sound_cnn"]
    for kind in KINDS:
        assert made_wave(kind, 7) == made_wave(kind, 7)
        assert len({made_wave(kind, seed) for seed in range(8)}) > 4  # some of the silent ones are nothing but zeros
        for seed in range(20):
            values = read_sound(made_wave(kind, seed)).samples
            assert len(values) == SIDE * HOP
            assert np.abs(values).max() < 1
    with pytest.raises(UnknownSample, match=r"There is no sound 'chrod'\. Nearest: 'chord'\. There are: pure tone, "):
        load_sound("chrod")


def test_made_tones_are_tones_and_made_chirps_go_the_way_they_say() -> None:
    for seed in range(5):
        levels = excerpt(read_sound(made_wave("pure tone", seed))).levels()
        loud = levels.max(axis=0) > levels.max() - 6
        assert np.ptp(levels.argmax(axis=0)[loud]) <= 1
        for kind, sign in (("rising chirp", -1), ("falling chirp", 1)):
            levels = excerpt(read_sound(made_wave(kind, seed))).levels()
            loud = levels.max(axis=0) > levels.max() - 6
            ridge = levels.argmax(axis=0).astype(int)
            steps = np.diff(ridge)[loud[1:] & loud[:-1]]
            assert (sign * steps >= 0).mean() > 0.85  # but where it begins again


def test_no_seed_is_trained_on_and_measured_on_or_shown() -> None:
    recipe = find_recipe("sound_cnn")
    names = {
        split: [one.name.rpartition("/")[2] for one in read_pictures(None, recipe, split)] for split in recipe.n_made
    }
    seeds = {split: {int(name.removesuffix(".wav")) for name in found} for split, found in names.items()}
    assert {split: len(found) for split, found in names.items()} == {
        split: n * len(KINDS) for split, n in recipe.n_made.items()
    }
    assert not seeds["train"] & seeds["val"]
    assert SHOWN not in seeds["train"] | seeds["val"]
    first = next(read_pictures(None, recipe, "val"))
    assert (first.category, first.content) == ("pure tone", made_wave("pure tone", min(seeds["val"])))


def test_the_card_tells_how_often_the_network_is_right_on_others(ear: Network) -> None:
    """On sounds of seeds that nobody has used yet, about as often as the card says."""
    card = (Path(explorer.__file__).parents[1] / "assets" / "sound_cnn.md").read_text(encoding="utf-8")
    confusion = np.zeros((len(KINDS),) * 2, np.int64)
    for seed in range(3_000_000, 3_000_012):
        for i, kind in enumerate(KINDS):
            best = explorer.run(ear, read_image(made_wave(kind, seed), kind)).top(1)[0]
            confusion[i, best.index] += 1
    found = Evaluation(ear.categories, confusion).accuracy
    said = float(card.split("- Accuracy: ")[1].split("%")[0]) / 100
    assert said > 0.9
    assert abs(found - said) < 4 * math.sqrt(said * (1 - said) / confusion.sum()) + 0.01
    assert "has never heard a sound of the world" in card


@pytest.mark.parametrize("kind", KINDS)
def test_every_sound_that_the_page_offers_is_heard_for_what_it_is(kind: str, ear: Network) -> None:
    assert explorer.run(ear, sound_picture(excerpt(load_sound(kind)))).top(1)[0].category == kind


def test_silence_and_things_that_were_never_made_have_an_answer(ear: Network) -> None:
    silent = explorer.run(ear, sound_picture(excerpt(sound_of(np.zeros(9)))))
    assert silent.top(1)[0].category == "silence"
    assert reads_sounds(ear)
    assert not reads_sounds(explorer.load_network("pocket_resnet", "random"))


def test_the_evidence_for_a_click_lies_where_it_clicks_and_moves_with_it(ear: Network) -> None:
    """A few seconds of very faint noise with a knock in it."""
    draw = np.random.default_rng(0)
    found = []
    for second in (0.4, 1.0, 1.6):
        values = draw.normal(0, 1e-3, 3 * RATE)
        values[round(second * RATE) : round(second * RATE) + 16] += draw.normal(0, 0.6, 16)
        trace = explorer.run(ear, sound_picture(excerpt(sound_of(values))), "clicks")
        evidence = heard_evidence(trace)
        assert evidence is not None
        column = int(evidence.max(axis=0).argmax())
        found.append(column)
        assert abs((column + 0.5) * SECONDS / evidence.shape[1] - second) < 0.2
    assert found == sorted(found)
    assert len({*found}) == 3


def test_a_tone_s_evidence_is_near_its_frequency(ear: Network) -> None:
    for hertz in (500, 1500, 3000):
        trace = explorer.run(ear, sound_picture(excerpt(sound_of(tone(hertz)))), "pure tone")
        values = heard_evidence(trace)
        assert values is not None
        rows = values.mean(axis=1)
        top = loudest(values, edges(trace, ear.cam_layer, 0.0))
        assert abs((SIDE - 0.5 - (int(rows.argmax()) + 0.5) * 8) * 31.25 - hertz) < 400
        assert top.wide == pytest.approx(SECONDS / 16)
        assert top.high == pytest.approx(250)


# What is drawn


def test_maps_lie_over_the_sound_where_their_cells_look(ear: Network) -> None:
    trace = explorer.run(ear, sound_picture(excerpt(load_sound("noise"))), "top")
    for layer in ("conv1", "pool2", ear.cam_layer):
        assert edges(trace, layer, 0.5) == pytest.approx(picture_edges(0.5))
    left, right, bottom, top = picture_edges(0.5)
    assert (left, right) == (0.5, 0.5 + SECONDS)
    assert top - bottom == pytest.approx(4000)
    assert bottom == -RATE / WINDOW / 2  # the lowest row is about 0 Hz


def test_of_a_network_that_cuts_the_picture_maps_lie_where_they_were_cut() -> None:
    """LeNet-5 is given the ink alone, without padding: each cell's edges are those of what it sees in the middle."""
    lenet = explorer.load_network("lenet5")
    trace = explorer.run(lenet, sound_picture(excerpt(sound_of(tone(1000, loud=1)))), "top")
    left, right, bottom, top = edges(trace, "s2", 0.0)
    _, x0, _, x1 = trace.prepared.box
    scale = (x1 - x0) / 32
    assert left == pytest.approx((x0 + 2 * scale) * HOP / RATE)  # c1 looks 2 pixels to each side, s2 takes two together
    assert right == pytest.approx((x1 - 2 * scale) * HOP / RATE)
    assert top - bottom == pytest.approx(28 * scale * RATE / WINDOW)


def test_the_waveform_keeps_every_peak() -> None:
    found = excerpt(load_sound("clicks"))
    times, values = waveform(found)
    assert len(times) == len(values) == 1024
    assert (np.diff(times) > 0).all()
    assert 0 < times[0] < times[-1] < SECONDS
    assert (values.min(), values.max()) == (found.heard.min(), found.heard.max())
    peak = int(np.abs(found.heard).argmax()) / RATE
    assert abs(float(times[np.abs(values).argmax()]) - peak) < 0.01


def test_the_figures_hold_the_numbers(ear: Network) -> None:
    cut = excerpt(load_sound("rising chirp"))
    trace = explorer.run(ear, sound_picture(cut), "top")
    values = heard_evidence(trace)
    assert values is not None
    shown = sound_plane(cut, "both", [evidence_tint(trace, values, 0.0)])
    assert [one.what for one in shown.maps] == ["level", "evidence"]
    assert np.array_equal(shown.maps[0].values, cut.levels())
    assert (shown.maps[0].scale.low, shown.maps[0].scale.high) == (FLOOR, 0)
    tint = channel_tint(trace, "conv2", 3, 0.0)
    (alone,) = sound_plane(cut, "one", [tint], has_levels=False).maps
    assert np.array_equal(alone.values, trace["conv2"][3])
    assert tint.scale.high == max(-float(trace["conv2"].min()), float(trace["conv2"].max()))


@pytest.mark.parametrize("array", ["heard_evidence(trace)", "trace['pool2'][3]", "levels"])
def test_the_code_makes_the_same(array: str, ear: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "your-sound.wav").write_bytes(as_wave(tone(700, 16_000, 3), 16_000))
    for code, sound in (
        (snippets.made_sound("tremolo"), load_sound("tremolo")),
        (snippets.own_sound(), read_sound("your-sound.wav")),
    ):
        setting = Setting("sound_cnn", "pretrained", snippets.heard_picture(code, 0.0), "top")
        scope: dict[str, np.ndarray] = {}
        made = array.replace("levels", snippets.heard_levels(code, 0.0))
        exec(snippets.heard(setting, made), scope)
        trace = explorer.run(ear, sound_picture(excerpt(sound)), "top")
        expected = {"levels": excerpt(sound).levels(), "trace['pool2'][3]": trace["pool2"][3]}.get(array)
        expected = heard_evidence(trace) if expected is None else expected
        assert expected is not None
        assert scope["array"] == pytest.approx(expected, abs=1e-5)
