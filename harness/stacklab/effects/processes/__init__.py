"""Child processes: the one door to starting, watching and ending them."""
