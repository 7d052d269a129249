"""Pictures of numbers: pure functions of plain data that return SVG.

They take the width that there is: positions across are percentages, and heights are in `em`, so that text
keeps its size on a phone and grows with the reader's. Colours come from `static/css/components/chart.css` by
class, and never speak alone: every bar carries its label and its number. The page puts a table of the same
numbers behind each (`components/chart.html`).
"""

import datetime as dt
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

TONES = frozenset({"", "ok", "warn", "bad", "info", "mute"})

_WRAP = 40
"""Characters of a label in a line: what fits beside the number on the narrowest phone."""

_LINE, _BAR, _GAP = 1.4, 0.6, 1.0
"""Heights in em: a line of the label, the bar, and the space to the next."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One number of a chart. `url` leads to the list of what it counts."""

    label: str
    value: int
    url: str = ""
    tone: str = ""
    """ok, warn, bad, info, mute, or nothing for the accent."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture with what stands behind it."""

    name: str
    """Unique on its page: the ids within are made of it."""
    title: str
    svg: SafeString
    bars: tuple[Bar, ...]


def bar_chart(name: str, title: str, bars: Sequence[Bar], *, description: str = "") -> Chart:
    """Horizontal bars, the longest as wide as the picture; each is one link with its label and its number.

    Raises ValueError for an unknown tone or a negative number.
    """
    for bar in bars:
        if bar.tone not in TONES or bar.value < 0:
            raise ValueError(f"{bar} cannot be drawn.")
    longest = max((bar.value for bar in bars), default=0)
    top, rows = 0.0, []
    for bar in bars:
        lines = textwrap.wrap(bar.label, _WRAP) or [""]
        rows.append(_row(bar, lines, top, longest))
        top += len(lines) * _LINE + _BAR + _GAP
    # A picture with links in it is a group, not an `img`: within an image nothing can be reached.
    svg = format_html(
        '<svg class="chart" role="group" aria-labelledby="{name}-title {name}-desc" width="100%" '
        'height="{height}em"><title id="{name}-title">{title}</title>'
        '<desc id="{name}-desc">{description}</desc>{rows}</svg>',
        name=name,
        height=_em(max(top - _GAP / 2, 0)),
        title=title,
        description=description or _in_words(bars),
        rows=format_html_join("", "{}", ((row,) for row in rows)),
    )
    return Chart(name, title, svg, tuple(bars))


@dataclass(frozen=True, slots=True)
class Point:
    """One number of a line: what it was on a day."""

    day: dt.date
    value: int


_HEIGHT = 8.0
"""Of a line's picture in em, without the days below."""


def line_chart(name: str, title: str, points: Sequence[Point], *, top: int, limit: int) -> Chart:
    """How a number went, from the oldest point to the newest, between 0 and `top`, with a limit to compare.

    Raises ValueError if there is no point, or one is not between 0 and `top`.
    """
    if not points or not all(0 <= point.value <= top for point in points):
        raise ValueError(f"{points} cannot be drawn between 0 and {top}.")
    first, last = points[0].day, points[-1].day
    days = (last - first).days

    def across(day: dt.date) -> str:
        # A dot at the very edge would be cut.
        return f"{2 + 96 * ((day - first).days / days if days else 1):.1f}%"

    def up(value: int) -> str:
        return f"{_em(0.5 + (_HEIGHT - 1) * (1 - value / top))}em"

    places = [(across(point.day), up(point.value)) for point in points]
    bars = tuple(Bar(date_format(point.day, "j M Y"), point.value) for point in points)
    svg = format_html(
        '<svg class="chart" role="img" aria-labelledby="{name}-title {name}-desc" width="100%" '
        'height="{height}em"><title id="{name}-title">{title}</title><desc id="{name}-desc">{words}</desc>'
        '<line class="limit" x1="0" x2="100%" y1="{limit}" y2="{limit}"/>'
        '<text class="axis" x="0" y="{limit}" dy="-0.4em">{limit_label}</text>'
        '<line class="floor" x1="0" x2="100%" y1="{floor}" y2="{floor}"/>{lines}{dots}'
        '<text class="axis" x="0" y="{floor}" dy="1.4em">{first}</text>'
        '<text class="axis end" x="100%" y="{floor}" dy="1.4em">{last}</text></svg>',
        name=name,
        height=_em(_HEIGHT + _LINE),
        title=title,
        words=_in_words(bars),
        limit=up(limit),
        limit_label=_("%(limit)d of %(top)d") % {"limit": limit, "top": top},
        floor=up(0),
        lines=format_html_join(
            "",
            '<line class="line" x1="{}" y1="{}" x2="{}" y2="{}"/>',
            ((*start, *end) for start, end in pairwise(places)),
        ),
        dots=format_html_join("", '<circle class="dot" cx="{}" cy="{}" r="3.5"/>', places),
        first=bars[0].label if days else "",
        last=bars[-1].label,
    )
    return Chart(name, title, svg, bars)


def _row(bar: Bar, lines: list[str], top: float, longest: int) -> SafeString:
    height = len(lines) * _LINE + _BAR
    words = format_html_join(
        "",
        '<tspan x="0" y="{}em">{}</tspan>',
        ((_em(top + _LINE * (place + 0.75)), line) for place, line in enumerate(lines)),
    )
    drawn = format_html(
        '<rect class="hit" x="0" y="{top}em" width="100%" height="{height}em"/>'
        '<text>{words}</text><text class="value" x="100%" y="{first}em">{value}</text>'
        '<rect class="track" x="0" y="{bar}em" width="100%" height="{thick}em" rx="3"/>'
        '<rect class="bar {tone}" x="0" y="{bar}em" width="{width}%" height="{thick}em" rx="3"/>',
        top=_em(max(top - _GAP / 2, 0)),
        height=_em(height + (_GAP if top else _GAP / 2)),
        words=words,
        first=_em(top + _LINE * 0.75),
        value=bar.value,
        bar=_em(top + len(lines) * _LINE),
        thick=_em(_BAR),
        tone=bar.tone or "plain",
        width=f"{_share(bar.value, longest):.1f}",
    )
    if not bar.url:
        return format_html('<g class="row-of">{}</g>', drawn)
    return format_html(
        '<a class="row-of" href="{}" aria-label="{}">{}</a>', bar.url, f"{bar.label}: {bar.value}", drawn
    )


def _share(value: int, longest: int) -> float:
    """Per cent of the width. Little is still something to see."""
    return max(100 * value / longest, 1) if value else 0


def _em(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _in_words(bars: Sequence[Bar]) -> str:
    if not bars:
        return _("Nothing to show.")
    return "; ".join(f"{bar.label}: {bar.value}" for bar in bars) + "."
