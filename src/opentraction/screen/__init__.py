"""Findings become contraindications and an eligibility, each with its rule and source."""
