"""How each command presents itself: what it does, the methods in a line each, and examples that run as they stand.

The methods are written here and not read off their cards, for a help text must not wait for torch; a test compares
them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping

from .options import Commands

METHODS: Mapping[str, str] = {
    "grad_cam": "Grad-CAM: the usual first look; coarse, and honest at the last layer",
    "grad_cam_pp": "Grad-CAM++: several objects of one class",
    "hires_cam": "HiResCAM: shows only cells that the class score truly used, where one dense layer follows",
    "layer_cam": "LayerCAM: fine maps at early layers",
    "xgrad_cam": "XGrad-CAM: weights chosen so that the map adds up to the score as nearly as it can",
    "eigen_cam": "Eigen-CAM: what a layer responds to most, whatever the class",
    "score_cam": "Score-CAM: a check on Grad-CAM that trusts no gradient",
    "ablation_cam": "Ablation-CAM: a check on Grad-CAM that trusts no gradient, fast at late layers",
    "finer_cam": "Finer-CAM: what sets a class apart from those that look like it",
    "gradient": "Gradient: which pixels the score reacts to at once; the base of all the others",
    "input_x_gradient": "Input × gradient: a first estimate of what each pixel adds to the score",
    "smooth_grad": "SmoothGrad: a gradient that can be looked at",
    "integrated_gradients": "Integrated gradients: shares of the score that add up to it: the completeness gap says "
    "how well",
    "guided_backprop": "Guided backpropagation: a sharp picture of the shapes to which the network responds",
    "guided_grad_cam": "Guided Grad-CAM: Grad-CAM's place with fine detail in it",
    "full_grad": "FullGrad: a whole account of the score: what the biases put in is not left out",
    "lrp": "LRP: shares of the score, traced back sum by sum: less noisy than gradients",
    "occlusion": "Occlusion: an answer that anybody understands: what happens without this part",
    "rise": "RISE: a network of which nothing is known but its answers",
}
READ_OFF = ("grad_cam", "grad_cam_pp", "hires_cam", "layer_cam", "xgrad_cam", "eigen_cam")  # one recorded pass


def add_command(
    commands: Commands, name: str, text: str, *examples: str, methods: Iterable[str] = ()
) -> argparse.ArgumentParser:
    """A command with a help that ends in its methods and in examples, each of them what follows its name."""
    parts = []
    if listed := list(methods):
        width = max(map(len, listed))
        parts.append("methods:\n" + "\n".join(f"  {method:{width}}  {METHODS[method]}" for method in listed))
    if examples:
        lines = (f"  python -m explorer {name} {example}".rstrip() for example in examples)
        parts.append("examples, in the folder of the program:\n" + "\n".join(lines))
    return commands.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog="\n\n".join(parts).replace("%", "%%"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
