"""The event loop: connections, timers and the rows they leave."""
