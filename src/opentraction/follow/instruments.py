"""The questionnaires that are scored: range, measurement error and importance, each with its source.

Sources: Ostelo 2008, Spine 33:90 (importance of all four); Childs 2005, Spine 30:1331 (error of the NRS);
Stratford 1996, Phys Ther 76:359 (error of the RMDQ and its ends); the ODI's scoring sheet (error of the ODI).
The words of ODI 2.1a are licensed and are not here: items go by their number only.
`data/instruments.csv` holds the full rules in text; the numbers used in code are in `RULES` below.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from opentraction.chart import Instrument

_KEY = re.compile(r"\b[ITF]-[A-Z][A-Za-z0-9]*(?:-[A-Z]+)?")


@dataclass(frozen=True, slots=True)
class InstrumentRule:
    """Numbers of one instrument; lower scores are better for all of them."""

    instrument: Instrument
    item_count: int
    item_max: int
    """Items run from 0 to this whole number."""
    score_max: float
    """Scores run from 0 to this number."""
    unit: str
    mdc: float
    """Minimal detectable change: a change this large or larger is beyond measurement error."""
    mdc_low: float
    """Below this a change is within error; between `mdc_low` and `mdc` published values disagree."""
    mdc_source: str
    mcid: float
    """Minimal clinically important difference, in points."""
    mcid_fraction: float
    """The same as a share of the baseline; an improvement that reaches either is counted as important."""
    mcid_source: str
    improvement_needs: float
    """With a baseline below this, an improvement beyond error cannot show: not assessable."""
    worsening_needs: float
    """With a baseline above this, a worsening beyond error cannot show: not assessable."""
    csv_name: str
    """Name of the row in `data/instruments.csv`."""


_OSTELO = "Ostelo 2008"
_NRS_ERROR = "Childs 2005, 2 as printed, 2.8 from the SEM of 1.02 printed there"


def _nrs(instrument: Instrument) -> InstrumentRule:
    """Pain 0 to 10. The reference table had no source for the MDC; Childs 2005 (abstract read) is one."""
    return InstrumentRule(
        instrument, 1, 10, 10.0, "points", 2.8, 2.0, _NRS_ERROR, 2.0, 0.30, _OSTELO, 2.0, 8.0, "NRS pain"
    )


RULES: dict[Instrument, InstrumentRule] = {
    Instrument.NRS_BACK: _nrs(Instrument.NRS_BACK),
    Instrument.NRS_LEG: _nrs(Instrument.NRS_LEG),
    Instrument.ODI: InstrumentRule(
        Instrument.ODI,
        item_count=10,
        item_max=5,
        score_max=100.0,
        unit="percent",
        mdc=10.0,
        mdc_low=10.0,
        mdc_source="ODI scoring sheet, 90 % confidence",
        mcid=10.0,
        mcid_fraction=0.30,
        mcid_source=_OSTELO,
        improvement_needs=10.0,
        worsening_needs=90.0,
        csv_name="ODI 2.1a",
    ),
    Instrument.RMDQ: InstrumentRule(
        Instrument.RMDQ,
        item_count=24,
        item_max=1,
        score_max=24.0,
        unit="points",
        mdc=5.0,
        mdc_low=4.0,
        mdc_source="Stratford 1996, 4 to 5 points, 90 % confidence",
        mcid=5.0,
        mcid_fraction=0.30,
        mcid_source=_OSTELO,
        improvement_needs=4.0,
        worsening_needs=20.0,
        csv_name="RMDQ-24",
    ),
}
"""Rules per instrument. NRS and ODI limits of assessability are room on the scale for the smaller MDC;
the RMDQ ones (below 4, above 20) are printed by Stratford 1996."""


@cache
def instrument_table() -> tuple[dict[str, str], ...]:
    """Every row of `data/instruments.csv` as text, those not scored here among them."""
    text = (files("opentraction.follow") / "data" / "instruments.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def instrument_row(instrument: Instrument) -> dict[str, str]:
    """The row of `data/instruments.csv` that belongs to an instrument: its rules, licence and sources in
    words."""
    name = RULES[instrument].csv_name
    return next(row for row in instrument_table() if row["instrument"] == name)


def instrument_sources(instrument: Instrument) -> tuple[str, ...]:
    """The papers and pages behind an instrument's row, spelt out, each after its key."""
    text = (files("opentraction.follow") / "data" / "sources.csv").read_text(encoding="utf-8")
    citations = {row["key"]: row["citation"] for row in csv.DictReader(text.splitlines())}
    keys = dict.fromkeys(_KEY.findall(" ".join(instrument_row(instrument).values())))
    if instrument in (Instrument.NRS_BACK, Instrument.NRS_LEG):
        keys["I-CHI05"] = None
    return tuple(f"{key}: {citations[key]}" for key in keys)
