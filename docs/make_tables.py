"""Write the tables of these pages again: parameters, rows that fail, words that a table of targets may hold.

.venv/bin/python docs/make_tables.py                the parameters and the words
.venv/bin/python docs/make_tables.py --validation   also scores, failing rows and solutes: runs, minutes
"""

import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from opentraction import mechanics
from opentraction.chart import Level, Patient, Sex
from opentraction.mechanics.chain.march import march
from opentraction.mechanics.chain.outside import Load
from opentraction.mechanics.disc.solutes import SOLUTES, through_session
from opentraction.mechanics.fluid import cell_shares
from opentraction.mechanics.loading import BLOCK
from opentraction.mechanics.loading.grid import LYING_BEFORE_SESSION_S
from opentraction.mechanics.patient.loads import history, steady
from opentraction.mechanics.patient.priors import Prior, priors
from opentraction.mechanics.validating.subject import norm_spine

DOCS = Path(__file__).parent
SAMPLES = 32


def main() -> None:
    """Write each table between its marks."""
    between(DOCS / "reference" / "model.md", "parameters", parameters())
    (DOCS / "reference" / "targets.md").write_text(mechanics.understood(), encoding="utf-8")
    if "--validation" in sys.argv:
        report = mechanics.validate(mechanics.SpatialBench(samples=SAMPLES))
        between(DOCS / "explanation" / "not-yet-believed.md", "rows that fail", failures(report))
        between(DOCS / "explanation" / "how-the-model-works.md", "scores", scores(report))
        between(DOCS / "explanation" / "how-the-model-works.md", "solutes", solutes())


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


def scores(report: mechanics.ValidationReport) -> str:
    """Rows that count by group, beside the null models, and the goals set before the fit."""
    lines = [
        "| group | rows that count | passed | a linear disc | all zero |",
        "|---|---|---|---|---|",
        *(
            f"| {one.group} | {one.counted} | {one.passed} ({one.share:.0%}) | {one.linear_passed} | "
            f"{one.zero_passed} |"
            for one in report.scores
        ),
        "",
        f"Of {len(report.calibration)} calibration rows, which do not count, "
        f"{sum(row.passed for row in report.calibration)} are met. {report.samples} samples. "
        "Goals set before the fit:",
        "",
        "| goal | asked | found | |",
        "|---|---|---|---|",
        *(
            f"| {one.what} | {one.asked} | {one.found} | {'met' if one.met else '**not met**'} |"
            for one in report.goals
        ),
    ]
    return "".join(f"{line}\n" for line in lines)


def solutes(force_n: float = 300.0, minutes: int = 30) -> str:
    """How much a pull changes the mean concentrations in the nuclei, against lying on without it."""
    patient = Patient(patient_id="norms", sex=Sex.MALE, mass_kg=75.0, simulated=True)
    model = mechanics.build(norm_spine(), patient, samples=SAMPLES)
    rested, parts = mechanics.rest(model), model.chain.segments
    changes = []
    for pull in (force_n, 0.0):
        load = pulled(model, 60.0 * minutes, pull)
        _, trace = march(model.chain, rested.state, [load], what=f"a pull of {pull:.0f} N")
        cells = np.concatenate([np.asarray(rested.state.place.nucleus)[None], trace.nucleus_cells])
        found = through_session(
            jnp.asarray(cells), load.dt_s[:, 0], 0.5 * jnp.asarray(parts.height_mm),
            jnp.asarray(parts.core_path.water), cell_shares(),
        )  # fmt: skip
        changes.append(np.asarray(found.change_percent())[-1, :, Level.L4_L5.place])
    lines = [
        f"| mean in the nucleus of L4-L5 | {minutes} min at {force_n:.0f} N at the spine "
        "| lying still as long | the pull's part |",
        "|---|---|---|---|",
        *(
            f"| {name} | {band(changes[0][at])} | {band(changes[1][at])} "
            f"| {band((changes[0] - changes[1])[at])} |"
            for at, name in enumerate(SOLUTES)
        ),
    ]
    return "".join(f"{line}\n" for line in lines)


def pulled(model: mechanics.SpineModel, seconds: float, force_n: float) -> Load:
    """A block of steps that lies still with a pull along the spine at L1."""
    lying = history(model.trunk, model.top, model.found["hours_up"], lying_s=LYING_BEFORE_SESSION_S)[-1]
    follower, tilt = (
        np.repeat(np.asarray(x[-1:]), BLOCK, axis=0) for x in (lying.follower_n, lying.tilt_rad)
    )
    force = np.zeros((BLOCK, 3, model.samples))
    force[:, 2] = force_n * np.minimum(1.0, np.arange(1, BLOCK + 1) / 4.0)[:, None]
    return steady(np.full((BLOCK, model.samples), seconds / BLOCK), follower, tilt, force)


def band(values: np.ndarray) -> str:
    """Median and 5-95 % of a change in %."""
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return f"{middle:+.1f} % ({low:+.1f} to {high:+.1f})".replace("-", "−")


def failures(report: mechanics.ValidationReport) -> str:
    """The score, each row that counts and fails, and the calibration rows that are missed."""
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
    missed = [row for row in report.calibration if row.model is not None and not row.passed]
    lines += ["", "Calibration rows, which do not count, that are missed:", ""]
    lines += [f"- {row.target.id}, {what(row)}: {window(row)}, model {answer(row)}" for row in missed]
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
