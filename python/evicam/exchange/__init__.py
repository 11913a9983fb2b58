"""Weights in from and out to the rest of the world: PyTorch's files, safetensors, ONNX."""

from .pickles import WeightsError
from .states import load_torch_state

__all__ = ["WeightsError", "load_torch_state"]
