"""OpenTraction: open treatment planning and delivery for spinal decompression therapy (lumbar traction).

Open `opentraction.course` first: it walks one patient from scan to outcome on one page.
"""

__version__ = "0.1.0"
