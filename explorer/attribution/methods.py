"""The methods' cards: what each is called, what it does, what it needs and costs, and where it misleads."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..errors import BadOption, UnknownMethod, nearest
from . import cam, gradients, perturbation
from .fills import FILLS
from .method import Method, Option
from .request import OptionValue

_ONE_PASS = "one pass, forward and backward, for every layer at once"
_SEED = Option("seed", "where the random numbers begin: the same seed gives the same map", 0, 0, 2**31 - 1)
_ACTIVATION_AND_GRADIENT = "a layer's activation and the target's gradient there"
_COLOUR = "what stands for nothing: the mean colour, black, white, or the picture itself, blurred"

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "grad_cam": Method(
            title="Grad-CAM",
            formula="relu(sum_c mean_yx(G[c]) A[c])",
            paper="Selvaraju et al. 2017, arXiv:1610.02391",
            needs=_ACTIVATION_AND_GRADIENT,
            cost=_ONE_PASS,
            good_for="the usual first look; coarse, and honest at the last layer",
            weaknesses="one weight for a whole channel: before the last layers it lights up cells that did not count",
            signed_map=cam.grad_cam,
        ),
        "grad_cam_pp": Method(
            title="Grad-CAM++",
            formula="relu(sum_c sum_yx(a[c] relu(G[c])) A[c])",
            paper="Chattopadhay et al. 2018, arXiv:1710.11063",
            needs=_ACTIVATION_AND_GRADIENT,
            cost=_ONE_PASS,
            good_for="several objects of one class",
            weaknesses="its weights are never negative, so what speaks against the class is not subtracted",
            signed_map=cam.grad_cam_pp,
        ),
        "hires_cam": Method(
            title="HiResCAM",
            formula="relu(sum_c G[c] A[c])",
            paper="Draelos and Carin 2020, arXiv:2011.08891",
            needs=_ACTIVATION_AND_GRADIENT,
            cost=_ONE_PASS,
            good_for="shows only cells that the class score truly used, where one dense layer follows",
            weaknesses="before other layers it is a first-order estimate, and noisy where gradients are",
            signed_map=cam.hires_cam,
        ),
        "layer_cam": Method(
            title="LayerCAM",
            formula="relu(sum_c relu(G[c]) A[c])",
            paper="Jiang et al. 2021, doi:10.1109/TIP.2021.3089943",
            needs=_ACTIVATION_AND_GRADIENT,
            cost=_ONE_PASS,
            good_for="fine maps at early layers",
            weaknesses="leaves out all evidence against the class, so a map can look surer than the score is",
            signed_map=cam.layer_cam,
        ),
        "xgrad_cam": Method(
            title="XGrad-CAM",
            formula="relu(sum_c (sum_yx G[c] A[c] / sum_yx A[c]) A[c])",
            paper="Fu et al. 2020, arXiv:2008.02312",
            needs=_ACTIVATION_AND_GRADIENT,
            cost=_ONE_PASS,
            good_for="weights chosen so that the map adds up to the score as nearly as it can",
            weaknesses="divides by a channel's sum, which can be near 0 where activations have both signs",
            signed_map=cam.xgrad_cam,
        ),
        "eigen_cam": Method(
            title="Eigen-CAM",
            formula="relu(sum_c v[c] A[c]), v the first singular vector of A",
            paper="Muhammad and Yeasin 2020, arXiv:2008.00299",
            needs="a layer's activation",
            cost="one pass, for every layer at once",
            good_for="what a layer responds to most, whatever the class",
            weaknesses="the same map for every class: it shows what stands out, not what was decided on",
            signed_map=cam.eigen_cam,
        ),
        "score_cam": Method(
            title="Score-CAM",
            formula="relu(sum_c softmax_c(f(X * M[c]) - f(0)) A[c]), M[c] channel c, enlarged, from 0 to 1",
            paper="Wang et al. 2020, arXiv:1910.01279",
            needs="a layer's activation, and scores of masked pictures",
            cost="a pass for each channel that is not the same everywhere",
            good_for="a check on Grad-CAM that trusts no gradient",
            weaknesses="slow; masked pictures are unlike any photograph; its softmax often leaves a few channels all "
            "the weight, or all the same",
            find=perturbation.score_cam,
            options=(
                Option("n_channels", "channels, those with the largest variance; the paper takes all", 8192, 1, 8192),
            ),
        ),
        "ablation_cam": Method(
            title="Ablation-CAM",
            formula="relu(sum_c (S - S[c]) / S A[c]), S[c] the score with channel c set to 0",
            paper="Desai and Ramaswamy 2020, doi:10.1109/WACV45572.2020.9093360",
            needs="a layer's activation, and scores without each channel",
            cost="a pass through the layers that follow, for each channel",
            good_for="a check on Grad-CAM that trusts no gradient, fast at late layers",
            weaknesses="two channels that stand in for each other both seem useless; a negative score turns its sign",
            find=perturbation.ablation_cam,
        ),
        "gradient": Method(
            title="Gradient",
            formula="max over colours of |dS / dx|",
            paper="Simonyan et al. 2013, arXiv:1312.6034",
            needs="the gradient at the pixels",
            cost="one pass forward, one forward and backward",
            good_for="which pixels the score reacts to at once; the base of all the others",
            weaknesses="noisy; says how the score would change, not what it is made of",
            find=gradients.gradient,
            uses_layer=False,
            is_slope=True,
        ),
        "input_x_gradient": Method(
            title="Input × gradient",
            formula="relu(sum over colours of x dS / dx)",
            paper="Shrikumar et al. 2016, arXiv:1605.01713",
            needs="the gradient at the pixels",
            cost="one pass forward, one forward and backward",
            good_for="a first estimate of what each pixel adds to the score",
            weaknesses="pixels of the mean colour count nothing, whatever they show; noisy",
            find=gradients.input_x_gradient,
            uses_layer=False,
        ),
        "smooth_grad": Method(
            title="SmoothGrad",
            formula="max over colours of |mean of dS / dx at x + noise|",
            paper="Smilkov et al. 2017, arXiv:1706.03825",
            needs="gradients at the pixels of noisy pictures",
            cost="a pass forward and backward for each sample",
            good_for="a gradient that can be looked at",
            weaknesses="how calm it looks is a matter of the noise that was chosen, not of the network",
            find=gradients.smooth_grad,
            uses_layer=False,
            is_slope=True,
            options=(
                Option("n_samples", "noisy pictures", 50, 1, 1000),
                Option("noise", "its standard deviation, in ranges of the picture; the paper: 0.1 to 0.2", 0.15, 0, 1),
                _SEED,
            ),
        ),
        "integrated_gradients": Method(
            title="Integrated gradients",
            formula="relu(sum over colours of (x - b) integral_0^1 dS / dx at b + a (x - b) da)",
            paper="Sundararajan et al. 2017, arXiv:1703.01365",
            needs="gradients at the pixels of pictures between nothing and the picture",
            cost="a pass forward and backward for each step",
            good_for="shares of the score that add up to it: the completeness gap says how well",
            weaknesses="pixels like the baseline count nothing: on a black one, black objects; noisy",
            find=gradients.integrated_gradients,
            uses_layer=False,
            options=(
                Option("steps", "gradients on the way from the baseline to the picture", 64, 1, 4096),
                Option("baseline", _COLOUR, "mean", choices=FILLS),
                Option(
                    "quadrature",
                    "which places on the way, and with what weights",
                    "graded",
                    choices=gradients.QUADRATURES,
                ),
            ),
        ),
        "guided_backprop": Method(
            title="Guided backpropagation",
            formula="max over colours of |dS / dx|, where every ReLU sends back only what is positive",
            paper="Springenberg et al. 2014, arXiv:1412.6806",
            needs="the gradient at the pixels, and ReLUs",
            cost="one pass forward, one forward and backward",
            good_for="a sharp picture of the shapes to which the network responds",
            weaknesses="fails the randomisation test (Adebayo et al. 2018, arXiv:1810.03292): it hardly changes when "
            "the weights do, or the class, so it shows edges rather than reasons",
            find=gradients.guided_backprop,
            uses_layer=False,
            is_slope=True,
        ),
        "guided_grad_cam": Method(
            title="Guided Grad-CAM",
            formula="max over colours of |guided dS / dx| * enlarged relu(sum_c mean_yx(G[c]) A[c])",
            paper="Selvaraju et al. 2017, arXiv:1610.02391",
            needs="the gradient at the pixels, ReLUs, a layer's activation and gradient",
            cost="two passes, forward and backward",
            good_for="Grad-CAM's place with fine detail in it",
            weaknesses="the detail is that of guided backpropagation, which fails the randomisation test",
            find=gradients.guided_grad_cam,
            is_slope=True,
        ),
        "occlusion": Method(
            title="Occlusion",
            formula="relu(mean over patches that cover the pixel of S - S[covered])",
            paper="Zeiler and Fergus 2014, arXiv:1311.2901",
            needs="scores of covered pictures",
            cost="a pass for each patch",
            good_for="an answer that anybody understands: what happens without this part",
            weaknesses="coarse; the cover is itself something to see; two parts that stand in for each other both "
            "seem useless",
            find=perturbation.occlusion,
            uses_layer=False,
            options=(
                Option("patch", "side of the patch, in pixels", 1 / 7, 0, 1, of_side=True),
                Option("stride", "pixels from one patch to the next, at most the patch", 1 / 14, 0, 1, of_side=True),
                Option("fill", _COLOUR, "mean", choices=FILLS),
            ),
        ),
        "rise": Method(
            title="RISE",
            formula="sum_i f(X * M[i]) M[i] / (N p), M random masks, f the probability",
            paper="Petsiuk et al. 2018, arXiv:1806.07421",
            needs="probabilities of masked pictures",
            cost="a pass for each mask",
            good_for="a network of which nothing is known but its answers",
            weaknesses="slow, and grainy with few masks; a class that is hardly ever likely gives little but noise",
            find=perturbation.rise,
            uses_layer=False,
            is_level=True,
            options=(
                Option("n_masks", "masked pictures; the paper: 4000 to 8000", 1000, 1, 20000),
                Option("grid", "cells of a mask along one side", 7, 1, 32),
                Option("keep", "share of cells that are open", 0.5, 0.01, 0.99),
                _SEED,
            ),
        ),
    }
)


def find_method(name: str) -> Method:
    """The method's card; raises UnknownMethod with the nearest name."""
    if name not in METHODS:
        raise UnknownMethod(f"There is no method '{name}'.{nearest(name, METHODS)} Pick one of {', '.join(METHODS)}.")
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
