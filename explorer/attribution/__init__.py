"""Where in the picture the evidence is: methods, each by its paper.

`attribute` runs any of them, `explain` on a recorded pass; `class_activation_map` reads those of the CAM family off
one; METHODS has a card for each. `cam`, `gradients` and `perturbation` are the methods themselves, `fuse` brings
several layers together, and `concepts` takes one apart.
"""

from .cam import eigen_cam, grad_cam, grad_cam_pp, hires_cam, layer_cam, xgrad_cam
from .explain import Attribution, attribute, class_activation_map, explain
from .factors import Concepts, concepts
from .fills import FILLS
from .fusion import FUSIONS, fuse
from .method import Method, Option
from .methods import METHODS, checked_options, find_method
from .request import OptionValue

__all__ = [
    "FILLS",
    "FUSIONS",
    "METHODS",
    "Attribution",
    "Concepts",
    "Method",
    "Option",
    "OptionValue",
    "attribute",
    "checked_options",
    "class_activation_map",
    "concepts",
    "eigen_cam",
    "explain",
    "find_method",
    "fuse",
    "grad_cam",
    "grad_cam_pp",
    "hires_cam",
    "layer_cam",
    "xgrad_cam",
]
