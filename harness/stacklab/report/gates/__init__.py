"""Renderings of gates."""
