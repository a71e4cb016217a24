"""The doctor: judges a machine from its facts alone, so that tests can use facts of machines that nobody owns."""
