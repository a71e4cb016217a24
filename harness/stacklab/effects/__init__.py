"""Everything that touches the machine, one door each."""
