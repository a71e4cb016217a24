"""Sweeps: one scenario over what was varied of its load or its requests, as a chart, a map and a table."""
