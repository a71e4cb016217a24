"""The verbs that start servers."""
