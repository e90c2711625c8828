"""The film of a training, and what a person does to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ...drawing.picture import png_of_pixels, visible
from ...elements.overlay import Photo
from ...errors import ExplorerError
from ...scratch.figures import kernel_sheet
from ...scratch.film_sentences import kernels_caption, maps_caption, reading_sentence, said_of
from ...scratch.preview import Preview
from ...scratch.run import Run
from ...scratch.snippets import in_pytorch
from ...trace import FloatArray
from ..elements.learning import Edit, LearningPane, Steering, Training, learning_film
from ..films import address_of
from ..frame.takeaway import take_away
from .choices import Chosen, leave, refuse, start


def film(chosen: Chosen, previews: Sequence[Preview]) -> None:
    """What is known of the training; before it is begun, the networks as they are then."""
    run = chosen.run
    panes = [_pane(plan.title, found) for plan, found in zip(chosen.plans, previews, strict=True)]
    training = Training("", "none", "", 0)
    if run is not None:
        said = said_of(run.status, run.place, run.said)
        training = Training(address_of(run.key), run.status, said, int(run.rate or 0))
    learning_film(panes, training, f"The training: {chosen.experiment.title}", "learning", _steering(chosen, previews))


def take_film(chosen: Chosen, previews: Sequence[Preview]) -> None:
    """How to read it, and the kernels of the first network to take away: as they are, and over all frames."""
    run, layout = chosen.run, previews[0].layout

    def kernels() -> FloatArray:
        has_frames = run is not None and bool(run.layouts) and run.n_frames[0] > 0
        return (
            run.series(0, "kernels") if run is not None and has_frames else layout.column(previews[0].frame, "kernels")
        )

    take_away(
        reading_sentence(layout), "scratch-kernels", lambda: kernel_sheet(layout, kernels()[-1]), kernels,
        in_pytorch(chosen.plans[0]),
    )  # fmt: skip


def _pane(title: str, found: Preview) -> LearningPane:
    picture = found.picture.repeat(3, axis=2) if found.picture.shape[2] == 1 else found.picture
    return LearningPane(
        title,
        found.layout.as_json(),
        Photo(png_of_pixels(visible(picture)), (picture.shape[0], picture.shape[1])),
        found.category,
        kernels_caption(found.layout),
        maps_caption(found.layout),
        found.frame,
    )


def _steering(chosen: Chosen, previews: Sequence[Preview]) -> Steering:
    run = chosen.run

    def act(what: str) -> None:
        if what == "train":
            try:
                start(chosen.plans)
            except ExplorerError as error:  # the page will say it: here nobody would
                refuse(str(error))
        elif what == "cancel":
            leave()
        elif run is not None:
            {"play": run.play, "pause": run.pause, "step": run.one_step}[what]()

    def pace(steps: int) -> None:
        if run is not None:
            run.slow(steps or None)

    def edit(what: Edit) -> None:
        if run is not None:
            pane, *place, value = what
            run.edit(pane, previews[pane].layout.kernels, previews[pane].index_of(*place), value)

    return Steering(act, pace, partial(_rewind, run), edit, lambda status: None)


def _rewind(run: Run | None, step: int) -> None:
    if run is not None:
        run.rewind(step)
        run.play()
