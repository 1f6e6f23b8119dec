"""An approved plan and a table become a session: loop, control, interlocks, record."""
