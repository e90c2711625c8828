"""How the class scores come about: every logit as a sum of its parts, and probabilities from logits."""

from .decomposition import Decomposition, channel_map, class_map, neuron
from .logits import Ledger, ledger
from .softmax import Softmax, softmax_steps, tempered

__all__ = [
    "Decomposition",
    "Ledger",
    "Softmax",
    "channel_map",
    "class_map",
    "ledger",
    "neuron",
    "softmax_steps",
    "tempered",
]
