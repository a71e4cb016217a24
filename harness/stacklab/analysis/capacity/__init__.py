"""Capacity: the largest load under which a stack keeps a promise."""
