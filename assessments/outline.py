"""An assessment in the form of the article's template (step 2), as data: the page, the decision page and the
Markdown file are three ways of writing this down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from assessments import presentation, rating
from assessments.completeness import SECTIONS
from assessments.markdown import prose_html
from assessments.schema import Content, Impact
from assessments.taxonomy import taxonomy

ARTICLE_PARTIES = ("direct_users", "third_parties", "vulnerable")
"""Groups that the template names, affected or not."""


@dataclass(frozen=True)
class Passage:
    """Free text, in Markdown, under a small heading or none."""

    label: str
    text: str

    @cached_property
    def html(self) -> str:
        return prose_html(self.text)


@dataclass(frozen=True, slots=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One point of the template. `lines` are plain text."""

    label: str
    lines: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One section of the template; `key` is its name in the content."""

    key: str
    title: str
    items: tuple[Item, ...]


def outline(content: Content, approvals: Iterable[str] = ()) -> tuple[Part, ...]:
    """The six sections. `approvals`: who approved and when, in words; what is put to signature has none."""
    items = {
        "context": _context(content),
        "affected_parties": _parties(content),
        "impacts": tuple(_impact(key, impact) for key, impact in content.impacts.items()),
        "ratings": _ratings(content),
        "mitigations": _mitigations(content),
        "decision": _decision(content, tuple(approvals)),
    }
    return tuple(
        Part(key, f"{number}. {title}", items[key]) for number, (key, title) in enumerate(SECTIONS.items(), 1)
    )


def _passages(*pairs: tuple[Any, str]) -> tuple[Passage, ...]:
    return tuple(Passage(str(label), text) for label, text in pairs if text)


def _item(label: Any, *pairs: tuple[Any, str]) -> Item:
    passages = _passages(*pairs)
    return Item(str(label), () if passages else (_("Not answered yet."),), passages)


def _context(content: Content) -> tuple[Item, ...]:
    context, names = content.context, presentation.FIELDS
    return (
        _item(
            _("Purpose and intended users"),
            (names["purpose"], context.purpose),
            (names["intended_users"], context.intended_users),
            (names["foreseeable_misuse"], context.foreseeable_misuse),
        ),
        _item(names["environment"], ("", context.environment)),
        _item(names["data_flows"], ("", context.data_flows)),
    )


def _parties(content: Content) -> tuple[Item, ...]:
    affected = {party.key: party for party in content.affected_parties}
    items = []
    for key, party in taxonomy().parties.items():
        if key in affected:
            vulnerable = affected[key].vulnerable or party.vulnerable
            lines = (_("Vulnerable people are among them."),) if vulnerable else ()
            items.append(Item(party.title, lines, _passages(("", affected[key].description))))
        elif key in ARTICLE_PARTIES:
            items.append(Item(party.title, (_("Not affected."),)))
    return tuple(items)


def _impact(key: str, impact: Impact) -> Item:
    passages = _passages(
        (presentation.FIELDS["harm"], impact.harm), (presentation.FIELDS["benefit"], impact.benefit)
    )
    lines: tuple[str, ...] = ()
    if impact.relevant is None:
        lines = (_("Not answered yet."),)
    elif not impact.relevant:
        lines = (_("No harm to people expected."),)
    return Item(taxonomy().dimensions[key].title, lines, passages)


def _rating_row(key: str, likelihood: int | None, severity: int | None) -> tuple[str, ...]:
    title = taxonomy().dimensions[key].title
    if likelihood is None or severity is None:
        return (title, "—", "—", "—", _("not rated"))
    known = taxonomy()
    return (
        title,
        f"{likelihood} {known.likelihood[likelihood - 1].title}",
        f"{severity} {known.severity[severity - 1].title}",
        str(rating.score(likelihood, severity)),
        presentation.band_label(rating.band(likelihood, severity)),
    )


def _rating_head() -> tuple[str, ...]:
    return (_("Dimension"), _("Likelihood"), _("Severity"), _("Score"), _("Level"))


def _ratings(content: Content) -> tuple[Item, ...]:
    relevant = content.relevant
    if not relevant:
        return (Item(_("Matrix scored 1–5 each"), (_("No impact is rated."),)),)
    rows = tuple(_rating_row(key, impact.likelihood, impact.severity) for key, impact in relevant.items())
    reasons = _passages(
        *((taxonomy().dimensions[key].title, impact.reason) for key, impact in relevant.items())
    )
    return (Item(_("Matrix scored 1–5 each"), (), reasons, Table(_rating_head(), rows)),)


def _mitigations(content: Content) -> tuple[Item, ...]:
    head = (_("Measure"), _("Lessens"), _("Owner"), _("State"), _("Due"))
    items = []
    for kind, title in presentation.KINDS.items():
        rows = tuple(
            (
                measure.title or "—",
                taxonomy().dimensions[measure.dimension].title if measure.dimension else "—",
                measure.owner or "—",
                str(presentation.MEASURE_STATES[measure.state]),
                measure.due.isoformat() if measure.due else "—",
            )
            for measure in content.mitigations
            if measure.kind == kind
        )
        items.append(Item(str(title), (), (), Table(head, rows)) if rows else Item(str(title), (_("None."),)))
    return tuple(items)


def _decision(content: Content, approvals: tuple[str, ...]) -> tuple[Item, ...]:
    decision = content.decision
    lines = [
        _("The worst that remains: %(band)s.") % {"band": presentation.band_label(content.residual_band)}
    ]
    rated = {key: impact for key, impact in content.relevant.items() if impact.residual_score is not None}
    rows = tuple(
        _rating_row(key, impact.residual_likelihood, impact.residual_severity)
        for key, impact in rated.items()
    )
    reasons = _passages(
        *((taxonomy().dimensions[key].title, impact.residual_reason) for key, impact in rated.items())
    )
    residual = Item(_("Residual risk"), tuple(lines), reasons, Table(_rating_head(), rows) if rows else None)
    chosen = taxonomy().decisions.get(decision.decision)
    lines = [f"{chosen.title}: {chosen.line}" if chosen else _("Not decided yet.")]
    if decision.review_date:
        lines.append(_("To be looked at again on %(day)s.") % {"day": decision.review_date.isoformat()})
    taken = Item(_("Accept / mitigate / decline"), tuple(lines), _passages(("", decision.rationale)))
    return (residual, taken, *((Item(_("Approver and date"), approvals),) if approvals else ()))
