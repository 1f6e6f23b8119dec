"""Scan: mid-sagittal, head up, front left, outlines, levels named beside the spine, scale bar."""
