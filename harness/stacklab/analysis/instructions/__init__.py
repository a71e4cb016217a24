"""Counted instructions to numbers: instructions per request, whether they are steady, and which stack needs more."""
