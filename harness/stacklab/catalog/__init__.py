"""From TOML files to records: what stacks and scenarios there are."""
