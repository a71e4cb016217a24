"""stacklab: which Python web stack serves this work best, and can the numbers be believed."""

__version__ = "0.1.0"
