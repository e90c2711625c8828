"""A network trained from random weights, step by step, in front of those who want to see it learn."""
