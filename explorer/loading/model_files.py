"""From a file that holds a whole network to a network that is ready to run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

from ..errors import BadModelFile, BadPreparation
from ..networks.network import Network
from ..networks.preparation import PhotoPreparation, Preparation
from ..wording import by, plural
from . import blocks
from .categories import Categories, named, names_found
from .configurations import Configuration, said_of_classes, said_of_pictures
from .follow import assumed, follow, usual_preparation
from .model_file import ModelFile
from .preparation_checks import OfPictures, check_preparation
from .preparations import Chosen, preparation_in_words

_KERAS = (".keras", ".h5", ".hdf5")
ENDINGS = (".onnx", *_KERAS)


def is_model_file(name: str, content: Path | bytes) -> bool:
    """Whether a file holds a whole network: by its name or, if it is one of weights, by what they say of it."""
    ending = PurePath(name).suffix.lower()
    return ending in ENDINGS or (ending == blocks.ENDING and blocks.holds_blocks(content))


def network_in(
    source: Path | bytes, title: str, *, max_bytes: int, beside: Sequence[tuple[str, bytes]] = (),
    categories: Categories | None = None, preparation: Preparation | str | None = None,
    configurations: Sequence[Configuration] = (),
) -> Network:  # fmt: skip
    """The network in a file of ONNX or Keras, or of blocks; `title` is the file's name, whose ending says which.

    `beside` are files that came with it, by name: weights that ONNX keeps apart. How pictures are prepared is said by
    `preparation`, as a value or in words; else by a configuration beside the file, the file itself, its first batch
    norm; else it is assumed, with a note. `categories` name its classes; else a configuration or the file does.

    Raises BadModelFile, BadModule, BadCategories, BadPreparation, TooLarge.
    """
    found = _read(source, title, max_bytes, beside)
    if found.input_size[1] != found.input_size[2]:
        raise BadModelFile(
            f"'{title}' reads pictures of {by(found.input_size[1:])}. Only networks of pictures as high as wide can be "
            "opened here: export it for such ones, if its layers allow it."
        )

    def names_of(n: int) -> tuple[tuple[str, ...] | None, str]:
        if categories is not None:
            return named(categories, n, title), ""
        names, note = names_found(said_of_classes(configurations), n, "in {} beside it")
        return names or (found.categories if len(found.categories or ()) == n else None), note

    prepared = _prepared(found, preparation, configurations)
    how = prepared.preparation
    if how.n_channels != found.input_size[0]:
        raise BadPreparation(
            f"The preparation makes {plural(how.n_channels, 'channel')} of a picture, and '{title}' reads "
            f"{found.input_size[0]}."
        )
    size = how.n_channels, how.size, how.size  # it may read pictures of other sizes than it was made for
    return follow(
        found.module, size, prepared, names_of, name=PurePath(title).stem, title=title, notes=found.notes,
        made_by=f"explorer.load_network({title!r})",
    )  # fmt: skip


def _read(source: Path | bytes, title: str, max_bytes: int, beside: Sequence[tuple[str, bytes]]) -> ModelFile:
    """Each reader is imported when a file asks for it: onnx takes a second."""
    ending = PurePath(title).suffix.lower()
    if ending in _KERAS:
        from .keras.reading import read_keras

        return read_keras(source, title, max_bytes)
    if ending == blocks.ENDING:
        return blocks.read_blocks(source, title, max_bytes)
    if ending == ".onnx":
        from .onnx.reading import read_onnx

        return read_onnx(source, title, dict(beside), max_bytes)
    raise BadModelFile(f"'{title}' is no file of a whole network that is read here: {', '.join(ENDINGS)} are.")


def _prepared(found: ModelFile, asked: Preparation | str | None, configurations: Sequence[Configuration]) -> Chosen:
    usual = found.preparation or found.usual or usual_preparation(found.input_size)
    if not isinstance(usual, OfPictures):
        if asked is not None:
            raise BadPreparation("It reads digits, which are always prepared as those of MNIST are: leave it out.")
        return Chosen(usual, found.prepared)
    if isinstance(asked, str):
        return Chosen(
            preparation_in_words(asked, usual), f"as you said, “{asked}”" if "=" not in asked else "as you said"
        )
    if asked is not None:
        check_preparation(asked, "a file of a whole network")
        return Chosen(asked, "as you said")
    if isinstance(usual, PhotoPreparation) and (said := said_of_pictures(configurations, usual)) is not None:
        return Chosen(said[1], f"as {said[0]} says")
    if found.preparation is not None:
        return Chosen(found.preparation, found.prepared)
    return assumed(found.module, usual)
