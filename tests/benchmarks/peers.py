"""The same maps drawn by other libraries: how fast, how true, in how much memory.

On both sides the weights are the same, drawn from a seed, and so are picture and class. Unless a table says otherwise
the peers are given the model that suits them best: frozen, in channels_last, with gradients asked for at the picture.

A peer is imported where it is used, so that a process whose memory is measured holds none but its own.
"""

from __future__ import annotations

import contextlib
import io
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import torch

import explorer
from explorer.attribution import class_activation_map
from explorer.pictures.samples import load_sample
from explorer.trace import FloatArray
from tests.benchmarks.hooks import hooked_maps, is_wrong
from tests.benchmarks.memory import peak_mb
from tests.benchmarks.timing import ratio
from tests.reference.plain import plain_model

NETWORKS = ("resnet50", "vgg16", "densenet121", "mobilenet_v3_large")
OVERWRITING = ("alexnet", "vgg16", "densenet121")  # with in-place operations behind layers that are worth a map
N_TIMED = 5  # layers at which a peer is called; the rest are taken to cost as much on average
N_ROUNDS = 3

Maps = Callable[[torch.nn.Module, torch.Tensor, Sequence[str]], list[FloatArray]]


def peers(networks: Sequence[str] = NETWORKS, overwriting: Sequence[str] = OVERWRITING) -> None:
    """All that is compared with other libraries."""
    every_layer(networks)
    same_maps(overwriting)
    evaluations(networks)


# Grad-CAM: model, picture and modules in, the maps before any scaling out


def _captum(model: torch.nn.Module, x: torch.Tensor, modules: Sequence[str]) -> list[FloatArray]:
    from captum.attr import LayerGradCam

    found = []
    for name in modules:
        extractor = LayerGradCam(model, model.get_submodule(name))
        maps = extractor.attribute(x, target=0, relu_attributions=True)
        found.append(maps.detach()[0, 0].numpy())  # detached at once: each holds the graph of a whole pass
    return found


def _torchcam(model: torch.nn.Module, x: torch.Tensor, modules: Sequence[str]) -> list[FloatArray]:
    from torchcam.methods import GradCAM

    with GradCAM(model, list(modules)) as extractor:
        return [maps[0].numpy() for maps in extractor(0, model(x), normalized=False)]


def _grad_cam(model: torch.nn.Module, x: torch.Tensor, modules: Sequence[str]) -> list[FloatArray]:
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    unscaled: list[FloatArray] = []

    class Kept(GradCAM):  # type: ignore[misc]
        def get_cam_image(self, *arguments: object) -> FloatArray:
            maps: FloatArray = super().get_cam_image(*arguments)
            unscaled.append(np.maximum(maps[0], 0))
            return maps

    with Kept(model, [model.get_submodule(name) for name in modules]) as extractor:
        extractor(x, [ClassifierOutputTarget(0)])
    return unscaled


GRAD_CAM: dict[str, Maps] = {"captum": _captum, "torchcam": _torchcam, "grad-cam": _grad_cam}
TAKES_LIST = ("torchcam", "grad-cam")


def every_layer(networks: Sequence[str]) -> None:
    """Grad-CAM everywhere, in passes forward and backward of the bare network: ours at every layer, a peer's at every
    module with maps that runs once. Per layer, a peer is called at a few and the mean is taken for all."""
    heads = [f"{name}, a list" for name in TAKES_LIST] + [f"{name}, per layer" for name in GRAD_CAM]
    print(
        f"\n| network | layers | ours | modules | {' | '.join(heads)} | captum or grad-cam per layer / ours | limit |"
    )
    print(f"|---|---:|---:|---:|{'---:|' * len(heads)}---:|---:|")
    for name in networks:
        print(_every_layer_of(name), flush=True)


def _every_layer_of(name: str) -> str:
    image = load_sample("chelsea")
    network = explorer.load_network(name, "random")
    model = _suited(plain_model(network))
    spatial = [layer.name for layer in network.layers.values() if layer.is_spatial]
    modules = [layer for layer in _modules(model, network.prepare(image).tensor) if layer in spatial]

    def picture() -> torch.Tensor:
        return network.prepare(image).tensor.requires_grad_()

    def bare() -> None:
        model(picture())[0, 0].backward()

    def ours() -> None:
        trace = explorer.run(network, image, 0)
        for layer in spatial:
            class_activation_map(trace, layer=layer)

    one_pass, _ = ratio(ours, bare, N_ROUNDS)
    lists = [
        ratio(lambda peer=peer: GRAD_CAM[peer](model, picture(), modules), bare, N_ROUNDS)[0] for peer in TAKES_LIST
    ]
    timed = [modules[round(i * (len(modules) - 1) / (N_TIMED - 1))] for i in range(N_TIMED)]
    single = {}
    for peer, maps in GRAD_CAM.items():
        each = [
            ratio(lambda layer=layer, maps=maps: maps(model, picture(), [layer]), bare, N_ROUNDS)[0] for layer in timed
        ]
        single[peer] = len(modules) * statistics.mean(each)
    factor = min(single["captum"], single["grad-cam"]) / one_pass
    columns = [f"{value:.1f}" for value in lists] + [f"{value:.0f}" for value in single.values()]
    limit = "50" if len(modules) >= 60 else "-"
    ends = [f"{factor:.0f}", limit]
    return f"| {name} | {len(spatial)} | {one_pass:.2f} | {len(modules)} | {' | '.join(columns + ends)} |"


def _suited(model: torch.nn.Module) -> torch.nn.Module:
    return model.requires_grad_(False).to(memory_format=torch.channels_last)


def _modules(model: torch.nn.Module, x: torch.Tensor) -> list[str]:
    """The modules without parts that return maps and run once: of one that runs again, the peers confuse the calls."""
    calls: dict[str, list[int]] = {}
    handles = [
        module.register_forward_hook(lambda _m, _i, output, name=name: calls.setdefault(name, []).append(output.ndim))
        for name, module in model.named_modules()
        if name and not list(module.children())
    ]
    with torch.inference_mode():
        model(x)
    for handle in handles:
        handle.remove()
    return [name for name, dimensions in calls.items() if dimensions == [4]]


def same_maps(networks: Sequence[str]) -> None:
    """At how many modules each draws another Grad-CAM than hooks behind which nothing is overwritten. A library that
    takes no list is called for each of them."""
    print(f"\n| network | maps | wrong, ours | {' | '.join(f'wrong, {name}' for name in GRAD_CAM)} | limit of ours |")
    print(f"|---|---:|---:|{'---:|' * len(GRAD_CAM)}---:|")
    for name in networks:
        network = explorer.load_network(name, "random")
        trace = explorer.run(network, load_sample("chelsea"), 0)
        x = trace.prepared.tensor
        true = hooked_maps(plain_model(network), x, protect=True)
        model = _suited(plain_model(network))
        modules = [layer for layer in _modules(model, x) if network.layers[layer].is_spatial]
        found = [[class_activation_map(trace, layer=layer) for layer in modules]]
        found += [maps(model, x.clone().requires_grad_(), modules) for maps in GRAD_CAM.values()]
        n_wrong = [sum(is_wrong(*pair) for pair in zip(maps, map(true.get, modules), strict=True)) for maps in found]
        print(f"| {name} | {len(modules)} | {' | '.join(map(str, n_wrong))} | 0 |", flush=True)


# Methods of many evaluations: each library alone in a process, for its time and its memory


def _ablation_cam(model: torch.nn.Module, x: torch.Tensor, layer: str) -> None:
    from pytorch_grad_cam import AblationCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    AblationCAM(model, [model.get_submodule(layer)])(x, [ClassifierOutputTarget(0)])


def _score_cam(model: torch.nn.Module, x: torch.Tensor, layer: str) -> None:
    from pytorch_grad_cam import ScoreCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    ScoreCAM(model, [model.get_submodule(layer)])(x, [ClassifierOutputTarget(0)])


def _integrated_gradients(model: torch.nn.Module, x: torch.Tensor, layer: str) -> None:
    from captum.attr import IntegratedGradients

    IntegratedGradients(model).attribute(x, target=0, n_steps=50)


def _occlusion(model: torch.nn.Module, x: torch.Tensor, layer: str) -> None:
    from captum.attr import Occlusion

    Occlusion(model).attribute(x, target=0, sliding_window_shapes=(3, 32, 32), strides=(3, 16, 16))


@dataclass(frozen=True)
class Case:
    """A method of ours with its `options`, and the same by a peer, with as many evaluations; `layers` by network, where
    it needs one. `limit` is of our time in the peer's. `layouts` are the models that the peer is given."""

    peer: str
    run: Callable[[torch.nn.Module, torch.Tensor, str], None]
    limit: float
    options: dict[str, int | str] = field(default_factory=dict)
    layers: dict[str, str] = field(default_factory=dict)
    layouts: tuple[str, ...] = ("as built", "suited")


# The layer before the maps end, and all its channels: where the method is meant to be used.
_LAST = {
    "resnet50": "layer4",
    "vgg16": "features.29",
    "densenet121": "features.norm5",
    "mobilenet_v3_large": "features.16",
}
# All channels of a layer that has few: there is no other way to ask the peer for fewer.
_FEW = {
    "resnet50": "layer1",
    "vgg16": "features.4",
    "densenet121": "features.transition1",
    "mobilenet_v3_large": "features.12",
}

CASES = {
    "ablation_cam": Case("grad-cam", _ablation_cam, 0.2, layers=_LAST, layouts=("suited",)),
    "score_cam": Case("grad-cam", _score_cam, 0.7, layers=_FEW),
    "integrated_gradients": Case(
        "captum", _integrated_gradients, 0.7, {"steps": 50, "quadrature": "gauss-legendre"}
    ),
    "occlusion": Case("captum", _occlusion, 0.7, {"patch": 32, "stride": 16}),
}  # fmt: skip


def evaluations(networks: Sequence[str], methods: Sequence[str] = tuple(CASES)) -> None:
    """Seconds and peak memory of a process that draws one map, ours and the peer's one after the other.

    The peer has its own defaults, and the model either as torchvision builds it, which is what its examples show, or
    as it suits it best.
    """
    print(
        "\n| method | network | evaluations | peer | its model | ours s | peer s | ratio | limit | ours MB | peer MB |"
    )
    print("|---|---|---:|---|---|---:|---:|---:|---:|---:|---:|")
    for method in methods:
        case = CASES[method]
        for name in networks:
            for layout in case.layouts:
                theirs, their_peak, _ = _alone(method, name, layout)
                ours, our_peak, n = _alone(method, name, "ours")
                print(
                    f"| {method} | {name} | {n:.0f} | {case.peer} | {layout} | {ours:.1f} | {theirs:.1f} "
                    f"| {ours / theirs:.2f} | {case.limit} | {our_peak:.0f} | {their_peak:.0f} |", flush=True,
                )  # fmt: skip


def _alone(method: str, name: str, layout: str) -> list[float]:
    command = [sys.executable, "-m", "tests.benchmarks.peers", method, name, layout]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return [float(number) for number in printed.split()]


def main(method: str, name: str, layout: str) -> None:
    """Draw one map in this process; print its seconds, the peak memory in MB, and how many evaluations ours made."""
    case = CASES[method]
    image = load_sample("chelsea")
    network = explorer.load_network(name, "random")
    layer = case.layers.get(name)
    explorer.run(network, image)  # the first pass of a process is slower than all others
    if layout == "ours":
        started = perf_counter()
        found = explorer.attribute(network, image, method, 0, layer, **case.options)
        print(perf_counter() - started, peak_mb(), found.evaluations - 1)
        return
    x, model = network.prepare(image).tensor, plain_model(network)
    model = _suited(model) if layout == "suited" else model.to(memory_format=torch.contiguous_format)
    del network
    with torch.no_grad():
        model(x)
    with contextlib.redirect_stderr(io.StringIO()):  # a progress bar
        started = perf_counter()
        case.run(model, x, layer or "")
    print(perf_counter() - started, peak_mb(), 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
