"""Ways to approve one's own text."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied

from aims.accounts import services as people
from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.signoffs.models import SignOff
from assessments import services
from registry.models import AISystem
from tests.factories import forget_rights
from tests.lifecycle import approve_assessment, sign, submit_assessment

pytestmark = pytest.mark.django_db


@pytest.fixture
def deputy_as_dpo(deputy: User) -> User:
    """A member of the owning team who is a data protection officer too."""
    people.role_grant(deputy, Role.DPO, by=None)
    forget_rights(deputy)
    return deputy


def test_the_text_of_an_earlier_version_stays_its_authors(
    make_system: Callable[..., AISystem], owner: User, deputy_as_dpo: User, dpo: User
) -> None:
    first = submit_assessment(make_system(data_sensitivity="pii", risk_tier="high"), deputy_as_dpo)
    sign("assessment", first.ref, Role.DPO, dpo, "reject")
    second = services.submit(services.new_version(first, by=owner), by=owner)
    with pytest.raises(PermissionDenied, match="You wrote or submitted part of this"):
        sign("assessment", second.ref, Role.DPO, deputy_as_dpo)
    assert SignOff.objects.count() == 1


def test_nor_may_its_author_sign_the_system_with_it(
    make_system: Callable[..., AISystem], owner: User, deputy_as_dpo: User, staff: dict[str, User]
) -> None:
    system = make_system(data_sensitivity="pii", risk_tier="high")
    first = approve_assessment(submit_assessment(system, deputy_as_dpo), staff)
    second = services.submit(services.new_version(first, by=owner), by=owner)
    approve_assessment(second, staff)
    with pytest.raises(PermissionDenied, match="You wrote or submitted part of this"):
        sign("system", system.slug, Role.DPO, deputy_as_dpo)


def test_who_wrote_the_assessment_of_another_system_may_decide(
    make_system: Callable[..., AISystem], owner: User, deputy_as_dpo: User, dpo: User
) -> None:
    system = make_system(data_sensitivity="pii", risk_tier="high")
    other = make_system(data_sensitivity="pii", risk_tier="high")
    first = submit_assessment(system, owner)
    submit_assessment(other, deputy_as_dpo)
    assert sign("assessment", first.ref, Role.DPO, deputy_as_dpo).signer == deputy_as_dpo
