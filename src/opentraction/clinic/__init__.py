"""The outside: command line, report, exchange."""
