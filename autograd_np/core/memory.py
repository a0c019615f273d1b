"""Keep the memory of large arrays within the process, from one training step to the next."""

import numpy as np

# glibc gives the memory of large arrays back to the system when they are freed, and pays for every page again when the
# next step asks for it: half of the time of a small convolutional network's step.  It learns from what is freed,
# though: a freed block of 32 MiB, the most that it learns from, makes it keep up to twice as much (M_MMAP_THRESHOLD in
# mallopt(3)).  The pages of this one are never touched.  Other allocators take no notice.
_LARGEST = 32 * 2**20 - 2**14


def keep_freed_memory() -> None:
    """Teach the allocator, once, to keep freed memory for the arrays to come."""
    np.empty(_LARGEST, np.uint8)
