"""Who works in the demo company, and with which password they log in."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password

from aims import environment
from aims.accounts import services
from aims.accounts.models import User
from aims.accounts.roles import Role


@dataclass(frozen=True, slots=True)
class Person:
    login: str
    name: str
    role: Role | None = None
    """None for model owners: their role follows from the team."""
    does: str = ""
    """What to try as this person; empty for those who only fill the stage."""

    @property
    def email(self) -> str:
        return f"{self.login}@example.com"


PEOPLE = (
    Person("owner", "Maren Holt", None, "leads the AI platform team: one system fell out of compliance"),
    Person("dpo", "Ingrid Solberg", Role.DPO, "data protection officer: an assessment waits for her"),
    Person("cto", "Henrik Aas", Role.CTO, "chief technology officer: signs for production"),
    Person("security", "Samira Haddad", Role.SECURITY, "security officer: signs high-risk systems"),
    Person("lead", "Clara Winter", Role.LEAD, "compliance lead: sees everything, imports records"),
    Person("auditor", "Jonas Bergmann", Role.AUDITOR, "internal auditor: reads everything, changes nothing"),
    Person("admin", "Lukas Ferrer", Role.ADMIN, "administrator: people, roles and teams"),
    Person("oncall", "Priya Nair", Role.ONCALL, "on-call engineer: can suspend and roll back"),
    Person("deputy", "Tobias Rehn"),
    Person("developer", "Yusuf Demir"),
    Person("claims", "Eva Brandt"),
    Person("claims-deputy", "Rafael Moreau"),
    Person("former-deputy", "Piet de Vries"),
    Person("analyst", "Lena Fischer"),
    Person("pricing", "Aino Lehtonen"),
    Person("pricing-deputy", "Marek Novak"),
    Person("service", "Sofia Lindqvist"),
    Person("service-deputy", "Daniel Okafor"),
    Person("hr", "Hanna Virtanen"),
    Person("hr-deputy", "Ole Kristensen"),
    Person("counsel", "Nils Farstad"),
    Person("engineering", "Katarina Vold"),
    Person("external", "Beatrice Lang", Role.EXTERNAL_AUDITOR),
)

TEAMS = {
    "team-ai-platform": ("AI platform team", ("owner", "deputy", "developer")),
    "team-claims": ("Claims analytics", ("claims", "former-deputy", "claims-deputy", "analyst")),
    "team-underwriting": ("Pricing and underwriting", ("pricing", "pricing-deputy")),
    "team-customer": ("Customer service", ("service", "service-deputy")),
    "team-people": ("People and culture", ("hr", "hr-deputy")),
}
"""Short name -> name and members: the first leads, the second is the deputy."""


def is_there() -> bool:
    """Whether this database is the demo's. No real company has people at example.com."""
    return User.objects.filter(email__in=[person.email for person in PEOPLE]).exists()


def anybody() -> User:
    """Somebody of the company; all have the same password."""
    return User.objects.get(email=PEOPLE[0].email)


def hire(password: str) -> None:
    """Make the accounts, roles and teams. One hash serves all, so that a start does not take seconds."""
    encoded = make_password(password)
    staff = {}
    for person in PEOPLE:
        user = User(email=person.email, name=person.name, password=encoded)
        user.full_clean()
        user.save()
        staff[person.login] = user
    admin = staff["admin"]
    services.role_grant(admin, Role.ADMIN, by=None)  # who gives the others theirs
    for person in PEOPLE:
        if person.role is not None and person.login != "admin":
            services.role_grant(staff[person.login], person.role, by=admin)
    for slug, (name, (lead, deputy, *members)) in TEAMS.items():
        team = services.team_create(slug=slug, name=name, lead=staff[lead], deputy=staff[deputy], by=admin)
        for member in members:
            services.member_add(team, staff[member], by=admin)


def password_file() -> Path:
    return Path(settings.AIMS_HOME) / "demo-password"


def password() -> str:
    """The demo password: AIMS_DEMO_PASSWORD, else one that is made up once and kept in AIMS_HOME."""
    if given := environment.text("AIMS_DEMO_PASSWORD"):
        return given
    file = password_file()
    if file.exists():
        return file.read_text().strip()
    made = f"demo-{secrets.token_hex(5)}"
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(f"{made}\n")
    return made


def let_in(password: str) -> None:
    """See that the password opens every demo account, as the start says. Usually one hash is all there is.
    Those who have left stay outside."""
    users = list(User.objects.filter(email__in=[person.email for person in PEOPLE], is_active=True))
    good = {encoded for encoded in {user.password for user in users} if check_password(password, encoded)}
    locked_out = [user for user in users if user.password not in good]
    if locked_out:
        fresh = make_password(password)
        for user in locked_out:
            user.password = fresh
            user.save(update_fields=["password"])
