"""What the trials say, in two sentences, on every plan."""

from opentraction.chart import Cause, RootCause
from opentraction.plan.sources import cite

_HERNIATION = frozenset({Cause.DISC_HERNIATION, Cause.DISC_HERNIATION_RADICULOPATHY})

MODEL_LINE = "Unloading is a quantity of the model; that it predicts relief is not shown."
"""Stands in every plan."""


def evidence_line(cause: RootCause | None = None) -> str:
    """The honest evidence line for a cause, with its sources."""
    general = (
        "For back pain with or without sciatica, 32 trials with 2,762 people found little or no "
        f"difference between traction and sham or no traction ({cite('WEGNER')}), and NICE does not "
        f"recommend it ({cite('NG59')})."
    )
    if cause is not None and cause.cause in _HERNIATION:
        return (
            f"{general} For disc herniation on MRI or CT, 7 mostly unblinded trials show a small "
            "short-term gain in pain (SMD 0.44, 0.11 to 0.77) and none shown in the long term "
            f"({cite('CHENG')}); the two sham-controlled trials of motorised decompression, 60 people "
            f"each, disagree ({cite('SCHIMMEL')}: no difference; {cite('CHOI')}: less leg pain at 2 "
            "months)."
        )
    return (
        f"{general} Motorised decompression did not differ from sham in chronic back pain "
        f"({cite('SCHIMMEL')}, 60 people)."
    )
