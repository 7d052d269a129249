"""The import page: upload, look at what would change, confirm."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from aims.accounts.http import UserRequest
from registry import imports, presentation
from registry.errors import ReasonNeeded
from registry.forms import reason_of
from registry.models import ImportBatch

MAX_TOTAL_BYTES = 20 * 1024 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: UserRequest) -> HttpResponse:
    if not request.user.has_perm("registry.import_aisystem"):
        raise PermissionDenied(_("Only members of a team and the compliance lead import records."))
    wrong = ""
    if request.method == "POST":
        files = request.FILES.getlist("files")
        if not files:
            wrong = _("Choose at least one YAML file.")
        elif len(files) > imports.MAX_FILES:
            wrong = _("Choose at most %(number)s files at once.") % {"number": imports.MAX_FILES}
        elif sum(file.size or 0 for file in files) > MAX_TOTAL_BYTES:
            wrong = _("The files are larger than 20 MiB together. Import them in several steps.")
        else:
            batch = ImportBatch.objects.create(
                by=request.user,
                files=[imports.read_upload(file.name or _("file"), file.read()) for file in files],
            )
            return redirect(batch)
    earlier = ImportBatch.objects.filter(by=request.user, applied_at__isnull=False).defer("files")[:5]
    return render(
        request,
        "registry/import_new.html",
        {"wrong": wrong, "earlier": earlier},
        status=422 if wrong else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def import_preview(request: UserRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.filter(by=request.user), pk=pk)
    if batch.applied_at is not None and request.method != "POST":
        return render(request, "registry/import_done.html", {"batch": batch})
    status, wrong, reason = 200, "", ""
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        try:
            plan = imports.apply(
                batch,
                seen=request.POST.get("seen", ""),
                by=request.user,
                reason=reason_of(request.POST),
            )
        except ReasonNeeded as error:
            status, wrong = 422, str(error)
        except imports.CannotImport as error:
            status, wrong = 409, str(error)
        else:
            count = len(plan.writes)
            messages.success(
                request,
                ngettext("One record was imported.", "%(count)s records were imported.", count)
                % {"count": count},
            )
            return redirect(batch)
    plan = imports.preview(batch.files, by=request.user)
    rows = [
        {
            "row": row,
            "changes": presentation.change_rows(row.changes),
            "claims": presentation.change_rows(row.claims),
        }
        for row in plan.rows
    ]
    return render(
        request,
        "registry/import_preview.html",
        {"batch": batch, "plan": plan, "rows": rows, "wrong": wrong, "reason": reason},
        status=status,
    )
