"""Runnable programs on top of autograd_np: ``python -m models``."""
