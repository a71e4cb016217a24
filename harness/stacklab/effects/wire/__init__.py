"""Requests that the harness itself sends: readiness and verification."""
