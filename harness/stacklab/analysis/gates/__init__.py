"""Gates: whether promises hold, fail, or cannot be told."""
