"""Capacity in words, as a chart, and as JSON."""
