"""The sentences of a session: headline, verdicts, trust, advice, captions, and the words of tables."""
