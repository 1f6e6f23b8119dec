"""The figures of the report and the pages; drawn from chart values, in the house style."""

from opentraction.clinic.figures.course_figure import course_figure
from opentraction.clinic.figures.export import to_png, to_svg, write_figure
from opentraction.clinic.figures.forest_figure import forest_figure
from opentraction.clinic.figures.parameter_figure import parameter_figure
from opentraction.clinic.figures.plan_figure import plan_figure
from opentraction.clinic.figures.scan_figure import scan_figure
from opentraction.clinic.figures.session_figure import session_figure

__all__ = [
    "course_figure",
    "forest_figure",
    "parameter_figure",
    "plan_figure",
    "scan_figure",
    "session_figure",
    "to_png",
    "to_svg",
    "write_figure",
]
