"""The import pages: upload, say what the columns are, look at what would change, confirm, take back."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aims.accounts.http import UserRequest
from registry.errors import ReasonNeeded
from registry.forms import reason_of
from registry.imports import mapping_page, progress, rows_page, template
from registry.imports.applying import apply
from registry.imports.errors import AlreadyImported, CannotImport, CannotRead, CannotUndo, Moved
from registry.imports.preview import prepare
from registry.imports.undo import undo
from registry.imports.uploads import (
    MAX_FILES,
    MAX_TOTAL_BYTES,
    File,
    open_questions,
    remap,
    upload,
)
from registry.models import ImportBatch, ImportRow

View = Callable[..., HttpResponse]


def for_importers(view: View) -> View:
    """403 for whoever may not import at all."""

    @wraps(view)
    def guarded(request: UserRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("registry.import_aisystem"):
            raise PermissionDenied(_("Only members of a team and the compliance lead import records."))
        return view(request, *args, **kwargs)

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@for_importers
def import_new(request: UserRequest) -> HttpResponse:
    wrong = ""
    if request.method == "POST":
        try:
            batch = _upload(request)
            return _look(request, batch)
        except CannotRead as error:
            wrong = str(error)
    earlier = ImportBatch.objects.filter(by=request.user).exclude(fingerprint="")
    return render(
        request,
        "registry/import_new.html",
        {"wrong": wrong, "earlier": earlier.defer("mapping", "asked")[:5], "ticket": uuid4()},
        status=422 if wrong else 200,
    )


def _upload(request: UserRequest) -> ImportBatch:
    files = request.FILES.getlist("files")
    if not files:
        raise CannotRead(_("Choose a spreadsheet, or at least one YAML or ZIP file."))
    if len(files) > MAX_FILES:
        raise CannotRead(
            _("Choose at most %(number)s files at once, or pack them into a ZIP file.")
            % {"number": MAX_FILES}
        )
    if sum(file.size or 0 for file in files) > MAX_TOTAL_BYTES:
        raise CannotRead(_("The files are larger than 20 MiB together. Import them in several steps."))
    return upload(
        [File(file.name or _("file"), file.read()) for file in files],
        by=request.user,
        sheet=request.POST.get("sheet", "").strip()[:100],
        progress=_progress(request),
    )


def _look(request: UserRequest, batch: ImportBatch) -> HttpResponse:
    """On to the preview, or to the page that asks what the columns are."""
    if open_questions(batch):
        return _lead(request, reverse("registry:import-mapping", args=[batch.pk]))
    prepare(batch, by=request.user, progress=_progress(request))
    return _lead(request, batch.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
def import_mapping(request: UserRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk, headers__isnull=False)
    if batch.applied_at is not None:
        return redirect(batch)
    status = 200
    if request.method == "POST":
        try:
            asked = remap(batch, mapping_page.posted(batch, request.POST), by=request.user)
            if not asked:
                return _look(request, batch)
        except AlreadyImported:  # in another window
            return _lead(request, batch.get_absolute_url())
        status = 422
    return render(
        request,
        "registry/import_mapping.html",
        mapping_page.context(batch) | {"ticket": uuid4(), "sent": request.method == "POST"},
        status=status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def import_preview(request: UserRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk)
    if not batch.fingerprint:
        return (
            redirect("registry:import-mapping", pk)
            if batch.headers is not None
            else redirect("registry:imports")
        )
    if batch.applied_at is not None and request.method != "POST":
        return _done(request, batch)
    status, wrong = 200, ""
    if request.method == "POST":
        try:
            return _apply(request, batch)
        except ReasonNeeded as error:
            status, wrong = 422, str(error)
        except Moved as error:
            status, wrong = 409, str(error)
            try:
                prepare(batch, by=request.user)
            except AlreadyImported:  # in another window, this very moment
                return _lead(request, batch.get_absolute_url())
        except CannotImport as error:
            status, wrong = 409, str(error)
    counts = rows_page.counts_of(batch)
    teams = batch.rows.filter(new_team=True).order_by("owner").values_list("owner", flat=True).distinct()
    return render(
        request,
        "registry/import_preview.html",
        rows_page.context(batch, counts, request.GET)
        | {
            "batch": batch,
            "counts": counts,
            "new_teams": teams[:20] if counts.new_teams else (),
            "wrong": wrong,
            "reason": request.POST.get("reason", ""),
            "ticket": uuid4(),
        },
        status=status,
    )


def _apply(request: UserRequest, batch: ImportBatch) -> HttpResponse:
    count = apply(
        batch,
        seen=request.POST.get("seen", ""),
        by=request.user,
        reason=reason_of(request.POST),
        leave_out="leave_out" in request.POST,
        progress=_progress(request),
    )
    messages.success(
        request,
        ngettext("One record was imported.", "%(count)s records were imported.", count) % {"count": count},
    )
    return _lead(request, batch.get_absolute_url())


def _done(
    request: UserRequest, batch: ImportBatch, *, wrong: str = "", reasons: Any = (), status: int = 200
) -> HttpResponse:
    counts = rows_page.counts_of(batch)
    return render(
        request,
        "registry/import_done.html",
        rows_page.context(batch, counts, request.GET)
        | {
            "batch": batch,
            "counts": counts,
            "wrong": wrong,
            "reasons": reasons,
            "reason": request.POST.get("reason", ""),
            "ticket": uuid4(),
        },
        status=status,
    )


@require_POST
def import_undo(request: UserRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk, applied_at__isnull=False)
    try:
        undo(batch, by=request.user, reason=reason_of(request.POST), progress=_progress(request))
    except ReasonNeeded as error:
        return _done(request, batch, wrong=str(error), status=422)
    except CannotUndo as error:
        return _done(request, batch, wrong=str(error), reasons=error.reasons, status=409)
    messages.success(request, _("The import was taken back."))
    return _lead(request, batch.get_absolute_url())


@require_safe
def import_row(request: UserRequest, pk: int, number: int) -> HttpResponse:
    batch = _batch(request, pk)
    row = get_object_or_404(
        ImportRow.objects.select_related("batch").defer("raw"), batch=batch, number=number
    )
    return render(request, "registry/import_row.html", rows_page.one(row) | {"batch": batch})


@require_safe
def import_refused(request: UserRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk)
    return _download(template.refused_csv(batch), f"refused-{batch.pk}.csv", _CSV)


@require_safe
@for_importers
def import_progress(request: UserRequest, ticket: UUID) -> HttpResponse:
    """How far the step has come that a page of this person began with the ticket."""
    return JsonResponse(progress.read(request.user.pk, ticket))


@require_safe
@for_importers
def template_xlsx(request: UserRequest) -> HttpResponse:
    return _download(template.template_xlsx(), "ai-systems.xlsx", _XLSX)


@require_safe
@for_importers
def template_csv(request: UserRequest) -> HttpResponse:
    return _download(template.template_csv(), "ai-systems.csv", _CSV)


_CSV = "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _download(data: bytes, name: str, kind: str) -> HttpResponse:
    return HttpResponse(
        data, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _batch(request: UserRequest, pk: int, **where: Any) -> ImportBatch:
    """Imports are seen by whoever uploaded them, and by nobody else."""
    return get_object_or_404(ImportBatch.objects.filter(by=request.user, **where), pk=pk)


def _progress(request: UserRequest) -> progress.Progress:
    return progress.ticketed(request.user.pk, request.POST.get("ticket", ""))


def _lead(request: UserRequest, url: str) -> HttpResponse:
    """On to the next page: by a redirect, or by its address where a script posted and waits."""
    if request.headers.get("X-Progress"):
        return JsonResponse({"url": url})
    return redirect(url)
