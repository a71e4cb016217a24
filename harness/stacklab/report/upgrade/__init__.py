"""Renderings of upgrades."""
