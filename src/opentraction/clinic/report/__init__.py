"""The report of a course: one self-contained HTML page."""

from opentraction.clinic.report.page import ReportExtras, is_simulated, report_html

__all__ = ["ReportExtras", "is_simulated", "report_html"]
