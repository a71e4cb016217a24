"""What a verb prints while it works and when it is done."""
