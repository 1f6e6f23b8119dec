"""A SIMULATED spine of published norms: solids, exact measures, rendering and files."""
