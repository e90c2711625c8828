"""Everything that can go wrong on purpose. Each message is for the person at the page: what was given, what is
allowed, what to do.

    ExplorerError
     ├─ BadArgument          something of another kind than what is called for; a TypeError as well
     ├─ BadImage             a file that cannot be shown as a picture
     ├─ BadSound             a file that cannot be heard
     ├─ UnknownSample        a sample picture that does not exist
     ├─ UnknownNetwork       a network that is not in the catalogue
     ├─ LibraryMissing       what a library is needed for that is not installed
     ├─ UnknownLayer         a layer that the network does not have
     ├─ UnknownMethod        an attribution method that does not exist
     ├─ BadTarget            a class that the network does not have
     ├─ NoTarget             gradients asked of a trace that was run without a target
     ├─ NotSpatial           a map asked of a layer without height and width
     ├─ BadCheckpoint        a file of weights that cannot be used
     ├─ BadModule            a module of one's own that cannot be followed
     ├─ BadModelFile         a file of a whole network that cannot be used
     ├─ BadPreparation       a way to prepare pictures that the network cannot be given
     ├─ BadCategories        a file of class names that cannot be used
     ├─ WeightsUnavailable   pretrained weights that cannot be fetched
     ├─ BadUnit              a unit that a layer does not have
     ├─ NoArithmetic         a sum of products asked of a layer that makes none
     ├─ BadKernel            a kernel that cannot be laid over a picture
     ├─ NoPooling            a pooling asked of a layer that makes none, or a winner of an average
     ├─ BadWindow            a window that cannot slide over a map
     ├─ BadChannel           a channel that a layer does not have, or a factor that is no number
     ├─ BadPaint             paint that a map cannot hold
     ├─ BadDevice            a device that this machine does not have
     ├─ TooLarge             a network or a pass that does not fit into memory
     ├─ BadOption            an option that a method or a score does not take
     ├─ BadMap               a map of evidence that has no score
     ├─ BadBox               a box that does not lie in the picture
     ├─ Unsuited             a method that has nothing to say about this network or picture
     ├─ NotFinite            numbers to be explained that are none
     ├─ BadArchive           a file of figures and recipes that cannot be checked
     ├─ BadData              a data set that cannot be trained or evaluated on
     ├─ AtlasError           a folder that holds no atlas that can be read, or none that can be made there
     ├─ BadLesson            a file of a lesson that cannot be followed
     ├─ BadNote              a note that cannot be kept, or a file that holds none
     ├─ WorkLost             work whose process ended before it was done
     └─ CannotServe          an address at which the app cannot be served
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ExplorerError(Exception):
    """Base of all errors whose text can be shown as it is."""


class BadArgument(ExplorerError, TypeError):
    """Something of another kind than what is called for: a path for a picture, a name for a network. Python's own
    TypeError too, so that who expects that one is served."""


class BadImage(ExplorerError):
    """A file that cannot be shown as a picture."""


class BadSound(ExplorerError):
    """A file that cannot be heard."""


class UnknownSample(ExplorerError):
    """A sample picture that does not exist."""


class UnknownNetwork(ExplorerError):
    """A network that is not in the catalogue."""


class LibraryMissing(ExplorerError):
    """A network, or a live view, of a library that is not installed."""


class UnknownLayer(ExplorerError):
    """A layer that the network does not have."""


class UnknownMethod(ExplorerError):
    """An attribution method that does not exist."""


class BadTarget(ExplorerError):
    """A class that the network does not have."""


class NoTarget(ExplorerError):
    """Gradients asked of a trace that was run without a target."""


class NotSpatial(ExplorerError):
    """A map asked of a layer without height and width."""


class BadCheckpoint(ExplorerError):
    """A file of weights that cannot be used."""


class BadPreparation(ExplorerError):
    """A way to prepare pictures that the network cannot be given."""


class BadModule(ExplorerError):
    """A module of one's own that cannot be followed."""


class BadModelFile(ExplorerError):
    """A file of a whole network that cannot be used, and why."""


class BadCategories(ExplorerError):
    """A file of class names that cannot be used."""


class WeightsUnavailable(ExplorerError):
    """Pretrained weights that cannot be fetched."""


class BadUnit(ExplorerError):
    """A unit that a layer does not have."""


class NoArithmetic(ExplorerError):
    """A sum of products asked of a layer that makes none."""


class BadKernel(ExplorerError):
    """A kernel that cannot be laid over a picture."""


class NoPooling(ExplorerError):
    """A pooling asked of a layer that makes none, or a winner of an average."""


class BadWindow(ExplorerError):
    """A window that cannot slide over a map."""


class BadChannel(ExplorerError):
    """A channel that a layer does not have, or a factor that is no number."""


class BadPaint(ExplorerError):
    """Paint that a map cannot hold."""


class BadDevice(ExplorerError):
    """A device that this machine does not have."""


class TooLarge(ExplorerError):
    """A network or a pass that does not fit into memory."""


class BadOption(ExplorerError):
    """An option that a method or a score does not take."""


class BadMap(ExplorerError):
    """A map of evidence that has no score."""


class BadBox(ExplorerError):
    """A box that does not lie in the picture."""


class Unsuited(ExplorerError):
    """A method that has nothing to say about this network or picture."""


class NotFinite(ExplorerError):
    """Numbers to be explained that are none."""


class BadArchive(ExplorerError):
    """A file of figures and recipes that cannot be checked, and why."""


class BadData(ExplorerError):
    """A data set that cannot be trained or evaluated on."""


class AtlasError(ExplorerError):
    """A folder that holds no atlas that can be read, or in which none can be made: why, and what to do."""


class BadLesson(ExplorerError):
    """A file of a lesson that cannot be followed: where in it, and what is allowed there."""


class BadNote(ExplorerError):
    """A note that cannot be kept, or a file that holds none."""


class WorkLost(ExplorerError):
    """Work in a process of its own that ended before it was done."""


class CannotServe(ExplorerError):
    """An address at which the app cannot be served."""


_LONGEST = 80  # characters of a name in a sentence


def nearest(given: str, allowed: Iterable[str]) -> str:
    """The sentence " Nearest: 'x'." for a mistyped name, or nothing where no name is near. Capitals do not count,
    unless names differ in nothing else; of a long name only the beginning is said."""
    names = list(allowed)
    close = difflib.get_close_matches(given.casefold(), {name.casefold() for name in names}, n=1, cutoff=0.4)
    if not close:
        return ""
    same = difflib.get_close_matches(given, [name for name in names if name.casefold() == close[0]], n=1, cutoff=0)
    name = same[0]
    return f" Nearest: '{name[:_LONGEST]}…'." if len(name) > _LONGEST else f" Nearest: '{name}'."
