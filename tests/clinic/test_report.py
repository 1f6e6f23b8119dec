"""The report of every way a course can end: the sentences that matter, hostile names harmless."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser

import pytest
from courses_by_hand import (
    COURSES,
    NOW,
    SEND_TO,
    complete_course,
    draft_course,
    emergency_course,
    make_eligibility,
    make_extras,
    make_outcome,
    make_patient,
    make_rule,
    make_session,
    make_trips,
    no_scan_course,
    unsettled_course,
)

from opentraction.chart import (
    Advice,
    Clinician,
    Course,
    Finding,
    FindingKind,
    FindingSource,
    Override,
    RuleCategory,
    RuleState,
    SessionEnd,
    Verdict,
)
from opentraction.clinic.report import ReportExtras, is_simulated, report_html

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """Reads a page strictly: every tag closed in order, every id once, text gathered."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.words: list[str] = []
        self.headings: list[int] = []
        self.svg_attributes: list[dict[str, str | None]] = []
        self.tags: Counter[str] = Counter()
        self.feed(html)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags[tag] += 1
        if values.get("id"):
            self.ids[str(values["id"])] += 1
        self.links += [str(values[key]) for key in ("href", "xlink:href", "src") if values.get(key)]
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "svg" and values.get("role") == "img":
            self.svg_attributes.append(values)
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.stack):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def read(course: Course, extras: ReportExtras | None = None) -> Page:
    return Page(report_html(course, extras=extras or make_extras()))


@cache
def complete() -> Page:
    return read(complete_course())


@pytest.fixture(scope="module", params=list(COURSES))
def page(request: pytest.FixtureRequest) -> Page:
    return read(COURSES[request.param](), make_extras(section=request.param != "no scan"))


def test_every_course_gives_a_whole_page(page: Page) -> None:
    for name in ("In short", "1. The spine", "2. Findings", "3. Screening", "4. Plan", "5. Sessions",
                 "6. Outcome", "7. What the published trials say"):  # fmt: skip
        assert name in page.text
    for line in ("Who", "Found", "Screening", "Plan", "Delivered", "Outcome", "Next"):
        assert f" {line} " in page.text
    assert "not a cleared medical device" in page.text
    assert "None" not in page.text
    assert "nan" not in page.text.split()


def test_ids_are_unique_and_links_stay_inside(page: Page) -> None:
    assert [name for name, count in page.ids.items() if count > 1] == []
    for link in page.links:
        assert link.startswith(("#", "data:image/png;base64,"))
        if link.startswith("#"):
            assert link[1:] in page.ids


def test_headings_go_down_one_step_at_a_time(page: Page) -> None:
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))


def test_figures_have_a_title_and_a_description(page: Page) -> None:
    assert page.svg_attributes
    for values in page.svg_attributes:
        names = str(values["aria-labelledby"]).split()
        assert len(names) == 2
        assert all(name in page.ids for name in names)


def test_tables_have_captions(page: Page) -> None:
    assert page.tags["table"] == page.tags["caption"] > 0
    assert page.tags["script"] == 0


def test_emergency_says_where_to_send_and_shows_no_plan() -> None:
    page = read(emergency_course())
    assert page.text.index(SEND_TO) < page.text.index("In short")
    assert "Emergency: no traction" in page.text
    assert f"Next {SEND_TO} No traction." in page.text
    assert page.text.count("No plan: screening says 'emergency'.") == 3  # in short, sections 4 and 5
    assert "No plan. No plan" not in page.text
    assert "Why this plan" not in page.text
    assert "pull at the table" not in page.text
    assert "Nothing was delivered." in page.text


def test_draft_says_not_signed_and_what_to_do() -> None:
    page = read(draft_course())
    assert "Draft, not signed: intermittent pull, at most 130 N (13 kgf) for 10 min at 10°" in page.text
    assert "Record the patient's consent and have a clinician read and sign the draft." in page.text
    assert "Consent is not recorded." in page.text
    assert "No session was delivered." in page.text
    assert "No outcome recorded." in page.text


def test_no_scan_says_that_all_is_assumed_and_claims_no_level() -> None:
    page = read(no_scan_course(), make_extras(section=False))
    assert "No scan was measured." in page.text
    assert "every number is assumed" in page.text
    assert "no target level: no claim is made for any one level" in page.text
    assert "age not known, sex not known, mass not known, height not known" in page.text
    assert "born not known" in page.text
    assert "No candidate cause: the examination is missing or empty." in page.text


def test_a_report_without_its_picture_does_not_say_that_there_was_no_scan() -> None:
    page = read(complete_course(), make_extras(section=False))
    assert "No scan was measured" not in page.text
    assert "The picture of the scan is not in this report" in page.text


def test_not_yet_known_asks_the_open_question_first() -> None:
    page = read(unsettled_course())
    assert "Next Settle what is open: Any new trouble passing water?" in page.text
    assert "Unknown: never read as no (1)" in page.text


def test_the_complete_course_reads_in_twenty_seconds() -> None:
    page = complete()
    top = page.text[: page.text.index("1. The spine")]
    assert "46 years, female, 68 kg, 168 cm" in top
    assert "Leading candidate: disc herniation with radiculopathy at L4-L5, left." in top
    assert "Signed by Dr Careful" in top
    assert "1 session of 6 planned; the last one: done. Impulse 64.0 of 65.0 kN·s planned (98%)." in top
    assert "NRS leg pain 7 to 3 (beyond error)" in top
    assert "adverse events recorded: 1" in top
    assert "A change after treatment, not an effect of it." in top
    assert "Next Continue: session 2 of 6, after its change questions." in top


def test_the_patient_bar_warns_of_allergies_and_red_flags() -> None:
    course = complete_course()

    def bar(**changes: object) -> str:
        return read(course.replace(**changes)).text.split("Traction course report")[0]

    assert "allergies: not known" in bar()
    assert "red flags: none met" in bar()
    assert "allergies: none known" in bar(patient=make_patient(allergies=()))
    assert "allergies: latex and plaster" in bar(patient=make_patient(allergies=("latex", "plaster")))
    rules = (
        make_rule(1, RuleState.MET), make_rule(2, RuleState.UNKNOWN), make_rule(3, RuleState.NOT_MET),
        make_rule(4, RuleState.MET, category=RuleCategory.RELATIVE),
    )  # fmt: skip
    eligibility = make_eligibility(Verdict.SEE_DOCTOR, contraindications=rules)
    assert "red flags: met (RF01); not known (RF02)" in bar(eligibility=eligibility)


def test_a_suspected_fracture_is_the_title_of_the_picture() -> None:
    course = complete_course()
    text = "L1 has lost 46 % of its front height: suspicious of a fracture."
    items = tuple(
        Finding(kind=FindingKind.VERTEBRAL_WEDGING, text=words, source=FindingSource.IMAGE, value=value)
        for words, value in (("L3 has lost 21 % of its front height.", 0.21), (text, 0.46))
    )
    findings = course.findings.replace(items=(*course.findings.items, *items))
    html = report_html(course.replace(findings=findings), extras=make_extras())
    scan = html[html.index('aria-labelledby="scan-t') :].split("</svg>")[0]
    drawn = " ".join(" ".join(re.findall(r"<text[^>]*>([^<]*)", scan)).split())
    assert text in drawn
    assert "Target L4-L5: middle height" not in drawn


def test_advice_to_stop_is_the_next_step() -> None:
    advice = Advice(action="stop", reasons=("A new deficit was reported.",), stop=True)
    page = read(complete_course().replace(outcome=make_outcome(advice=advice)))
    assert "Next Stop the course. A new deficit was reported." in page.text


@pytest.mark.hazard("H18")
def test_simulated_is_in_title_header_and_every_figure_of_the_patient() -> None:
    html = report_html(complete_course(simulated=True), extras=make_extras(simulated=True))
    assert "<title>SIMULATED, Ann Example" in html
    assert '<span class="simulated">SIMULATED</span>' in html
    figures = re.findall(r'<svg role="img" aria-labelledby="(\w+)-t.*?</svg>', html, flags=re.DOTALL)
    drawn = dict(re.findall(r'<svg role="img" aria-labelledby="(\w+)-t(.*?)</svg>', html, flags=re.DOTALL))
    assert figures == ["scan", "plan", "session0", "course", "forest0", "forest1"]
    assert all("SIMULATED" in drawn[name] for name in figures if not name.startswith("forest"))
    assert all("SIMULATED" not in drawn[name] for name in figures if name.startswith("forest"))


@pytest.mark.hazard("H18")
def test_a_real_course_never_says_simulated() -> None:
    course = complete_course()
    assert not is_simulated(course)
    assert "SIMULATED" not in report_html(course, extras=make_extras())


@pytest.mark.hazard("H18")
def test_one_simulated_part_marks_the_whole_page() -> None:
    course = complete_course()
    assert course.plan is not None
    session = make_session(course.plan, simulated=True)
    page = read(course.replace(sessions=(session,)))
    assert "SIMULATED course on a real scan" in page.text


def test_trips_are_told_with_their_sentence() -> None:
    course = complete_course()
    assert course.plan is not None
    session = make_session(
        course.plan, until_s=200, end=SessionEnd.TRIPPED, trips=make_trips(199.0), note="Seen by Dr Careful."
    )
    page = read(course.replace(sessions=(session,)))
    assert "Expected 130 N, got 210 N; limit 178 N." in page.text
    assert "the last one: tripped" in page.text
    assert "Seen by Dr Careful." in page.text


def test_hostile_text_stays_text() -> None:
    evil = '<script>alert(1)</script>"}</style><img src=x onerror=alert(2)>\\'
    person = Clinician(name=evil)
    override = Override(rule_id="RF01", by=person, at=NOW, reason=f"because {evil}")
    rules = (make_rule(1, RuleState.MET, label=evil, reasons=(evil,), override=override, conflict=evil),)
    course = complete_course()
    course = course.replace(
        patient=make_patient(name=evil, patient_id=evil[:60]),
        eligibility=make_eligibility(
            Verdict.SUITABLE_WITH_PRECAUTIONS, because=(evil,), contraindications=rules, precautions=(evil,)
        ),
        outcome=make_outcome(statement=evil, recorded=False),
    )
    html = report_html(course, extras=make_extras())
    page = Page(html)
    assert page.tags["script"] == 0
    assert page.tags["img"] == 0
    assert page.tags["style"] == 1 + len(page.svg_attributes)
    assert "<script" not in html
    assert "alert(1)" in page.text


def test_the_running_head_of_print_holds_patient_and_version() -> None:
    html = report_html(complete_course(), extras=make_extras())
    style = html[html.index("@top-left { content:") :][:300]
    assert "Ann Example" in style
    assert r"plan version 1" in style


def test_sentences_that_differ_only_by_level_are_joined() -> None:
    page = complete()
    assert page.text.count("is derived from the bodies") == 1
    assert "Likewise L2-L3, L3-L4, L4-L5 and L5-S1." in page.text
    assert "Strength of root L2 left: MRC 5 of 5. Likewise L3 left and L4 left." in page.text


def test_a_source_is_written_out_once_and_numbered() -> None:
    page = complete()
    assert "The pull may be at most 178 N [1] ." in page.text
    assert "Trials disagree [2] ; [1] ." in page.text
    assert page.text.count("KDT, adding force (a vendor's rule)") == 2  # the table of limits and the list
    assert "class A]" not in page.text
    assert {"source-1", "source-2"} <= set(page.ids)


def test_a_change_is_told_once_and_its_shared_ending_once() -> None:
    page = complete()
    outcome = page.text[page.text.index("6. Outcome") : page.text.index("7. What")]
    assert "Of all of them: A change after treatment." in outcome
    assert "The changes in the table above. Ask first." in outcome


def test_noes_are_gathered_by_their_answer() -> None:
    page = complete()
    assert page.text.count("The examiner answered the gate question.") == 1
    assert "Answered no, or ruled out by a person (7)" in page.text


def test_a_report_ends_where_it_should_and_stays_small() -> None:
    html = report_html(draft_course(), extras=make_extras())
    assert html.rstrip().endswith("</html>")
    assert len(html.encode()) < 1_500_000
