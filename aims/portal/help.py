"""Help: the pages of `docs/` that people who use the portal need, as pages of the portal.

The files are ours, so headings, pictures and links between them are kept, unlike in texts that people type;
the sanitiser sees them all the same. A link to a file that is no help page stays as plain words.
"""

import posixpath
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element

import markdown
import nh3
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

from aims.accounts.roles import Role

FOLDER: Final = Path(settings.BASE_DIR) / "docs"

FOR_DEVELOPERS: Final = frozenset({"development", "pages"})
"""Pages about the portal's own code: they stay in the repository."""

OF_ROLES: Final = {
    Role.OWNER: "roles/owner",
    Role.DPO: "roles/dpo",
    Role.CTO: "roles/cto",
    Role.SECURITY: "roles/security",
    Role.LEAD: "roles/lead",
    Role.AUDITOR: "roles/auditor",
    Role.EXTERNAL_AUDITOR: "roles/auditor",
    Role.ONCALL: "roles/oncall",
    Role.ADMIN: "roles/admin",
}
"""Role -> the page that says what its holder does."""

_RUNNING: Final = ("production",)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of help: a file of `docs/`."""

    name: str
    """Its path below `docs/`, without the ending: `roles/dpo`."""
    title: str
    summary: str
    """Its first paragraph, as plain text."""
    source: str

    @property
    def url(self) -> str:
        return reverse("help-page", args=[self.name])


@dataclass(frozen=True, slots=True)
class Shelf:
    """Pages under one heading of the list."""

    title: Any
    pages: list[Page]


def pages() -> dict[str, Page]:
    """Name -> page, for all pages that the portal shows. For the list and for whoever searches."""
    found = {}
    for file in sorted(FOLDER.glob("**/*.md")):
        name = file.relative_to(FOLDER).with_suffix("").as_posix()
        if name not in FOR_DEVELOPERS:
            found[name] = _page(name, file.read_text(), file.stat().st_mtime_ns)
    return found


def shelves() -> list[Shelf]:
    """The list of help, in the order in which people look for it."""
    every = pages()
    by_role = list(dict.fromkeys(OF_ROLES.values()))
    roles = [*by_role, *(name for name in every if name.startswith("roles/") and name not in by_role)]
    works = [page for name, page in every.items() if "/" not in name and name not in _RUNNING]
    return [
        Shelf(_("By role"), [every[name] for name in roles if name in every]),
        Shelf(_("How it works"), sorted(works, key=lambda page: (page.name != "gate", page.title))),
        Shelf(_("Running the portal"), [every[name] for name in _RUNNING if name in every]),
    ]


def html(page: Page) -> SafeString:
    """The page as safe HTML, without its title."""
    return _html(page.name, page.source)


@lru_cache(maxsize=256)
def _page(name: str, source: str, _changed_at: int) -> Page:
    lines = [line for line in source.splitlines() if not line.startswith("![")]
    title = next((line[2:].strip() for line in lines if line.startswith("# ")), name)
    paragraphs = re.split(r"\n\s*\n", "\n".join(line for line in lines if not line.startswith("#")))
    first = next((" ".join(text.split()) for text in paragraphs if text.strip()), "")
    return Page(name, title, _plain(first), source)


def _plain(text: str) -> str:
    """Markdown of one paragraph without its marks."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("*", "").replace("`", "")


_TAGS: Final = frozenset(
    {"p", "br", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "a", "img", "h2", "h3", "h4"}
    | {"div", "table", "thead", "tbody", "tr", "th", "td"}
)
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "img": {"src", "alt", "loading"},
    "div": {"class", "role", "tabindex", "aria-label"},
    "table": {"class"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "pre": {"tabindex"},
}


@lru_cache(maxsize=64)
def _html(name: str, source: str) -> SafeString:
    body = re.sub(r"\A\s*# .*\n", "", source)
    renderer = markdown.Markdown(
        extensions=["fenced_code", "sane_lists", "tables", "toc", _ForPortal(name)],
        extension_configs={"toc": {"toc_depth": "2-4"}},
    )
    # What scrolls sideways on a phone has to be reachable by keyboard.
    text = renderer.convert(body).replace("<pre>", '<pre tabindex="0">')
    cleaned = nh3.clean(
        text,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        link_rel="noopener noreferrer",
    )
    return mark_safe(cleaned)  # noqa: S308  (our own file, and sanitised on the line above)


class _ForPortal(Extension):
    """Fits a page of `docs/` into the portal: its links, pictures and tables."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def extendMarkdown(self, md: markdown.Markdown) -> None:
        md.treeprocessors.register(_Fitting(md, self.name), "portal", 0)


class _Fitting(Treeprocessor):
    def __init__(self, md: markdown.Markdown, name: str) -> None:
        super().__init__(md)
        self.name = name

    def run(self, root: Element) -> None:
        for link in root.iter("a"):
            self._lead(link)
        for picture in root.iter("img"):
            path = self._resolved(picture.get("src", ""))
            picture.set("src", static(f"help/{posixpath.relpath(path, 'images')}"))
            picture.set("loading", "lazy")
        heading = ""
        for place, element in enumerate(list(root)):
            if element.tag in ("h2", "h3"):
                heading = "".join(element.itertext())
            if element.tag == "table":
                root[place] = _scrolling(element, f"{heading or self.name} ({place})")

    def _resolved(self, path: str) -> str:
        """A path as it stands in this file, from `docs/`."""
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.name), path))

    def _lead(self, link: Element) -> None:
        target, hash_mark, anchor = link.get("href", "").partition("#")
        if not target or target.startswith(("https://", "http://", "mailto:")):
            return
        name = self._resolved(target).removesuffix(".md")
        if name in pages():
            link.set("href", reverse("help-page", args=[name]) + hash_mark + anchor)
        else:
            link.tag = "span"


def _scrolling(table: Element, label: str) -> Element:
    """The table in a box that scrolls where there is no room."""
    box = Element("div", {"class": "table-wrap", "role": "region", "tabindex": "0", "aria-label": label})
    table.set("class", "data")
    box.append(table)
    return box
