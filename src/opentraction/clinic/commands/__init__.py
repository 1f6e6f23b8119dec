"""What each command does; loaded only when that command runs."""
