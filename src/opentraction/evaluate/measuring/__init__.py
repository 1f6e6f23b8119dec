"""An ImagingStudy becomes a Spine: fitted endplates, discs, bodies, slips, and the spread of each number."""
