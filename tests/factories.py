"""People, teams and systems for tests, made by the services that the portal itself uses."""

from itertools import count
from typing import Any

from aims.accounts import services as people
from aims.accounts.models import Team, User
from aims.accounts.roles import Role
from registry import documents
from registry.models import AISystem
from registry.schema import Record
from registry.services import system_create

PASSWORD = "correct horse battery staple"

_number = count(1)


def make_user(name: str = "", *roles: Role | str, email: str = "", **fields: Any) -> User:
    """A person with a password (`PASSWORD`) and roles; the owner's role follows from a team."""
    name = name or f"Person {next(_number)}"
    email = email or f"{name.lower().replace(' ', '.')}@example.com"
    user = User.objects.create_user(email, PASSWORD, name=name, **fields)
    for role in roles:
        people.role_grant(user, Role(role), by=None)
    return user


def make_team(
    slug: str = "",
    *,
    lead: User | None = None,
    deputy: User | None = None,
    members: tuple[User, ...] = (),
    name: str = "",
) -> Team:
    """A team; without a lead it gets one of its own."""
    slug = slug or f"team-{next(_number)}"
    name = name or slug.replace("-", " ").capitalize()
    team = people.team_create(slug=slug, name=name, lead=lead or make_user(), deputy=deputy, by=None)
    for member in members:
        people.member_add(team, member, by=None)
    for person in (team.lead, team.deputy, *members):
        if person is not None:
            forget_rights(person)
    return team


def make_record(owner: str = "team", **columns: Any) -> Record:
    """A sound record of an unexciting system; `columns` are those of AISystem, such as `risk_tier="high"`.

    Raises TypeError for a column that the record does not have.
    """
    values: dict[str, Any] = {
        "slug": f"system-{next(_number)}",
        "contact": "owners@example.com",
        "purpose": "sorting the post",
        "affected_parties": ["clerks"],
        "data_sensitivity": "internal",
        "risk_tier": "low",
        "eu_ai_act_tier": "minimal",
        "model_type": "classifier",
        "base_model": "letters-2",
        "provider": "in-house",
        "version_pinned": True,
        "training_sources": "none-fine-tuning",
    } | columns
    values.setdefault("name", str(values["slug"]).replace("-", " ").capitalize())
    if unknown := values.keys() - set(documents.COLUMNS.values()):
        raise TypeError(f"The record has no {', '.join(sorted(unknown))}.")
    document: dict[str, Any] = {"owner": owner}
    for path, column in documents.COLUMNS.items():
        if column in values:
            *sections, key = path.split(".")
            part = document
            for section in sections:
                part = part.setdefault(section, {})
            part[key] = values[column]
    return Record.model_validate(document)


def make_system(team: Team | None = None, *, by: User | None = None, **columns: Any) -> AISystem:
    """A registered system, in draft, of a team (else of one of its own), entered by the team's lead."""
    team = team or make_team()
    return system_create(make_record(team.slug, **columns), team=team, by=by or team.lead)


def forget_rights(user: User) -> None:
    """Drop what the instance remembers of its roles and teams, after they changed."""
    user.forget_rights()
