"""Write down a pull, ask it for its force, and see a wrong one refused.

A TractionProfile is force over time at one angle: no table and no patient yet.
"""

from opentraction.chart import BadValue, Family, Hold, Ramp, Release, TractionProfile

profile = TractionProfile(
    name="two gentle steps",
    family=Family.PROGRESSIVE,
    segments=(
        Ramp(force_n=120, duration_s=60),
        Hold(duration_s=120),
        Ramp(force_n=200, duration_s=60),
        Hold(duration_s=300),
        Release(duration_s=60),
    ),
    angle_deg=10,
)

print(f"{profile.name}: {profile.duration_s / 60:.0f} min, peak {profile.peak_force_n:.0f} N")
for minute in range(0, 11, 2):
    print(f"  after {minute:2d} min: {profile.force_at(60 * minute):5.1f} N")

again = TractionProfile.from_json(profile.to_json())
assert again == profile, "a value comes back from JSON as it was"

try:
    Ramp(force_n=1e9, duration_s=60)
except BadValue as refusal:
    print(f"Refused: {refusal}")
