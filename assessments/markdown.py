"""Markdown out, and prose in: free text is Markdown that people typed, and none of it is trusted.

Each text is rendered by itself, so that nothing in one can change how another reads (link definitions,
unclosed tags). Raw HTML and headings are not Markdown here: they show as they were typed. `nh3` then keeps
only plain elements, whatever the renderer made.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import markdown
import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown.extensions.tables import TableExtension

if TYPE_CHECKING:
    from assessments.outline import Item, Part, Table

_TAGS: Final = frozenset(
    {"p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
)
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}
_ADDRESS: Final = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
"""What a link may lead to: nothing relative, so that no text leads to an action of the portal itself."""

_MOST_BRACKETS: Final = 400
"""The renderer looks for the end of a link from every bracket on: 10,000 of them take it 18 seconds."""

_local = threading.local()


@lru_cache(maxsize=512)
def prose_html(text: str) -> SafeString:
    """Safe HTML of a Markdown text. What is built to stall or break a renderer shows as it was typed."""
    html = f"<pre>{escape(text)}</pre>"
    if text.count("[") <= _MOST_BRACKETS:
        try:
            html = _renderer().convert(text)
        except (RecursionError, ValueError):
            del _local.renderer
    cleaned = nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_attribute,
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(cleaned)  # noqa: S308  (sanitised on the line above)


def _attribute(_tag: str, name: str, value: str) -> str | None:
    return None if name == "href" and not _ADDRESS.match(value) else value


def _renderer() -> markdown.Markdown:
    """This thread's renderer: one is not safe for several threads, and making one takes as long as a page."""
    if not hasattr(_local, "renderer"):
        renderer = markdown.Markdown(
            extensions=["fenced_code", "sane_lists", "nl2br", TableExtension(use_align_attribute=True)]
        )
        renderer.preprocessors.deregister("html_block")
        renderer.inlinePatterns.deregister("html")
        for heading in ("hashheader", "setextheader"):
            renderer.parser.blockprocessors.deregister(heading)
        # Pictures would call other servers with the reader's address.
        for picture in ("image_link", "image_reference", "short_image_ref"):
            renderer.inlinePatterns.deregister(picture)
        _local.renderer = renderer
    renderer = _local.renderer
    renderer.reset()
    return renderer


def to_markdown(title: str, subtitle: str, parts: Iterable[Part]) -> str:
    """The assessment as a Markdown file in the article's template.

    Prose is indented below its point, so that no text, whatever it holds, can pass for a section.
    """
    lines = [f"# Impact Assessment: {_plain(title)}", "", _plain(subtitle)]
    for part in parts:
        lines += ["", f"## {_plain(part.title, number=True)}", ""]
        for item in part.items:
            lines += _item(item)
        while not lines[-1]:
            lines.pop()
    return "\n".join(lines) + "\n"


def _item(item: Item) -> list[str]:
    if len(item.lines) == 1 and not item.passages and not item.table:
        return [f"- **{_plain(item.label)}**: {_plain(item.lines[0])}"]
    lines = [f"- **{_plain(item.label)}**", ""]
    for line in item.lines:
        lines += [f"    {_plain(line)}", ""]
    if item.table:
        lines += [*(f"    {row}" for row in _table(item.table)), ""]
    for passage in item.passages:
        if passage.label:
            lines += [f"    *{_plain(passage.label)}*", ""]
        # splitlines also breaks at form feeds and the like, which would end the indentation otherwise
        lines += [f"    {line}".rstrip() for line in passage.text.splitlines()] + [""]
    return lines


def _table(table: Table) -> list[str]:
    return [
        _row(table.head),
        _row(["---"] * len(table.head), plain=False),
        *(_row(row) for row in table.rows),
    ]


def _row(cells: Iterable[str], *, plain: bool = True) -> str:
    return "| " + " | ".join(_plain(cell) if plain else cell for cell in cells) + " |"


_SPECIAL = re.compile(r"([\\`*_\[\]|#~])")


def _plain(text: str, *, number: bool = False) -> str:
    """One line of text that Markdown takes as it stands; `number` keeps the heading's own “1.” as it is."""
    flat = " ".join(str(text).split())
    escaped = _SPECIAL.sub(r"\\\1", flat.replace("&", "&amp;").replace("<", "&lt;"))
    return escaped if number else re.sub(r"^(\d+)([.)])", r"\1\\\2", escaped)
