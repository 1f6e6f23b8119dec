"""VanderWeele and Ding 2017: the example of the EValue package, RR 10.73 (8.02 to 14.36)."""

from __future__ import annotations

import pytest

from opentraction.evidence import e_value


@pytest.mark.parametrize(("ratio", "printed"), [(10.73, 20.94777), (8.02, 15.52336)])
def test_the_printed_example(ratio: float, printed: float) -> None:
    assert e_value(ratio) == pytest.approx(printed, abs=5e-6)


@pytest.mark.parametrize(("ratio", "computed"), [(3.9, 7.2630), (1.8, 3.0), (1.0, 1.0), (1 / 1.8, 3.0)])
def test_computed_by_hand(ratio: float, computed: float) -> None:
    assert e_value(ratio) == pytest.approx(computed, abs=5e-5)
