"""The ledger for people: whether it is as it was written, what was signed, one entry with its proof.

Checkpoint and key are public: whoever keeps a copy of them elsewhere can hold the portal to it.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, permission_required
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from aims.accounts.http import UserRequest
from aims.accounts.models import User
from aims.jobs import overview, runs
from aims.jobs.models import JobRun, State
from aims.ledger import checkpoints, exports, format, keys, proofs, verifier
from aims.ledger.models import Entry, Verification
from aims.ledger.moments import shows_today
from aims.ledger.verify_ledger import FIELDS

JOB: Final = "ledger-verify"
RECENT: Final = 6
"""Runs of the verifier that are listed."""
NEWEST: Final = 8
"""Entries that are listed."""
SHOWN: Final = 50
"""Findings that are listed."""
FAR: Final = 2**62
"""No entry has such a number, and the database cannot even hold many greater ones."""
TEXT: Final = "text/plain; charset=utf-8"
TONES: Final = {"ok": "ok", "failed": "bad", "empty": "mute"}


@shows_today
@require_safe
@permission_required("ledger.view_entry", raise_exception=True)
def ledger(request: UserRequest) -> HttpResponse:
    """When verification last ran and what it found, the newest checkpoint, the key, how to verify outside."""
    asked = request.GET.get("entry", "").strip()
    wrong = ""
    if asked:
        if asked.isascii() and asked.isdigit() and Entry.objects.filter(seq=int(asked[:18])).exists():
            return redirect("ledger-entry", int(asked[:18]))
        wrong = _("There is no such entry. Give the number of one, such as 1.")
    found = list(Verification.objects.all()[:RECENT])
    last = found[0] if found else None
    context = {
        "last": last,
        "findings": last.findings[:SHOWN] if last else [],
        "more": len(last.findings) - SHOWN if last else 0,
        "found": [(run, TONES[run.status], len(run.findings)) for run in found],
        "tone": TONES[last.status] if last else "",
        "old": last is not None and (timezone.now() - last.finished).days >= 1,
        "asked": JobRun.objects.filter(job=JOB, state__in=[State.ASKED, State.RUNNING]).exists(),
        "silence": overview.silence(),
        "checkpoint": checkpoints.newest(),
        "newest": list(Entry.objects.order_by("-seq")[:NEWEST]),
        "wrong": wrong,
        "entry": asked,
        "may_verify": request.user.has_perm("ledger.add_verification"),
        "may_export": request.user.has_perm("ledger.export_entry"),
        "portal": request.build_absolute_uri("/").rstrip("/"),
        **_key(),
    }
    return render(request, "ledger/ledger.html", context, status=422 if wrong else 200)


def _key() -> dict[str, Any]:
    try:
        return {"key": keys.verifier_key(), "no_key": ""}
    except ImproperlyConfigured as error:
        return {"key": None, "no_key": str(error)}


@require_POST
@permission_required("ledger.add_verification", raise_exception=True)
def ledger_verify(request: UserRequest) -> HttpResponse:
    """Have a worker verify everything: a large ledger takes longer than a page may."""
    if runs.ask(JOB, by=request.user):
        messages.success(
            request,
            _("Verification is asked for. A worker takes it up at once; reload to see what it finds."),
        )
    else:
        messages.info(request, _("Verification is waiting for a worker already."))
    return redirect("ledger")


@shows_today
@require_safe
@permission_required("ledger.export_entry", raise_exception=True)
def ledger_export(request: UserRequest) -> HttpResponseBase:
    """The whole ledger as JSON lines for the script."""
    answer = StreamingHttpResponse(_terminated(exports.lines()), content_type="application/jsonl")
    answer["Content-Disposition"] = 'attachment; filename="ledger.jsonl"'
    return answer


def _terminated(lines: Iterator[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines)


@shows_today
@require_safe
@permission_required("ledger.view_entry", raise_exception=True)
def ledger_script(request: UserRequest) -> HttpResponseBase:
    """The single file that verifies an export without the portal."""
    return FileResponse(
        exports.SCRIPT.open("rb"),
        as_attachment=True,
        filename=exports.SCRIPT.name,
        content_type="text/x-python; charset=utf-8",
    )


@shows_today
@require_safe
@login_not_required
@cache_control(no_store=True)
def ledger_checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed note. Public: it holds a number and a hash, and is worth what others keep of it."""
    newest = checkpoints.newest()
    if newest is None:
        return HttpResponse("No checkpoint has been signed yet.\n", content_type=TEXT, status=404)
    return HttpResponse(newest.note, content_type=TEXT)


@shows_today
@require_safe
@login_not_required
@cache_control(no_store=True)
def ledger_key(request: HttpRequest) -> HttpResponse:
    """The public key that verifies checkpoints."""
    try:
        return HttpResponse(f"{keys.verifier_key()}\n", content_type=TEXT)
    except ImproperlyConfigured:
        return HttpResponse("This portal has no key that signs.\n", content_type=TEXT, status=503)


@shows_today
@require_safe
@permission_required("ledger.view_entry", raise_exception=True)
def entry(request: UserRequest, seq: int) -> HttpResponse:
    """One entry: where it stands, what it recorded, and the proof of both."""
    near = Entry.objects.in_bulk([seq - 1, seq, seq + 1]) if seq < FAR else {}
    found = near.get(seq)
    if found is None:
        raise Http404
    text = _text(found)
    before = bytes(near[seq - 1].hash) if seq - 1 in near else format.GENESIS
    context = {
        "entry": found,
        "actor": _name(found.actor),
        "roles": [role for role in found.role.split("|") if role],
        "text": text,
        "columns": _columns(text),
        "same": text is not None and format.row_digest(text) == found.digest,
        "content": bytes(found.content).hex(),
        "hash": bytes(found.hash).hex(),
        "chained": format.link(before, bytes(found.content)) == bytes(found.hash),
        "proof": proofs.proof_of(found, checkpoints.newest()),
        "earlier": seq - 1 in near,
        "later": seq + 1 in near,
    }
    return render(request, "ledger/entry.html", context)


@shows_today
@require_safe
@permission_required("ledger.view_entry", raise_exception=True)
def entry_proof(request: UserRequest, seq: int) -> HttpResponse:
    """The inclusion proof as a file: entry, path, checkpoint, key. 404 while no checkpoint covers it."""
    found = Entry.objects.filter(pk=seq).first() if seq < FAR else None
    proof = proofs.proof_of(found, checkpoints.newest()) if found else None
    if found is None or proof is None:
        raise Http404(_("No checkpoint covers this entry yet. One is signed every minute."))
    fields = {name: getattr(found, name) for name in FIELDS} | {"at": format.instant(found.at)}
    content = {"entry": fields, "text": _text(found), **proof.as_dict(), "key": str(keys.verifier_key())}
    answer = HttpResponse(json.dumps(content, indent=2, ensure_ascii=False), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="entry-{seq}-proof.json"'
    return answer


def _text(entry: Entry) -> str | None:
    """The text of the row that the entry recorded, as it is now; None: there is none in this shape."""
    values = (entry.seq, None, entry.table, entry.row, entry.shape, entry.digest)
    return next(text for *_said, text in verifier.texts_of([values]))


def _columns(text: str | None) -> list[tuple[str, str]]:
    """Column and value, for reading. (The digest is of the text.)"""
    if text is None:
        return []
    read = json.loads(text)
    return [
        (name, "" if value is None else value if isinstance(value, str) else json.dumps(value))
        for name, value in read.items()
    ]


def _name(uuid: str) -> str:
    """Whose UUID an entry holds; empty if nobody's."""
    try:
        return User.objects.filter(pk=uuid).values_list("name", flat=True).first() or "" if uuid else ""
    except ValidationError:
        return ""
