"""What was measured, and what is said of it: runs, estimates, verdicts, caveats, profiles, counts."""
