"""MRI, CT and examination become a measured spine and findings."""

from opentraction.evaluate.assume import assume_missing
from opentraction.evaluate.bodies import genant
from opentraction.evaluate.causes import root_causes
from opentraction.evaluate.checks import check_anatomy
from opentraction.evaluate.examination import (
    Examination,
    ReportFinding,
    examination_template,
    parse_examination,
    read_examination,
)
from opentraction.evaluate.examine import examine, with_posture
from opentraction.evaluate.landmarks import (
    Landmarks,
    landmark_help,
    landmark_template,
    read_landmarks,
    spine_of_landmarks,
)
from opentraction.evaluate.measure import measure
from opentraction.evaluate.no_scan import spine_of_norms
from opentraction.evaluate.norms import expected
from opentraction.evaluate.phantom import Phantom, PhantomProtrusion, PhantomSpec, make_phantom
from opentraction.evaluate.phantom_files import write_dicom, write_nifti
from opentraction.evaluate.phantom_render import render
from opentraction.evaluate.readers import read_study
from opentraction.evaluate.section import MidSagittal, mid_sagittal
from opentraction.evaluate.study import ImagingStudy

__all__ = [
    "Examination",
    "ImagingStudy",
    "Landmarks",
    "MidSagittal",
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
