"""Parts of one joint beside its disc: point-to-point ligament strands and unilateral facet contacts.

`algebra` and `points` are the arithmetic that the disc's parts share with them.
"""
