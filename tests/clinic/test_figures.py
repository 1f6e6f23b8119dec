"""Figures: the same bytes for the same input, no label over another or out of the frame, honest titles."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise
from unittest import mock

import pytest
from courses_by_hand import (
    REST_MPA,
    VENDOR,
    complete_course,
    make_dose,
    make_effect,
    make_event,
    make_outcome,
    make_plan,
    make_section,
    make_session,
    make_trips,
    measured_spine,
)
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from opentraction import mechanics
from opentraction.chart import (
    LEVELS,
    Level,
    Limit,
    Outcome,
    PlannedAgainstMeasured,
    RecordKind,
    SessionEnd,
    StudyEffect,
)
from opentraction.clinic.figures import (
    course_figure,
    forest_figure,
    parameter_figure,
    plan_figure,
    scan_figure,
    session_figure,
    to_png,
    to_svg,
)
from opentraction.clinic.figures.style import LEVEL_COLOUR, LEVEL_ON_DARK, TOKENS, spread, wrapped
from opentraction.evidence import traction_effects

LONG = (
    "the largest dose that any table of this clinic may ever give to a person of this body weight and age "
    * 2
)


def texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text that is really drawn (tick labels outside of an axis are not), with its box in pixels."""
    drawn: list[Text] = []
    draw = Text.draw

    def noted(text: Text, renderer: RendererBase, *more: object, **named: object) -> None:
        if text.get_visible() and text.get_text().strip():
            drawn.append(text)
        draw(text, renderer, *more, **named)

    canvas = FigureCanvasAgg(figure)
    with mock.patch.object(Text, "draw", noted):
        canvas.draw()
    renderer = canvas.get_renderer()
    return [(text.get_text(), Text.get_window_extent(text, renderer)) for text in drawn]


def assert_legible(figure: Figure) -> None:
    """No text over another, none out of the frame (half a pixel of play)."""
    drawn = texts(figure)
    frame = figure.bbox
    for words, box in drawn:
        assert box.x0 >= frame.x0 - 0.5, words
        assert box.x1 <= frame.x1 + 0.5, words
        assert box.y0 >= frame.y0 - 0.5, words
        assert box.y1 <= frame.y1 + 0.5, words
    for (one, first), (other, second) in combinations(drawn, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        up = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert across <= 1.0 or up <= 1.0, f"{one!r} over {other!r}"


def words(figure: Figure) -> str:
    return " ".join(" ".join(text for text, _ in texts(figure)).split())


@cache
def drawn_once() -> dict[str, Figure]:
    return dict(figures())


def figures() -> Iterator[tuple[str, Figure]]:
    plan = make_plan(unseen=True)
    session = make_session(plan)
    scores = course_figure(make_outcome(adverse_events=(make_event(),)))
    assert scores is not None
    yield "plan", plan_figure(plan)
    yield "session", session_figure(plan, session, make_dose(plan))
    yield "scan", scan_figure(make_section(), measured_spine(), target=Level.L4_L5)
    yield "course", scores
    yield "forest", forest_figure(make_effect())
    yield "parameters", parameter_figure(mechanics.widths())


def test_the_same_input_gives_the_same_svg_byte_for_byte() -> None:
    def drawn(order: int) -> dict[str, str]:
        return {
            name: to_svg(figure, title=name, description="d", salt=name)
            for name, figure in list(figures())[::order]
        }

    first, second = drawn(1), drawn(-1)
    assert first == second
    assert len(first) == 6


def test_svg_names_no_machine_and_no_date() -> None:
    for name, figure in drawn_once().items():
        svg = to_svg(figure, title=name, description="d", salt=name)
        assert "<metadata" not in svg
        assert "/home" not in svg
        assert not re.search(r"20\d\d-\d\d-\d\dT", svg)


def test_svg_ids_carry_the_salt_and_every_reference_resolves() -> None:
    for name, figure in drawn_once().items():
        svg = to_svg(figure, title=name, description="d", salt=name)
        ids = re.findall(r'\bid="([^"]+)"', svg)
        assert len(ids) == len(set(ids))
        assert all(item.startswith(f"{name}-") for item in ids)
        used = re.findall(r'xlink:href="#([^"]+)"', svg) + re.findall(r"url\(#([^)]+)\)", svg)
        assert set(used) <= set(ids)


def test_token_and_level_colours_become_variables_so_that_dark_pages_follow() -> None:
    svg = to_svg(plan_figure(make_plan()), title="t", description="d", salt="s")
    for name in ("ink", "quiet", "panel", "accent", "stop", "level-l4-l5"):
        assert f"var(--{name}, #" in svg
    bare = re.sub(r"var\([^)]*\)", "", svg)
    for colour in (*vars(TOKENS).values(), *LEVEL_COLOUR.values()):
        assert colour.lower() not in bare.lower()


def test_the_scan_stays_dark_on_any_page() -> None:
    svg = to_svg(
        scan_figure(make_section(), measured_spine(), target=None), title="t", description="d", salt="s"
    )
    assert "var(--" not in svg


def test_text_that_holds_a_token_colour_stays_text() -> None:
    effect = make_effect(name=f"what about {TOKENS.ink}")
    svg = to_svg(forest_figure(effect), title='a <b> & "c"', description="d", salt="s")
    assert f"what about {TOKENS.ink}" in svg
    assert "a &lt;b&gt; &amp; &quot;c&quot;" in svg


def test_png_is_300_dpi() -> None:
    for figure in drawn_once().values():
        picture = imread(io.BytesIO(to_png(figure)))
        assert picture.shape[1] == pytest.approx(figure.get_figwidth() * 300, abs=1)


@pytest.mark.parametrize("name", ["plan", "session", "course", "forest", "scan", "parameters"])
def test_labels_never_overlap_nor_leave_the_frame(name: str) -> None:
    assert_legible(drawn_once()[name])


def test_five_levels_at_one_pressure_keep_their_names_apart() -> None:
    plan = make_plan(rest_mpa=(0.0,) * 5, unseen=True)
    assert_legible(plan_figure(plan))
    assert_legible(session_figure(plan, make_session(plan), make_dose(plan)))


def test_long_reasons_and_names_are_wrapped_inside_the_frame() -> None:
    plan = make_plan(limits=(Limit(force_n=140.0, reason=LONG.strip(), source=VENDOR),))
    named = plan.profile.replace(name=f"Preset {LONG}")
    assert_legible(plan_figure(plan.replace(profile=named)))
    session = make_session(plan, table_id=LONG)
    assert_legible(session_figure(plan, session, make_dose(plan)))
    studies = tuple(
        StudyEffect(study=f"{i} {LONG}", effect=0.1 * i, variance=0.2, n=40, weight_percent=20.0)
        for i in range(5)
    )
    assert_legible(forest_figure(make_effect(name=LONG, method=LONG, studies=studies, unit=LONG)))


def test_a_limit_far_above_the_pull_is_told_not_drawn() -> None:
    figure = plan_figure(make_plan(limits=(Limit(force_n=900.0, reason="the table", source="s"),)))
    assert "limit 900 N, above this scale: the table" in words(figure)
    assert figure.axes[0].get_ylim()[1] < 300
    assert_legible(figure)


def test_plan_titles_tell_the_finding_and_claim_nothing_without_a_target() -> None:
    aimed = words(plan_figure(make_plan()))
    assert "L4-L5: predicted pressure falls from 0.08 to −0.02 MPa (−0.06 to 0.02)" in aimed
    assert "zero pressure" in aimed
    assert "5:10 (0:00 to 9:20)" in aimed
    free = words(plan_figure(make_plan(target=None)))
    assert "no target level: no claim is made for any one level" in free
    assert "Time below 0 MPa, per level" in free
    assert "target" not in free.replace("no target level", "")


def test_levels_from_norms_are_dotted_and_said_so() -> None:
    figure = plan_figure(make_plan(unseen=True))
    assert "L5-S1 (norms)" in words(figure)
    assert "Dotted: L5-S1, from norms." in words(figure)


@pytest.mark.parametrize("simulated", [False, True])
def test_simulated_stands_inside_the_frame(simulated: bool) -> None:
    plan = make_plan(simulated=simulated)
    session = make_session(plan, simulated=simulated)
    outcome = course_figure(make_outcome(simulated=simulated))
    assert outcome is not None
    drawn = [
        plan_figure(plan), session_figure(plan, session, None), outcome,
        scan_figure(make_section(simulated=simulated), measured_spine(), target=None),
    ]  # fmt: skip
    for figure in drawn:
        assert ("SIMULATED" in words(figure)) is simulated
        assert_legible(figure)


def test_a_session_that_was_only_reported_says_so() -> None:
    plan = make_plan()
    samples = tuple(
        sample.replace(measured_n=None) for sample in make_session(plan, until_s=60.0).samples[::10]
    )
    comparison = PlannedAgainstMeasured(
        planned_impulse_n_s=1.0, delivered_impulse_n_s=None, rms_error_n=None, time_in_band=None
    )
    session = make_session(plan, samples=samples, kind=RecordKind.REPORTED, comparison=comparison)
    said = words(session_figure(plan, session, None))
    assert "reported, not measured" in said
    assert "measured: nothing" in said


def test_trips_at_one_time_have_a_row_each() -> None:
    plan = make_plan()
    session = make_session(plan, trips=make_trips(580.0, 580.0, 581.0), end=SessionEnd.TRIPPED)
    figure = session_figure(plan, session, None)
    assert words(figure).count("■") == 3
    assert "Ended early, tripped" in words(figure)
    assert_legible(figure)


def test_thinning_keeps_the_worst_peak_and_the_gap() -> None:
    plan = make_plan()
    samples = list(make_session(plan).samples)
    samples[3001] = samples[3001].replace(measured_n=215.0)
    samples[4001] = samples[4001].replace(measured_n=None)
    figure = session_figure(plan, make_session(plan, samples=tuple(samples)), None)
    line = max(figure.axes[0].lines, key=lambda item: len(item.get_xdata()))
    heights = list(line.get_ydata())
    assert 215.0 in heights
    assert any(height != height for height in heights)
    assert len(heights) < 3500


def test_the_course_shows_error_importance_and_events() -> None:
    outcome = make_outcome(adverse_events=(make_event(),))
    figure = course_figure(outcome)
    assert figure is not None
    said = words(figure)
    assert "baseline ± MDC 2.8" in said
    assert "important: MCID 2" in said
    assert "▲ after session 1: soreness under the belt (mild)" in said
    assert "2 of 4 scores fell by an important amount, 1 of them known to be beyond measurement error" in said
    assert "not an effect of treatment" in said
    assert "NRS leg pain: 7 to 3, beyond measurement error" in said


def test_no_score_gives_no_figure() -> None:
    assert course_figure(Outcome(recorded=False, statement="none", scores=(), changes=())) is None


def test_the_published_effects_are_legible_and_titled_by_their_interval() -> None:
    effects = traction_effects()
    assert len(effects) >= 2
    for effect in effects:
        figure = forest_figure(effect)
        assert_legible(figure)
        shown = "No difference shown" in words(figure)
        assert shown is (effect.low <= 0 <= effect.high)


def test_parameters_stand_in_the_order_of_what_was_learnt_and_the_title_counts_them() -> None:
    def one(name: str, share: float, *, calibrated: bool = True) -> mechanics.Width:
        prior = (1.0, 2.0, 4.0)
        return mechanics.Width(
            name, "a group", "MPa", "log", (0.5, 8.0), prior, (0.5, 1.5, 3.0), share, calibrated
        )

    figure = parameter_figure(
        [one("wide_one", 0.95), one("tight_one", 0.3), one("silent", 1.0, calibrated=False)]
    )
    said = words(figure)
    assert "narrows 1 of 3 parameters" in said
    assert "1 more were not calibrated" in said
    assert said.index("tight one") < said.index("wide one")
    assert "1.50 (0.500 to 3.00) MPa" in said
    assert "silent" not in said
    assert_legible(figure)


def test_scan_title_is_the_slip_else_the_target_else_the_lowest_disc() -> None:
    spine = measured_spine()
    assert "Target L4-L5: middle height" in words(scan_figure(make_section(), spine, target=Level.L4_L5))
    assert "Lowest disc" in words(scan_figure(make_section(), spine, target=None))
    disc = spine.disc(Level.L5_S1)
    assert disc.listhesis is not None
    slip = disc.listhesis.replace(slip_mm=disc.listhesis.slip_mm.replace(value=6.0))
    slipped = spine.replace(discs=(*spine.discs[:-1], disc.replace(listhesis=slip)))
    assert "L5-S1: L5 slipped 6.0 mm" in words(scan_figure(make_section(), slipped, target=Level.L4_L5))


def test_level_names_stay_inside_a_narrow_picture() -> None:
    assert_legible(scan_figure(make_section(width_mm=104.0), measured_spine(), target=Level.L4_L5))


def test_level_colours_are_five_and_differ_in_light_and_dark() -> None:
    assert set(LEVEL_COLOUR) == set(LEVEL_ON_DARK) == set(LEVELS)
    assert len({*LEVEL_COLOUR.values(), *LEVEL_ON_DARK.values()}) == 10


@given(st.lists(st.floats(0, 50), min_size=1, max_size=8), st.floats(1, 6))
def test_spread_keeps_order_gap_and_room(places: list[float], gap: float) -> None:
    moved = spread(sorted(places), gap, 0.0, 50.0)
    assert all(later - earlier >= gap - 1e-9 for earlier, later in pairwise(moved))
    assert moved[0] >= -1e-9
    if gap * (len(places) - 1) <= 50.0:
        assert moved[-1] <= 50.0 + 1e-9


@given(st.text(alphabet="abc XYZ-", min_size=1, max_size=120), st.floats(8, 80))
def test_wrapping_loses_no_letter(text: str, width_mm: float) -> None:
    lines = wrapped(text, width_mm)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_rest_pressures_are_one_per_level() -> None:
    assert len(REST_MPA) == len(LEVELS) == len(make_plan().prediction.levels)
    assert complete_course().plan is not None
