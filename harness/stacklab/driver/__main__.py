"""Locust with everything of ours: ``python -m stacklab.driver -f FILE …`` records plain locustfiles as well.

For a locustfile with a ``ReactorUser`` it is the same as ``python -m locust -f FILE …``.
"""

from locust.main import main

from stacklab.driver.users import plain

__all__ = ["plain"]

main()  # type: ignore[no-untyped-call] # locust's own
