"""The formats of programs that keep benchmarks over time."""
