"""Proof of gradients: numerical checks for operations and for whole functions."""

from .gradcheck import GradientError, Report, gradcheck

__all__ = ["GradientError", "Report", "gradcheck"]
