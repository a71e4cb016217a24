"""What endpoints ask: PostgreSQL and the delay service."""
