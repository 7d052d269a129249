"""Template tags for the parts that every page is made of; `docs/pages.md` shows them in use."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField, CheckboxInput
from django.http import HttpRequest
from django.template import loader
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from aims.portal import charts
from aims.portal.diffs import diff_words

register = template.Library()

TONES = frozenset({"ok", "warn", "bad", "info", "mute"})


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of `static/icons.svg`, decorative: the words beside it say what is meant."""
    return format_html(
        '<svg class="icon icon-{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        name,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def same_for_all(template_name: str, **context: Any) -> SafeString:
    """A part of the frame that nothing about the request changes: rendered once for each language."""
    return _rendered(template_name, get_language() or "", tuple(context.items()))


@lru_cache(maxsize=64)
def _rendered(template_name: str, language: str, context: tuple[tuple[str, Any], ...]) -> SafeString:
    return loader.render_to_string(template_name, dict(context))


@register.simple_tag
def badge(text: object, tone: str = "mute") -> SafeString:
    """A word in a pill, with a glyph for its tone: ok, warn, bad, info or mute.

    Raises `ValueError` for an unknown tone, which would show as no tone at all.
    """
    if tone not in TONES:
        raise ValueError(f"Unknown tone {tone!r}; use one of {', '.join(sorted(TONES))}.")
    return format_html('<span class="badge {}">{}</span>', tone, text)


@register.inclusion_tag("components/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """A form field: label, hint, control, error, tied together for assistive technology.

    Django itself puts `aria-describedby` and `aria-invalid` on the control; the ids here are
    the ones it names.
    """
    return {"field": bound, "is_check": isinstance(bound.field.widget, CheckboxInput)}


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """What is wrong with a form as a whole, and links to the fields that need a look."""
    visible = [bound for bound in form.visible_fields() if bound.errors]
    hidden = [f"{bound.label}: {error}" for bound in form.hidden_fields() for error in bound.errors]
    return {"general": [*form.non_field_errors(), *hidden], "fields": visible}


@register.inclusion_tag("components/diff.html")
def diff(before: str, after: str, before_label: str = "", after_label: str = "") -> dict[str, Any]:
    """Two texts beside each other with the changed words marked."""
    return {"rows": diff_words(before, after), "before_label": before_label, "after_label": after_label}


@register.inclusion_tag("components/chart.html")
def line_chart(
    name: str,
    title: str,
    points: Iterable[tuple[dt.date, int]],
    top: int,
    limit: int,
    head: str,
    column: str,
) -> dict[str, Any]:
    """How a number went, day by day, with the table behind it; `head` and `column` are the table's heads."""
    drawn = charts.line_chart(name, title, [charts.Point(*point) for point in points], top=top, limit=limit)
    return {"chart": drawn, "head": head, "column": column}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: Context, page_obj: Page) -> dict[str, Any]:
    """Links to the other pages of a list; the rest of the query string stays as it is."""
    request: HttpRequest = context["request"]
    paginator = page_obj.paginator
    around = range(page_obj.number - 1, page_obj.number + 2)
    numbers = sorted({1, paginator.num_pages, *around} & set(paginator.page_range))
    pages: list[dict[str, Any] | None] = []  # None stands for the pages left out
    for previous, number in pairwise([0, *numbers]):
        if number > previous + 1:
            pages.append(None)
        pages.append(
            {"number": number, "query": _query(request, page=number), "current": number == page_obj.number}
        )
    return {
        "page": page_obj,
        "pages": pages,
        "previous": _query(request, page=page_obj.number - 1) if page_obj.has_previous() else None,
        "next": _query(request, page=page_obj.number + 1) if page_obj.has_next() else None,
    }


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(context: Context, name: str, label: str, css: str = "") -> dict[str, Any]:
    """A column head that sorts by `?sort=name`, then by `?sort=-name`.

    The view reads the column from `request.GET["sort"]`; where the query has none, a context variable `sort`
    says which column the list is sorted by anyway. Sorting leads back to the first page.
    """
    request: HttpRequest = context["request"]
    current = request.GET.get("sort") or context.get("sort") or ""
    direction = {name: "ascending", f"-{name}": "descending"}.get(current)
    query = _query(request, sort=f"-{name}" if direction == "ascending" else name, page=None)
    return {"label": label, "query": query, "direction": direction, "css": css}


@register.inclusion_tag("components/export.html", takes_context=True)
def export(context: Context, archive: str = "") -> dict[str, Any]:
    """A menu that offers the list, as it is filtered and sorted, as files; `docs/pages.md` says what the view
    has to do. `archive` is the address of a zip of the same rows, where there is one.
    """
    request: HttpRequest = context["request"]
    files = [
        (_("Excel (XLSX)"), _query(request, format="xlsx", page=None)),
        (_("CSV"), _query(request, format="csv", page=None)),
    ]
    if archive:
        files.append((_("Records (ZIP of YAML)"), archive + _query(request, page=None)))
    return {"files": files}


def _query(request: HttpRequest, **changes: object) -> str:
    """The query string of the page with some parameters set, or taken out by None."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"?{query.urlencode()}"
