"""Pure numbers: from rows to summaries, estimates and caveats."""
