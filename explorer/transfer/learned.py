"""A network with a new head: trained, ready to run, and as a file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..loading.over import digest_of
from ..loading.preparations import as_text
from ..networks.network import Network
from ..predictions import probabilities_of
from ..running.progress import Progress
from ..trace import FloatArray
from ..training.evaluation import Evaluation
from ..wording import percent, plural
from .examples import Example, Examples, Source
from .features import features_of, lowest_of, place_of
from .files import Entries, exported, head_entries, is_whole, opened
from .head import Curve, Settings, TrainedHead, logits_of, train_head
from .tuning import Tuning

_MARGIN = 2.0  # times the lowest value seen, for pictures that were not


@dataclass(frozen=True, eq=False)
class Learned:
    """What came of a training: the network with its new head, and what it says of every picture.

    probabilities (N, K) are of `examples.examples`, in order. `changed` are the weights that differ from the base's, by
    the names of their entries. `network` is what the program makes of `file()`. `head` is how the new head began; where
    more was trained after it, `tuning` says how, `tuned` how that went, and `frozen` is the network with
    the head alone.
    """

    base: Network
    examples: Examples
    settings: Settings
    head: TrainedHead
    changed: Entries
    probabilities: FloatArray
    network: Network
    tuning: Tuning | None = None
    tuned: Curve | None = None
    frozen: Network | None = None

    def file(self) -> bytes:
        """The network as safetensors."""
        return exported(self.base, self.changed, self.examples.categories)

    @property
    def answers(self) -> np.ndarray:
        """(N,) the likeliest class of each picture."""
        return self.probabilities.argmax(axis=1)

    def evaluation(self, held_out: bool = True) -> Evaluation:
        """How often it is right, class by class, of the pictures that are held out or of those trained on."""
        n = len(self.examples.categories)
        confusion = np.zeros((n, n), np.int64)
        for one, answer in zip(self.examples.examples, self.answers, strict=True):
            if one.is_held_out == held_out:
                confusion[one.label, answer] += 1
        return Evaluation(self.examples.categories, confusion)

    def cell(self, truth: int, answer: int) -> list[tuple[Example, float]]:
        """The held-out pictures of class `truth` that were taken for `answer`, and how sure it was, surest first."""
        return [(one, sure) for one, found, sure in self.by_confidence() if (one.label, found) == (truth, answer)]

    def by_confidence(self) -> list[tuple[Example, int, float]]:
        """The held-out pictures, each with the answer and how sure it was, surest first."""
        found = [
            (one, int(self.answers[i]), float(self.probabilities[i].max()))
            for i, one in enumerate(self.examples.examples)
            if one.is_held_out
        ]
        return sorted(found, key=lambda row: -row[2])

    @property
    def n_bytes(self) -> int:
        """Memory that it takes besides the pictures."""
        networks = [self.network] if self.frozen is None else [self.network, self.frozen]
        return self.probabilities.nbytes + sum(network.n_bytes for network in networks)

    def card(self) -> str:
        """What the network is, what it was made from and how good it is, as Markdown."""
        found = self.evaluation()
        return "\n".join(
            [
                f"# {self.base.title} {'with a new head' if self.tuning is None else 'fine-tuned'}",
                "",
                f"- sha256: `{hashlib.sha256(self.file()).hexdigest()}`",
                *self._of_the_base(),
                f"- Classes: {', '.join(self.examples.categories)}",
                f"- Preparation: {as_text(self.base.preprocessing)}",
                *(f"- {note}" for note in self.examples.notes),
                *self._of_the_training(),
                f"- Accuracy: {percent(found.accuracy)} of {plural(found.n_pictures, 'picture')} that were held out",
                "",
                found.table(),
                "",
            ]
        )

    def _of_the_base(self) -> list[str]:
        how = "its layers are as they were" if self.tuning is None else "of which some layers were trained on"
        said = [f"- Base: {self.base.name}, {self.base.weights_name}; {how}", f"- Its key: `{self.base.key}`"]
        if not is_whole(self.base):
            said.append(
                f"- The file holds what was trained alone. It stands on {self.base.weights_name}, whose numbers have "
                f"the sha256 `{digest_of(self.base)}`: open that file with this one as its weights"
            )
        return said

    def _of_the_training(self) -> list[str]:
        how = self.settings
        said = [
            f"- Trained: a classifier on {place_of(self.base).layer}, {how.n_epochs} epochs in batches of {how.batch}, "
            f"AdamW at {how.learning_rate:g}, weight decay {how.weight_decay:g}, seed {how.seed}; each class counts "
            "alike"
        ]
        if self.tuning is not None:
            said.append(f"- Then: {self.tuning.in_words}")
        return said


def learn(
    network: Network, examples: Examples, settings: Settings | None = None, progress: Progress | None = None
) -> Learned:
    """Train a head for the classes on the pictures that are not held out, over the network as it is: transfer learning
    with a frozen base (Yosinski et al. 2014, arXiv:1411.1792; Donahue et al. 2014, arXiv:1310.1531).

    Each picture goes through the base once; what `progress` raises cancels. Raises Unsuited for a network without a
    classifier whose place a new one could take, BadImage, TooLarge.
    """
    settings = settings or Settings()
    place_of(network)
    features = features_of(network, _sources(examples), progress)
    return learned(network, examples, settings, features, progress)


def learned(
    network: Network, examples: Examples, settings: Settings, features: FloatArray, progress: Progress | None = None
) -> Learned:
    """The same from features that are there already."""
    found = train_head(
        features, [one.label for one in examples.examples], [one.is_held_out for one in examples.examples],
        len(examples.categories), settings,
    )  # fmt: skip
    probabilities = np.stack([probabilities_of(row) for row in logits_of(found, features)])
    if place_of(network).is_rectified:
        found = _lifted(network, examples, found, progress)
    changed = head_entries(network, found)
    made = opened(network, exported(network, changed, examples.categories), _title(examples))
    return Learned(network, examples, settings, found, changed, probabilities, made)


def tuned(found: Learned, tuning: Tuning, changed: Entries, logits: FloatArray, curve: Curve) -> Learned:
    """The same network after more of its weights were trained: with those, what it says of every picture, and how the
    training went."""
    changed = {**found.changed, **changed}
    made = opened(
        found.base, exported(found.base, changed, found.examples.categories), f"{_title(found.examples)}, fine-tuned"
    )
    probabilities = np.stack([probabilities_of(row) for row in logits])
    return replace(
        found,
        changed=changed,
        probabilities=probabilities,
        network=made,
        tuning=tuning,
        tuned=curve,
        frozen=found.network,
    )


def _lifted(network: Network, examples: Examples, found: TrainedHead, progress: Progress | None) -> TrainedHead:
    """A head with the same number added to all biases, so that no map of its classes has anything to lose below zero:
    softmax gives the same for it."""
    lowest = lowest_of(network, _sources(examples), found.weight, progress) + float(found.bias.min())
    return replace(found, bias=found.bias + np.float32(max(0.0, -_MARGIN * lowest)))


def _sources(examples: Examples) -> Sequence[Source]:
    return [one.source for one in examples.examples]


def _title(examples: Examples) -> str:
    return f"trained on {plural(len(examples.categories), 'class', 'classes')}"
