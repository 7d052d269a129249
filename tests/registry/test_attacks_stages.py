"""Ways around the stages, and dead ends on the way."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from aims.accounts.models import User
from registry.models import AISystem, SystemException
from tests.lifecycle import submit_assessment

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def step(client: Client, system: AISystem, name: str) -> int:
    address = f"/systems/{system.slug}/promotion/"
    return client.post(address, {"transition": name, "reason": "Because."}).status_code


def test_a_reopened_system_leaves_draft_when_it_is_assessed_again(
    production_system: AISystem, owner: User, client_of: ClientOf
) -> None:
    client = client_of(owner)
    assert [step(client, production_system, name) for name in ("retire", "reopen")] == [302, 302]
    client.post(f"/assessments/begin/{production_system.slug}/")
    production_system.refresh_from_db()
    assert production_system.stage == "assessment"


def test_a_reopened_system_leaves_draft_when_its_open_assessment_is_submitted(
    make_system: Callable[..., AISystem], owner: User, client_of: ClientOf
) -> None:
    system, client = make_system(data_sensitivity="pii"), client_of(owner)
    assessment = submit_assessment(system, owner)
    client.post(f"/assessments/{assessment.ref}/withdraw/")
    assert [step(client, system, name) for name in ("retire", "reopen")] == [302, 302]
    client.post(f"/assessments/{assessment.ref}/submit/")
    system.refresh_from_db()
    assert system.stage == "assessment"


def test_nobody_makes_an_exception_for_themselves(
    make_system: Callable[..., AISystem], admin: User, outsider: User, client_of: ClientOf
) -> None:
    permission = Permission.objects.get(codename="change_aisystem", content_type__app_label="registry")
    given = {
        "content_object": make_system().pk,
        "permission": permission.pk,
        "until": "2099-01-01",
        "reason": "A favour.",
    }
    client, address = client_of(admin), "/admin/registry/systemexception/add/"
    response = client.post(address, given | {"user": admin.pk})
    assert "You cannot make an exception for yourself" in response.text
    assert client.post(address, given | {"user": outsider.pk}).status_code == 302
    assert SystemException.objects.get().user == outsider
