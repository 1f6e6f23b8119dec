"""One patient's column: parameters with their spread, the imaged anatomy, and the rest that reproduces it."""
