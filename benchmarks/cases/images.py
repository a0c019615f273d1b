"""Convolution and its two gradients, pooling, batch-norm."""

from typing import Any, NamedTuple

from .case import FLOAT, Case


class Conv(NamedTuple):
    """The shapes of a convolution of square images with square filters, padded to keep their size at stride 1."""

    name: str
    batch: int
    inputs: int
    outputs: int
    size: int
    filter: int = 3
    stride: int = 1
    dilation: int = 1
    groups: int = 1

    @property
    def padding(self) -> int:
        """Pixels on each side."""
        return self.dilation * (self.filter - 1) // 2

    @property
    def out(self) -> int:
        """Height and width of the output."""
        return (self.size + 2 * self.padding - self.dilation * (self.filter - 1) - 1) // self.stride + 1

    def params(self) -> dict[str, Any]:
        """Give what builders get."""
        return {
            "x": (self.batch, self.inputs, self.size, self.size),
            "w": (self.outputs, self.inputs // self.groups, self.filter, self.filter),
            "g": (self.batch, self.outputs, self.out, self.out),
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
        }

    def flop(self) -> float:
        """Count a multiplication and an addition for each element of a filter at each place, padding included."""
        return 2.0 * self.batch * self.outputs * self.out**2 * self.inputs // self.groups * self.filter**2

    def bytes(self) -> float:
        """Count image, filter and output once; each of the three tasks makes one of them from the other two."""
        images = self.batch * (self.inputs * self.size**2 + self.outputs * self.out**2)
        return FLOAT * (images + self.outputs * self.inputs // self.groups * self.filter**2)


CONVS = (
    Conv("1→8 3x3 at 28², B=64", 64, 1, 8, 28),
    Conv("1→32 3x3 at 28², B=64", 64, 1, 32, 28),
    Conv("8→16 3x3 at 14², B=64", 64, 8, 16, 14),
    Conv("16→32 3x3 at 14², B=128", 128, 16, 32, 14),
    Conv("32→64 5x5 at 14², B=64", 64, 32, 64, 14, 5),
    Conv("64→64 3x3 at 32², B=16", 16, 64, 64, 32),
    Conv("32→64 3x3 stride 2 at 28², B=32", 32, 32, 64, 28, stride=2),
    Conv("32→32 3x3 dilation 2 at 28², B=32", 32, 32, 32, 28, dilation=2),
    Conv("64 depthwise 3x3 at 28², B=32", 32, 64, 64, 28, groups=64),
    Conv("64→128 1x1 at 14², B=64", 64, 64, 128, 14, 1),
    Conv("16→32 3x3 at 28², B=1", 1, 16, 32, 28),
    Conv("3→16 3x3 at 64², B=8", 8, 3, 16, 64),
)


def conv(shapes: Conv) -> list[Case]:
    """Give a convolution and its two gradients."""
    return [
        Case("conv", f"{shapes.name}, {task}", f"conv_{task}", shapes.params(), shapes.flop(), shapes.bytes())
        for task in ("forward", "dx", "dw")
    ]


def pooling(which: str, shape: tuple[int, int, int, int], size: int = 2) -> list[Case]:
    """Give a pooling by windows of size², recorded for a gradient, and with its gradient."""
    batch, channels, side, _ = shape
    images = batch * channels
    pixels, windows = images * side**2, images * (side // size) ** 2
    params = {"which": which, "shape": shape, "size": size}
    name = f"{which} {size}x{size} of {channels}x{side}², B={batch}"
    return [
        Case("pool", f"{name}, recorded", "pool_recorded", params, bytes=FLOAT * (pixels + windows)),
        Case("pool", f"{name}, gradient", "pool_gradient", params, bytes=FLOAT * 2 * (pixels + windows)),
    ]


def batch_norm(batch: int, channels: int, side: int) -> Case:
    """Give batch-norm in training, with its gradients."""
    shape = (batch, channels, side, side)
    # x is read, y written; then x and the cotangent are read, and dx written
    traffic = FLOAT * 5 * batch * channels * side**2
    return Case(
        "norm", f"batch-norm {batch}x{channels}x{side}², gradient", "batch_norm", {"shape": shape}, bytes=traffic
    )


CASES: list[Case] = [
    *(case for shapes in CONVS for case in conv(shapes)),
    *pooling("max", (64, 8, 28, 28)),
    *pooling("max", (128, 32, 14, 14)),
    *pooling("avg", (64, 8, 28, 28)),
    *pooling("avg", (128, 32, 14, 14)),
    *(batch_norm(*shape) for shape in ((64, 8, 28), (128, 32, 14), (16, 64, 32))),
    Case("loops", "conv2d 1→8 3x3 at 28², B=1", "conv_forward", Conv("", 1, 1, 8, 28).params()),
    Case("loops", "conv2d 8→16 3x3 at 14², B=1", "conv_forward", Conv("", 1, 8, 16, 14).params()),
]
