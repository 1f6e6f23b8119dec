"""MRI, CT and examination become a measured spine and findings."""

from opentraction.evaluate.examining.causes import root_causes
from opentraction.evaluate.examining.examination import (
    Examination,
    ReportFinding,
    examination_template,
    parse_examination,
    read_examination,
)
from opentraction.evaluate.examining.examine import examine, with_posture
from opentraction.evaluate.examining.height_loss import genant
from opentraction.evaluate.examining.landmarks import (
    Landmarks,
    landmark_help,
    landmark_template,
    read_landmarks,
    spine_of_landmarks,
)
from opentraction.evaluate.examining.no_scan import spine_of_norms
from opentraction.evaluate.measuring.assume import assume_missing
from opentraction.evaluate.measuring.spine import measure
from opentraction.evaluate.norms import expected
from opentraction.evaluate.phantoms.build import Phantom, PhantomProtrusion, PhantomSpec, make_phantom
from opentraction.evaluate.phantoms.files import write_dicom, write_nifti
from opentraction.evaluate.phantoms.render import render
from opentraction.evaluate.reading.checks import check_anatomy
from opentraction.evaluate.reading.readers import read_study
from opentraction.evaluate.section import Endplate, LevelLabel, MidSagittal, Outline, mid_sagittal
from opentraction.evaluate.study import ImagingStudy

__all__ = [
    "Endplate",
    "Examination",
    "ImagingStudy",
    "Landmarks",
    "LevelLabel",
    "MidSagittal",
    "Outline",
    "Phantom",
    "PhantomProtrusion",
    "PhantomSpec",
    "ReportFinding",
    "assume_missing",
    "check_anatomy",
    "examination_template",
    "examine",
    "expected",
    "genant",
    "landmark_help",
    "landmark_template",
    "make_phantom",
    "measure",
    "mid_sagittal",
    "parse_examination",
    "read_examination",
    "read_landmarks",
    "read_study",
    "render",
    "root_causes",
    "spine_of_landmarks",
    "spine_of_norms",
    "with_posture",
    "write_dicom",
    "write_nifti",
]
