"""`opentraction evidence`: the published trials, pooled honestly."""

from pathlib import Path

from opentraction import evidence
from opentraction.chart import Effect
from opentraction.clinic.console import picture_path, print_json
from opentraction.clinic.figures import forest_figure, write_figure


def pooled(*, figure: Path | None, as_json: bool) -> None:
    """Print the pooled effects; write a forest plot of each when asked."""
    picture_path(figure)
    effects = evidence.traction_effects()
    if as_json:
        print_json([effect.model_dump(mode="json") for effect in effects])
    else:
        print(evidence.evidence_statement())
        for effect in effects:
            _print_effect(effect)
    for number, effect in enumerate(effects):
        if figure is not None:
            path = _numbered(figure, number)
            write_figure(
                path, forest_figure(effect), title=effect.name, description=effect.method, salt="forest"
            )


def _numbered(path: Path, number: int) -> Path:
    return path if number == 0 else path.with_name(f"{path.stem}-{number + 1}{path.suffix}")


def _print_effect(effect: Effect) -> None:
    print(f"\n{effect.name} ({effect.unit}), against {effect.comparator}")
    print(f"  {effect.estimate:.2f} ({effect.low:.2f} to {effect.high:.2f}), {effect.k} studies, "
          f"tau² {effect.tau2:.3f}; {effect.method}")  # fmt: skip
    if effect.prediction_low is not None and effect.prediction_high is not None:
        print(f"  a new study would lie between {effect.prediction_low:.2f} and {effect.prediction_high:.2f}")
    for note in effect.bias_notes:
        print(f"  {note}")
