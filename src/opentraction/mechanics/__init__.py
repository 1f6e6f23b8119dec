"""The spine under load: geometry, material and pull become pressure, height, bulge and fluid over time."""

import jax

from opentraction.mechanics.cache import use_compilation_cache

# Newton's tolerance is far below the resolution of single precision
jax.config.update("jax_enable_x64", True)
use_compilation_cache()

from opentraction.mechanics.assembly import build  # noqa: E402
from opentraction.mechanics.history import Rested, rest  # noqa: E402
from opentraction.mechanics.model import MODEL_NAME, SpineModel  # noqa: E402
from opentraction.mechanics.response import Response, simulate  # noqa: E402
from opentraction.mechanics.summary import replay, summarise  # noqa: E402
from opentraction.mechanics.tissue import plant  # noqa: E402
from opentraction.mechanics.validation import (  # noqa: E402
    Role,
    Row,
    Status,
    Target,
    ValidationReport,
    validate,
)

if jax.numpy.zeros(()).dtype != jax.numpy.float64:
    raise RuntimeError("opentraction.mechanics needs JAX in double precision; unset JAX_ENABLE_X64=0.")

__all__ = [
    "MODEL_NAME",
    "Response",
    "Rested",
    "Role",
    "Row",
    "SpineModel",
    "Status",
    "Target",
    "ValidationReport",
    "build",
    "plant",
    "replay",
    "rest",
    "simulate",
    "summarise",
    "validate",
]
