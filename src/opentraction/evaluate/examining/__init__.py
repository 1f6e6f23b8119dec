"""Examination, report and measures become Findings and candidate causes; spines without a scan."""
