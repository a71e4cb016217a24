"""What the machine says of itself, and what processes use of it."""
