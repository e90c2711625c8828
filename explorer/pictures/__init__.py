"""From bytes to a picture: files, samples, folders of pictures, and sounds as spectrograms."""

from .image import ImageInput, read_image
from .made_sounds import load_sound
from .samples import SAMPLES, load_sample
from .sound import Sound, read_sound

__all__ = ["SAMPLES", "ImageInput", "Sound", "load_sample", "load_sound", "read_image", "read_sound"]
