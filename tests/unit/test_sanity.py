"""The cascading randomisation: what is drawn anew, what stays, and that the shared network never changes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import explorer
from explorer.attribution import Attribution
from explorer.errors import BadMap, BadOption, NotFinite, Unsuited
from explorer.faithfulness.randomisation import Sanity, SanityStep, cascade, randomised, sanity
from explorer.faithfulness.scores import spearman
from explorer.loading.builtin import ARCHITECTURES
from explorer.networks.network import Network
from explorer.pictures.samples import load_sample
from explorer.targets import Target
from explorer.trace import FloatArray
from tests.tiny import Overwriting, noise_image, tiny_network

pytestmark = pytest.mark.slow  # together


def tensors(network: Network) -> dict[str, torch.Tensor]:
    """Every learned number, by the layer that reads it."""
    graph = network.graph
    return {
        f"{name} {key}": tensor
        for name in network.layers
        for key, tensor in (graph.parameters(name) | graph.buffers(name)).items()
    }


def checksum(network: Network) -> str:
    state = network.graph.recorder.state_dict()
    return hashlib.sha256(b"".join(key.encode() + t.numpy().tobytes() for key, t in state.items())).hexdigest()


# The cascade


@pytest.mark.parametrize("name", ["lenet5", "mlp", "basic_cnn", "pocket_resnet", "squeezenet1_1"])
def test_every_learned_number_is_in_one_block_from_the_output_back(
    random_network: Callable[[str], Network], name: str
) -> None:
    network = random_network(name)
    blocks = cascade(network)
    forwards = [layer for block in reversed(blocks) for layer in block.layers]
    learned = [layer for layer in network.layers if any(key.startswith(f"{layer} ") for key in tensors(network))]
    assert forwards == learned
    assert len({block.name for block in blocks}) == len(blocks)


def test_blocks_are_called_after_what_they_hold(pocket: Network, random_network: Callable[[str], Network]) -> None:
    assert [block.name for block in cascade(pocket)] == ["fc", "layer4", "layer3", "layer2", "layer1", "conv1"]
    assert cascade(pocket)[-1].layers == ("conv1", "bn1")
    assert [block.name for block in cascade(random_network("mlp"))] == ["output", "hidden2", "hidden1"]


# What is drawn anew


def test_no_block_is_the_network_itself(pocket: Network) -> None:
    assert randomised(pocket, 0) is pocket


@pytest.mark.slow
@pytest.mark.parametrize("n_blocks", range(1, 7))
def test_the_last_blocks_are_the_untrained_twins_and_the_others_are_shared(pocket: Network, n_blocks: int) -> None:
    before = checksum(pocket)
    twin = explorer.load_network("pocket_resnet", "random", seed=3)
    mixed = randomised(pocket, n_blocks, seed=3)
    drawn = {layer for block in cascade(pocket)[:n_blocks] for layer in block.layers}
    for key, tensor in tensors(mixed).items():
        layer = key.split()[0]
        assert torch.equal(tensor, tensors(twin if layer in drawn else pocket)[key])
        if layer not in drawn:
            assert tensor.data_ptr() == tensors(pocket)[key].data_ptr()
    assert checksum(pocket) == before
    assert mixed.key not in (pocket.key, twin.key)
    assert mixed.is_random
    assert not pocket.is_random
    assert mixed.layers is pocket.layers
    assert mixed.cam_layer == pocket.cam_layer


@pytest.mark.parametrize("name", ["lenet5", "mlp", "basic_cnn", "pocket_resnet", "squeezenet1_1", "convnext_tiny"])
def test_all_blocks_together_are_the_untrained_twin(random_network: Callable[[str], Network], name: str) -> None:
    """Also where a weight belongs to no module, as ConvNeXt's layer scale."""
    twin, own = random_network(name), explorer.load_network(name, "random", seed=1)
    for tensor in tensors(own).values():  # some numbers begin the same whatever the seed
        tensor.mul_(1.25).add_(0.01)
    mixed = randomised(own, len(cascade(own)), seed=0)
    expected = explorer.run(twin, load_sample("chelsea"), "top")
    found = explorer.run(mixed, load_sample("chelsea"), "top")
    assert np.array_equal(found.logits, expected.logits)
    assert not np.array_equal(found.logits, explorer.run(own, load_sample("chelsea")).logits)
    first = next(iter(own.layers))
    assert np.array_equal(found.gradient(first), expected.gradient(first))


def test_before_the_first_block_drawn_nothing_changes(pocket: Network) -> None:
    own = explorer.run(pocket, load_sample("chelsea"))
    found = explorer.run(randomised(pocket, 3), load_sample("chelsea"))
    for stage in ("conv1", "layer2"):
        assert np.array_equal(own[stage], found[stage])
    for stage in ("layer3", "layer4", "fc"):
        assert not np.array_equal(own[stage], found[stage])


def test_seeds_make_the_difference(pocket: Network) -> None:
    logits = [explorer.run(randomised(pocket, 1, seed), load_sample("chelsea")).logits for seed in (0, 0, 1)]
    assert np.array_equal(logits[0], logits[1])
    assert not np.array_equal(logits[0], logits[2])


@pytest.mark.parametrize("n_classes", [3, 26])
def test_a_persons_own_head_keeps_its_classes(n_classes: int) -> None:
    file = io.BytesIO()
    torch.save({"state_dict": ARCHITECTURES["lenet5"](num_classes=n_classes).state_dict()}, file)
    own = explorer.load_network("lenet5", file.getvalue())
    before, state = checksum(own), torch.random.get_rng_state()
    first, second = randomised(own, 1, seed=2), randomised(own, 1, seed=2)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert first.layers["output"].shape == (n_classes,)
    found = tensors(first)
    assert found["output weight"].shape == (n_classes, 84)
    assert torch.equal(found["output weight"], tensors(second)["output weight"])
    assert not torch.equal(found["output weight"], tensors(own)["output weight"])
    assert torch.equal(found["f6 weight"], tensors(own)["f6 weight"])
    assert checksum(own) == before
    assert len(explorer.run(first, noise_image()).logits) == n_classes


@pytest.mark.parametrize("n_blocks", [-1, 7])
def test_there_are_only_so_many_blocks(pocket: Network, n_blocks: int) -> None:
    with pytest.raises(BadOption) as caught:
        randomised(pocket, n_blocks)
    assert str(caught.value) == f"n_blocks is {n_blocks}; pocket_resnet has 6 blocks that can be randomised."


# The check


@pytest.mark.slow
@pytest.mark.parametrize("method", ["grad_cam", "gradient", "guided_backprop"])
def test_each_step_is_the_map_of_the_randomised_network(pocket: Network, method: str) -> None:
    image, before = load_sample("chelsea"), checksum(pocket)
    logits = explorer.run(pocket, image).logits
    seen: list[tuple[int, int]] = []
    found = sanity(pocket, image, method, twin_seed=5, progress=lambda *step: seen.append(step))
    assert checksum(pocket) == before
    assert np.array_equal(explorer.run(pocket, image).logits, logits)
    assert seen == [(i, 7) for i in range(8)]
    original = explorer.attribute(pocket, image, method)
    assert np.array_equal(found.original.values, original.values)
    assert [step.block for step in found.steps] == [block.name for block in cascade(pocket)]
    for n_blocks, step in enumerate(found.steps, start=1):
        expected = explorer.attribute(randomised(pocket, n_blocks, 5), image, method, original.target)
        assert step.values is not None
        assert np.array_equal(step.values, expected.values)
        assert step.problem == ""
        assert step.signed == spearman(original, expected)
        assert step.signed == step.absolute  # neither map has a sign


def test_signed_maps_are_compared_with_and_without_their_signs(pocket: Network) -> None:
    image = load_sample("chelsea")
    found = sanity(pocket, image, "input_x_gradient", signed=True)
    last = found.steps[-1]
    assert last.values is not None
    assert found.original.values.min() < 0 < found.original.values.max()
    assert last.signed == spearman(found.original.values, last.values)
    assert last.absolute == spearman(np.abs(found.original.values), np.abs(last.values))
    assert last.signed != last.absolute


def test_a_method_that_reads_one_layer_changes_only_from_there_on(pocket: Network) -> None:
    """Eigen-CAM at layer2 depends on what comes before alone: the first three steps leave it as it is."""
    found = sanity(pocket, load_sample("chelsea"), "eigen_cam", layer="layer2")
    assert [step.signed == pytest.approx(1) for step in found.steps] == [True, True, True, False, False, False]


def test_any_target_and_the_methods_options(pocket: Network) -> None:
    target = Target(17, layer="layer4")
    found = sanity(pocket, load_sample("chelsea"), "smooth_grad", target, n_samples=2)
    assert found.original.target == explorer.attribute(pocket, load_sample("chelsea"), "gradient", target).target
    assert found.original.options["n_samples"] == 2
    assert found.steps[0].signed == pytest.approx(1)  # the head, of which a channel before it knows nothing


@pytest.mark.parametrize(
    ("remark", "problem"),
    [
        ("Grad-CAM finds no positive evidence.", "Grad-CAM finds no positive evidence."),
        (None, "Its numbers are none."),
    ],
)
def test_a_step_without_a_map_says_why(
    pocket: Network, remark: str | None, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With random weights, a class may have no positive evidence, or a sum may grow beyond all bounds."""

    def without_layer3(network: Network, *arguments: Any, **options: Any) -> Attribution:
        found = explorer.attribute(network, *arguments, **options)
        if not network.key.endswith("randomised-3-0"):
            return found
        if remark is None:
            raise NotFinite("Its numbers are none.")
        return replace(found, values=np.zeros_like(found.values), remark=remark)

    monkeypatch.setattr("explorer.faithfulness.randomisation.attribute", without_layer3)
    steps = sanity(pocket, load_sample("chelsea")).steps
    assert [step.block for step in steps if step.problem] == ["layer3"]
    assert (steps[2].signed, steps[2].absolute, steps[2].problem) == (None, None, problem)
    assert (steps[2].values is None) == (remark is None)
    assert None not in (steps[1].signed, steps[3].signed)


def test_a_map_that_ranks_nothing_cannot_be_checked() -> None:
    """To a network of digits a photograph is an empty field, the same in every cell."""
    with pytest.raises(BadMap, match="so it ranks no pixel before another"):
        sanity(explorer.load_network("lenet5"), load_sample("coffee"), layer="tanh3")


class Cancelled(Exception):
    pass


def test_what_progress_raises_cancels(pocket: Network) -> None:
    def progress(done: int, total: int | None) -> None:
        if done == 2:
            raise Cancelled

    before = checksum(pocket)
    with pytest.raises(Cancelled):
        sanity(pocket, load_sample("chelsea"), progress=progress)
    assert checksum(pocket) == before


def step(absolute: float | None, problem: str = "") -> SanityStep:
    values: FloatArray = np.zeros((2, 2), np.float32)
    return SanityStep("conv1", values, absolute, absolute, problem)


@pytest.mark.parametrize(
    ("last", "text"),
    [
        (
            step(0.83),
            "With nothing learned left, the map still correlates 0.83 with the one drawn before: much of it shows the "
            "picture, not what the network has learned.",
        ),
        (
            step(0.04),
            "With nothing learned left, the map correlates only 0.04 with the one drawn before. But while the last "
            "block of 2 forgot, it stayed much the same (0.5 or more): it shows little of what that one has learned.",
        ),
        (
            step(None, "It finds nothing."),
            "With nothing learned left, there is no map to compare. It finds nothing.",
        ),
    ],
)
def test_what_the_last_step_says(pocket: Network, last: SanityStep, text: str) -> None:
    original = explorer.attribute(pocket, load_sample("chelsea"))
    assert Sanity(original, (step(0.99), last), 1.0).reading() == text


@pytest.mark.parametrize(
    ("course", "n_alike", "ending"),
    [
        ((0.3, 0.9, 0.1), 0, "and it changed with the first block: it depends on what the network has learned."),
        ((0.9, 0.6, 0.1), 2, "the last 2 blocks of 3 forgot, it stayed much the same (0.5 or more): it shows little of "
         "what those have learned."),
        ((0.9, None, 0.1), 1, "it shows little of what that one has learned."),
        ((-0.9, -0.6, -0.7), 3, "much of it shows the picture, not what the network has learned."),
    ],
)  # fmt: skip
def test_how_long_a_map_stays_as_it_was_is_told(
    pocket: Network, course: tuple[float | None, ...], n_alike: int, ending: str
) -> None:
    found = Sanity(explorer.attribute(pocket, load_sample("chelsea")), tuple(map(step, course)), 1.0)
    assert found.n_alike == n_alike
    assert found.reading().endswith(ending)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["guided_backprop", "guided_grad_cam"])
def test_what_is_measured_and_what_a_card_says_agree(pocket: Network, method: str) -> None:
    """The card quotes the literature: hardly changed by the last layers. Here the same is measured, and said so."""
    found = sanity(pocket, load_sample("chelsea"), method)
    assert abs(found.steps[0].absolute or 0) > 0.9
    assert "it depends on what the network has learned" not in found.reading()
    alike = [step.absolute is not None and abs(step.absolute) >= 0.5 for step in found.steps]
    assert alike[: found.n_alike + 1] == [True] * found.n_alike + [False]
    assert f"of {len(found.steps)} forgot, it stayed much the same" in found.reading()
    warning = explorer.METHODS[method].warning
    assert warning.startswith("In the literature it fails the weight-randomisation test of Adebayo et al. 2018")
    assert "on this network is measured" in warning


def test_what_is_in_no_catalogue_cannot_forget() -> None:
    """Also where its name is another network's: nobody knows the numbers that it began with."""
    network = tiny_network(Overwriting())
    assert network.info is None
    network.name = "lenet5"
    with pytest.raises(Unsuited, match=r"^How Tiny began is not known, since it is in no catalogue"):
        randomised(network, 1)
    with pytest.raises(Unsuited, match=r"^How Tiny began is not known"):
        sanity(network, noise_image(), "gradient")
