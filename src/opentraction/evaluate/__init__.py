"""MRI, CT and examination become a measured spine and findings."""

from opentraction.evaluate.readers import read_study
from opentraction.evaluate.study import ImagingStudy

__all__ = [
    "ImagingStudy",
    "read_study",
]
