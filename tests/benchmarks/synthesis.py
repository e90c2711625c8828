"""Made pictures: their waves and colours against Horama's, and a step against a bare pass forward and back.

`python -m tests.benchmarks synthesis` runs these; `python -m tests.benchmarks.synthesis FOLDER N` makes pictures for N
random channels of efficientnet_lite0 and says how many reach what the strongest place in 300 pictures of a folder does.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from time import process_time

import numpy as np
import torch

import explorer
from explorer.pictures.folders import find_pictures
from explorer.synthesis import Objective, Settings, synthesise
from explorer.synthesis.spectrum import falling, in_colour, of_phases, of_waves, standardised
from tests.benchmarks.timing import ratio
from tests.reference.plain import plain_model

_STEPS, _ROUNDS = 96, 5


def synthesis() -> None:
    """The largest difference of pictures from the same waves; then the time of a whole synthesis, in one thread."""
    print("\n| pictures of 128 pixels, from 0 to 1 | largest difference | limit |")
    print("|---|---:|---|")
    for what, difference in differences(128).items():
        print(f"| {what} | {difference:.1e} | 1e-5 |", flush=True)
    print("\n| network | side | steps | bare ms a step | ours | limit |")
    print("|---|---:|---:|---:|---:|---|")
    torch.set_num_threads(1)
    for side in (128, 224):
        print(_against_bare("efficientnet_lite0", "act2", 3, side), flush=True)


def differences(side: int) -> dict[str, float]:
    """Of our pictures from those of Horama 0.3.0, from the same numbers. Its phases are brought to variance 1 first,
    ours are not: here they are given so."""
    from horama.fourier_fv import fourier_preconditionner, get_fft_scale
    from horama.maco_fv import maco_preconditioner

    random = torch.Generator().manual_seed(0)
    shape = (3, side, side // 2 + 1)
    spectrum = torch.view_as_complex(torch.randn(*shape, 2, generator=random))
    phases, magnitudes = torch.randn(shape, generator=random), torch.rand(shape, generator=random)
    theirs = {
        f"waves that fall by f^-{power:g}": (
            torch.sigmoid(in_colour(of_waves(spectrum[None], falling(side, power), side))),
            fourier_preconditionner(spectrum, get_fft_scale(side, side, power), (0, 1), "cpu"),
        )
        for power in (1.0, 1.5)
    }
    theirs["phases alone (MACO)"] = (
        torch.sigmoid(in_colour(of_phases(standardised(phases[None]), magnitudes, side))),
        maco_preconditioner(magnitudes, phases, (0, 1), "cpu"),
    )
    return {what: float((ours[0] - other).abs().max()) for what, (ours, other) in theirs.items()}


def _against_bare(name: str, layer: str, channel: int, side: int) -> str:
    network = explorer.load_network(name)
    module, objective = plain_model(network).requires_grad_(False), Objective.channel(layer, channel)
    x = network.preprocessing.scaled(torch.rand(1, 3, side, side)).contiguous(memory_format=torch.channels_last)
    settings = Settings(steps=_STEPS, side=side)

    def bare() -> None:
        for _ in range(_STEPS):
            given = x.clone().requires_grad_()
            module(given)[0, channel].backward()

    ours, ms = ratio(lambda: np.asarray(synthesise(network, objective, settings).values), bare, _ROUNDS, process_time)
    return f"| {name} | {side} | {_STEPS} | {ms / _STEPS:.1f} | {ours:.2f} | 1.1 |"


def against_pictures(folder: Path, n: int) -> None:
    """Made at the settings that nobody has changed; the same layers whichever channels are drawn."""
    network = explorer.load_network("efficientnet_lite0")
    layers = [network.spatial_layer(name).name for name in (*(f"blocks.{i}" for i in range(1, 7)), "act2")]
    reads = {layer: Objective.channel(layer, 0).read_from(network) for layer in layers}
    strongest = {layer: np.full(network.layers[layer].n_channels, -np.inf, np.float32) for layer in layers}
    for picture in find_pictures([folder], 300):
        trace = explorer.run(network, picture.read())
        for layer in layers:
            np.maximum(strongest[layer], trace[reads[layer]].max(axis=(1, 2)), out=strongest[layer])
    channels = [(layer, channel) for layer in layers for channel in range(len(strongest[layer]))]
    reached = 0
    for layer, channel in random.Random(0).sample(channels, n):
        made = synthesise(network, Objective.channel(layer, channel)).measured.strongest
        reached += made >= strongest[layer][channel]
    print(f"{reached} of {n} channels are as strong at a made picture as at the strongest of 300 (limit 90 %)")


if __name__ == "__main__":
    against_pictures(Path(sys.argv[1]), int(sys.argv[2]))
