"""The table of methods, one row each, in the order in which they are offered. A card stands beside its function."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..errors import BadOption, UnknownMethod, nearest
from ..wording import described, quoted
from . import cam, finer, full_gradient, gradients, perturbation, relevance
from .method import Method
from .request import OptionValue

_CARDS = {
    "grad_cam": cam.GRAD_CAM,
    "grad_cam_pp": cam.GRAD_CAM_PP,
    "hires_cam": cam.HIRES_CAM,
    "layer_cam": cam.LAYER_CAM,
    "xgrad_cam": cam.XGRAD_CAM,
    "eigen_cam": cam.EIGEN_CAM,
    "score_cam": perturbation.SCORE_CAM,
    "ablation_cam": perturbation.ABLATION_CAM,
    "finer_cam": finer.FINER_CAM,
    "gradient": gradients.GRADIENT,
    "input_x_gradient": gradients.INPUT_X_GRADIENT,
    "smooth_grad": gradients.SMOOTH_GRAD,
    "integrated_gradients": gradients.INTEGRATED_GRADIENTS,
    "guided_backprop": gradients.GUIDED_BACKPROP,
    "guided_grad_cam": gradients.GUIDED_GRAD_CAM,
    "full_grad": full_gradient.FULL_GRAD,
    "lrp": relevance.LRP,
    "occlusion": perturbation.OCCLUSION,
    "rise": perturbation.RISE,
}
METHODS: Mapping[str, Method] = MappingProxyType(_CARDS)


def find_method(name: str) -> Method:
    """The method's card; raises UnknownMethod with the nearest name."""
    if not isinstance(name, str):
        raise UnknownMethod(f"A method is called by its name, not {described(name)}. Pick one of {', '.join(METHODS)}.")
    if name not in METHODS:
        raise UnknownMethod(
            f"There is no method {quoted(name)}.{nearest(name, METHODS)} Pick one of {', '.join(METHODS)}."
        )
    return METHODS[name]


def checked_options(name: str, given: Mapping[str, object], side: int) -> Mapping[str, OptionValue]:
    """A value for each of the method's options, for a network that receives `side` x `side` pixels: what is given, or
    the default. Raises BadOption for one that it does not have, and for values that it cannot take."""
    options = {option.name: option for option in find_method(name).options_at(side)}
    for key in given:
        if key not in options:
            others = f"{nearest(key, options)} Its options are {', '.join(options)}." if options else " It has none."
            raise BadOption(f"{name} has no option '{key}'.{others}")
    return MappingProxyType({key: option.checked(given.get(key, option.default)) for key, option in options.items()})
