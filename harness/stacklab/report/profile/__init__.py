"""Profiles as flamegraphs."""
