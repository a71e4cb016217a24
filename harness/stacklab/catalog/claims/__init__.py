"""Claims and their programs, read from TOML."""
