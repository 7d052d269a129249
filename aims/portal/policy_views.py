"""The policies as people read them: what each rule asks for, and its source."""

from itertools import groupby

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aims.ledger.moments import shows_today
from aims.policy.policies import PolicyError, shipped
from aims.policy.rules import Rule
from aims.tables import export
from aims.tables.export import Column


class PolicyFile:
    """A policy in the address: its path below the policy folder, whatever that folder is called."""

    regex = r".+\.rego"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, name: str) -> str:
        """`name` is as in `PolicySet.modules`: with the folder."""
        return name.partition("/")[2]


COLUMNS: tuple[Column[Rule], ...] = (
    Column(gettext_lazy("Rule"), lambda rule: rule.id),
    Column(gettext_lazy("Title"), lambda rule: rule.title),
    Column(gettext_lazy("Why"), lambda rule: rule.description),
    Column(gettext_lazy("Control"), lambda rule: rule.control),
    Column(gettext_lazy("Severity"), lambda rule: rule.severity),
    Column(gettext_lazy("What to do"), lambda rule: rule.fix),
    Column(gettext_lazy("Package"), lambda rule: rule.package),
    Column(gettext_lazy("Source"), lambda rule: rule.source),
)
"""Of the list as a table for spreadsheets."""


@shows_today
@require_safe
@permission_required("policy.view_policy", raise_exception=True)
def policy_list(request: HttpRequest) -> HttpResponseBase:
    try:
        policies = shipped()
    except PolicyError as error:
        return render(request, "portal/policy_list.html", {"error": error}, status=503)
    rules = sorted(policies.rules, key=lambda rule: (rule.package, rule.file, rule.line))
    if (wanted := export.wanted(request.GET)) is not None:
        return export.response(wanted, _("Policies"), COLUMNS, rules)
    packages = [(package, list(group)) for package, group in groupby(rules, key=lambda rule: rule.package)]
    files = {rule.file for rule in rules}
    context = {
        "packages": packages,
        "revision": policies.revision,
        "other_files": [name for name in policies.modules if name not in files],
    }
    return render(request, "portal/policy_list.html", context)


@shows_today
@require_safe
@permission_required("policy.view_policy", raise_exception=True)
def policy_source(request: HttpRequest, path: str) -> HttpResponse:
    """One policy file with numbered lines: `#L42` leads to line 42."""
    try:
        policies = shipped()
    except PolicyError as error:
        return render(request, "portal/policy_list.html", {"error": error}, status=503)
    for name, source in policies.modules.items():
        if name.partition("/")[2] == path:
            context = {"name": name, "lines": source.splitlines(), "revision": policies.revision}
            return render(request, "portal/policy_source.html", context)
    raise Http404
