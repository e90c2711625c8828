"""Files in the format ONNX: what a network computes, built again from torch's own operations."""

from .reading import read_onnx

__all__ = ["read_onnx"]
