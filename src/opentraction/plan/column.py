"""The column of `mechanics` as the engine of planning."""

from __future__ import annotations

from opentraction import mechanics
from opentraction.chart import TractionProfile
from opentraction.plan.ensemble import Engine, PressureTrace


def column_engine() -> Engine:
    """The engine that plans use unless another is given."""
    return Engine(
        rest=mechanics.rest, simulate=_simulate, summarise=mechanics.summarise, pressures=_pressures
    )


def _simulate(
    model: mechanics.SpineModel, profile: TractionProfile, rested: mechanics.Rested
) -> mechanics.Response:
    return mechanics.simulate(model, profile, rested=rested)


def _pressures(response: mechanics.Response) -> PressureTrace:
    """Of the samples that found a balance."""
    used = response.answered
    pressure = {lv: p[:, used] for lv, p in zip(response.levels, response.pressure_mpa, strict=True)}
    rest = {lv: p[used] for lv, p in zip(response.levels, response.rest_pressure_mpa, strict=True)}
    return response.time_s, pressure, rest
