"""Which library computes: numpy for numbers at hand, JAX within one of its transformations.

A small operation of JAX outside a compiled program is traced, compiled and looked up for every new shape,
which in a new process takes longer than all else; numpy needs none of it. What runs once for each session is
therefore written for both: numpy when called with numbers, JAX when differentiated or compiled.
"""

from __future__ import annotations

from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from numpy.typing import NDArray

Values = NDArray[np.float64] | Array
"""Numbers of either library."""


Kind = TypeVar("Kind")


def unchecked(kind: type[Kind], **fields: Values) -> Kind:
    """A value of equinox, annotated with JAX's arrays, made of numpy's: compiled programs take both."""
    made = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


def library(*values: Any) -> Any:
    """`jax.numpy` when any array in these trees is being traced by JAX, else `numpy`."""
    traced = any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(values))
    return jnp if traced else np
