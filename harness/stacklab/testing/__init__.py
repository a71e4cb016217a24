"""Promises in the tests of an app: a plugin of pytest."""
