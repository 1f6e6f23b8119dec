"""Sessions and questionnaires become an outcome, and advice for the next session."""
