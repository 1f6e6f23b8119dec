"""MRI, CT and examination become a measured spine and findings."""

from opentraction.evaluate.causes import root_causes
from opentraction.evaluate.checks import check_anatomy
from opentraction.evaluate.examination import (
    Examination,
    ReportFinding,
    examination_template,
    parse_examination,
    read_examination,
)
from opentraction.evaluate.examine import examine
from opentraction.evaluate.landmarks import (
    Landmarks,
    landmark_help,
    landmark_template,
    read_landmarks,
    spine_of_landmarks,
)
from opentraction.evaluate.no_scan import spine_of_norms
from opentraction.evaluate.readers import read_study
from opentraction.evaluate.section import MidSagittal, mid_sagittal
from opentraction.evaluate.study import ImagingStudy

__all__ = [
    "Examination",
    "ImagingStudy",
    "Landmarks",
    "MidSagittal",
    "ReportFinding",
    "check_anatomy",
    "examination_template",
    "examine",
    "landmark_help",
    "landmark_template",
    "mid_sagittal",
    "parse_examination",
    "read_examination",
    "read_landmarks",
    "read_study",
    "root_causes",
    "spine_of_landmarks",
    "spine_of_norms",
]
