"""The version of stacklab: on its own, so that whoever writes it down need not import the package's front door."""

__version__ = "0.1.0"
