"""Many courses and the published trials become effects with their intervals."""
