"""What the page of the gap checklist shows, from the newest kept score."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aims.accounts.models import User
from audits import items, services
from audits.checklist import Item, checklist
from audits.forms import ItemConfirmationForm
from audits.models import GapScore, ItemConfirmation
from registry.models import AISystem

DAYS = 180
"""Days that the picture shows."""

NAMED = 12
"""Missing systems of an item that the page names; the rest is a number."""

RAISING = 3
"""Items that the page proposes to see to next."""

WORDS = {
    items.NO_CONFIRMATION: _("a confirmation in force"),
    items.NO_SYSTEMS: _("a system in scope"),
    items.NO_PRODUCTION: _("a system in production"),
}


def context(user: User, *, wrong: ItemConfirmationForm | None = None, item: str = "") -> dict[str, Any]:
    """All that the page shows to the person; `wrong` is a form of `item` that was sent and not taken.

    Four queries, however many systems there are.
    """
    newest = GapScore.objects.first()
    confirmed = ItemConfirmation.objects.newest()
    may_confirm = user.may_everywhere(services.CONFIRM)
    shared: dict[str, Any] = {
        "checklist": checklist(),
        "may_score": user.may_everywhere(services.SCORE),
        "newest": newest,
    }
    scored = {entry["key"]: entry for entry in newest.items} if newest else {}
    names = _names(scored.values(), user)
    rows = [
        _row(known, scored.get(known.key), confirmed.get(known.key), names, user)
        | {"form": _form(known.key, wrong if known.key == item else None) if may_confirm else None}
        for known in checklist().items
    ]
    if newest is None:
        return shared | {"rows": rows}
    today = timezone.localdate()
    return shared | {
        "rows": rows,
        "message": checklist().scoring.message(newest.score),
        "history": list(
            GapScore.objects.filter(on__gt=newest.on - dt.timedelta(days=DAYS))
            .order_by("on")
            .values_list("on", "score")
        ),
        "near": newest.score >= checklist().scoring.threshold,
        "old": (today - newest.on).days > 1,
        "next": _next(rows),
    }


def _form(key: str, wrong: ItemConfirmationForm | None) -> ItemConfirmationForm | None:
    return wrong or (ItemConfirmationForm(item=key) if items.RULES[key].confirmed_days else None)


def _names(scored: Iterable[Mapping[str, Any]], user: User) -> dict[str, str]:
    """Id -> name of the missing systems that the page names, as far as the person sees them."""
    slugs = {what for entry in scored for what in entry["missing"][:NAMED] if " " not in what}
    return dict(AISystem.objects.visible_to(user).filter(slug__in=slugs).values_list("slug", "name"))


def _row(
    known: Item,
    entry: Mapping[str, Any] | None,
    confirmation: ItemConfirmation | None,
    names: Mapping[str, str],
    user: User,
) -> dict[str, Any]:
    rule = items.RULES[known.key]
    missing = entry["missing"] if entry else []
    words = [WORDS.get(what, what) for what in missing if " " in what]
    page = rule.mend if user.may_everywhere("registry.change_aisystem") else "registry:system"
    systems = [
        {"name": names[slug], "url": reverse(page, args=[slug])} for slug in missing[:NAMED] if slug in names
    ]
    lacking = entry["denominator"] - entry["numerator"] if entry and not rule.alone else 0
    return {
        "item": known,
        "true": bool(entry and entry["true"]),
        "scored": entry,
        "alone": rule.alone,
        "manual": rule.manual,
        "days": rule.confirmed_days,
        "systems": systems,
        "more": lacking - len(systems),
        "words": words,
        "effort": lacking + len(words),
        "confirmation": confirmation,
        "standing": _standing(confirmation, timezone.localdate()),
    }


def _standing(confirmation: ItemConfirmation | None, on: dt.date) -> str:
    """How the newest confirmation stands: none, open, ended or holds."""
    if confirmation is None:
        return "none"
    if not confirmation.in_place:
        return "open"
    return "holds" if confirmation.holds(on) else "ended"


def _next(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Open items for which the least is missing: each adds a point."""
    still_open = [row for row in rows if row["scored"] and not row["true"]]
    return sorted(still_open, key=lambda row: row["effort"])[:RAISING]
