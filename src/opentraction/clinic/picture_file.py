"""The mid-sagittal picture kept in a case folder, so that a report can be written anew without the scan."""

import json
import zipfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from opentraction.chart import BadInput, Quality, Spine
from opentraction.evaluate import Endplate, LevelLabel, MidSagittal, Outline

PICTURE = "picture.npz"


def keep_picture(section: MidSagittal | None, folder: Path, spine: Spine) -> None:
    """Keep the picture of a spine in a folder; without one, a picture of an earlier run is taken away."""
    path = folder / PICTURE
    if section is None:
        path.unlink(missing_ok=True)
        return
    words = {field.name: getattr(section, field.name) for field in fields(section) if field.name != "image"}
    for name in ("outlines", "levels", "endplates"):
        words[name] = [asdict(part) for part in words[name]]
    text = json.dumps({"spine": spine.digest(), "section": words}, default=_plain)
    part = path.with_name(f".{path.name}.part")
    image = np.zeros((0, 0), np.float32) if section.image is None else section.image
    with part.open("wb") as file:
        np.savez_compressed(file, image=image, words=np.frombuffer(text.encode(), np.uint8))
    part.replace(path)


def kept_picture(folder: Path, spine: Spine) -> MidSagittal | None:
    """The picture kept in a folder, or None when there is none, or only one of another spine.

    Raises:
        BadInput: when the file is there and cannot be read.
    """
    path = folder / PICTURE
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            image, told = kept["image"], json.loads(kept["words"].tobytes())
        if told["spine"] != spine.digest():
            return None
        return _section(told["section"], image if image.size else None)
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        raise BadInput(
            f"Expected the kept picture of the scan in {path.name}; it cannot be read. Delete it; "
            "'opentraction report' with --scan draws it anew."
        ) from None


def _plain(value: object) -> Any:
    """What JSON does not know: arrays and numpy numbers."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"Expected an array, got {type(value).__name__}.")


def _section(words: dict[str, Any], image: np.ndarray | None) -> MidSagittal:
    def points(part: dict[str, Any]) -> dict[str, Any]:
        return {**part, "points_mm": np.asarray(part["points_mm"], float)}

    words["outlines"] = tuple(Outline(**points(part)) for part in words["outlines"])
    words["levels"] = tuple(
        LevelLabel(**{**part, "at_mm": tuple(part["at_mm"]), "centre_mm": tuple(part["centre_mm"])})
        for part in words["levels"]
    )
    words["endplates"] = tuple(
        Endplate(**{**points(part), "quality": Quality(part["quality"])}) for part in words["endplates"]
    )
    told: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in words.items()
    }
    return MidSagittal(image=image, **told)
