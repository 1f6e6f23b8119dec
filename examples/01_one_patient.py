"""One SIMULATED patient, start to finish, by the same path as a real one: `opentraction.course.run_course`.

On your own scan: `evaluate.read_study(folder)`, `evaluate.read_examination(form)`, and no `make_phantom`.
"""

from datetime import UTC, datetime
from pathlib import Path

from opentraction import deliver, evaluate, screen
from opentraction.chart import Clinician, Level, Role, Side
from opentraction.course import CourseOptions, run_course

now = datetime.now(UTC)

# The patient: a left L4-L5 protrusion, rendered as a scan with labels and read back from its files.
bulge = evaluate.PhantomProtrusion(level=Level.L4_L5, depth_mm=5, side=Side.LEFT)
phantom = evaluate.make_phantom(evaluate.PhantomSpec(seed=7, protrusions=(bulge,)))
evaluate.write_nifti(evaluate.render(phantom), "scan")
spine = evaluate.measure(evaluate.read_study("scan"))
for disc in spine.discs:
    height = disc.height_mid_mm
    print(f"{disc.level}  {height.value:4.1f} mm ({height.low:.1f} to {height.high:.1f}), {height.quality}")

# The examination, as the form has it; every gate question of the screening answered no.
none_met = ", ".join(f"{gate.gate_id}: no" for gate in screen.gates())
examination = evaluate.parse_examination(f"""
examined_at: {now:%Y-%m-%dT%H:%M:%SZ}
examined_by: A. Examiner
pain: {{back_nrs: 6, leg_nrs: 7, leg_side: left}}
straight_leg_raise: {{left_deg: 40, left_hurts_leg: yes}}
screening: {{{none_met}}}
""")

# Findings, screening, model, plan, signature, session, dose, outcome. Without `approver` it stops at a draft.
course = run_course(
    phantom.patient,
    examination,
    options=CourseOptions(
        at=now, consent_by="demonstration", approver=Clinician(name="demonstration", role=Role.DEMONSTRATION)
    ),
    spine=spine,
    table=lambda plant, approved: deliver.SimulatedTable(
        plant, seed=1, angle_deg=approved.plan.profile.angle_deg
    ),
    record=Path("session-01.record"),
)

cause, plan, session = course.findings.leading, course.plan, course.sessions[0]
print(f"\nCandidate cause: {cause.cause} at {cause.level}. Screening: {course.eligibility.verdict}.")
print(f"Plan: {plan.profile.name}, at most {plan.profile.peak_force_n:.0f} N at {plan.target}.")
print(f"Session: {session.end}, error {session.comparison.rms_error_n:.1f} N rms.")
low, middle, high = course.doses[0].levels[plan.target.place].unloading_dose_mpa_s
print(f"Unloading at {plan.target} by the model: {middle:.0f} MPa s ({low:.0f} to {high:.0f}).")
print(f"Outcome: {course.outcome.statement}")
