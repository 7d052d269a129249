"""The gate's answer as a person reads it: one sentence, a list, the stepper, and the ways on."""

from typing import Any, Literal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aims.accounts.models import User
from aims.policy.policies import shipped
from aims.policy.verdict import Denial
from aims.signoffs.services import role_for
from registry import stages
from registry.choices import Stage
from registry.gate import SUBJECT, Answer, Signature
from registry.models import AISystem

NAMED = 2
"""Requirements that the sentence above the list names."""


def summary(answer: Answer) -> dict[str, str]:
    """The one sentence above the list: {tone, title, text}."""
    live = answer.system.stage in (Stage.PRODUCTION, Stage.CANARY)
    if answer.system.stage == Stage.RETIRED:
        return {
            "tone": "info",
            "title": _("This system is retired."),
            "text": _("Its record and history stay."),
        }
    if answer.verdict == "error":
        return {
            "tone": "bad",
            "title": _("The gate cannot decide, and that counts as no."),
            "text": answer.error,
        }
    if answer.allows:
        if live:
            return {
                "tone": "ok",
                "title": _("In compliance."),
                "text": _("Every rule holds and every signature stands."),
            }
        return {
            "tone": "ok",
            "title": _("Nothing blocks production."),
            "text": _("Every rule holds and every signature stands."),
        }
    titles = {rule.id: rule.title for rule in shipped().rules}
    # By their titles: the messages speak to whoever maintains the record, and stand in the rows below.
    unmet = [titles.get(denial.rule, denial.rule) for denial in answer.blockers]
    unmet += [_("%(role)s signs") % {"role": signature.role.label} for signature in answer.open_signatures]
    number = len(unmet)
    if live:
        title = ngettext(
            "Out of compliance: one thing no longer holds.",
            "Out of compliance: %(number)s things no longer hold.",
            number,
        )
    else:
        title = ngettext("One thing blocks production.", "%(number)s things block production.", number)
    return {
        "tone": "bad",
        "title": title % {"number": number},
        "text": _("Not met: %(what)s.") % {"what": "; ".join(unmet[:NAMED])}
        if number <= NAMED
        else _("Not met: %(what)s; and %(more)s more.")
        % {"what": "; ".join(unmet[:NAMED]), "more": number - NAMED},
    }


def rows(answer: Answer, user: User) -> list[dict[str, Any]]:
    """What is open, then what only warns, then the signatures that stand."""
    titles = {rule.id: rule.title for rule in shipped().rules}
    found = [denial_row(denial, titles, answer.system) for denial in answer.blockers]
    found += [signature_row(signature, answer.system, user) for signature in answer.open_signatures]
    found += [denial_row(denial, titles, answer.system) for denial in answer.warnings]
    found += [
        signature_row(signature, answer.system, user)
        for signature in answer.signatures
        if signature.state == "valid"
    ]
    return found


def passed(answer: Answer) -> list[dict[str, Any]]:
    """Rules that have nothing to say against this record."""
    if answer.verdict == "error":
        return []
    speaking = {denial.rule for denial in answer.denials}
    return [
        {
            "state": "pass",
            "title": rule.title,
            "control": rule.control,
            "rule": rule.id,
            "source": f"{rule.file}:{rule.line}",
            "source_url": source_url(rule.file, rule.line),
        }
        for rule in shipped().rules
        if rule.id not in speaking
    ]


def source_url(file: str, line: int | str) -> str:
    return f"{reverse('policy-source', args=[file])}#L{line}"


def denial_row(denial: Denial, titles: dict[str, str], system: AISystem) -> dict[str, Any]:
    """One rule that speaks, as in `components/gate.html`."""
    file, _colon, line = denial.source.rpartition(":")
    return {
        "state": "fail" if denial.severity == "blocker" else "warn",
        "title": titles.get(denial.rule, denial.rule),
        "fact": _sentence(denial.message),
        "fix": denial.fix,
        "fix_url": _fix_url(denial, system),
        "fix_label": _("Open"),
        "control": denial.control,
        "rule": denial.rule,
        "source": denial.source,
        "source_url": source_url(file, line),
    }


def place_of(denial: Denial) -> Literal["signatures", "assessment", "record"]:
    """Where it is mended: by a signature, in the assessment, or in the record."""
    if "dpo" in denial.rule or "security" in denial.rule:
        return "signatures"
    if any(word in denial.rule for word in ("assessment", "residual", "review")):
        return "assessment"
    return "record"


def _fix_url(denial: Denial, system: AISystem) -> str:
    """The way there; signatures stand below in the list."""
    match place_of(denial):
        case "signatures":
            return ""
        case "assessment":
            return f"{system.get_absolute_url()}#panel-1"
        case _:
            return reverse("registry:system-edit", args=[system.slug])


def signature_row(signature: Signature, system: AISystem, user: User | None) -> dict[str, Any]:
    """One signature that policy asks for, as in `components/gate.html`."""
    signoff = signature.signoff
    fact = signature.state_text
    if signoff is not None:
        fact = _("%(state)s %(who)s, %(when)s: “%(reason)s”") % {
            "state": fact,
            "who": signoff.signer,
            "when": f"{signoff.signed_at:%-d %b %Y}",
            "reason": signoff.reason,
        }
    decide = reverse("signoffs:decide", args=[SUBJECT, system.slug])
    states = {"valid": "pass", "missing": "wait", "stale": "fail", "changes": "fail", "reject": "fail"}
    row: dict[str, Any] = {
        "state": states[signature.state],
        "title": _("%(role)s has signed") % {"role": signature.role.label}
        if signature.state == "valid"
        else _("%(role)s signs") % {"role": signature.role.label},
        "fact": fact,
        "fix": ""
        if signature.state == "valid"
        else _("Asked because %(why)s.") % {"why": signature.why.rstrip(".")},
    }
    if signature.state != "valid" and user and _holds(user, signature.role):
        row |= {"fix_url": decide, "fix_label": _("Decide")}
    elif signature.state == "stale":
        row |= {"fix_url": decide, "fix_label": _("What changed")}
    elif signoff is not None:
        row |= {"fix_url": signoff.get_absolute_url(), "fix_label": _("See")}
    return row


def signature_then(signature: Signature, system: AISystem) -> dict[str, Any]:
    """A signature as it stood at a moment: to be read, not to be given."""
    row = signature_row(signature, system, None)
    row |= {"fix_url": "", "fix_label": ""}
    if signature.signoff is not None:
        row |= {"fix_url": signature.signoff.get_absolute_url(), "fix_label": _("See")}
    return row


def _holds(user: User, role: str) -> bool:
    return role in user.roles and role_for(user, role) is not None


def steps(answer: Answer) -> list[dict[str, Any]]:
    """The stepper: where the system is on the usual way, and whether production is blocked."""
    return steps_at(answer.system.stage, blocked=not answer.allows)


def steps_at(stage: str, *, blocked: bool = False) -> list[dict[str, Any]]:
    """The stepper for a stage."""
    path = list(stages.PATH)
    if stage == Stage.SUSPENDED:
        path[path.index(Stage.PRODUCTION)] = Stage.SUSPENDED
    at = path.index(Stage(stage))
    found = []
    for place, step in enumerate(path):
        if step == Stage.SUSPENDED or (
            step == Stage.PRODUCTION and blocked and place >= at and stage != Stage.DRAFT
        ):
            state = "blocked"
        elif place == at:
            state = "current"
        elif place < at and stage != Stage.RETIRED:
            state = "done"
        else:
            state = ""
        found.append({"label": step.label, "state": state, "current": place == at})
    return found


def transitions(system: AISystem, user: User) -> list[dict[str, Any]]:
    """Ways on from the system's stage that the person's roles allow."""
    return [
        {"transition": transition, "urgent": transition.target in (Stage.SUSPENDED, Stage.RETIRED)}
        for transition in stages.TRANSITIONS.values()
        if system.stage in transition.sources
        and transition.name != "assess"
        and user.has_perm(transition.permission, system)
    ]


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "”")) else f"{text}."
