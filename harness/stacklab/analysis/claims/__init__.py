"""From what the arms of a claim gave to its verdict."""
