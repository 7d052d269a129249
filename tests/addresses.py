"""Every address of the portal and what it asks of a person: the table behind the tests of rights and pages.

What a role may do stands in `aims.accounts.roles` alone. This table says which permission an address asks
for and on what; what each role gets there is derived from both.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from django.http import QueryDict
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from aims.accounts import invitations
from aims.accounts.models import Substitution, Team, User
from aims.accounts.roles import PERMISSIONS, SCOPED_TO_TEAM, Role
from aims.accounts.services import role_grant, substitution_create
from aims.ledger import checkpoints
from aims.notifications import unsubscribing
from aims.notifications.models import Notice
from aims.notifications.scopes import Scope
from aims.notifications.telling import tell
from aims.portal import saved_views
from aims.portal.models import SavedView
from aims.signoffs.models import SignOff
from assessments.models import Assessment
from assessments.services import new_version
from registry.imports.applying import apply
from registry.imports.preview import prepare
from registry.imports.uploads import File, upload
from registry.models import (
    AISystem,
    Confirmation,
    GateDecision,
    ImportBatch,
    Obligation,
    SystemException,
    Waiver,
)
from registry.obligation_services import confirm, waiver_request
from registry.services import system_move
from tests.factories import PASSWORD, make_system, make_team, make_user
from tests.lifecycle import sign, submit_assessment

PUBLIC = "public"
PERSON = "any person"
NOBODY = "nobody"
NOTHING = "nothing there"
UPLOADER, SIGNER, HOLDER, SAVER = "who uploaded", "who signed", "who handed a role over", "who saved it"
READER = "who was told"
"""What an address may ask for instead of a permission."""

SEE = "registry.view_aisystem"
"""Without it on a system, nothing that belongs to the system exists for a person."""

OPEN, FORBIDDEN, HIDDEN, LOGIN, WRONG_METHOD = "open", "forbidden", "hidden", "login", "wrong method"
"""What a person can meet: the page or the step, a 403, a 404, the login, a 405."""


@dataclass(frozen=True)
class Address:
    """What a GET and a POST of an address ask for; None is a method that it does not have."""

    get: str | None = None
    post: str | None = None
    args: tuple[str, ...] = ()
    """Of its URL, as paths of attributes of the `World`."""
    data: dict[str, str] = field(default_factory=dict)
    """Of a POST that gets as far as the question who may; `{0.task.pk}` is an attribute of the `World`."""
    of_system: bool = False
    """Whether it belongs to a system, so that rights of a team count on that team's only."""
    everywhere: bool = False
    """Whether the permission has to reach every system."""
    seen_by: str = ""
    """A permission without which what it shows does not exist for a person."""
    html: bool = True
    """Whether a GET shows a page, not a file."""
    back_office: bool = False
    url: str = ""
    """Where the name alone does not lead there."""

    def path(self, name: str, world: "World") -> str:
        values = [attrgetter(arg)(world) for arg in self.args]
        return self.url.format(*values) if self.url else reverse(name, args=values)

    def posted(self, world: "World") -> dict[str, str]:
        return {name: value.format(world) for name, value in self.data.items()}


def _of_system(*args: str, **rest: Any) -> Address:
    return Address(args=args or ("system.slug",), of_system=True, **rest)


def _of_person(*args: str, **rest: Any) -> Address:
    """About the world's newcomer, whom nobody sees who may not see people."""
    return Address(args=args or ("newcomer.pk",), seen_by="accounts.view_user", **rest)


def _of_team(*args: str, **rest: Any) -> Address:
    """About a team in which no persona is, so that only who may see all teams sees it."""
    return Address(args=args or ("third.slug",), seen_by="accounts.view_team", **rest)


def _of_tasks(post: str) -> Address:
    """What is done about several tasks at once: which ones is posted."""
    return Address(post=post, of_system=True, data={"task": "{0.task.pk}"})


THEIRS = "as allauth answers"
"""A POST to one of allauth's own forms: tested where they come from."""

SECOND_LOOK = {"reason": "Read it again.", "password": PASSWORD}

PORTAL: dict[str, Address] = {
    "home": Address(PERSON),
    "work": Address(PERSON),
    "saved-views": Address(post=PERSON),
    "saved-view": Address(SAVER, SAVER, ("view.pk",), data={"name": "Renamed", "role": "me"}),
    "saved-view-delete": Address(post=SAVER, args=("view.pk",)),
    "past": Address(PERSON, PERSON, data={"day": "2026-01-01"}),
    "past-leave": Address(post=PERSON),
    "search": Address(PERSON),
    "start": Address(SEE),
    "start-card": Address(post=SEE),
    "help": Address(PERSON),
    "help-page": Address(PERSON, args=("help",)),
    "policies": Address("policy.view_policy"),
    "policy-source": Address("policy.view_policy", args=("policy",)),
    "health": Address(PUBLIC, html=False),
    "ledger": Address("ledger.view_entry"),
    "ledger-verify": Address(post="ledger.add_verification"),
    "ledger-export": Address("ledger.export_entry", html=False),
    "ledger-script": Address("ledger.view_entry", html=False),
    "ledger-checkpoint": Address(PUBLIC, html=False),
    "ledger-key": Address(PUBLIC, html=False),
    "ledger-entry": Address("ledger.view_entry", args=("seq",)),
    "ledger-proof": Address("ledger.view_entry", args=("seq",), html=False),
    "schema": Address(PUBLIC, html=False),
    "registry:systems": Address(PERSON),
    "registry:system-archive": Address(PERSON, html=False),
    "registry:system-new": Address("registry.add_aisystem", "registry.add_aisystem"),
    "registry:system": _of_system(get=SEE),
    "registry:system-edit": _of_system(get="registry.change_aisystem", post="registry.change_aisystem"),
    "registry:system-yaml": _of_system(get=SEE, html=False),
    "registry:system-history": _of_system(get=SEE),
    "registry:system-compare": _of_system(get=SEE),
    "registry:system-promotion": _of_system(
        get=SEE, post="registry.retire_aisystem", data={"transition": "retire", "reason": "Replaced."}
    ),
    "registry:system-access": _of_system(get="registry.explain_aisystem"),
    "registry:person-access": _of_person(get="accounts.view_user"),
    "registry:obligation": _of_system("task.pk", get=SEE),
    "registry:obligation-confirm": _of_system("task.pk", post="registry.confirm_obligation"),
    "registry:obligation-waive": _of_system("task.pk", post="registry.add_waiver"),
    "registry:obligations-assign": _of_tasks("registry.assign_obligation"),
    "registry:obligations-remind": _of_tasks("registry.remind_obligation"),
    "registry:system-why": _of_system(get=SEE),
    "registry:imports": Address("registry.import_aisystem", "registry.import_aisystem"),
    "registry:import": Address(UPLOADER, UPLOADER, ("batch.pk",)),
    "registry:import-template-xlsx": Address("registry.import_aisystem", html=False),
    "registry:import-template-csv": Address("registry.import_aisystem", html=False),
    "registry:import-progress": Address("registry.import_aisystem", args=("ticket",), html=False),
    "registry:import-mapping": Address(UPLOADER, UPLOADER, ("batch.pk",)),
    "registry:import-row": Address(UPLOADER, args=("batch.pk", "row_number")),
    "registry:import-refused": Address(UPLOADER, args=("batch.pk",), html=False),
    "registry:import-undo": Address(post=UPLOADER, args=("done.pk",)),
    "assessments:assessments": Address(PERSON),
    "assessments:begin": _of_system(post="assessments.add_assessment"),
    "assessments:assessment": _of_system("assessment.ref", get="assessments.view_assessment"),
    "assessments:compare": _of_system("assessment.ref", get="assessments.view_assessment"),
    "assessments:markdown": _of_system("assessment.ref", get="assessments.view_assessment", html=False),
    "assessments:submit": _of_system("assessment.ref", post="assessments.change_assessment"),
    "assessments:withdraw": _of_system("assessment.ref", post="assessments.change_assessment"),
    "assessments:versions": _of_system("assessment.ref", post="assessments.add_assessment"),
    "assessments:edit": _of_system(
        "assessment.ref",
        get="assessments.change_assessment",
        post="assessments.change_assessment",
        data={"revision": "1", "version": "1"},
    ),
    "assessments:merge": _of_system("assessment.ref", post="assessments.change_assessment"),
    "signoffs:certificate": _of_system("signoff.pk", get=SEE),
    "signoffs:signed-bytes": _of_system("signoff.pk", get=SEE, html=False),
    "signoffs:withdraw": _of_system("signoff.pk", post=SIGNER, data=SECOND_LOOK),
    "signoffs:decide": _of_system("kind", "system.slug", get=SEE, post="signoffs.add_signoff"),
    "audits:gap": Address("audits.view_gapscore"),
    "audits:gap-score": Address(post="audits.add_gapscore"),
    "audits:gap-confirm": Address(post="audits.add_itemconfirmation", args=("gap_item",)),
    "controls:controls": Address("controls.view_control"),
    "controls:control": Address("controls.view_control", args=("control",)),
    "inbox": Address(PERSON),
    "inbox-read": Address(post=PERSON),
    "notice-open": Address(post=READER, args=("notice.pk",)),
    "notice-preferences": Address(PERSON, PERSON),
    "unsubscribe": Address(PUBLIC, PUBLIC, ("way_out",)),
    "jobs:jobs": Address("jobs.view_jobrun"),
    "jobs:job": Address("jobs.view_jobrun", args=("job",)),
    "jobs:run": Address(post="jobs.add_jobrun", args=("job",)),
    "jobs:schedule": Address(post="jobs.change_jobschedule", args=("job",), data={"at": "04:00"}),
    "reminders": Address("notifications.change_rung", "notifications.change_rung"),
    "mail": Address("notifications.view_notice"),
    "mail-again": Address(post="notifications.view_notice"),
    "mail-file": Address(PERSON, args=("mail_name",), seen_by=NOBODY, html=False),  # tests write no files
    "account": Address(PERSON),
    "substitution-create": Address(post=PERSON),  # only roles that one holds are offered, so others fail
    "substitution-end": Address(post=HOLDER, args=("substitution.pk",)),
    "people": Address("accounts.view_user"),
    "people-invite": Address("accounts.add_user", "accounts.add_user"),
    "substitutions": Address("accounts.view_substitution"),
    "person": _of_person(get="accounts.view_user"),
    "invitation-send": _of_person(post="accounts.add_user"),
    "invitation-revoke": _of_person(post="accounts.change_user"),
    "role-give": _of_person(post="accounts.add_rolegrant"),
    "role-take": _of_person("newcomer.pk", "role", post="accounts.delete_rolegrant"),
    "person-deactivate": _of_person(get="accounts.change_user", post="accounts.change_user"),
    "person-reactivate": _of_person(post="accounts.change_user"),
    "teams": Address("accounts.view_team"),
    "team-new": Address("accounts.add_team", "accounts.add_team"),
    "team": _of_team(get="accounts.view_team"),
    "team-edit": _of_team(get="accounts.change_team", post="accounts.change_team"),
    "team-member-add": _of_team(post="accounts.add_teammembership"),
    "team-member-remove": _of_team("third.slug", "newcomer.pk", post="accounts.delete_teammembership"),
    "invitation": Address(PUBLIC, PUBLIC, ("token",)),
    "welcome": Address(NOTHING, NOTHING),  # once anybody has an account
    "account_login": Address(PUBLIC, THEIRS),
    "account_logout": Address(PERSON, THEIRS),
    "account_inactive": Address(PUBLIC, THEIRS),
    "account_signup": Address(PUBLIC, THEIRS),
    "account_reauthenticate": Address(PERSON, THEIRS),
    "account_change_password": Address(PERSON, THEIRS),
    "account_set_password": Address(PERSON, THEIRS),
    "account_reset_password": Address(PUBLIC, THEIRS),
    "account_reset_password_done": Address(PUBLIC, THEIRS),
    "account_reset_password_from_key": Address(PUBLIC, THEIRS, ("reset_uid", "reset_key")),
    "account_reset_password_from_key_done": Address(PUBLIC, THEIRS),
}

STAFF = "accounts.access_admin"
"""Whoever has not this meets nothing of the back office."""


def _inside(get: str, *args: str, **rest: Any) -> Address:
    return Address(get, THEIRS, args, back_office=True, **rest)


BACK_OFFICE: dict[str, Address] = {
    "admin:index": _inside(STAFF),
    "admin:login": _inside(STAFF, html=False),
    "admin:logout": Address(post=THEIRS, back_office=True),
    "admin:password_change": _inside(STAFF),
    "admin:password_change_done": _inside(STAFF),
    "admin:autocomplete": _inside(NOBODY),  # no form of ours asks it anything
    "admin:jsi18n": _inside(STAFF, html=False),
    "admin:view_on_site": _inside(STAFF, "system_type", "system.pk", html=False),  # leads on
    "admin:app_list": _inside(SEE, "system_app"),
    "admin/(?P<url>.*)$": _inside(NOTHING, url="/admin/nowhere", html=False),
}

# What the convention `<app>.<verb>_<model>` does not say.
_SEEN_BY = {"controls.clause": "controls.view_control"}
_ADDED_BY = {"assessments.assessment": NOBODY, "registry.waiver": NOBODY}
_OF_A_SYSTEM = (AISystem, Assessment, Confirmation, GateDecision, Obligation, SignOff, Waiver)
_EVERYWHERE = (SignOff,)


def _shelf(model: type[Model]) -> Iterator[tuple[str, Address]]:
    """The addresses of a model in the back office. Nothing is ever deleted there."""
    app, name = model._meta.app_label, model._meta.model_name
    view = _SEEN_BY.get(f"{app}.{name}", f"{app}.view_{name}")
    add = _ADDED_BY.get(f"{app}.{name}", f"{app}.add_{name}")
    reach = {"everywhere": model in _EVERYWHERE}
    one = reach | {"of_system": model in _OF_A_SYSTEM}
    pk = f"keys.{app}_{name}"
    yield f"admin:{app}_{name}_changelist", _inside(view, **reach)
    yield f"admin:{app}_{name}_add", _inside(add)
    yield f"admin:{app}_{name}_change", _inside(view, pk, **one)
    yield f"admin:{app}_{name}_history", _inside(view, pk, **one)
    yield f"admin:{app}_{name}_delete", _inside(NOBODY, pk)
    route = f"admin/{app}/{name}/"
    yield (
        f"{route}<path:object_id>/",
        _inside(STAFF, pk, url=f"/{route}{{}}/", html=False),
    )  # leads on
    if hasattr(model, "history") and hasattr(admin.site._registry[model], "history_form_view"):
        versions = (pk, f"versions.{app}_{name}")
        yield f"admin:{app}_{name}_simple_history", _inside(view, *versions, **one)
    if model is User:
        yield "admin:auth_user_password_change", _inside("accounts.change_user", pk)


def table() -> dict[str, Address]:
    """Name of a pattern -> what it asks for; a pattern without a name stands under its route."""
    shelves = (entry for model in admin.site._registry for entry in _shelf(model))
    return PORTAL | BACK_OFFICE | dict(shelves)


def patterns(resolver: URLResolver | None = None, route: str = "", space: str = "") -> Iterator[str]:
    """The name of every pattern that the portal answers to, in the words of `table`."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from patterns(pattern, route + str(pattern.pattern), inner)
        else:
            assert isinstance(pattern, URLPattern)
            yield f"{space}{pattern.name}" if pattern.name else route + str(pattern.pattern)


# --- Who gets what -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Persona:
    """Somebody with roles; `owns` says whether the world's system is theirs."""

    name: str
    roles: frozenset[Role] = frozenset()
    owns: bool = False

    def may(self, permission: str, *, of_system: bool = False, everywhere: bool = False) -> bool:
        """What the table of roles says of the permission: in general, on the world's system, or on all."""
        holding = {role for role in self.roles if permission in PERMISSIONS[role]}
        if everywhere or (of_system and not self.owns):
            holding -= SCOPED_TO_TEAM
        return bool(holding)


PERSONAS = [Persona(role.value, frozenset({role}), role is Role.OWNER) for role in Role] + [
    Persona("stranger", frozenset({Role.OWNER})),  # the owner of other systems
    Persona("outsider"),
]
"""One for each role, the owner of the world's system first; then a stranger and somebody without any role."""

_BY_DEED = {
    UPLOADER: ("owner", HIDDEN),
    HOLDER: ("dpo", HIDDEN),
    SIGNER: ("dpo", FORBIDDEN),
    SAVER: ("lead", HIDDEN),
    READER: ("owner", HIDDEN),
}
"""What is asked -> whose deed it was in the `World`, and what everybody else meets."""


def expected(who: Persona | None, address: Address, method: str) -> str:
    """What the person (None: nobody is logged in) meets at the address."""
    need = address.get if method == "get" else address.post
    if who is None and address.get not in (PUBLIC, NOTHING):
        return LOGIN
    if address.back_office and (who is None or not who.may(STAFF)):
        return FORBIDDEN if who else LOGIN
    if need is None:
        return WRONG_METHOD
    if need == NOTHING:
        return HIDDEN
    if need == PUBLIC or who is None:
        return OPEN
    if address.of_system and not who.may(SEE, of_system=True):
        return FORBIDDEN if address.back_office else HIDDEN
    if address.seen_by and not who.may(address.seen_by):
        return HIDDEN
    if need in _BY_DEED:
        name, otherwise = _BY_DEED[need]
        return OPEN if who.name == name else otherwise
    may = who.may(need, of_system=address.of_system, everywhere=address.everywhere)
    return OPEN if may or need == PERSON else FORBIDDEN


# --- Something at each address -----------------------------------------------------------------------------


@dataclass
class World:
    """A system with an assessment that has been approved and is being revised, and all that hangs on them."""

    people: dict[str, User]
    """By the names of `PERSONAS`."""
    system: AISystem
    assessment: Assessment
    signoff: SignOff
    batch: ImportBatch
    """A spreadsheet that waits for confirmation."""
    done: ImportBatch
    """One that was imported."""
    substitution: Substitution
    view: SavedView
    newcomer: User
    """Invited, on call, in the third team, and not yet logged in."""
    third: Team
    token: str
    """Of the newcomer's invitation."""
    task: Obligation
    """Of the system: monitoring, confirmed to be missing, with a waiver that waits for a signature."""
    keys: SimpleNamespace
    """`<app>_<model>` -> the key of one object, for all models of the back office."""
    versions: SimpleNamespace
    """The same for one row of its history."""
    notice: Notice
    """That the owner was told."""
    way_out: str
    """The token of the link in an e-mail that stops more of the kind."""
    kind: str = "system"
    policy: str = "policies/ai/model_registry.rego"
    control: str = "A.5.2"
    gap_item: str = "inventory"
    role: str = "oncall"
    job: str = "prune-runs"
    help: str = "roles/owner"
    mail_name: str = "0123456789abcdef0123456789abcdef"
    seq: int = 1
    """An entry of the ledger."""
    row_number: int = 2
    """Of the batch."""
    ticket: str = "8b6b6a3e-6f0c-4e0e-9c0e-000000000000"
    reset_uid: str = "1"
    reset_key: str = "long-gone"
    system_app: str = "registry"
    system_type: int = 0
    """The key of the model's content type."""


def _uploaded(by: User) -> ImportBatch:
    batch = upload([File("triage.csv", b"id,name,owner\nsorting,Sorting,team-claims\n")], by=by)
    prepare(batch, by=by)
    return batch


def _imported(by: User) -> ImportBatch:
    batch = upload([File("b.yaml", b"id: brought\nname: Brought\nowner: team-claims\n")], by=by)
    prepare(batch, by=by)
    apply(batch, seen=batch.fingerprint, by=by)
    batch.refresh_from_db()
    return batch


def _chain() -> None:
    """PostgreSQL writes entries when a transaction ends, and that of the tests never does."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def make_world() -> World:
    """Everything that the table's addresses speak of, with a person for each persona. Needs a database."""
    call_command("load_catalogue", verbosity=0)
    people = {who.name: make_user(f"{who.name.replace('_', ' ').title()} Persona") for who in PERSONAS}
    for who in PERSONAS:
        for role in who.roles - {Role.OWNER}:
            role_grant(people[who.name], role, by=None)
    team = make_team("team-claims", name="Claims team", lead=people["owner"])
    make_team("team-elsewhere", name="Elsewhere team", lead=people["stranger"])
    system = make_system(
        team, slug="claims-triage", name="Claims triage", data_sensitivity="pii", risk_tier="high"
    )
    submitted = submit_assessment(system, people["owner"])
    signoff = sign("assessment", submitted.ref, Role.DPO, people["dpo"])
    system_move(system, "promote", by=people["owner"])  # refused, and on record
    third = make_team("team-third")
    [invitation] = invitations.invite(
        [invitations.Invitee("Nina Newcomer", "nina.newcomer@example.com")],
        roles=[Role.ONCALL],
        teams=[third],
        by=people["admin"],
    )
    today = timezone.localdate()
    task = Obligation.objects.get(system=system, kind="monitoring")
    confirm(task, on=today, in_place=False, note="No alarm is set.", by=people["owner"])
    waiver_request(task, until=today, reason="The board comes tomorrow.", by=people["owner"])
    tell(
        [people["owner"]],
        kind="task",
        subject=f"registry.obligation:{task.pk}",
        title="Monitoring is to be set up",
        text="Ada reminds you of this.",
        url=task.get_absolute_url(),
        due=task.due,
        scope=Scope("registry.aisystem", system.pk),
        occasion="world",
    )
    world = World(
        people,
        system=AISystem.objects.get(pk=system.pk),
        assessment=new_version(submitted, by=people["owner"]),
        signoff=signoff,
        batch=_uploaded(people["owner"]),
        done=_imported(people["owner"]),
        substitution=substitution_create(
            holder=people["dpo"],
            role=Role.DPO,
            substitute=people["outsider"],
            starts=today + dt.timedelta(days=30),
            ends=today + dt.timedelta(days=40),
            reason="On leave.",
        ),
        view=saved_views.save(
            "registry:systems",
            QueryDict("stage=draft"),
            name="Drafts",
            role=Role.OWNER,
            by=people["lead"],
        ),
        newcomer=invitation.user,
        third=third,
        token=invitations.token_of(invitation),
        task=task,
        notice=Notice.objects.get(recipient=people["owner"], occasion="world"),
        way_out=unsubscribing.address(people["owner"], "task").split("/")[-2],
        keys=SimpleNamespace(),
        versions=SimpleNamespace(),
        system_type=ContentType.objects.get_for_model(AISystem).pk,
    )
    SystemException(
        user=people["outsider"],
        content_object=make_system(third, slug="third", name="Third system"),
        permission=Permission.objects.get(codename="view_aisystem", content_type__app_label="registry"),
        until=today,
        reason="Helps with the audit.",
    ).save()
    shown = {AISystem: world.system, Assessment: world.assessment, User: people["outsider"]}
    _chain()
    checkpoints.make_checkpoint()
    for model in admin.site._registry:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        found = shown.get(model) or model._default_manager.first()
        setattr(world.keys, label, found.pk if found else 1)
        if found and hasattr(found, "history"):
            setattr(world.versions, label, found.history.first().pk)
    return world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Made once for a module: none of its tests leaves a trace."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)
