"""Spine, eligibility and goals become a plan: traction profile, limits, prediction."""
