"""Talking to the harness, and several driver processes as one."""
