"""What an assessment still needs before it can be submitted, and how far each section has come.

The rules are those of `catalogue/impact-taxonomy.yaml`: which decision fits which band and what it requires;
a rating of 10 or more is explained.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.rating import REASON_FROM
from assessments.schema import Content, Impact, Mitigation
from assessments.taxonomy import taxonomy

SECTIONS: dict[str, Any] = {
    "context": gettext_lazy("System context"),
    "affected_parties": gettext_lazy("Affected parties"),
    "impacts": gettext_lazy("Potential impacts"),
    "ratings": gettext_lazy("Likelihood and severity"),
    "mitigations": gettext_lazy("Mitigations"),
    "decision": gettext_lazy("Residual risk and decision"),
}
"""The article's six sections, in order."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that has to be answered. `field` is its path in the content, `message` what to do."""

    section: str
    field: str
    message: str
    answered: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """What is still needed: in which section, at which field (a path in the content), and what to do."""

    section: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a section is answered."""

    section: str
    answered: int
    total: int


def missing(content: Content, *, today: dt.date) -> list[Missing]:
    """What stands in the way of submission, in the order of the page; empty if nothing does."""
    return [
        Missing(question.section, question.field, question.message)
        for question in questions(content, today=today)
        if not question.answered
    ]


def progress(content: Content, *, today: dt.date) -> list[Progress]:
    """Answered and total of each section. What is asked depends on the answers, so totals may grow."""
    counts = {section: [0, 0] for section in SECTIONS}
    for question in questions(content, today=today):
        counts[question.section][0] += question.answered
        counts[question.section][1] += 1
    return [Progress(section, answered, total) for section, (answered, total) in counts.items()]


def questions(content: Content, *, today: dt.date) -> Iterator[Question]:
    """Everything that this content has to answer, in the order of the page."""
    yield from _context(content)
    yield from _parties(content)
    yield from _impacts(content)
    yield from _ratings(content)
    yield from _mitigations(content)
    yield from _residual(content)
    yield from _decision(content, today)


def _context(content: Content) -> Iterator[Question]:
    texts = {
        "purpose": _("Say what the system is for."),
        "intended_users": _("Say who is meant to use it."),
        "foreseeable_misuse": _("Say how it could be misused, even if you think it unlikely."),
        "environment": _("Say where and how it runs."),
        "data_flows": _("Say which data goes in, where it goes, and what comes out."),
    }
    for name, message in texts.items():
        yield Question("context", f"context.{name}", message, bool(getattr(content.context, name)))


def _parties(content: Content) -> Iterator[Question]:
    yield Question(
        "affected_parties",
        "affected_parties",
        _("Name at least one group of people whom the system affects."),
        bool(content.affected_parties),
    )
    for party in content.affected_parties:
        message = _("%(party)s: say who they are and how the system touches them.") % {
            "party": taxonomy().parties[party.key].title
        }
        field = f"affected_parties.{party.key}.description"
        yield Question("affected_parties", field, message, bool(party.description))


def _impacts(content: Content) -> Iterator[Question]:
    for key, impact in content.impacts.items():
        named = {"dimension": taxonomy().dimensions[key].title}
        yield Question(
            "impacts",
            f"impacts.{key}.relevant",
            _("%(dimension)s: say whether people could come to harm here.") % named,
            impact.relevant is not None,
        )
        if impact.relevant:
            message = _("%(dimension)s: describe the harm.") % named
            yield Question("impacts", f"impacts.{key}.harm", message, bool(impact.harm))


def _ratings(content: Content) -> Iterator[Question]:
    for key, impact in content.relevant.items():
        named = {"dimension": taxonomy().dimensions[key].title, "points": REASON_FROM}
        message = _("%(dimension)s: rate likelihood and severity before measures.") % named
        yield Question("ratings", f"impacts.{key}.rating", message, impact.score is not None)
        if impact.score is not None and impact.score >= REASON_FROM:
            message = _("%(dimension)s: a rating of %(points)d or more needs a reason.") % named
            yield Question("ratings", f"impacts.{key}.reason", message, bool(impact.reason))


def _mitigations(content: Content) -> Iterator[Question]:
    if content.decision.decision == "mitigate":
        message = _("You decided to mitigate: name at least one measure.")
        yield Question("mitigations", "mitigations", message, bool(content.mitigations))
    for number, measure in enumerate(content.mitigations, 1):
        yield from _mitigation(measure, number)


def _mitigation(measure: Mitigation, number: int) -> Iterator[Question]:
    named = {"measure": measure.title or _("Measure %(number)d") % {"number": number}}
    answers = {
        "title": (_("%(measure)s: say what is done, or remove it."), bool(measure.title)),
        "dimension": (_("%(measure)s: say which impact it lessens."), bool(measure.dimension)),
        "owner": (_("%(measure)s: name who sees to it."), bool(measure.owner)),
    }
    if measure.state != "done":
        answers["due"] = (_("%(measure)s: give the day by which it is done."), measure.due is not None)
    for name, (message, answered) in answers.items():
        yield Question("mitigations", f"mitigations.{measure.id}.{name}", message % named, answered)


def _residual(content: Content) -> Iterator[Question]:
    """Residual ratings: asked for where measures are to lessen an impact."""
    if content.decision.decision != "mitigate":
        return
    for key, impact in content.relevant.items():
        if impact.score is not None:
            yield from _residual_of(key, impact)


def _residual_of(key: str, impact: Impact) -> Iterator[Question]:
    named = {"dimension": taxonomy().dimensions[key].title, "points": REASON_FROM}
    field = f"impacts.{key}.residual"
    message = _("%(dimension)s: rate what remains with the measures in place.") % named
    yield Question("decision", field, message, impact.residual_score is not None)
    if impact.residual_score is None or impact.score is None:
        return
    if impact.residual_score > impact.score:
        message = _("%(dimension)s: what remains cannot be worse than before the measures.") % named
        yield Question("decision", field, message, False)
    if impact.residual_score < impact.score or impact.residual_score >= REASON_FROM:
        message = _("%(dimension)s: say why you expect this much to remain.") % named
        yield Question("decision", f"impacts.{key}.residual_reason", message, bool(impact.residual_reason))


def _decision(content: Content, today: dt.date) -> Iterator[Question]:
    decision = content.decision
    chosen = taxonomy().decisions.get(decision.decision)
    yield Question(
        "decision", "decision.decision", _("Decide: accept, mitigate or decline."), chosen is not None
    )
    if chosen is not None and content.inherent_band not in chosen.allowed_bands:
        yield Question(
            "decision",
            "decision.decision",
            _(
                "“%(decision)s” is not possible here: an impact is rated higher than that allows. "
                "Choose measures, or decline."
            )
            % {"decision": chosen.title},
            False,
        )
    reason = _("Say why.")
    if decision.decision == "decline":
        reason = _("Say why, and what would have to change.")
    yield Question("decision", "decision.rationale", reason, bool(decision.rationale))
    if decision.decision != "decline":
        message = _("Give the day on which this decision is looked at again; it lies in the future.")
        answered = decision.review_date is not None and decision.review_date > today
        yield Question("decision", "decision.review_date", message, answered)
