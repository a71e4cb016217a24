"""Claims: from the results of their arms to their verdicts."""
