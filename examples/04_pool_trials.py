"""Pool the published trials of traction as far as they allow, and quote the reviews beside them."""

from opentraction.evidence import (
    evidence_statement,
    forest_rows,
    poolable,
    published_pools,
    traction_effects,
    trials,
)

print(f"{len(trials())} printed numbers; {sum(poolable(row) for row in trials())} pass the import checks.")

for effect in traction_effects():
    print(f"\n{effect.name}, compared with {effect.comparator} [{effect.unit}]")
    for row in forest_rows(effect):
        print(
            f"  {row.label:16} {row.estimate:+.2f} ({row.low:+.2f} to {row.high:+.2f}), weight "
            f"{row.weight_percent:.0f} %"
        )
    print(
        f"  {'pooled':16} {effect.estimate:+.2f} ({effect.low:+.2f} to {effect.high:+.2f}), tau2 "
        f"{effect.tau2:.2f}"
    )
    for note in effect.bias_notes:
        print(f"  - {note}")

print("\nQuoted from reviews, as printed:")
for pool in published_pools():
    doubt = f"  [{pool.doubt}]" if pool.doubt else ""
    print(
        f"  {pool.study} {pool.year}, {pool.outcome}: {pool.estimate:g} ({pool.low:g} to "
        f"{pool.high:g}){doubt}"
    )

print(f"\n{evidence_statement()}")
