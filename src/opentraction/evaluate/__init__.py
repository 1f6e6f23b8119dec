"""MRI, CT and examination become a measured spine and findings."""
