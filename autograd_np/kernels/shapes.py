"""Shapes of windows: what convolution and pooling make of images."""

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]
Shape = tuple[int, ...]


def conv_output_size(size: int, kernel: int, stride: int, padding_pair: Pair, dilation: int) -> int:
    """Return the number of windows along one axis; not positive if the kernel exceeds the padded input."""
    return (size + sum(padding_pair) - dilation * (kernel - 1) - 1) // stride + 1


def pool_output_shape(shape: Shape, size: Pair, stride: Pair, padding: Padding) -> Shape:
    """Return the shape that pooling gives to an array of shape (N, C, H, W)."""
    windows = zip(shape[2:], size, stride, padding, strict=True)
    return (*shape[:2], *(conv_output_size(n, k, s, p, 1) for n, k, s, p in windows))
