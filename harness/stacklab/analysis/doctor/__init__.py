"""The doctor: judges a machine from its facts alone, so that every judgement is tested on machines nobody owns."""
