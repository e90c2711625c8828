"""What a page says beside the film of a training: of kernels, maps and pictures, and of who waits."""

from __future__ import annotations

from dataclasses import replace

from explorer.scratch import film_sentences as film
from explorer.scratch.driving import UNWATCHED
from explorer.scratch.film import Layout
from explorer.scratch.preview import preview
from explorer.scratch.settings import Plan

from .case import Case
from .said import agrees, checks, counted, taken_apart


def layout_of(network: str, data: str = "digits") -> Layout:
    return preview(Plan(network, data)).layout


@checks(film.said_of)
def check_said_of(case: Case) -> None:
    taken_apart(film.said_of("waiting", 1, "unseen"), "Waiting for room on this server. It is next.")
    for place in (2, 13):
        said = taken_apart(
            film.said_of("waiting", place, None),
            "Waiting for room on this server. {n:i} {others} {are} before it.",
        )
        counted(said["n"], place - 1)
        agrees(place - 1, "other", "others", said["others"])
        agrees(place - 1, "is", "are", said["are"])
    assert film.said_of("playing", None, "It plays.") == "It plays."
    assert film.said_of("playing", None, None) == ""


@checks(film.kernels_caption, film.maps_caption)
def check_captions(case: Case) -> None:
    few = layout_of("conv 7 3 stride 2, relu, flatten, dense")
    assert taken_apart(film.kernels_caption(few), "{n:i} kernels of {name}, 3 × 3, on one scale") == {
        "n": "7", "name": "conv1",
    }  # fmt: skip
    assert taken_apart(film.maps_caption(few), "{n:i} maps of it, 15 × 15, on one scale") == {"n": "7"}
    many = layout_of("conv 40 5, relu, max 2, flatten, dense", "shapes")
    said = taken_apart(film.kernels_caption(many), "{n:i} of the {all:i} kernels of conv1, 3 × 5 × 5, on one scale")
    counted(said["all"], 40)
    counted(said["n"], dict(many.fields)["kernels"][0])
    said = taken_apart(film.maps_caption(many), "{n:i} of the {all:i} maps of it, 60 × 60, on one scale")
    counted(said["all"], 40)
    counted(said["n"], dict(many.fields)["maps"][0])
    dense = layout_of("flatten, dense 50, relu, dense")
    said = taken_apart(
        film.kernels_caption(dense),
        "No kernels: the weights of {n:i} of its {all:i} units in dense1, 32 × 32, on one scale",
    )
    counted(said["all"], 50)
    counted(said["n"], dict(dense.fields)["kernels"][0])
    assert film.maps_caption(dense) == ""


@checks(film.reading_sentence, film.sharing_sentence)
def check_reading(case: Case) -> None:
    rest = "The watched picture is never trained on; {rest}"
    grey, coloured = layout_of("conv 2 3, flatten, dense"), layout_of("conv 2 3, flatten, dense", "shapes")
    taken_apart(film.reading_sentence(grey), f"A red weight adds what it reads, {{how}} {rest}")
    taken_apart(film.reading_sentence(coloured), f"In the kernels mid-grey is zero, {{how}} {rest}")
    said = taken_apart(film.sharing_sentence(), "{who}. It is kept for ten minutes after the last look at it.")
    assert "can steer it" in said["who"]
    assert UNWATCHED == 10 * 60


@checks(film.pictures_sentence)
def check_pictures(case: Case) -> None:
    one = replace(layout_of("flatten, dense"), n_train=1234, n_held_out=567, n_looked_at=89)
    said = taken_apart(
        film.pictures_sentence([one]),
        "{n:i} pictures to train on and {held:i} held out, of which {seen:i} are looked at on the way. {numbers:i} "
        "numbers are learned.",
    )
    for name, n in (("n", 1234), ("held", 567), ("seen", 89), ("numbers", 1024 * 10 + 10)):
        counted(said[name], n)
    both = film.pictures_sentence([one, layout_of("flatten, dense 3, relu, dense")])
    said = taken_apart(both.rpartition(". ")[2], "{one:i} and {other:i} numbers are learned.")
    counted(said["other"], 1024 * 3 + 3 + 3 * 10 + 10)


@checks(film.nothing_sentence, film.gone_sentence, film.replaced_sentence)
def check_page(case: Case) -> None:
    taken_apart(film.nothing_sentence(), "Nothing is trained yet: press Train.")
    assert "ten minutes" in film.gone_sentence()
    taken_apart(film.gone_sentence(), "The training of this link is not on this server any more: {why}")
    said = taken_apart(film.replaced_sentence("LeNet-5"), "Your training of '{title}' is still there: {rest}")
    assert said["title"] == "LeNet-5"
