"""A listing is a table where there is room, and two lines an entry where there is not; names are never broken."""

from rich.console import Console

from stacklab.cli.show.listing import Listing

LISTING = Listing(
    ("stack", "interface", "summary"),
    [
        ("threads",),
        ("  gunicorn-gthread-flask", "wsgi", "Flask on gunicorn with several threads in each worker"),
        ("  waitress-flask", "wsgi", "Flask on waitress"),
    ],
    "a caption",
)


def lines(width: int) -> list[str]:
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(LISTING)
    return [line.rstrip() for line in captured.get().splitlines()]


def test_where_there_is_room_every_entry_has_one_line() -> None:
    assert [
        "stack                     interface  summary",
        "threads",
        "  gunicorn-gthread-flask  wsgi       Flask on gunicorn with several threads in each worker",
        "  waitress-flask          wsgi       Flask on waitress",
        "a caption",
        "",
    ] == lines(200)


def test_where_there_is_none_the_prose_has_lines_of_its_own() -> None:
    assert [
        "threads",
        "  gunicorn-gthread-flask  wsgi",
        "    Flask on gunicorn with several threads in",
        "    each worker",
        "  waitress-flask  wsgi",
        "    Flask on waitress",
        "a caption",
        "",
    ] == lines(48)
