"""Training of the networks that the project ships: pictures in, weights and a model card out."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import nn
from torch.nn import functional as F

from ..errors import BadData
from ..loading.builtin import ARCHITECTURES, CATEGORIES, n_logits
from ..loading.catalog import find
from ..loading.load import load_network
from ..loading.sources import source_of
from ..networks.preparation import Preparation
from ..pictures.image import read_image
from .evaluation import Evaluation, evaluate
from .recipes import Recipe, read_pictures

Report = Callable[[str], None]

_AUGMENTATIONS = {
    "photograph": "random crops, flips, brightness, contrast and saturation",
    "digit": "random turns, shears, sizes and shifts",
    "none": "nothing varied: each sound is made with a frequency, a loudness, an onset and a noise floor of its own",
}


def train_and_save(recipe: Recipe, folder: Path | None, out: Path, seed: int = 0, report: Report = print) -> Evaluation:
    """Train, write the weights to `out` (safetensors, half precision) and beside them the model card, `out` as .md.

    The state after every epoch stays in `out` as .state until the end: the same call continues after an interruption.
    What is evaluated, and what the card speaks of, is the file as the program loads it.
    """
    state = out.with_suffix(".state")
    model = train(recipe, folder, state, seed, report)
    weights = {key: value.half() if value.is_floating_point() else value for key, value in model.state_dict().items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    # through bytes: save_file would make a file that only its owner can read
    out.write_bytes(safetensors.torch.save({key: value.contiguous() for key, value in weights.items()}))
    found = evaluate(load_network(recipe.network, out), folder, recipe)
    out.with_suffix(".md").write_text(model_card(recipe, out, seed, found), encoding="utf-8")
    state.unlink()
    report(found.table())
    return found


def model_card(recipe: Recipe, weights: Path, seed: int, found: Evaluation) -> str:
    """What the network is, what it was made from and how good it is, as Markdown."""
    sizes = ", then ".join(f"{size} px from {share:.0%} of the training on" for share, size in recipe.sizes)
    lines = [
        f"# {recipe.network}",
        "",
        f"- Weights: `{weights.name}`, {weights.stat().st_size:,} bytes, half precision",
        f"- sha256: `{_sha256(weights)}`",
        f"- Classes: {', '.join(found.categories)}",
        f"- Accuracy: {found.accuracy:.2%} of {found.n_pictures} validation pictures, each prepared as the app does",
        "",
        "## Data and its terms",
        "",
        *(f"- {terms}" for terms in recipe.terms),
        "",
        "What it was trained on is made by the recipe. The weights are for teaching and research."
        if recipe.n_made
        else "The pictures are not part of this project. Weights trained on them are for teaching and research.",
        "",
        "## Recipe",
        "",
        f"`python -m explorer train {recipe.network}{' --data DIR' * bool(recipe.archives)} --out {weights.name} "
        f"--seed {seed}`",
        "",
        f"- {recipe.epochs} epochs in batches of {recipe.batch}, pictures of {sizes}",
        f"- SGD with Nesterov momentum 0.9; one cycle with its peak at {recipe.learning_rate}",
        f"- weight decay {recipe.weight_decay} on kernels and matrices; label smoothing {recipe.label_smoothing}",
        f"- {_AUGMENTATIONS[recipe.augmentation]}"
        + f", gentler in the last {recipe.calm:.0%} of the training" * bool(recipe.calm),
        f"- CutMix in {recipe.cutmix:.0%} of the batches until then" if recipe.cutmix else "- no CutMix",
        *(f"- {what}" for what in recipe.architecture),
        "- bfloat16 products, float32 weights",
        "",
        "## Accuracy per class, and what is taken for what",
        "",
        found.table(),
    ]
    return "\n".join(lines) + "\n"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def train(recipe: Recipe, folder: Path | None, checkpoint: Path, seed: int = 0, report: Report = print) -> nn.Module:
    """Train the recipe's network and return it in evaluation mode, on the CPU.

    After every epoch the state goes to `checkpoint`; a call that finds one continues from there, and, since every
    random choice of an epoch is drawn from (seed, epoch), ends as an uninterrupted run would.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pictures, labels = _load(folder, recipe, "train", report)
    held_out = _load(folder, recipe, "val", report)

    model, optimizer, first = _begun(recipe, checkpoint, seed, device)
    if first:
        report(f"continuing after epoch {first}")

    steps_per_epoch = len(pictures) // recipe.batch
    started, n_total = time.monotonic(), (recipe.epochs - first) * steps_per_epoch
    for epoch in range(first, recipe.epochs):
        progress = epoch / recipe.epochs
        generator = torch.Generator().manual_seed(seed * 100_003 + epoch)
        order = torch.randperm(len(pictures), generator=generator)
        size = next(s for share, s in reversed(recipe.sizes) if progress >= share)
        calm = progress >= 1 - recipe.calm
        model.train()
        torch.manual_seed(seed * 100_003 + epoch)  # what dropout draws from
        n_seen = total_loss = 0.0
        for step in range(steps_per_epoch):
            rate = _one_cycle((epoch + step / steps_per_epoch) / recipe.epochs) * recipe.learning_rate
            for group in optimizer.param_groups:
                group["lr"] = rate
            chosen = order[step * recipe.batch : (step + 1) * recipe.batch]
            x = _varied(recipe, pictures[chosen], size, calm, generator).to(device, non_blocking=True)
            target = F.one_hot(labels[chosen], len(CATEGORIES[recipe.network])).float().to(device)
            if not calm and float(torch.rand((), generator=generator)) < recipe.cutmix:
                x, target = _cutmix(x, target, generator)
            with torch.autocast(device.type, torch.bfloat16):
                logits = model(x.contiguous(memory_format=torch.channels_last))
            loss = _loss(logits.float(), target, recipe.label_smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total_loss += float(loss.detach())
            n_seen += 1
            n_done = (epoch - first) * steps_per_epoch + step + 1
            if n_done % 50 == 0:
                left = (time.monotonic() - started) / n_done * (n_total - n_done)
                report(
                    f"epoch {epoch + 1}/{recipe.epochs} step {step + 1}/{steps_per_epoch} at {size} px: "
                    f"loss {total_loss / n_seen:.3f}, {left / 60:.0f} min left"
                )
        report(f"epoch {epoch + 1}: {_accuracy(model, recipe, *held_out, device):.2%} of the held-out pictures right")
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch + 1, "seed": seed}
        partial = checkpoint.with_name(checkpoint.name + ".part")
        torch.save(state, partial)
        partial.replace(checkpoint)  # never a half-written checkpoint, whenever the run is stopped
    return model.cpu().eval()


def _begun(
    recipe: Recipe, checkpoint: Path, seed: int, device: torch.device
) -> tuple[nn.Module, torch.optim.Optimizer, int]:
    """The network and what changes its weights, as drawn from the seed or as the checkpoint has them, and the epochs
    that are done. Raises BadData for a checkpoint of another seed."""
    torch.manual_seed(seed)
    model = ARCHITECTURES[recipe.network](num_classes=n_logits(len(CATEGORIES[recipe.network])))
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing from torch's stubs
    optimizer = torch.optim.SGD(_parameter_groups(model, recipe.weight_decay), lr=0.0, momentum=0.9, nesterov=True)
    if not checkpoint.exists():
        return model, optimizer, 0
    state = torch.load(checkpoint, weights_only=True, map_location=device)
    if state["seed"] != seed:
        raise BadData(f"{checkpoint} was begun with seed {state['seed']}, not {seed}. Delete it to start anew.")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return model, optimizer, state["epoch"]


def _load(folder: Path | None, recipe: Recipe, split: str, report: Report) -> tuple[torch.Tensor, torch.Tensor]:
    """Decode a split: (N, 3, H, W) uint8, (N, 1, H, W) as they are prepared for a network of one channel, and (N,)
    int64. Pictures must share one size."""
    arrays, labels, prepare = [], [], _preparation(recipe)
    for picture in read_pictures(folder, recipe, split):
        image = read_image(picture.content, picture.name)
        arrays.append(prepare(image).pixels[:, :, :1] if prepare.n_channels == 1 else image.pixels)
        labels.append(CATEGORIES[recipe.network].index(picture.category))
    report(f"{split}: {len(arrays)} pictures")
    return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels)


def _parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Weight decay is for kernels and matrices: on batch norms and biases it only slows the learning."""
    kernels = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    return [{"params": kernels, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _one_cycle(progress: float, warm_up: float = 0.08) -> float:
    """The learning rate's share of its peak: a straight climb, then half a cosine (Smith 2018, arXiv:1708.07120)."""
    if progress < warm_up:
        return progress / warm_up
    return 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


def _varied(recipe: Recipe, pictures: torch.Tensor, size: int, calm: bool, generator: torch.Generator) -> torch.Tensor:
    """A batch as an epoch sees it, scaled as the network reads it; less varied in a calm one."""
    if recipe.augmentation == "digit":
        varied = _distort(pictures, 0.5 if calm else 1.0, generator)
    elif recipe.augmentation == "photograph":
        varied = _augment(pictures, size, 0.5 if calm else 0.25, generator)
    else:
        varied = pictures.float() / 255
    return _preparation(recipe).scaled(varied)


def _preparation(recipe: Recipe) -> Preparation:
    """How the network's pictures are prepared in use."""
    info = find(recipe.network)
    return source_of(info).preparation(info)


def _augment(pictures: torch.Tensor, size: int, smallest: float, generator: torch.Generator) -> torch.Tensor:
    """Random crop of at least `smallest` of the area, flip, and light: (B, 3, H, W) uint8 -> (B, 3, size, size), 0 to
    1."""
    n, _, height, width = pictures.shape
    draw = torch.rand(n, 5, generator=generator)
    crops = torch.empty(n, 3, size, size, dtype=torch.uint8)
    for i, (area, ratio, top, left, flip) in enumerate(draw.tolist()):
        side = math.sqrt(smallest + area * (1 - smallest))
        aspect = math.exp((ratio - 0.5) * math.log(16 / 9) / 2)  # from 3:4 to 4:3, as a ratio of the sides' roots
        h, w = min(height, round(height * side * aspect)), min(width, round(width * side / aspect))
        y, x = round(top * (height - h)), round(left * (width - w))
        crop = pictures[i : i + 1, :, y : y + h, x : x + w]
        crop = F.interpolate(crop, (size, size), mode="bilinear", antialias=True)[0]
        crops[i] = crop.flip(2) if flip < 0.5 else crop
    x = crops.float() / 255
    brightness, contrast, saturation = (torch.rand(3, n, 1, 1, 1, generator=generator) - 0.5) * 0.8
    grey = x.mean(dim=1, keepdim=True)
    x = grey + (x - grey) * (1 + saturation)
    middle = x.mean(dim=(1, 2, 3), keepdim=True)
    x = (middle + (x - middle) * (1 + contrast)) * (1 + brightness)
    return x.clamp(0, 1)


def _distort(digits: torch.Tensor, strength: float, generator: torch.Generator) -> torch.Tensor:
    """Random affine maps, as hands differ: (B, 1, 32, 32) uint8 -> the same, 0 to 1.

    At strength 1 up to 12 degrees, 0.2 of shear, 12 % of size in each direction and 1.5 pixels."""
    n, _, height, width = digits.shape
    angle, shear, wide, tall, right, down = (torch.rand(6, n, generator=generator) * 2 - 1) * strength
    cos, sin = torch.cos(angle * math.radians(12)), torch.sin(angle * math.radians(12))
    wide, tall = 1 + 0.12 * wide, 1 + 0.12 * tall
    rows = [torch.stack([cos * wide, -sin * tall + 0.2 * shear, right * 3 / width], dim=1)]
    rows += [torch.stack([sin * wide, cos * tall, down * 3 / height], dim=1)]
    grid = F.affine_grid(torch.stack(rows, dim=1), [n, 1, height, width], align_corners=False)
    return F.grid_sample(digits.float() / 255, grid, align_corners=False)


def _loss(logits: torch.Tensor, target: torch.Tensor, smoothing: float) -> torch.Tensor:
    """Cross entropy of (B, K) logits, or of one logit for two classes, against (B, n_classes) shares."""
    if logits.shape[1] > 1:
        return F.cross_entropy(logits, target, label_smoothing=smoothing)
    return F.binary_cross_entropy_with_logits(logits[:, 0], target[:, 1] * (1 - smoothing) + smoothing / 2)


def _cutmix(x: torch.Tensor, target: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Paste a rectangle of another picture and mix the labels by area (Yun et al. 2019, arXiv:1905.04899)."""
    n, _, height, width = x.shape
    share, cy, cx = torch.rand(3, generator=generator).tolist()
    h, w = round(height * math.sqrt(share)), round(width * math.sqrt(share))
    top, left = round(cy * (height - h)), round(cx * (width - w))
    partner = torch.randperm(n, generator=generator).to(x.device)
    mixed = x.clone()
    mixed[:, :, top : top + h, left : left + w] = x[partner, :, top : top + h, left : left + w]
    kept = 1 - h * w / (height * width)
    return mixed, kept * target + (1 - kept) * target[partner]


@torch.inference_mode()
def _accuracy(
    model: nn.Module, recipe: Recipe, pictures: torch.Tensor, labels: torch.Tensor, device: torch.device
) -> float:
    """Share of right answers on whole pictures, for watching the training; the figure to quote comes from evaluate."""
    model.eval()
    n_right, prepare = 0, _preparation(recipe)
    size = prepare.size
    for chunk, truth in zip(pictures.split(128), labels.split(128), strict=True):
        x = F.interpolate(chunk, (size, size), mode="bilinear", antialias=True).float() / 255
        with torch.autocast(device.type, torch.bfloat16):
            logits = model(prepare.scaled(x).to(device).contiguous(memory_format=torch.channels_last))
        answer = logits.argmax(dim=1) if logits.shape[1] > 1 else logits[:, 0] > 0
        n_right += int((answer.cpu() == truth).sum())
    return n_right / len(labels)
