"""The people of the design page, section 1: one fixture each. `owner` leads the team of `system`."""

from collections.abc import Callable

import pytest
from django.test import Client

from aims.accounts.models import Team, User
from aims.accounts.roles import Role
from tests.factories import make_team, make_user


@pytest.fixture
def team(db: None) -> Team:
    """“AI platform team”, led by `owner` with `deputy`."""
    return make_team(
        "team-ai-platform",
        name="AI platform team",
        lead=make_user("Olga Owner", email="owner@example.com"),
        deputy=make_user("Dimitri Deputy", email="deputy@example.com"),
    )


@pytest.fixture
def owner(team: Team) -> User:
    return team.lead


@pytest.fixture
def deputy(team: Team) -> User:
    assert team.deputy
    return team.deputy


@pytest.fixture
def dpo(db: None) -> User:
    return make_user("Dora Protection", Role.DPO, email="dpo@example.com")


@pytest.fixture
def cto(db: None) -> User:
    return make_user("Carl Technology", Role.CTO, email="cto@example.com")


@pytest.fixture
def security(db: None) -> User:
    return make_user("Sana Security", Role.SECURITY, email="security@example.com")


@pytest.fixture
def lead(db: None) -> User:
    """The compliance lead, not the lead of a team."""
    return make_user("Lea Compliance", Role.LEAD, email="lead@example.com")


@pytest.fixture
def auditor(db: None) -> User:
    return make_user("Aldo Auditor", Role.AUDITOR, email="auditor@example.com")


@pytest.fixture
def external_auditor(db: None) -> User:
    return make_user("Edna External", Role.EXTERNAL_AUDITOR, email="external@example.com")


@pytest.fixture
def oncall(db: None) -> User:
    return make_user("Omar Oncall", Role.ONCALL, email="oncall@example.com")


@pytest.fixture
def admin(db: None) -> User:
    return make_user("Ada Admin", Role.ADMIN, email="admin@example.com")


@pytest.fixture
def outsider(db: None) -> User:
    """Somebody with an account and nothing else."""
    return make_user("Otto Outsider", email="outsider@example.com")


@pytest.fixture
def stranger(db: None) -> User:
    """The lead of another team: a model owner, but of other systems."""
    return make_team("team-elsewhere", lead=make_user("Sten Stranger", email="stranger@example.com")).lead


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """user -> a client that is logged in as that person, with CSRF checks left to the tests about them."""

    def logged_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="aims.accounts.backends.RoleBackend")
        return client

    return logged_in
