"""Clinical and image facts, and the candidate root causes that join them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from opentraction.chart.level import Fraction, Level, Quality, Side, VertebraName
from opentraction.chart.value import Value


class Reply(StrEnum):
    """A three-valued answer. Unknown is never no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Answer(Value):
    """An answer to one screening question: who said so, when, and how long it stands."""

    rule_id: Annotated[str, Field(min_length=2, max_length=20)]
    """Id of the rule (row of the contraindication table) or gate question it answers."""
    reply: Reply
    by: Annotated[str, Field(min_length=1)]
    at: datetime
    stands_days: Annotated[float, Field(gt=0)] | None = None
    """Days after which the answer lapses to unknown; None: as long as the rule lets an answer stand."""
    detail: str = ""


class FindingKind(StrEnum):
    """What a finding is about."""

    PAIN_BACK = "pain, back"
    PAIN_LEG = "pain, leg"
    STRAIGHT_LEG_RAISE = "straight-leg raise"
    CROSSED_STRAIGHT_LEG_RAISE = "crossed straight-leg raise"
    MYOTOME = "myotome strength"
    DERMATOME = "dermatome sensation"
    REFLEX = "reflex"
    FINGERTIP_FLOOR = "fingertip to floor"
    CENTRALISATION = "centralisation"
    PERIPHERALISATION = "peripheralisation"
    NEUROGENIC_CLAUDICATION = "neurogenic claudication"
    EXTENSION_PAIN = "pain on extension"
    DURATION = "duration of this episode"
    MEDICATION = "medication"
    HISTORY = "history"
    DISC_DISPLACEMENT = "disc displacement"
    DISC_NARROWING = "disc narrowing"
    DISC_DEGENERATION = "disc degeneration"
    LISTHESIS = "listhesis"
    VERTEBRAL_WEDGING = "vertebral wedging"
    CANAL_STENOSIS = "canal stenosis"
    FORAMEN_STENOSIS = "foramen stenosis"
    BONE_DENSITY = "bone density"
    OTHER = "other"


class FindingSource(StrEnum):
    """Who or what produced the finding."""

    EXAMINATION = "examination"
    IMAGE = "image"
    REPORT = "radiology report"
    PATIENT = "patient"


class Finding(Value):
    """One clinical or image fact: place, size, certainty, source. `value` is in `unit`."""

    kind: FindingKind
    text: str
    """The finding in one plain sentence."""
    source: FindingSource
    level: Level | None = None
    vertebra: VertebraName | None = None
    side: Side | None = None
    value: float | None = None
    unit: str = ""
    sd: Annotated[float, Field(ge=0)] | None = None
    certainty: Fraction = 1.0
    """How sure that the finding is really there, 0 to 1."""
    quality: Quality = Quality.MEASURED
    positive: bool = True
    """False for a looked-for finding that was absent (a normal reflex)."""


class Cause(StrEnum):
    """Named root causes of lumbar and leg pain that the joining rules know."""

    DISC_HERNIATION_RADICULOPATHY = "disc herniation with radiculopathy"
    DISC_HERNIATION = "disc herniation without root signs"
    DISC_DEGENERATION = "disc degeneration"
    FORAMINAL_STENOSIS = "foraminal narrowing"
    CENTRAL_STENOSIS = "central canal stenosis"
    SPONDYLOLISTHESIS = "spondylolisthesis"
    VERTEBRAL_FRACTURE = "vertebral fracture"
    RADICULOPATHY_NO_IMAGE = "radiculopathy, cause not imaged"
    NON_SPECIFIC = "non-specific back pain"


class RootCause(Value):
    """A candidate cause, the reasons for and against; `weight` orders candidates and is no probability."""

    cause: Cause
    level: Level | None = None
    side: Side | None = None
    weight: Fraction
    reasons_for: tuple[str, ...]
    reasons_against: tuple[str, ...] = ()
    would_settle: tuple[str, ...] = ()
    """What examination or image would make it surer."""


class Findings(Value):
    """All facts of one evaluation, the candidate causes (heaviest first) and the answers to screening."""

    items: tuple[Finding, ...]
    causes: tuple[RootCause, ...] = ()
    answers: tuple[Answer, ...] = ()
    examined_at: datetime | None = None
    imaged_at: datetime | None = None
    """When the scan or report was made; None when nobody said. An image of unknown age clears no rule."""

    def of(self, kind: FindingKind) -> tuple[Finding, ...]:
        """All findings of one kind."""
        return tuple(item for item in self.items if item.kind is kind)

    @property
    def leading(self) -> RootCause | None:
        """The heaviest candidate cause, or None."""
        return self.causes[0] if self.causes else None
