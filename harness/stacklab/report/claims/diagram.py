"""The drawing of a claim: lanes over a time, made from the data of its TOML. Colours are those of the style sheet."""

from collections.abc import Iterator
from html import escape
from typing import Final

from stacklab.model.claims.claim import Drawing, Lane
from stacklab.report.kit.numbers import plain
from stacklab.report.kit.ticks import even_ticks

WIDTH: Final = 648.0
_NAMES: Final = 120.0
_RIGHT: Final = 16.0
_ROW: Final = 44.0
_BAR: Final = 20.0
_AXIS: Final = 24.0
_LETTER: Final = 5.6
"""Units of a letter at 10 units of font size, on average."""

_FILLS: Final = {"work": "var(--accent-2)", "wait": "var(--grid)", "harm": "var(--failed)"}
_INKS: Final = {"work": "var(--paper)", "wait": "var(--ink)", "harm": "var(--paper)"}


def timeline(drawing: Drawing, *, label: str) -> str:
    """Inline SVG; a screen reader reads ``label``."""
    height = _ROW * len(drawing.lanes) + _AXIS
    until = max((_end(lane) for lane in drawing.lanes), default=0.0) or 1.0
    parts = [
        *_axis(drawing, until, height),
        *(part for row, lane in enumerate(drawing.lanes) for part in _lane(lane, row * _ROW, until)),
    ]
    return (
        f'<svg class="chart timeline" viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{escape(label)}" '
        f'font-size="10">{"".join(parts)}</svg>'
    )


def _axis(drawing: Drawing, until: float, height: float) -> Iterator[str]:
    base = height - _AXIS
    for tick in even_ticks(0, until, at_least=4):
        if tick <= until:
            x = _x(tick, until)
            yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{base:g}" stroke="var(--grid)"/>'
            yield _text(x, base + 15, f"{plain(tick)} {drawing.unit}", fill="var(--muted)", anchor="middle")


def _lane(lane: Lane, top: float, until: float) -> Iterator[str]:
    middle = top + _ROW / 2
    yield _text(_NAMES - 10, middle + 3.5, lane.name, fill="var(--ink)", anchor="end")
    yield f'<line x1="{_NAMES:g}" x2="{WIDTH - _RIGHT:g}" y1="{middle:g}" y2="{middle:g}" stroke="var(--edge)"/>'
    for span in lane.spans:
        begin, end = _x(span.start, until), _x(span.end, until)
        yield (
            f'<rect x="{begin:.1f}" y="{middle - _BAR / 2:g}" width="{max(end - begin, 1):.1f}" height="{_BAR:g}" '
            f'rx="3" fill="{_FILLS[span.tone]}"/>'
        )
        if span.text and len(span.text) * _LETTER <= end - begin - 6:
            yield _text((begin + end) / 2, middle + 3.5, span.text, fill=_INKS[span.tone], anchor="middle")
        elif span.text:
            yield _text(begin, middle - _BAR / 2 - 3, span.text, fill="var(--ink)", anchor="start")
    for mark in lane.marks:
        x = _x(mark.at, until)
        yield f'<circle cx="{x:.1f}" cy="{middle:g}" r="4" fill="var(--paper)" stroke="var(--ink)" stroke-width="1.5"/>'
        yield _text(x, middle + _BAR / 2 + 9, mark.text, fill="var(--ink)", anchor=_anchor(x))


def _anchor(x: float) -> str:
    """At the edges a text stays within the drawing."""
    return "end" if x > WIDTH - _RIGHT - 30 else "middle"


def _text(x: float, y: float, text: str, *, fill: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" text-anchor="{anchor}">{escape(text)}</text>'


def _x(at: float, until: float) -> float:
    return _NAMES + (WIDTH - _NAMES - _RIGHT) * at / until


def _end(lane: Lane) -> float:
    return max([*(span.end for span in lane.spans), *(mark.at for mark in lane.marks)], default=0.0)
