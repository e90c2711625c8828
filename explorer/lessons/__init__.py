"""Short lessons over the pages: predict, commit, and the network says what is right. Each is a file that one reads."""

from .lesson import Ask, Lesson, Look, Step
from .reading import read_lesson
from .shelf import FOLDER_VARIABLE, Shelf, shelf

__all__ = ["FOLDER_VARIABLE", "Ask", "Lesson", "Look", "Shelf", "Step", "read_lesson", "shelf"]
