"""Numbers as a person reads them: value, band and quality together, as many digits as the spread allows."""

import math
from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from opentraction.chart import NORMAL_95, Measure, Quality

NOT_KNOWN = "not known"
_LETTER = {Quality.MEASURED: "M", Quality.DERIVED: "D", Quality.ASSUMED: "A"}
_N_PER_KGF = 9.80665


def quality_mark(quality: Quality) -> Markup:
    """The mark of a quality: a letter on the screen with its word on hover, the word in print."""
    return Markup('<abbr class="q" title="{0}">{1}</abbr>').format(str(quality), _LETTER[quality])


def measure_cell(measure: Measure | None, scale: float = 1.0, *, places: int | None = None) -> Markup | str:
    """Value, quality mark and 5-95 % band of a measure times `scale`; "not known" when there is none.

    `places` sets the decimals; without it the measure's own spread does.
    """
    if measure is None:
        return NOT_KNOWN
    if places is None:
        places = row_places([measure], scale)
    band = interval(scale * measure.low, scale * measure.high, places)
    return Markup('{0}&nbsp;{2} <span class="band">({1})</span>').format(
        number(scale * measure.value, places), band, quality_mark(measure.quality)
    )


def row_places(measures: Sequence[Measure | None], scale: float = 1.0) -> int:
    """Decimals for a row of measures that are compared: what the widest of their bands allows."""
    known = [measure for measure in measures if measure is not None]
    return digits(max((NORMAL_95 * measure.sd * abs(scale) for measure in known), default=0.0))


def digits(half_width: float) -> int:
    """Decimals that a 5-95 % half-width allows: none from 3 up, one from 0.12 up, else two."""
    return 0 if half_width >= 3 else 1 if half_width >= 0.12 else 2


def number(value: float | None, places: int) -> str:
    """A number with a true minus sign and no minus before a zero; "not known" when there is none."""
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
    text = f"{value:.{places}f}"
    return (text.lstrip("-") if float(text) == 0 else text).replace("-", "−")


def plain(value: float | None) -> str:
    """A score or a published figure, at most one decimal, none where it is whole."""
    return number(value, 0 if value is None or float(value).is_integer() else 1)


def signed(value: float) -> str:
    """A change with its sign."""
    text = plain(value)
    return text if value <= 0 or text == "0" else f"+{text}"


def interval(low: float, high: float, places: int) -> str:
    """Two ends of a band: a hyphen between, or "to" where an end is negative."""
    joint = " to " if low < 0 or high < 0 else "-"
    return f"{number(low, places)}{joint}{number(high, places)}"


def clock(seconds: float) -> str:
    """Minutes:seconds."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def clock_cell(seconds: tuple[float, float, float]) -> Markup:
    """Median and 5-95 % band (5, 50, 95 %) of a time as minutes:seconds."""
    low, middle, high = (clock(value) for value in seconds)
    return Markup('{0} <span class="band">({1}-{2})</span>').format(middle, low, high)


def dose_cell(dose_mpa_s: tuple[float, float, float]) -> Markup:
    """Median and 5-95 % band of an unloading dose [MPa s], in the unit that the sentences of a plan use."""
    low, middle, high = dose_mpa_s
    places = digits((high - low) / 2)
    return Markup('{0} <span class="band">({1})</span>').format(
        number(middle, places), interval(low, high, places)
    )


def force(force_n: float) -> str:
    """A pull in newtons with kilograms-force beside it."""
    return f"{force_n:.0f} N ({force_n / _N_PER_KGF:.0f} kgf)"


def stamp(at: datetime) -> str:
    """A moment with its weekday."""
    return f"{at:%a %Y-%m-%d %H:%M}"
