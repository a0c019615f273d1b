"""Speed, start-up and memory of autograd_np next to its peers: ``python -m benchmarks --help``."""
