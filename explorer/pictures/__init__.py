"""From bytes to a picture: files, samples, folders of pictures."""

from .image import ImageInput, read_image
from .samples import SAMPLES, load_sample

__all__ = ["SAMPLES", "ImageInput", "load_sample", "read_image"]
