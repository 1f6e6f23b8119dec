"""The chain of rigid vertebrae on its joints: motions, balance, and the march through time."""

from opentraction.mechanics.chain.equilibrium import ITERATIONS, TOLERANCE
from opentraction.mechanics.chain.march import CHUNK, advance, march, step
from opentraction.mechanics.chain.model import Chain, Place, State, Trace, start_state
from opentraction.mechanics.chain.outside import Load

__all__ = [
    "CHUNK",
    "ITERATIONS",
    "TOLERANCE",
    "Chain",
    "Load",
    "Place",
    "State",
    "Trace",
    "advance",
    "march",
    "start_state",
    "step",
]
