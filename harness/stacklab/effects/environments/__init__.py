"""Interpreters and virtual environments."""
