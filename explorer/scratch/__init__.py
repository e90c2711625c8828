"""A network trained from random weights, step by step, in front of those who want to see it learn."""

from .film import Film, Layout
from .run import Run
from .runs import Runs
from .settings import Edit, Plan, Settings

__all__ = ["Edit", "Film", "Layout", "Plan", "Run", "Runs", "Settings"]
