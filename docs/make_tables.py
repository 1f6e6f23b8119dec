"""Write the tables of these pages again: parameters, rows that fail, words that a table of targets may hold.

.venv/bin/python docs/make_tables.py                the parameters and the words
.venv/bin/python docs/make_tables.py --validation   also the rows that fail: runs the validation, minutes
"""

import sys
from pathlib import Path

from opentraction import mechanics
from opentraction.mechanics.patient.priors import Prior, priors

DOCS = Path(__file__).parent
SAMPLES = 16


def main() -> None:
    """Write each table between its marks."""
    between(DOCS / "reference" / "model.md", "parameters", parameters())
    (DOCS / "reference" / "targets.md").write_text(mechanics.understood(), encoding="utf-8")
    if "--validation" in sys.argv:
        report = mechanics.validate(mechanics.SpatialBench(samples=SAMPLES))
        between(DOCS / "explanation" / "not-yet-believed.md", "rows that fail", failures(report))


def between(page: Path, mark: str, text: str) -> None:
    """Put a text between the two marks of a page."""
    head, _, rest = page.read_text(encoding="utf-8").partition(f"<!-- {mark} -->")
    _, _, tail = rest.partition(f"<!-- end of {mark} -->")
    whole = f"{head}<!-- {mark} -->\n{text}<!-- end of {mark} -->{tail}"
    page.write_text(whole, encoding="utf-8")


def parameters() -> str:
    """Every parameter with its range, its prior, what calibration left of it, and where it is from."""
    known = priors()
    rows = [
        f"| `{one.name}` | {one.group} | {one.unit} | {one.published[0]:.4g} to {one.published[1]:.4g} | "
        f"{points(one.prior)} | {points(one.posterior) if one.calibrated else 'as the prior'} | "
        f"{left(one)} | {one.shape} | {source(known[one.name])} |"
        for one in mechanics.widths()
    ]
    head = (
        "| name | group | unit | range | prior: 5, 50, 95 % | after calibration | width left | shape "
        "| source |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(f"{row}\n" for row in rows)


def points(values: tuple[float, float, float]) -> str:
    """Three points of a band."""
    return ", ".join(f"{value:.3g}" for value in values)


def left(one: mechanics.Width) -> str:
    """The share of the prior's width that calibration left, and whether that is next to all of it."""
    if not one.calibrated:
        return "prior-dominated"
    return f"{one.share:.2f}, prior-dominated" if one.dominated else f"{one.share:.2f}"


def source(prior: Prior) -> str:
    """The rows a prior rests on, or the reason given for it."""
    if prior.rows:
        return prior.rows.replace(";", ", ")
    return "assumed" if "assumed" in prior.reason else prior.reason.replace("|", "/")


def failures(report: mechanics.ValidationReport) -> str:
    """The score, and each row that counts and fails."""
    passed = f"**{report.passed} of {len(report.counted)}**"
    lines = [
        f"The middle of the ensemble passes {passed} rows that count; a linear disc passes",
        f"{report.scores[-1].linear_passed}, a model answering zero {report.zero_passed}.",
        "",
        "| row | what was measured | passes | model | likely reason |",
        "|---|---|---|---|---|",
    ]
    for row in report.counted:
        if row.status is mechanics.Status.FAIL:
            lines.append(f"| {row.target.id} | {what(row)} | {window(row)} | {answer(row)} | "
                         f"{mechanics.likely_reason(row)} |")  # fmt: skip
    return "".join(f"{line}\n" for line in lines)


def what(row: mechanics.Row) -> str:
    """Quantity, level and unit."""
    return f"{row.target.quantity}, {row.target.level} [{row.target.unit}]".replace("|", "/")


def window(row: mechanics.Row) -> str:
    """Where the median passes."""
    return f"{row.window.low:.3g} to {row.window.high:.3g}"


def answer(row: mechanics.Row) -> str:
    """The median of the model."""
    return "no balance" if row.model is None else f"{row.model[1]:.4g}"


if __name__ == "__main__":
    main()
