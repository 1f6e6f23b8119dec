"""Manual flexion-distraction, as published protocols give it; each number has a source or says assumed."""

from opentraction.chart import LEVELS, BadInput, Level, ManualProfile
from opentraction.plan.families import Setting
from opentraction.plan.sources import cite

MANUAL_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "hand_force_n",
        50.0,
        "N",
        f"assumed for the back: upper end of the middle band of a trial at the neck; {cite('GUD15')}",
    ),
    Setting(
        "flexion_deg",
        10.0,
        "deg",
        f"assumed: the protocol says two inches of table, no angle; {cite('COXPROT')}",
    ),
    Setting("push_s", 4.0, "s", cite("COXPROT")),
    Setting("pushes", 5.0, "pushes a set", f"a trial at the neck; {cite('GUD15')}"),
    Setting("sets", 3.0, "sets", f"a trial at the neck; {cite('GUD15')}"),
    Setting("rest_s", 20.0, "s", "assumed"),
)
"""Defaults of a manual session. No published hand force for the lumbar spine was found."""

LARGEST_HAND_FORCE_N = 119.2
"""The largest mean traction by hand that was measured, cervical specimens (GUD13)."""


def manual_profile(
    level: Level, *, hand_force_n: float | None = None, flexion_deg: float | None = None
) -> ManualProfile:
    """A manual flexion-distraction session with the contact at `level`, after a tolerance test (COXPROT).

    Raises BadInput for a hand force beyond what was ever measured, BadValue for a setting out of range.
    """
    values = {setting.name: setting.value for setting in MANUAL_SETTINGS}
    force_n = values["hand_force_n"] if hand_force_n is None else hand_force_n
    if not 0 <= force_n <= LARGEST_HAND_FORCE_N:
        raise BadInput(
            f"Expected a hand force of 0 to {LARGEST_HAND_FORCE_N:g} N ({cite('GUD13')}), got {force_n:g} "
            "N. Push less."
        )
    return ManualProfile(
        name=f"Manual flexion-distraction at {level}",
        contact_level=level,
        hand_force_n=force_n,
        flexion_deg=values["flexion_deg"] if flexion_deg is None else flexion_deg,
        push_s=values["push_s"],
        pushes=int(values["pushes"]),
        sets=int(values["sets"]),
        rest_s=values["rest_s"],
    )


def contact_order(level: Level, *, sciatica: bool | None) -> tuple[Level, ...]:
    """The order of contacts (COXPROT): with sciatica from L1-L2 down and never below the herniated `level`.

    Without sciatica from L5-S1 up. Not known counts as sciatica, the stricter of the two.
    """
    if sciatica is False:
        return tuple(reversed(LEVELS))
    return LEVELS[: level.place + 1]
