"""PyTorch with images laid out channels last, which its convolutions may prefer."""

from .torch import Images, arrays, channels_last, setup

__all__ = ["KINDS", "arrays", "setup"]

KINDS = Images(channels_last).kinds()
