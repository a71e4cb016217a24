"""Whether a number can be believed: the evidence, and the caveats that rules raise."""
