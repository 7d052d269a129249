"""A decided version never changes, whichever way somebody tries, and only signatures decide."""

from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.db.models import F
from django.utils import timezone

from aims.accounts.models import User
from assessments import services
from assessments.models import Assessment
from tests.assessments.conftest import fresh

CHANGES: dict[str, Any] = {
    "content": {"context": {"purpose": "something harmless"}},
    "record": {"id": "another"},
    "ref": "IA-1999-001",
    "version": 7,
    "sha256": "0" * 64,
    "decision": "accept",
    "residual": "very_high",
    "revision": 99,
    "approved_at": timezone.now(),
    "submitted_at": timezone.now(),
    "state": "draft",
}


def refused(write: Any) -> None:
    with pytest.raises(Error), transaction.atomic():
        write()


@pytest.mark.parametrize("column", CHANGES)
def test_save_cannot_change_a_decided_version(approved: Assessment, column: str) -> None:
    setattr(approved, column, CHANGES[column])
    refused(approved.save)


@pytest.mark.parametrize("column", CHANGES)
def test_update_cannot_change_a_decided_version(approved: Assessment, column: str) -> None:
    refused(lambda: Assessment.objects.filter(pk=approved.pk).update(**{column: CHANGES[column]}))


@pytest.mark.parametrize("column", ["record", "submitted_by", "submitted_at"])
def test_nothing_of_a_decided_version_can_be_emptied(approved: Assessment, column: str) -> None:
    refused(lambda: Assessment.objects.filter(pk=approved.pk).update(**{column: None}))


def test_sql_cannot_change_a_decided_version(approved: Assessment) -> None:
    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE assessments_assessment SET content = '{}' WHERE id = %s", [approved.pk])

    refused(write)


def test_a_version_goes_back_to_decision_only_with_its_content(approved: Assessment) -> None:
    back = {"state": "submitted", "sha256": "", "approved_at": None}
    refused(lambda: Assessment.objects.filter(pk=approved.pk).update(**back, revision=F("revision") + 1))
    refused(lambda: Assessment.objects.filter(pk=approved.pk).update(state="submitted"))
    Assessment.objects.filter(pk=approved.pk).update(**back)  # as a withdrawn signature does
    assert fresh(approved).state == "submitted"


def test_nothing_is_approved_without_a_signature(submitted: Assessment) -> None:
    approval = {"state": "approved", "sha256": "0" * 64, "approved_at": timezone.now()}
    refused(lambda: Assessment.objects.filter(pk=submitted.pk).update(**approval))


def test_nothing_begins_as_approved(submitted: Assessment, owner: User) -> None:
    values = {"state": "approved", "sha256": "0" * 64, "approved_at": timezone.now(), "version": 2}
    columns = {field.attname: getattr(submitted, field.attname) for field in Assessment._meta.fields}
    refused(lambda: Assessment.objects.bulk_create([Assessment(**columns | values | {"id": None})]))


def test_assessments_are_never_removed(draft: Assessment) -> None:
    refused(Assessment.objects.filter(pk=draft.pk).delete)
    refused(lambda: Assessment.objects.filter(pk=draft.pk)._raw_delete("default"))


def test_a_system_has_one_open_version(approved: Assessment, owner: User) -> None:
    following = services.new_version(approved, by=owner)
    another = Assessment(
        system=following.system, ref=following.ref, version=3, content={}, created_by=owner, edited_by=owner
    )
    refused(another.save)
