"""A thing cut out of its picture by GrabCut.

Rother et al. 2004 (doi:10.1145/1015706.1015720): colours of the thing and of the rest are learnt from what is given,
and the border is laid where neighbouring pixels differ.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import Unsuited

NOT, SURELY, HARDLY, LIKELY = range(4)  # the thing: what GrabCut is given, pixel by pixel
LEAST = 5  # pixels, for its five colours of either side
_N_ROUNDS = 5
_SEED = 0  # its colours begin where chance says: the same chance every time

Mask = NDArray[np.bool_]


def cut(pixels: NDArray[np.uint8], given: NDArray[np.uint8]) -> Mask:
    """The thing's mask (H, W) in a picture (H, W, 3), from what is given, (H, W): nothing that is sure changes.

    At least LEAST pixels have to be given of either side. Raises Unsuited for a picture of one colour.
    """
    if (pixels == pixels[0, 0]).all():
        raise Unsuited(
            "All of the picture has one colour, so there is no border for GrabCut to follow. Choose another picture."
        )
    labels = given.copy()
    models = np.zeros((1, 65)), np.zeros((1, 65))  # of the rest and of the thing, as OpenCV keeps them
    cv2.setRNGSeed(_SEED)
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    for i in range(_N_ROUNDS):
        mode = cv2.GC_EVAL if i else cv2.GC_INIT_WITH_MASK
        cv2.grabCut(bgr, labels, (0, 0, 0, 0), *models, 1, mode)
        if len(np.unique(labels % 2)) == 1:
            break  # of one side nothing is left whose colours could be learnt
    return np.asarray(labels % 2 == SURELY)
