"""A file that holds a whole network, architecture and weights, whatever library wrote it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from ..networks.preparation import PhotoPreparation, Preparation


@dataclass(frozen=True)
class ModelFile:
    """What is in such a file. Its readers run nothing of it: they build each operation from torch's own.

    `module` reads (N, C, H, W) and returns logits, (N, K), in float32; it is in evaluation mode, and can be traced. A
    last softmax, or a last sigmoid, is left out of it. Its parts bear the names that the file gives them.
    """

    module: nn.Module
    input_size: tuple[int, int, int]  # (C, H, W)
    categories: tuple[str, ...] | None = None  # where the file names its classes
    preparation: Preparation | None = None  # where the file tells how pictures are prepared
    prepared: str = ""  # by what it tells it, as the end of a sentence that begins with "Pictures are prepared"
    notes: tuple[str, ...] = ()  # what is not as the person at the page may expect, sentences without their stop
    usual: PhotoPreparation | None = None  # how they are unless something says it, by the ways of its library
