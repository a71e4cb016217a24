"""The traffic that a scenario's TOML can say: the order holds all of it."""

from stacklab.driver.users.user import ReactorUser


class HttpLoad(ReactorUser):
    """Sends the order that ``--order`` or the harness names."""
