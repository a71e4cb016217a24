"""What sends the requests: runs inside locust, imported by ``scenarios/users``, never by the harness."""

from stacklab.driver.reactor import ReactorUser

__all__ = ["ReactorUser"]
