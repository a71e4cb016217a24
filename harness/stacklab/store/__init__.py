"""Between records and the results folder: the files are the interface."""
