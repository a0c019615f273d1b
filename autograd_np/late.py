"""What fewer programs use: these names of ``autograd_np`` are imported when the first of them is asked for."""

from .ops.calculus import *
from .ops.histograms import *
from .ops.nan_reductions import *
from .ops.padding import *
from .ops.polynomials import *
from .ops.quantiles import *
from .ops.sets import *
from .ops.special import *
from .ops.writing import *
from .transforms import *
