"""The report in a browser: accessible in light and dark, no overflow, no request, printed page by page."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from courses_by_hand import COURSES, complete_course, make_extras

from opentraction.chart import Measure, Quality, VertebraName
from opentraction.clinic.report import report_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS = (1200, 900, 390)
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    paths = {}
    for name, make in COURSES.items():
        paths[name] = folder / f"{name.replace(' ', '-')}.html"
        html = report_html(make(), extras=make_extras(section=name != "no scan"))
        paths[name].write_text(html, encoding="utf-8")
    return paths


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1200, "height": 900})
    yield opened
    opened.close()


def violations(page: Page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    return [
        f"{item['id']}: {node['html'][:120]} {node.get('failureSummary', '')}"
        for item in found.response["violations"]
        for node in item["nodes"]
    ]


@pytest.mark.parametrize(
    ("name", "scheme"),
    [*((name, "light") for name in COURSES), ("complete", "dark"), ("emergency", "dark")],
)
def test_no_accessibility_violation(
    browser: Browser, reports: dict[str, Path], name: str, scheme: Any
) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme=scheme)
    page.goto(reports[name].as_uri())
    assert violations(page) == []
    page.close()


def test_the_accessibility_check_can_fail(page: Page) -> None:
    page.set_content(
        "<!doctype html><html><title>x</title><body><img src='data:,'><p style='color:#ddd'>pale"
    )
    assert violations(page) != []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", list(COURSES))
def test_the_page_never_scrolls_sideways(page: Page, reports: dict[str, Path], name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(reports[name].as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_tables_of_numbers_fit_without_scrolling(page: Page, reports: dict[str, Path]) -> None:
    page.goto(reports["complete"].as_uri())
    boxes = page.evaluate(
        "[...document.querySelectorAll('.scroll')].map(e => [e.scrollWidth, e.clientWidth])"
    )
    assert len(boxes) > 6
    assert all(inner <= outer for inner, outer in boxes)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_in_figures_stands_out_from_its_ground(
    browser: Browser, reports: dict[str, Path], scheme: Any
) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(reports["complete"].as_uri())
    pairs = page.evaluate(
        """() => [...document.querySelectorAll('svg.figure text')].map(t => {
             const svg = t.closest('svg'); const ground = svg.querySelector('path');
             return [t.textContent, getComputedStyle(t).fill, getComputedStyle(ground).fill]; })"""
    )
    page.close()
    assert len(pairs) > 60
    pale = [pair for pair in pairs if contrast(pair[1], pair[2]) < 4.5]
    assert pale == []


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two CSS colours (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = [float(part) / 255 for part in re.findall(r"[\d.]+", colour)[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_one_file_and_no_request_besides_it(browser: Browser, reports: dict[str, Path]) -> None:
    page = browser.new_page()
    asked: list[str] = []
    failed: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: failed.append(message.text))
    page.route(
        "**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort()
    )
    uri = reports["complete"].as_uri()
    page.goto(uri)
    page.wait_for_load_state("networkidle")
    page.close()
    assert [url for url in asked if not url.startswith("data:")] == [uri]
    assert failed == []


def test_every_interactive_element_is_reached_by_key_with_a_visible_focus(
    page: Page, reports: dict[str, Path]
) -> None:
    page.goto(reports["complete"].as_uri())
    wanted = page.evaluate(
        """() => [...document.querySelectorAll('a[href], summary, [tabindex="0"]')]
             .filter(e => e.checkVisibility({contentVisibilityAuto: true})).length"""
    )
    seen = set()
    for _ in range(wanted + 2):
        page.keyboard.press("Tab")
        place, width, style = page.evaluate(
            """() => { const e = document.activeElement; const s = getComputedStyle(e);
                 return [[...document.querySelectorAll('*')].indexOf(e), s.outlineWidth, s.outlineStyle]; }"""
        )
        if page.evaluate("document.activeElement === document.body"):
            break
        seen.add(place)
        assert (width, style) == ("2px", "solid")
    assert len(seen) == wanted > 15


def test_landmarks(page: Page, reports: dict[str, Path]) -> None:
    page.goto(reports["complete"].as_uri())
    for landmark in ("header", "nav", "main", "footer"):
        assert page.locator(landmark).count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("th:not([scope])").count() == 0


@pytest.fixture(scope="module")
def printed(
    browser: Browser, reports: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """The text of each printed page of the complete course."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not on this machine: install Debian's package poppler-utils")
    page = browser.new_page(color_scheme="dark")
    page.goto(reports["complete"].as_uri())
    path = tmp_path_factory.mktemp("print") / "report.pdf"
    page.pdf(path=path, prefer_css_page_size=True)
    page.close()
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return text.stdout.split("\f")[:-1]


def test_print_has_patient_version_and_page_of_pages_on_each_page(printed: list[str]) -> None:
    assert len(printed) > 3
    for number, text in enumerate(printed, start=1):
        assert "Ann Example, p-001, plan version 1, OpenTraction" in text
        assert f"page {number} of {len(printed)}" in text


def test_the_first_printed_page_holds_the_summary_and_the_picture(printed: list[str]) -> None:
    first = printed[0]
    assert "In short" in first
    assert "1. The spine" in first
    assert "front" in first.split("1. The spine")[1].split()  # written inside the picture
    assert "Target L4-L5" in first


A4_TEXT_PX = 680
"""180 mm between the margins, at 96 pixels an inch: a page that is wider is printed smaller to fit."""


def test_print_is_never_shrunk_by_a_wide_table(browser: Browser, tmp_path: Path) -> None:
    course = complete_course()
    bone = course.spine.vertebrae[0]
    wide = Measure(value=-23.3, sd=1.2, quality=Quality.MEASURED)
    bones = tuple(
        bone.replace(name=name, wedge_deg=wide, height_front_mm=wide.replace(value=26.2))
        for name in list(VertebraName)[-9:]
    )
    html = report_html(course.replace(spine=course.spine.replace(vertebrae=bones)), extras=make_extras())
    path = tmp_path / "wide.html"
    path.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": A4_TEXT_PX, "height": 900})
    page.emulate_media(media="print")
    page.goto(path.as_uri())
    width = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert len(bones) == 9
    assert width <= A4_TEXT_PX


def test_print_opens_what_is_folded_and_says_the_quality_in_words(printed: list[str]) -> None:
    whole = " ".join(" ".join(printed).split())
    assert "Rule number 7" in whole
    assert "What is not known." in whole
    assert "Likewise L3 left and L4 left." in whole
    assert "measured" in whole


def test_print_is_dark_on_white_even_where_the_screen_is_dark(
    browser: Browser, reports: dict[str, Path]
) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(reports["complete"].as_uri())
    page.emulate_media(media="print", color_scheme="dark")
    colours = page.evaluate(
        "(() => { const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]; })()"
    )
    page.close()
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]


def test_a_complete_report_stays_small() -> None:
    assert len(report_html(complete_course(), extras=make_extras()).encode()) < 1_500_000
