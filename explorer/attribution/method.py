"""What a method is: its card, which holds all that the project knows of it, and its options."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..errors import BadOption, nearest
from ..networks.network import Network
from ..trace import FloatArray
from ..wording import symbols_phrase
from .request import Evidence, OptionValue, Request

SignedMap = Callable[[FloatArray, FloatArray], FloatArray]
Count = Callable[[Network, str | None, Mapping[str, OptionValue]], int]  # (network, layer, options) -> passes

FORWARD_AND_BACK = 3  # what that costs, in passes forward


@dataclass(frozen=True)
class Option:
    """One thing to set about a method: a number from `low` to `high`, whole where `default` is, or one of `choices`.

    Where `of_side` is set, the three are shares of the side of what the network receives: `at(side)` has pixels.
    """

    name: str
    meaning: str
    default: OptionValue
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    of_side: bool = False

    def at(self, side: int) -> Option:
        """The same for a network that receives `side` x `side` pixels."""
        if not self.of_side:
            return self
        default, low, high = (max(1, round(float(share) * side)) for share in (self.default, self.low, self.high))
        return replace(self, default=default, low=low, high=high, of_side=False)

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers will do."""
        return isinstance(self.default, int)

    def parse(self, text: str) -> OptionValue:
        """The value that a text means; what means none stays text, which `checked` then refuses."""
        if self.choices:
            return text
        try:
            return float(text)
        except ValueError:
            return text

    def checked(self, value: object) -> OptionValue:
        """The value as the method takes it; raises BadOption."""
        if self.choices:
            if value in self.choices:
                return str(value)
            raise BadOption(
                f"{self.name} cannot be '{value}'.{nearest(str(value), self.choices)} "
                f"Pick one of {', '.join(self.choices)}."
            )
        is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        number = float(value) if is_number else math.nan  # type: ignore[arg-type]
        if not self.low <= number <= self.high or (self.is_whole and not number.is_integer()):
            allowed = (
                f"whole number from {self.low:.0f} to {self.high:.0f}"
                if self.is_whole
                else f"number from {self.low:g} to {self.high:g}"
            )
            raise BadOption(f"{self.name} must be a {allowed}, not {value!r}.")
        return int(number) if self.is_whole else number


SEED = Option("seed", "where the random numbers begin: the same seed gives the same map", 0, 0, 2**31 - 1)


def one_pass(network: Network, layer: str | None, options: Mapping[str, OptionValue]) -> int:
    """The count of a method that makes one more pass, or none."""
    return 1


def counted(option: str) -> Count:
    """The count of a method that makes as many passes as one of its options says."""
    return lambda network, layer, options: int(options[option])


def nothing_to_note(activation: FloatArray, gradient: FloatArray) -> str:
    """The note of a method whose maps need none."""
    return ""


SYMBOLS = {  # of the formulas on the cards
    "S": "the score that is explained",
    "dS": "its change",
    "x": "a pixel, normalised",
    "b[c]": "what the layer adds to each place of a map besides",
    "dx": "the pixel’s change",
    "b": "the same pixel of the baseline",
    "a": "how far on the way from the baseline to the picture, from 0 to 1",
    "da": "a step on it",
    "A": "all maps of the layer",
    "A[c]": "the map of its channel c",
    "G[c]": "the gradient of the score at that map",
    "a[c]": "the weight of each of its places, from second and third derivatives",
    "sum_c": "the sum over all channels",
    "sum_yx": "the sum over all places of a map",
    "mean_yx": "the mean over all places of a map",
    "softmax_c": "the softmax over all channels",
    "relu": "what leaves 0 of all that is negative",
    "z": "what an operation has added up, such as a logit",
    "z[i]": "one of its addends",
    "z[k]": "the logit of a similar class",
    "p[k]": "its probability",
    "sum_k": "the sum over the similar classes",
    "R": "the relevance of a number",
    "R[i]": "that of what made the addend",
    "f": "what the network gives the target",
    "X": "the picture",
    "i": "the number of a mask",
    "sum_i": "the sum over all masks",
    "N": "how many masks there are",
    "p": "the share of cells that a mask lets through",
}


@dataclass(frozen=True)
class Method:
    """A method's card.

    `signed_map` makes its map from a layer's activation and gradient, where it is read off a recorded pass; `find`
    does what any other needs. `uses_layer` says whether it explains a layer's cells or, where it is off, the pixels
    (guided Grad-CAM uses a layer and explains the pixels); `is_slope` that its numbers say how the target would change
    with a pixel, not what the pixel adds to it; `is_level` that a pixel which does not matter has not 0 but the mean;
    `reads_gradient` that `find` reads the gradients of the recorded pass.

    `n_passes` says about how many passes of the network it makes besides the recorded one, and `pass_cost` what each
    of many costs, in passes forward. `unit` is what its numbers are numbers of: in it, {target} stands for what is
    explained (the logit, say) and {answer} for "probability" of a class, "target" of anything else. `settings` is a
    sentence about the options that a map was made with, {name} for each of them; `warning` one to read before believing
    any of its maps; `note` makes one of a layer's activation and gradient on the map that was read off them, if there
    is anything to know. `one_sided` says why no share of its signed map speaks for the target or against it, where its
    signs do not tell that.
    """

    title: str
    formula: str
    paper: str
    needs: str
    cost: str
    good_for: str
    weaknesses: str
    signed_map: SignedMap | None = None
    find: Callable[[Request], Evidence] | None = None
    uses_layer: bool = True
    is_slope: bool = False
    is_level: bool = False
    reads_gradient: bool = False
    unit: str = "in units of {target}"
    n_passes: Count = one_pass
    pass_cost: int = 1
    settings: str = ""
    warning: str = ""
    note: Callable[[FloatArray, FloatArray], str] = nothing_to_note
    one_sided: str = ""
    options: tuple[Option, ...] = ()

    @property
    def symbols(self) -> str:
        """What the symbols in its formula mean, in words."""
        return symbols_phrase(self.formula, SYMBOLS)

    @property
    def makes_one_pass(self) -> bool:
        """Whether it makes one more pass, or none, whatever is set."""
        return self.n_passes is one_pass

    def options_at(self, side: int) -> tuple[Option, ...]:
        """Its options for a network that receives `side` x `side` pixels."""
        return tuple(option.at(side) for option in self.options)
