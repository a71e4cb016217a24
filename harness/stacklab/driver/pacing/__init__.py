"""When to send: schedules, phases, open and closed loops."""
