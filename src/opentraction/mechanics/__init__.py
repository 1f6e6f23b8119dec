"""The spine under load: geometry, material and pull become pressure, height, bulge and fluid over time."""

import jax

from opentraction.mechanics.cache import use_compilation_cache

# Newton's tolerance is far below the resolution of single precision
jax.config.update("jax_enable_x64", True)
use_compilation_cache()

from opentraction.mechanics.outputs.manual import simulate_manual  # noqa: E402
from opentraction.mechanics.outputs.plant import plant  # noqa: E402
from opentraction.mechanics.outputs.ranking import Ranking, rank  # noqa: E402
from opentraction.mechanics.outputs.replay import replay  # noqa: E402
from opentraction.mechanics.outputs.response import Response  # noqa: E402
from opentraction.mechanics.outputs.session import Rested, rest, simulate  # noqa: E402
from opentraction.mechanics.outputs.summary import summarise  # noqa: E402
from opentraction.mechanics.patient.build import build  # noqa: E402
from opentraction.mechanics.patient.missed import Missed  # noqa: E402
from opentraction.mechanics.patient.model import MODEL_NAME, SpineModel  # noqa: E402
from opentraction.mechanics.patient.widths import Width, widths  # noqa: E402
from opentraction.mechanics.validating import (  # noqa: E402
    Role,
    Row,
    Status,
    Target,
    ValidationReport,
    document,
    likely_reason,
    page,
    understood,
    validate,
)
from opentraction.mechanics.validating.column import SpatialBench  # noqa: E402

if jax.numpy.zeros(()).dtype != jax.numpy.float64:
    raise RuntimeError("opentraction.mechanics needs JAX in double precision; unset JAX_ENABLE_X64=0.")

__all__ = [
    "MODEL_NAME",
    "Missed",
    "Ranking",
    "Response",
    "Rested",
    "Role",
    "Row",
    "SpatialBench",
    "SpineModel",
    "Status",
    "Target",
    "ValidationReport",
    "Width",
    "build",
    "document",
    "likely_reason",
    "page",
    "plant",
    "rank",
    "replay",
    "rest",
    "simulate",
    "simulate_manual",
    "summarise",
    "understood",
    "validate",
    "widths",
]
