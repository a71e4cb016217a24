"""Several rounds: estimates, comparisons, the noise floor, ranks, and when to stop."""
