"""Two stacks or two sessions against each other: what changed, what differs, and what fails a build."""
