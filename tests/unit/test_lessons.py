"""Files of lessons: what is wrong with one is said with its place, and the others go on; games and their scores."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer.errors import BadBox, BadLesson
from explorer.lessons import FOLDER_VARIABLE, Ask, read_lesson, shelf
from explorer.lessons.games import LAYERS, guess_the_kernel, guess_the_picture, mark_setting, score_mark
from explorer.lessons.history import errors_chart, errors_sentence
from explorer.lessons.lesson import Look, Setting
from explorer.lessons.questions import KINDS, check_lesson, question_of
from explorer.lessons.reading import MOST_BYTES
from explorer.lessons.sentences import look_sentence, mark_sentence, progress_sentence
from explorer.lessons.snippets import error_numbers
from explorer.pictures.samples import SAMPLES

from .test_lesson_keys import trace_of

ROOT = Path(explorer.__file__).resolve().parents[1]
GOOD = """title = "One"
minutes = 5
goal = "You will know it."
network = "lenet5"
sample = "digit"
next = "Go on."
notes = "None."

[question]
ask = "n_maps"
layer = "c1"

[[steps]]
title = "First"
text = "Look."

[[steps]]
title = "Second"
text = "Look again."
[steps.look]
page = "filters"
layer = "c1"
channel = 2
[steps.check]
ask = "output_size"
layer = "c1"
"""
MISTAKES = {  # what stands there instead: the sentence, and the line that it names
    'title = "One"': ('titel = "One"', "line 1: 'titel' is no key at the top of the file. Nearest: 'title'. Allowed"),
    "minutes = 5": ('minutes = "5"', "line 2: 'minutes' must be a whole number, not '5'."),
    'goal = "You will know it."': ("", "line 1: 'goal' is missing at the top of the file. Add a line: goal = …"),
    'network = "lenet5"': ('network = "lenet"', "line 4: "),
    'sample = "digit"': ('sample = "dog"', "line 5: there is no sample 'dog'."),
    'next = "Go on."': ('next = "' + "x" * 2001 + '"', "line 6: 'next' needs 1 to 2,000 letters; it has 2,001."),
    'ask = "n_maps"': ('ask = "n_map"', "line 10: there is no ask 'n_map'. Nearest: 'n_maps'. Allowed are: "),
    'text = "Look."': ("text = 3", "line 15: 'text' must be a text, not '3'."),
    'text = "Look again."': ('text = ""', "line 19: 'text' needs 1 to 2,000 letters; it has 0."),
    'page = "filters"': ('page = "filter"', "line 21: there is no page 'filter'. Nearest: 'filters'. Allowed are: "),
    "channel = 2": ("channel = -2", "line 23: 'channel' must be a whole number from 0 to 100,000, not '-2'."),
    'ask = "output_size"\nlayer = "c1"': ('ask = "output_size"', "line 24: 'layer' is missing in [steps 2 check]."),
    'ask = "output_size"': ('ask = "top_class"', "line 26: 'layer' says nothing to 'top_class'. Leave it out."),
    "[[steps]]\ntitle = \"First\"": ("[[steps\ntitle = \"First\"", "is no TOML: "),
}  # fmt: skip


def written(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_is_read(tmp_path: Path) -> None:
    lesson = read_lesson(written(tmp_path, GOOD))
    assert (lesson.name, lesson.title, len(lesson.steps), lesson.steps[0].check) == ("mine", "One", 2, None)
    assert lesson.looks == (Look(Setting("lenet5", "digit"), "filters", "c1", 2),)
    assert lesson.looks[0].address("overview") == "filters?network=lenet5&sample=digit&layer=c1&channel=2"
    check_lesson(lesson, trace_of)


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_named_with_its_line(line: str, tmp_path: Path) -> None:
    instead, said = MISTAKES[line]
    assert GOOD.count(line) == 1
    with pytest.raises(BadLesson) as error:
        read_lesson(written(tmp_path, GOOD.replace(line, instead)))
    assert str(error.value).startswith("mine.toml")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


CHOICE = '[question]\nask = "choice"\ntext = "?"\nwhy = "so"\nanswers = {}\nright = "a"\n'


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (CHOICE.format('["a"]'), "line 13: a question has 2 to 6 answers, all of them texts that differ."),
        (CHOICE.format('["a", "a"]'), "line 13: a question has 2 to 6 answers, all of them texts that differ."),
        (CHOICE.format('["b", "c"]'), "line 14: the right answer 'a' is none of the answers: b, c."),
        ('[question]\nask = "class_after"\nchange = "spin"\nstrength = 1\n', "line 11: there is no change 'spin'."),
        ('[question]\nask = "class_after"\nchange = "zoom"\nstrength = 99\n', "line 12: the strength of 'zoom' goes"),
    ],
)
def test_what_is_asked_must_be_there_to_answer(question: str, said: str, tmp_path: Path) -> None:
    text = GOOD.replace('[question]\nask = "n_maps"\nlayer = "c1"\n', question)
    with pytest.raises(BadLesson, match=re.escape(said)):
        read_lesson(written(tmp_path, text))


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(BadLesson, match=r"^big\.toml has more than 64,000 bytes"):
        read_lesson(written(tmp_path, "#" * (MOST_BYTES + 1), "big.toml"))
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')
    with pytest.raises(BadLesson, match=r"^latin\.toml is no text in UTF-8"):
        read_lesson(tmp_path / "latin.toml")
    with pytest.raises(BadLesson, match=r"^gone\.toml cannot be read: No such file"):
        read_lesson(tmp_path / "gone.toml")
    with pytest.raises(BadLesson, match=r"^deep\.toml is no TOML"):
        read_lesson(written(tmp_path, "a = " + "[" * 5000, "deep.toml"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('layer = "c1"\nchannel', 'layer = "c9"\nchannel', "mine.toml, 'look' of step 2: lenet5 has no layer 'c9'."),
        ("channel = 2", "channel = 6", "mine.toml, 'look' of step 2: c1 has channels 0 to 5, not 6."),
        ("channel = 2", 'class = "cat"', "mine.toml, 'look' of step 2: lenet5 has no class 'cat'."),
        (
            '[question]\nask = "n_maps"\nlayer = "c1"',
            '[question]\nask = "n_maps"\nlayer = "x"',
            "mine.toml, [question]",
        ),
        (
            'ask = "output_size"\nlayer = "c1"',
            'ask = "output_size"\nlayer = "f6"',
            "'check' of step 2: f6 has no window",
        ),
    ],
)
def test_what_the_network_has_not_is_said_with_the_step(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert GOOD.count(old) == 1
    lesson = read_lesson(written(tmp_path, GOOD.replace(old, new)))
    with pytest.raises(BadLesson, match=re.escape(said)):
        check_lesson(lesson, trace_of)


UNSUITED = [
    Ask(Setting("lenet5", "digit"), "strongest_colour", y=40, x=3),
    Ask(Setting("lenet5", "digit"), "strongest_colour", y=0, x=0),  # ink and paper are grey
    Ask(Setting("lenet5", "digit"), "n_weights", layer="tanh1"),
    Ask(Setting("lenet5", "digit"), "after_relu", layer="tanh1", channel=0),
    Ask(Setting("lenet5", "digit"), "added", layer="c1"),
    Ask(Setting("lenet5", "digit"), "which_kernel", layer="c3", channel=0),
    Ask(Setting("lenet5", "digit"), "which_kernel", layer="c1", channel=6),
    Ask(Setting("pocket_resnet", "chelsea"), "sum_and_bias", layer="conv1", channel=0),
    Ask(Setting("pocket_resnet", "chelsea"), "receptive_field", layer="fc"),
]


@pytest.mark.parametrize("ask", UNSUITED, ids=lambda ask: f"{ask.kind}-{ask.layer}")
def test_a_question_that_has_no_answer_there_says_what_to_choose(ask: Ask) -> None:
    with pytest.raises(BadLesson, match=r"\.$"):
        question_of(trace_of(ask.setting), ask)


def test_a_folder_of_one_s_own_adds_lessons_and_a_broken_one_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    written(tmp_path, GOOD, "20_mine.toml")
    written(tmp_path, GOOD.replace('"One"', '"Instead"'), "01_pixels.toml")
    written(tmp_path, "title", "30_broken.toml")
    found = shelf()
    assert len(found.lessons) == 12
    assert found.lessons["01_pixels"].title == "Instead"
    assert [*found.lessons][-1] == "20_mine"
    (problem,) = found.problems
    assert problem.startswith("30_broken.toml is no TOML: ")
    assert "line 1" in problem
    written(tmp_path, GOOD, "30_broken.toml")  # mended while the app runs
    assert len(shelf().lessons) == 13
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "gone"))
    found = shelf()
    assert len(found.lessons) == 11
    assert found.problems[0].startswith(f"{FOLDER_VARIABLE} names the folder ")


def test_the_worked_example_for_teachers_is_a_lesson(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "teachers.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    lesson = read_lesson(written(tmp_path, example, "12_stripes.toml"))
    check_lesson(lesson, trace_of)
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == {*KINDS, "ask"}
    for name, kind in KINDS.items():
        row = re.search(rf"^\| `{name}` \|([^|]*)\|", text, re.MULTILINE)
        assert row is not None
        assert re.findall(r"`(\w+)`", row[1]) == [*kind.needs], name


def test_a_round_is_the_same_for_everybody_and_the_network_is_right() -> None:
    for number in range(1, 6):
        found = guess_the_picture(number, "layer2", trace_of)
        again = guess_the_picture(number, "layer2", trace_of)
        assert (found.shown, found.question) == (again.shown, again.question)
        assert found.question.answers[found.question.right] == SAMPLES[found.setting.sample].title
        kernel = guess_the_kernel(number, trace_of)
        own = re.search(r"It is filter (\d+); the other is filter (\d+)", kernel.question.why)
        assert own is not None
        assert own[1] != own[2]
    assert len({guess_the_picture(number, LAYERS[0], trace_of).setting.sample for number in range(1, 12)}) > 2
    assert len({mark_setting(number).sample for number in range(1, 20)}) > 2


def test_a_mark_is_scored_against_chance() -> None:
    chance = np.random.default_rng(0)
    evidence = chance.random((12, 10)).astype(np.float32)
    box = (2, 3, 6, 8)
    found = score_mark(evidence, box)
    inside = evidence[2:6, 3:8].astype(float).sum()
    assert found.share == pytest.approx(inside / evidence.astype(float).sum())
    assert found.area == 20 / 120
    sums = [evidence[y : y + 4, x : x + 5].astype(float).sum() for y in range(9) for x in range(6)]
    assert found.beaten == pytest.approx(np.mean([one < inside - 1e-6 for one in sums]))
    even = score_mark(np.ones((8, 8), np.float32), (1, 1, 5, 4))
    assert even.times == pytest.approx(1)
    assert even.beaten == 0
    assert score_mark(evidence, (0, 0, 12, 10)).times == pytest.approx(1)
    assert "what chance holds" in mark_sentence(even)
    with pytest.raises(BadBox):
        score_mark(evidence, (0, 0, 13, 10))


def test_what_the_page_says() -> None:
    assert progress_sentence(2, 9, 11) == "Before 2 of 11 → after 9 of 11"
    look = Look(Setting("pocket_resnet", "chelsea", "Untrained"), "overview", "layer1", 3, "cat", {"view": "x y"})
    assert look_sentence(look) == (
        "In a new tab: Pocket ResNet, untrained, Chelsea the cat, layer layer1, channel 3, class cat."
    )
    assert look.address("overview").startswith("./?network=pocket_resnet&sample=chelsea&weights=Untrained&layer=")
    assert "view=x+y" in look.address("overview")
    chart = errors_chart()
    assert list(chart.series[0].values) == sorted(chart.series[0].values, reverse=True)
    assert "3 winners, from ResNet in 2015 on, had less" in errors_sentence()
    exec(error_numbers(), {})
