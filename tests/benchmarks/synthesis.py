"""Made pictures: their waves and colours against Horama's, and a step against a bare pass forward and back."""

from __future__ import annotations

import numpy as np
import torch

import explorer
from explorer.synthesis import Objective, Settings, synthesise
from explorer.synthesis.spectrum import falling, in_colour, of_phases, of_waves, standardised
from tests.benchmarks.timing import ratio
from tests.reference.plain import plain_model

_STEPS, _ROUNDS = 96, 5


def synthesis() -> None:
    """The largest difference of pictures from the same waves; then the time of a whole synthesis."""
    print("\n| pictures of 128 pixels, from 0 to 1 | largest difference | limit |")
    print("|---|---:|---|")
    for what, difference in differences(128).items():
        print(f"| {what} | {difference:.1e} | 1e-5 |", flush=True)
    print("\n| network | side | steps | bare ms a step | ours | limit |")
    print("|---|---:|---:|---:|---:|---|")
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

    ours, ms = ratio(lambda: np.asarray(synthesise(network, objective, settings).values), bare, _ROUNDS)
    return f"| {name} | {side} | {_STEPS} | {ms / _STEPS:.1f} | {ours:.2f} | 1.1 |"
