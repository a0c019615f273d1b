"""Data sets as plain NumPy arrays: MNIST, Fashion-MNIST, the UCI digits, the students, and minibatches."""

from .dataset import Dataset
from .digits import load_digits
from .errors import DataError
from .idx import read_idx
from .loader import batches
from .mnist import load_fashion_mnist, load_mnist
from .students import load_students
from .table import read_table

__all__ = [
    "DataError",
    "Dataset",
    "batches",
    "load_digits",
    "load_fashion_mnist",
    "load_mnist",
    "load_students",
    "read_idx",
    "read_table",
]
