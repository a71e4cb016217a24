"""Headers from a file, one a line: what is in it is secret, so it is kept out of sessions and off command lines."""

from pathlib import Path

from stacklab.errors import UsageError


def read(path: Path) -> dict[str, str]:
    """``NAME: VALUE`` of each line; blank lines and lines that begin with # say nothing.

    Raises UsageError for a line of another form, by its number: the line itself may be a secret.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UsageError(f"{path}: is not text in UTF-8") from error
    headers: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not (colon and name.strip()):
            raise UsageError(f"{path}: line {number} is not of the form NAME: VALUE")
        headers[name.strip().lower()] = value.strip()
    return headers
