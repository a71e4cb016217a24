"""``python -m stacklab``."""

from stacklab.cli.main import main

main()
