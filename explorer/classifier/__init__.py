"""How the class scores come about: every logit as a sum of its parts, and probabilities from logits."""

from .logits import Ledger, ledger
from .shares import Shares, channel_map, class_map, neuron
from .softmax import Softmax, softmax_steps, tempered

__all__ = [
    "Ledger",
    "Shares",
    "Softmax",
    "channel_map",
    "class_map",
    "ledger",
    "neuron",
    "softmax_steps",
    "tempered",
]
