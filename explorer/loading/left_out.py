"""Networks that are known but not opened, and why."""

from __future__ import annotations

LEFT_OUT = (
    "Transformers (ViT, Swin, MaxViT) are not in the catalogue: they cut the picture into patches and mix these by "
    "attention, so they have no kernels that slide over the picture and no feature maps in the sense shown here. "
    "MaxViT mixes both ways."
)
TRANSFORMERS = frozenset(
    {
        "vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14",
        "swin_t", "swin_s", "swin_b", "swin_v2_t", "swin_v2_s", "swin_v2_b", "maxvit_t",
    }
)  # fmt: skip
