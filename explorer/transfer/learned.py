"""A network with a new head: trained, ready to run, and as a file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch

from ..classifier.head import head
from ..errors import Unsuited
from ..loading.checkpoints import read_checkpoint
from ..loading.load import own_network
from ..loading.preparations import as_text
from ..loading.saving import said_of, saved
from ..networks.network import Network
from ..running.progress import Progress
from ..trace import FloatArray, probabilities_of
from ..training.evaluation import Evaluation
from ..wording import percent, plural
from .examples import Example, Examples
from .features import features_layer, features_of
from .head import Settings, TrainedHead, logits_of, train_head


@dataclass(frozen=True, eq=False)
class Learned:
    """What came of a training: the network with its new head, and what it says of every picture.

    probabilities (N, K) are of `examples.examples`, in order. `network` is what the program makes of `file()`.
    """

    base: Network
    examples: Examples
    settings: Settings
    head: TrainedHead
    probabilities: FloatArray
    network: Network

    def file(self) -> bytes:
        """The network as safetensors."""
        return exported(self.base, self.head, self.examples.categories)

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
        found = [
            (one, float(self.probabilities[i, answer]))
            for i, one in enumerate(self.examples.examples)
            if one.is_held_out and one.label == truth and self.answers[i] == answer
        ]
        return sorted(found, key=lambda pair: -pair[1])

    @property
    def n_bytes(self) -> int:
        """Memory that it takes besides the pictures."""
        return self.probabilities.nbytes + self.network.n_bytes

    def card(self) -> str:
        """What the network is, what it was made from and how good it is, as Markdown."""
        found, curve = self.evaluation(), self.head.curve
        return "\n".join(
            [
                f"# {self.base.title} with a new head",
                "",
                f"- sha256: `{hashlib.sha256(self.file()).hexdigest()}`",
                f"- Base: {self.base.name}, {self.base.weights_name}; its layers are as they were",
                f"- Its key: `{self.base.key}`",
                f"- Classes: {', '.join(self.examples.categories)}",
                f"- Preparation: {as_text(self.base.preprocessing)}",
                *(f"- {note}" for note in self.examples.notes),
                f"- Trained: a dense layer on {features_layer(self.base)}, {len(curve.loss) - 1} epochs in batches of "
                f"{self.settings.batch}, AdamW at {self.settings.learning_rate:g}, weight decay "
                f"{self.settings.weight_decay:g}, seed {self.settings.seed}; each class counts alike",
                f"- Accuracy: {percent(found.accuracy)} of {plural(found.n_pictures, 'picture')} that were held out",
                "",
                found.table(),
                "",
            ]
        )


def learn(
    network: Network, examples: Examples, settings: Settings | None = None, progress: Progress | None = None
) -> Learned:
    """Train a head for the classes on the pictures that are not held out, over the network as it is: transfer learning
    with a frozen base (Yosinski et al. 2014, arXiv:1411.1792; Donahue et al. 2014, arXiv:1310.1531).

    Each picture goes through the base once; what `progress` raises cancels. Raises Unsuited for a network that ends in
    no dense layer or has no layout of the catalogue, BadImage, TooLarge.
    """
    settings = settings or Settings()
    _check(network)
    features = features_of(network, [one.source for one in examples.examples], progress)
    return learned(network, examples, settings, features)


def learned(network: Network, examples: Examples, settings: Settings, features: FloatArray) -> Learned:
    """The same from features that are there already."""
    found = train_head(
        features, [one.label for one in examples.examples], [one.is_held_out for one in examples.examples],
        len(examples.categories), settings,
    )  # fmt: skip
    probabilities = np.stack([probabilities_of(row) for row in logits_of(found, features)])
    file = exported(network, found, examples.categories)
    assert network.info is not None  # checked before
    title = f"trained on {plural(len(examples.categories), 'class', 'classes')}"
    weights = read_checkpoint(file, max_bytes=len(file))
    made = own_network(network.info, weights, title, preparation=network.preprocessing)
    return Learned(network, examples, settings, found, probabilities, made)


def exported(network: Network, trained: TrainedHead, categories: tuple[str, ...]) -> bytes:
    """The network with the new head as safetensors, in the layout of its base; beside the weights stand the names of
    the classes and, for photographs, how they are prepared: what `load_network` reads of such files."""
    _check(network)
    last = head(network).last.name
    state = network.graph.recorder.state_dict()
    state[f"{last}.weight"], state[f"{last}.bias"] = torch.from_numpy(trained.weight), torch.from_numpy(trained.bias)
    return saved(state, {**said_of(categories, network.preprocessing), "base": network.key})


def _check(network: Network) -> None:
    features_layer(network)
    if network.info is None or f"{head(network).last.name}.weight" not in network.graph.recorder.state_dict():
        raise Unsuited(
            f"{network.title} is of no catalogue, so a file of it with a new head could not be opened again. Choose "
            "one of the catalogue's networks."
        )
