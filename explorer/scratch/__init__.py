"""A network trained from random weights, step by step, in front of those who want to see it learn."""

from .film import Film, Layout
from .headless import Filmed, train
from .run import Run
from .runs import Runs
from .settings import Edit, Plan, Settings

__all__ = ["Edit", "Film", "Filmed", "Layout", "Plan", "Run", "Runs", "Settings", "train"]
