"""What a claim is: its arms, its rule, and the finding that comes of it."""
