"""Pages of the catalogue."""

from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aims.controls.models import Control
from aims.ledger.moments import shows_today
from aims.policy.policies import PolicyError, shipped
from aims.policy.rules import Rule
from aims.tables import export
from aims.tables.export import Column

STANDARDS = {
    "iso27001": gettext_lazy("ISO/IEC 27001:2022"),
    "eu_ai_act": gettext_lazy("EU AI Act"),
    "nist_ai_rmf": gettext_lazy("NIST AI RMF 1.0"),
}

STRENGTHS = {
    "iso27001": {
        "high": (gettext_lazy("most can be reused"), "ok"),
        "medium": (gettext_lazy("about half can be reused"), "info"),
        "low": (gettext_lazy("little can be reused"), "mute"),
    },
    "eu_ai_act": {
        "strong": (gettext_lazy("covers most"), "ok"),
        "partial": (gettext_lazy("covers a part"), "info"),
        "weak": (gettext_lazy("background only"), "mute"),
    },
    "nist_ai_rmf": {
        "official": (gettext_lazy("NIST's own crosswalk"), "info"),
        "additional": (gettext_lazy("our addition"), "mute"),
    },
}
"""Standard -> strength of a relation -> words and tone."""

COLUMNS: tuple[Column[tuple[Control, list[Rule]]], ...] = (
    Column(gettext_lazy("Number"), lambda row: row[0].ref),
    Column(gettext_lazy("Title"), lambda row: row[0].title),
    Column(gettext_lazy("Area"), lambda row: row[0].area_title),
    Column(gettext_lazy("What has to be shown"), lambda row: row[0].summary),
    Column(gettext_lazy("How it can be shown"), lambda row: str(row[0].get_automatable_display())),
    Column(gettext_lazy("Examples of evidence"), lambda row: "; ".join(row[0].evidence_examples)),
    Column(gettext_lazy("Policy rules"), lambda row: "; ".join(rule.id for rule in row[1])),
)
"""Of the list as a table for spreadsheets: each control with the rules that speak for it."""


@shows_today
@require_safe
@permission_required("controls.view_control", raise_exception=True)
def control_list(request: HttpRequest) -> HttpResponseBase:
    """The controls by area, all or those in which the words of `?q=` occur."""
    words = request.GET.get("q", "").strip()
    controls = Control.objects.defer("crosswalk").search(words)
    rules = _rules_by_control()
    if (wanted := export.wanted(request.GET)) is not None:
        rows = ((control, rules.get(control.ref, [])) for control in controls.iterator())
        return export.response(wanted, _("Controls"), COLUMNS, rows)
    areas = [
        {"ref": area, "title": entries[0].area_title, "objective": entries[0].objective, "controls": entries}
        for area, group in groupby(controls, key=lambda control: control.area)
        if (entries := list(group))
    ]
    for area in areas:
        for control in area["controls"]:
            control.rule_count = len(rules.get(control.ref, ()))
    context = {"areas": areas, "words": words, "total": sum(len(area["controls"]) for area in areas)}
    return render(request, "controls/control_list.html", context)


@shows_today
@require_safe
@permission_required("controls.view_control", raise_exception=True)
def control_detail(request: HttpRequest, ref: str) -> HttpResponse:
    """One control: what has to be shown, which clauses and policy rules speak of it, and its crosswalk."""
    control = get_object_or_404(Control, ref=ref)
    context = {
        "control": control,
        "clauses": control.clauses.all(),
        "rules": _rules_by_control().get(control.ref, []),
        "crosswalk": _crosswalk(control),
    }
    return render(request, "controls/control_detail.html", context)


def _rules_by_control() -> dict[str, list[Rule]]:
    """Control -> policy rules that speak for it. Policies that cannot be read speak for none: the catalogue
    stays readable while /policies/ says what is wrong."""
    try:
        rules = shipped().rules
    except PolicyError:
        return {}
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.control, []).append(rule)
    return found


def _crosswalk(control: Control) -> list[dict[str, Any]]:
    """The control's references, standard by standard."""
    return [
        {
            "standard": label,
            "note": _("Where evidence can be shared; meeting one does not mean meeting the other."),
            "entries": entries,
        }
        for standard, label in STANDARDS.items()
        if (entries := [_reference(entry) for entry in control.crosswalk if entry["standard"] == standard])
    ]


def _reference(entry: dict[str, str]) -> dict[str, Any]:
    words, tone = STRENGTHS[entry["standard"]].get(entry["strength"], (entry["strength"], "mute"))
    return {**entry, "strength_text": words, "tone": tone}
