"""The examination form: what a clinician found and was told, typed once, in YAML.

`examination_template()` is the empty form with its own help. A line left empty means "not examined" or "not
known"; it is never read as normal.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BeforeValidator, Field, model_validator

from opentraction.chart import (
    Answer,
    BadInput,
    BadValue,
    FindingKind,
    Fraction,
    Level,
    Patient,
    Posture,
    ProtrusionKind,
    Reply,
    Side,
    Value,
    VertebraName,
)

FORM_FILE = "examination_form.yaml"
_MRC_HALVES = {"4-": 3.7, "4+": 4.3}
"""The customary half steps about MRC 4; the numbers only keep the order."""


_OLDEST_YEARS = 125.0


def mrc_words(grade: float) -> str:
    """A grade of strength as the form has it: 4+, not the number that stands for it."""
    return next((words for words, number in _MRC_HALVES.items() if number == grade), f"{grade:g}")


def _reply(value: object) -> object:
    """YAML reads a bare yes or no as true or false."""
    return Reply.YES if value is True else Reply.NO if value is False else value


def _number(value: object) -> object:
    """A bare yes is true in YAML and would count as 1."""
    if isinstance(value, bool):
        raise ValueError(f"Expected a number, got {'yes' if value else 'no'}. Write the number")
    return value


def _grade(value: object) -> object:
    value = _number(value)
    return _MRC_HALVES.get(value.strip(), value) if isinstance(value, str) else value


def _moment(value: object) -> object:
    """A day without a time is taken at noon, a time without a zone in the zone of this machine."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return value
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(12))
    return value.astimezone() if isinstance(value, datetime) and value.tzinfo is None else value


YesNo = Annotated[Reply, BeforeValidator(_reply)]
Nrs = Annotated[float, Field(ge=0, le=10), BeforeValidator(_number)]
Degrees = Annotated[float, Field(ge=0, le=120), BeforeValidator(_number)]
Centimetres = Annotated[float, Field(ge=-20, le=100), BeforeValidator(_number)]
Duration = Annotated[float, Field(ge=0), BeforeValidator(_number)]
Mrc = Annotated[float, Field(ge=0, le=5), BeforeValidator(_grade)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


class Sensation(StrEnum):
    """Light touch or pinprick in a dermatome."""

    NORMAL = "normal"
    REDUCED = "reduced"
    ABSENT = "absent"
    INCREASED = "increased"


class ReflexGrade(StrEnum):
    """A tendon reflex against the other side."""

    NORMAL = "normal"
    REDUCED = "reduced"
    ABSENT = "absent"
    BRISK = "brisk"


class Severity(StrEnum):
    """The word a radiology report uses."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class Pain(Value):
    """Pain now, 0 none to 10 worst imaginable, and how it behaves."""

    back_nrs: Nrs | None = None
    leg_nrs: Nrs | None = None
    leg_side: Side | None = None
    """left, right or both; empty when there is no leg pain."""
    duration_weeks: Duration | None = None
    centralises: YesNo = Reply.UNKNOWN
    """Leg pain draws back towards the spine on repeated movement."""
    peripheralises: YesNo = Reply.UNKNOWN
    """Pain moves further down the leg on repeated movement."""
    walking_limited_bending_eases: YesNo = Reply.UNKNOWN
    """Leg symptoms on walking or standing that ease on sitting or bending forward."""
    extension_provokes: YesNo = Reply.UNKNOWN

    @model_validator(mode="after")
    def _side_of_a_leg(self) -> Self:
        if self.leg_side is Side.CENTRE:
            raise ValueError("The leg_side of a pain is left, right or both, got 'centre'")
        return self


class StraightLegRaise(Value):
    """Lying on the back, knee straight: the angle at which the leg pain comes [deg]."""

    left_deg: Degrees | None = None
    right_deg: Degrees | None = None
    left_hurts_leg: YesNo = Reply.UNKNOWN
    """Raising the left leg brings on the familiar pain in the left leg (not stretch, not back pain)."""
    right_hurts_leg: YesNo = Reply.UNKNOWN
    raising_left_hurts_right: YesNo = Reply.UNKNOWN
    """Crossed sign: raising the left leg brings on the familiar pain in the right leg."""
    raising_right_hurts_left: YesNo = Reply.UNKNOWN


class Myotomes(Value):
    """Strength of the key muscle of each root, MRC 0 to 5."""

    L2: Mrc | None = None
    L3: Mrc | None = None
    L4: Mrc | None = None
    L5: Mrc | None = None
    S1: Mrc | None = None


class Dermatomes(Value):
    """Sensation in the field of each root."""

    L2: Sensation | None = None
    L3: Sensation | None = None
    L4: Sensation | None = None
    L5: Sensation | None = None
    S1: Sensation | None = None


class Reflexes(Value):
    """Tendon reflexes."""

    knee: ReflexGrade | None = None
    ankle: ReflexGrade | None = None


class MyotomeSides(Value):
    """Strength on both sides."""

    left: Myotomes = Myotomes()
    right: Myotomes = Myotomes()


class DermatomeSides(Value):
    """Sensation on both sides."""

    left: Dermatomes = Dermatomes()
    right: Dermatomes = Dermatomes()


class ReflexSides(Value):
    """Reflexes on both sides."""

    left: Reflexes = Reflexes()
    right: Reflexes = Reflexes()


class Scan(Value):
    """How the patient lay when the scan was taken; it sets the load under which the discs were seen."""

    posture: Posture = Posture.UNKNOWN
    taken_at: Moment | None = None
    """Time of day matters: discs lose height over the day."""
    lying_before_min: Duration | None = None


_REPORTED = (
    FindingKind.DISC_DISPLACEMENT,
    FindingKind.DISC_NARROWING,
    FindingKind.DISC_DEGENERATION,
    FindingKind.LISTHESIS,
    FindingKind.VERTEBRAL_WEDGING,
    FindingKind.CANAL_STENOSIS,
    FindingKind.FORAMEN_STENOSIS,
    FindingKind.BONE_DENSITY,
    FindingKind.OTHER,
)


class ReportFinding(Value):
    """One statement of a radiology report, typed by a person."""

    kind: FindingKind
    text: str = ""
    """The words of the report."""
    level: Level | None = None
    vertebra: VertebraName | None = None
    side: Side | None = None
    displacement: ProtrusionKind | None = None
    size_mm: Annotated[float, Field(ge=0, le=40)] | None = None
    slip_percent: Annotated[float, Field(ge=-100, le=100)] | None = None
    pfirrmann: Annotated[int, Field(ge=1, le=5)] | None = None
    severity: Severity | None = None
    t_score: Annotated[float, Field(ge=-8, le=6)] | None = None
    certainty: Fraction = 0.9
    """1 for a plain statement, lower for "possible"; 0.9 where the report leaves no doubt but was retyped."""

    @model_validator(mode="after")
    def _place_given(self) -> Self:
        if self.kind not in _REPORTED:
            known = ", ".join(f"'{kind.value}'" for kind in _REPORTED)
            raise ValueError(f"A report finding is one of {known}, got '{self.kind.value}'")
        needs_level = self.kind not in (
            FindingKind.VERTEBRAL_WEDGING,
            FindingKind.BONE_DENSITY,
            FindingKind.OTHER,
        )
        if needs_level and self.level is None:
            raise ValueError(f"The report finding '{self.kind.value}' needs a level such as L4-L5")
        if self.kind is FindingKind.VERTEBRAL_WEDGING and self.vertebra is None:
            raise ValueError("The report finding 'vertebral wedging' needs a vertebra such as L1")
        return self


class ScreeningEntry(Value):
    """One answer to a screening question."""

    reply: YesNo
    detail: str = ""
    by: str = ""
    at: Moment | None = None
    stands_days: Annotated[float, Field(gt=0)] | None = None


def _entries(value: object) -> object:
    """`RF15: no` is short for `RF15: {reply: no}`."""
    if not isinstance(value, Mapping):
        return value
    return {
        str(key): entry if isinstance(entry, Mapping | ScreeningEntry) else {"reply": entry}
        for key, entry in value.items()
    }


class Examination(Value):
    """All of the form. What is left out was not examined and is unknown."""

    examined_at: Moment | None = None
    examined_by: str = ""
    patient: Patient | None = None
    pain: Pain = Pain()
    straight_leg_raise: StraightLegRaise = StraightLegRaise()
    myotomes: MyotomeSides = MyotomeSides()
    dermatomes: DermatomeSides = DermatomeSides()
    reflexes: ReflexSides = ReflexSides()
    fingertip_floor_cm: Centimetres | None = None
    medication: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    scan: Scan = Scan()
    report: tuple[ReportFinding, ...] = ()
    screening: Annotated[dict[str, ScreeningEntry], BeforeValidator(_entries)] = Field(default_factory=dict)
    note: str = ""

    @model_validator(mode="after")
    def _born_before(self) -> Self:
        day = (self.examined_at or datetime.now()).date()
        age = None if self.patient is None else self.patient.age_years(day)
        if age is not None and not 0.0 <= age <= _OLDEST_YEARS:
            raise ValueError(
                f"The birth_date makes the patient {age:.0f} years old on {day}; expected 0 to "
                f"{_OLDEST_YEARS:.0f}. Check it"
            )
        return self

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The screening answers with who and when: the examiner at the examination where a line names nobody.

        Raises:
            BadInput: when neither the line nor the form says who answered, or when.
        """
        return tuple(self._answer(rule_id, entry) for rule_id, entry in self.screening.items())

    def _answer(self, rule_id: str, entry: ScreeningEntry) -> Answer:
        by, at = entry.by or self.examined_by, entry.at or self.examined_at
        if not by or at is None:
            raise BadInput(
                f"The screening answer {rule_id} does not say who gave it or when. "
                "Fill in examined_by and examined_at, or by and at of that answer."
            )
        given = {} if entry.stands_days is None else {"stands_days": entry.stands_days}
        return Answer(rule_id=rule_id, reply=entry.reply, by=by, at=at, detail=entry.detail, **given)


def examination_template() -> str:
    """The empty form with its help, as a person would print or save it."""
    return files("opentraction.evaluate").joinpath("data", FORM_FILE).read_text(encoding="utf-8")


def read_examination(path: Path | str) -> Examination:
    """Read a filled form.

    Raises:
        BadInput: one sentence naming the file and the line or field, with the near match of a misspelt field.
    """
    place = Path(path)
    if not place.is_file():
        raise BadInput(f"{place.name}: there is no such examination form. Start from the template.")
    try:
        text = place.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{place.name}: the examination form is not text. Give the YAML file.") from None
    return parse_examination(text, name=place.name)


def parse_examination(text: str, *, name: str = "examination") -> Examination:
    """Read the text of a filled form; raises BadInput as `read_examination` does."""
    fields = _without_empty(load_form(text, name))
    patient = fields.get("patient")
    if isinstance(patient, dict) and isinstance(patient.get("patient_id"), int):
        patient["patient_id"] = str(patient["patient_id"])
    try:
        return Examination(**fields)
    except BadValue as error:
        raise BadInput(f"{name}: {str(error).replace('?.', '?')}") from None


def load_form(text: str, name: str) -> dict[str, Any]:
    """A YAML mapping in which no key is given twice; raises BadInput naming the line."""
    try:
        content = yaml.load(text, Loader=_OnceLoader)
        json.dumps(content, default=str, skipkeys=True)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f" at line {mark.line + 1}"
        problem = getattr(error, "problem", None) or "the text is not YAML"
        raise BadInput(f"{name}: the form cannot be read{place} ({problem}). Mend that line.") from None
    except ValueError as error:  # a day that no calendar has, or a line that holds itself
        raise BadInput(f"{name}: the form holds a line that cannot be ({error}). Mend it.") from None
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise BadInput(f"{name}: expected a form with named lines. Start from the template.")
    return content


class _OnceLoader(yaml.SafeLoader):
    """A safe loader that refuses a key given twice, since the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key}' is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _without_empty(value: Any) -> Any:
    """Drop lines that were left empty."""
    if isinstance(value, dict):
        return {key: _without_empty(entry) for key, entry in value.items() if entry is not None}
    if isinstance(value, list):
        return [_without_empty(entry) for entry in value if entry is not None]
    return value
