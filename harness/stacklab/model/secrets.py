"""Secrets of requests: a session has a word in their place, and only what is sent has them."""

import re
from collections.abc import Collection, Mapping
from typing import Final

_TELLING: Final = r"auth|cookie|credential|csrf|key|passw|secret|session|signature|token|xsrf"

SECRET_HEADER: Final = re.compile(_TELLING, re.IGNORECASE)
"""Headers whose values are nobody's business: authorization, cookie, x-api-key."""

SECRET_PARAMETER: Final = re.compile(
    rf"(?<=[?&])(?P<name>[^=&]*(?:{_TELLING}|sig)[^=&]*)=(?P<value>[^&]+)", re.IGNORECASE
)
"""Parameters of a query of which that holds, too."""


SHORTEST: Final = 4
"""Letters of a secret that is looked for in logs and responses: a shorter one stands there by chance."""


SHORTEST_CREDENTIALS: Final = 8
"""Letters of credentials without their scheme: a shorter word may be any second word."""


def worth_hiding(secrets: Mapping[str, str]) -> dict[str, str]:
    """The words of secrets by what they stand for, where that is long enough to be found.

    Credentials are also looked for without their scheme, as ``abc`` of ``Bearer abc``.
    """
    found = {secret: word for word, secret in secrets.items() if len(secret) >= SHORTEST}
    schemes = ((re.fullmatch(r"[A-Za-z]+ (\S+)", secret), word) for secret, word in found.items())
    return found | {of[1]: word for of, word in schemes if of is not None and len(of[1]) >= SHORTEST_CREDENTIALS}


class Withheld:
    """Takes secrets out, and remembers them by the words that it leaves."""

    def __init__(self) -> None:
        """Nothing is withheld yet."""
        self.secrets: dict[str, str] = {}

    def word(self, secret: str) -> str:
        """The word for a secret: the same for the same one."""
        for word, known in self.secrets.items():
            if known == secret:
                return word
        word = f"<withheld-{len(self.secrets) + 1}>"
        self.secrets[word] = secret
        return word

    def headers(self, headers: Mapping[str, str], *, all_of: Collection[str] = ()) -> dict[str, str]:
        """The headers, with words for the values that are secret: by their names, or because ``all_of`` has them."""
        return {
            name: self.word(value) if name in all_of or SECRET_HEADER.search(name) else value
            for name, value in headers.items()
        }

    def target(self, target: str) -> str:
        """The path, with words for the values of its query that are secret."""
        return SECRET_PARAMETER.sub(lambda found: f"{found['name']}={self.word(found['value'])}", target)

    def body(self, body: str) -> str:
        """A word for the whole of it."""
        return self.word(body) if body else ""


def filled_headers(headers: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """The headers with the secrets in place of their words."""
    return {name: filled(value, secrets) for name, value in headers.items()}


def filled(text: str, secrets: Mapping[str, str]) -> str:
    """The text with the secrets in place of their words."""
    return re.sub(r"<withheld-\d+>", lambda found: secrets.get(found[0], found[0]), text)
