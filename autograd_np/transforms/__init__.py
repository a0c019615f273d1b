"""Functions that turn functions into their derivatives.  See docs/transforms.md."""

from .checkpoints import checkpoint
from .gradient import elementwise_grad, grad, value_and_grad
from .jacobians import hessian, jacobian
from .products import hvp, jvp, vjp

__all__ = ["checkpoint", "elementwise_grad", "grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]
