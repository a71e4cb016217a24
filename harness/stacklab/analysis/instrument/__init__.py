"""The load generator itself: verdicts on its self-tests and its lateness."""
