"""The loop that measures a plan."""
