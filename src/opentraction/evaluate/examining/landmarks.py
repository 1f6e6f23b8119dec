"""A third way in: about a dozen landmarks clicked on one mid-sagittal picture.

`landmark_help()` describes the file; `landmark_template()` is an example to fill in. From the corners of the
bodies come heights, wedges, depths and slips in the plane of the picture. Widths cannot be seen on it: they
are norms and say so.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from opentraction.chart import (
    LEVELS,
    BadInput,
    BadValue,
    Level,
    Measure,
    Point2,
    Positive,
    Posture,
    ProtrusionKind,
    Quality,
    Spine,
    SpineSource,
    Value,
    VertebraName,
)
from opentraction.evaluate.examining.examination import load_form
from opentraction.evaluate.examining.landmark_geometry import (
    Corners,
    angle_sd_deg,
    landmark_disc,
    landmark_vertebra,
)

FORM_FILE = "landmarks_example.yaml"
FEWEST_POINTS = 10
"""Two bodies and the top of a third: one level of the lumbar spine with what lies above and below it."""
CLICK_SD_MM = 1.0
"""Spread of a height between two clicked points: manual readers agree within -1.1..1.4 to -2.6..2.0 mm
(TUN)."""
_DISC_HEIGHT_MM = (1.0, 25.0)
_DEPTH_MM = (18.0, 60.0)


class BodyPoints(Value):
    """Corners of one body in the picture; of S1 only the upper two are needed."""

    upper_front: Point2
    upper_back: Point2
    lower_front: Point2 | None = None
    lower_back: Point2 | None = None


class DiscPoint(Value):
    """The rearmost point of a disc that stands out behind the corners, and what it was read as."""

    rearmost: Point2
    kind: ProtrusionKind = ProtrusionKind.BULGE


class Landmarks(Value):
    """A landmark file."""

    study_id: str = "landmarks"
    picture: str = ""
    """Name of the picture that was clicked on, for the record."""
    unit: Literal["mm", "pixel"] = "pixel"
    mm_per_pixel: Positive | tuple[Positive, Positive] | None = None
    """One number, or (along the picture's width, along its height)."""
    front: Literal["left", "right"] = "left"
    """Side of the picture on which the patient's front lies."""
    posture: Posture = Posture.UNKNOWN
    by: str = ""
    click_sd_mm: Annotated[float, Field(ge=0.2, le=5)] = CLICK_SD_MM
    bodies: dict[VertebraName, BodyPoints]
    discs: dict[Level, DiscPoint] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.unit == "pixel" and self.mm_per_pixel is None:
            raise ValueError("Points in pixels need mm_per_pixel, or set unit to mm")
        if self.points < FEWEST_POINTS:
            raise ValueError(
                f"Expected at least {FEWEST_POINTS} points, got {self.points}. Click more corners"
            )
        for name, body in self.bodies.items():
            if name is not VertebraName.S1 and (body.lower_front is None or body.lower_back is None):
                raise ValueError(f"The body {name} needs its two lower corners")
        return self

    @property
    def points(self) -> int:
        """How many points were given."""
        corners = sum(
            2 + (body.lower_front is not None) + (body.lower_back is not None)
            for body in self.bodies.values()
        )
        return corners + len(self.discs)


@dataclass(frozen=True)
class _Picture:
    """Turns picture points into (front, up) in mm."""

    scale: tuple[float, float]
    flip: float

    def plane(self, point: Point2) -> np.ndarray:
        return np.array([self.flip * point[0] * self.scale[0], -point[1] * self.scale[1]])


def landmark_template() -> str:
    """An example file with its help, to be filled in."""
    return files("opentraction.evaluate").joinpath("data", FORM_FILE).read_text(encoding="utf-8")


def landmark_help() -> str:
    """The file's format in words: the comments of the example."""
    lines = landmark_template().splitlines()
    return "\n".join(line[1:].removeprefix(" ") for line in lines if line.startswith("#"))


def read_landmarks(path: Path | str) -> Spine:
    """Read a landmark file (YAML or JSON) and measure the spine on it.

    Raises:
        BadInput: one sentence for a file that cannot be read, a misspelt name, or points that are no spine.
    """
    place = Path(path)
    if not place.is_file():
        raise BadInput(f"{place.name}: there is no such landmark file. Start from the example.")
    try:
        text = place.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{place.name}: the landmark file is not text. Give the YAML or JSON file.") from None
    return spine_of_landmarks(parse_landmarks(text, name=place.name))


def parse_landmarks(text: str, *, name: str = "landmarks") -> Landmarks:
    """Read the text of a landmark file; raises BadInput as `read_landmarks` does."""
    if name.lower().endswith(".json"):
        try:
            fields = json.loads(text)
        except json.JSONDecodeError as error:
            raise BadInput(
                f"{name}: the file cannot be read at line {error.lineno}. Mend that line."
            ) from None
        if not isinstance(fields, dict):
            raise BadInput(f"{name}: expected named fields. Start from the example.")
    else:
        fields = load_form(text, name)
    try:
        return Landmarks(**{key: value for key, value in fields.items() if value is not None})
    except BadValue as error:
        raise BadInput(f"{name}: {str(error).replace('?.', '?')}") from None


def spine_of_landmarks(landmarks: Landmarks) -> Spine:
    """The spine that the landmarks show: derived in the plane, widths assumed from norms.

    Raises:
        BadInput: when bodies are missing in the middle, out of order, mirrored, or of impossible size.
    """
    bodies = _in_plane(landmarks)
    _check(bodies, landmarks.study_id)
    by_name = {body.name: body for body in bodies}
    levels = [level for level in LEVELS if level.above in by_name and level.below in by_name]
    if not levels:
        raise BadInput(f"{landmarks.study_id}: no two neighbouring lumbar bodies were marked. Mark L1 to S1.")
    picture = _picture(landmarks)
    discs = []
    for level in levels:
        given = landmarks.discs.get(level)
        rear = None if given is None else (picture.plane(given.rearmost), given.kind)
        discs.append(
            landmark_disc(level, by_name[level.above], by_name[level.below], landmarks.click_sd_mm, rear)
        )
    lordosis = None
    if VertebraName.L1 in by_name and VertebraName.S1 in by_name:
        angle = by_name[VertebraName.L1].upper_tilt_deg - by_name[VertebraName.S1].upper_tilt_deg
        spread = angle_sd_deg(landmarks.click_sd_mm, by_name[VertebraName.S1].upper_depth)
        lordosis = Measure(
            value=angle, sd=spread, quality=Quality.DERIVED, note="between two clicked endplates"
        )
    missing = [level.value for level in LEVELS if level not in levels]
    notes = [
        f"Measured on {landmarks.points} landmarks clicked on one picture; endplates are taken as straight."
    ]
    notes.append(
        "Widths are norms: they cannot be seen on a mid-sagittal picture. Left and right are unknown."
    )
    if missing:
        notes.append(f"Not marked, so not measured: {', '.join(missing)}.")
    return Spine(
        study_id=landmarks.study_id,
        source=SpineSource.LANDMARKS,
        method=f"landmarks clicked by {landmarks.by or 'an unnamed person'}",
        posture=landmarks.posture,
        vertebrae=tuple(landmark_vertebra(body, landmarks.click_sd_mm) for body in bodies),
        discs=tuple(discs),
        lordosis_deg=lordosis,
        laterality_known=False,
        notes=tuple(notes),
    )


def _picture(landmarks: Landmarks) -> _Picture:
    scale = (1.0, 1.0)
    if landmarks.unit == "pixel":
        given = landmarks.mm_per_pixel
        assert given is not None
        scale = given if isinstance(given, tuple) else (given, given)
    return _Picture(scale, -1.0 if landmarks.front == "left" else 1.0)


def _in_plane(landmarks: Landmarks) -> list[Corners]:
    picture = _picture(landmarks)
    order = list(VertebraName)
    bodies = []
    for name in sorted(landmarks.bodies, key=order.index):
        body = landmarks.bodies[name]
        front, back = picture.plane(body.upper_front), picture.plane(body.upper_back)
        if body.lower_front is not None and body.lower_back is not None:
            low_front, low_back = picture.plane(body.lower_front), picture.plane(body.lower_back)
            bodies.append(Corners(name, front, back, low_front, low_back))
        else:
            bodies.append(Corners(name, front, back, None, None))
    return bodies


def _check(bodies: list[Corners], study: str) -> None:
    order = list(VertebraName)
    for upper, lower in pairwise(bodies):
        if order.index(lower.name) - order.index(upper.name) != 1:
            raise BadInput(
                f"{study}: a body between {upper.name} and {lower.name} is missing. Mark it as well."
            )
        if lower.upper_middle[1] >= upper.upper_middle[1]:
            raise BadInput(f"{study}: {lower.name} lies above {upper.name}. Check the names and the points.")
    for body in bodies:
        if body.upper_front[0] <= body.upper_back[0]:
            raise BadInput(
                f"{study}: the front of {body.name} lies behind its back. Is the patient's front on the left "
                "of the picture? Set 'front', or swap the points."
            )
        for depth in body.depths:
            if not _DEPTH_MM[0] <= depth <= _DEPTH_MM[1]:
                raise BadInput(
                    f"{study}: {body.name} is {depth:.0f} mm deep (expected {_DEPTH_MM[0]:.0f} to "
                    f"{_DEPTH_MM[1]:.0f}). Check mm_per_pixel and the points."
                )
    for upper, lower in pairwise(bodies):
        gap = _gap(upper, lower)
        if not _DISC_HEIGHT_MM[0] <= gap <= _DISC_HEIGHT_MM[1]:
            raise BadInput(
                f"{study}: between {upper.name} and {lower.name} the disc would be {gap:.1f} mm "
                "high (expected "
                f"{_DISC_HEIGHT_MM[0]:.0f} to {_DISC_HEIGHT_MM[1]:.0f}). Check the points."
            )
        for ahead, place in ((0.8, "front"), (-0.8, "back")):
            if _gap(upper, lower, ahead) < 0.0:
                raise BadInput(
                    f"{study}: {upper.name} and {lower.name} would overlap at the {place}. Check the points."
                )


def _gap(upper: Corners, lower: Corners, ahead: float = 0.0) -> float:
    """Height between two bodies [mm] in the middle, or `ahead` (-1 back to 1 front) of it."""
    assert upper.lower_front is not None
    assert upper.lower_back is not None
    across = (upper.lower_front - upper.lower_back) + (lower.upper_front - lower.upper_back)
    normal = np.array([-across[1], across[0]]) / np.linalg.norm(across)
    front, back = upper.lower_front - lower.upper_front, upper.lower_back - lower.upper_back
    return float(((1 + ahead) / 2 * front + (1 - ahead) / 2 * back) @ normal)
