"""SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014).

The numbers of a seed are hashes of seed + GAMMA, seed + 2 GAMMA, ...: so each is found without those before it, in
vectors and on any number of threads; and going backwards they are found once more, instead of kept.
"""

from typing import Any

import numpy as np

GAMMA, FIRST, SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


def number_at(seed: Any, place: Any) -> Any:
    """Return the seed's random number, of 64 bits, at a place, the first one being 1; of arrays of uint64, too."""
    bits = seed + place * GAMMA
    bits = (bits ^ (bits >> _30)) * FIRST
    bits = (bits ^ (bits >> _27)) * SECOND
    return bits ^ (bits >> _31)
