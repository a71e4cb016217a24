"""Locust's own fast client, as an example of a plain locustfile, and as what a stall is shown with in calibrations.

It is a closed loop, whatever its wait time promises: while the server stands still, each user waits with one request.
"""

from locust import FastHttpUser, constant_throughput, task

from stacklab.driver.users import plain

__all__ = ["FastHttpLoad", "plain"]  # the second records what plain users do


class FastHttpLoad(FastHttpUser):
    """Asks for one page, 400 times a second."""

    wait_time = constant_throughput(400)

    @task
    def ask(self) -> None:
        """Ask."""
        self.client.get("/")
