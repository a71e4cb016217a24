"""locust's side: users, options and statistics."""
