"""The verbs that read sessions."""
