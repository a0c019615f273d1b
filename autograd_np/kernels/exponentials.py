"""Exponentials of float32, by a polynomial: in vectors, where each call of the library's would be on its own."""

import numpy as np

from .compile import inline

# exp(v) = 2^z exp(r), with the integer z nearest to v / ln 2, and r = v - z ln 2 by two parts of ln 2, of which the
# first has few digits, so that its product with z is exact.  The polynomial is Cephes' (Moshier 1992), to 1 ulp.
_LOWEST = np.float32(-87)
_PER_LN2, _LN2_HIGH, _LN2_LOW = np.float32(1.44269504), np.float32(0.693359375), np.float32(-2.12194440e-4)
_POLYNOMIAL = tuple(
    np.float32(c)
    for c in (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
)
_HALF, _ONE = np.float32(0.5), np.float32(1)
_NOTHING, _BIAS, _MANTISSA = np.int32(0), np.int32(127), np.int32(23)  # a float's exponent begins at its bit 23

BLOCK = 1024  # numbers that stay in the L1 cache from one loop to the next


# Without branches, so that there are vector instructions; and over several rows in one go, which may be short.
@inline
def exponentials(x, bits) -> None:
    """Put exp(x) for x, at most 0: 0 under the smallest normal float, NaN where it is NaN; `bits` is for int32."""
    powers = bits.view(np.float32)
    p0, p1, p2, p3, p4, p5 = _POLYNOMIAL
    for i in range(len(x)):
        v = _LOWEST if x[i] < _LOWEST else x[i]
        z = np.floor(v * _PER_LN2 + _HALF)
        r = v - z * _LN2_HIGH - z * _LN2_LOW
        bits[i] = _NOTHING if x[i] < _LOWEST else (np.int32(z) + _BIAS) << _MANTISSA
        x[i] = (((((p0 * r + p1) * r + p2) * r + p3) * r + p4) * r + p5) * r * r + r + _ONE
    for i in range(len(x)):
        x[i] *= powers[i]
