"""The error tree. Each message says what was expected, what came, and what to do.

OpenTractionError
├── BadInput            a file, form or value that cannot be used as it is (command line: exit code 2)
│   └── BadValue        a chart value with a misspelt or out-of-range field
├── Refused             the request is understood and not done, with the reason (exit code 3)
│   └── ApprovalRefused a plan that may not be signed
└── NotConverged        a calculation that did not reach its tolerance (exit code 4)
"""


class OpenTractionError(Exception):
    """Root of every error this package raises on purpose."""


class BadInput(OpenTractionError, ValueError):
    """A file, form or value that cannot be used as it is."""


class BadValue(BadInput):
    """A chart value with an unknown, missing or out-of-range field."""


class Refused(OpenTractionError):
    """A request that is understood and not done; the message gives the reason."""


class ApprovalRefused(Refused):
    """A plan that may not be signed."""


class NotConverged(OpenTractionError):
    """A calculation that did not reach its tolerance; the message names the inputs."""
