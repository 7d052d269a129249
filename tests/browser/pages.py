"""Every page of the portal and the states worth looking at: what the sweep over all pages walks.

A page of the table of addresses joins by itself. By hand stand the states that an address alone does not
show: empty lists, refusals, conflicts, what a person meets after pressing a button.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page

from aims.accounts.roles import Role
from assessments import services as assessments
from assessments.models import Assessment
from audits.services import item_confirm
from registry import documents
from registry.imports.applying import apply
from registry.imports.preview import prepare
from registry.imports.undo import undo
from registry.imports.uploads import File, open_questions, upload
from registry.models import AISystem, ImportBatch, Obligation
from registry.schema import Record
from registry.services import system_update
from tests.addresses import (
    NOBODY,
    NOTHING,
    OPEN,
    PERSONAS,
    PUBLIC,
    Address,
    World,
    expected,
    make_world,
    table,
)
from tests.factories import make_system
from tests.lifecycle import put_in_production, submit_assessment


@dataclass
class Scene:
    """A small company with something in every state."""

    world: World
    draft: AISystem
    submitted: Assessment
    running: AISystem
    """In production."""
    drifted: AISystem
    """In production, and changed since it was signed."""
    done: Obligation
    """A task that the record satisfies."""
    batches: dict[str, ImportBatch] = field(default_factory=dict)


Act = Callable[[Page, Scene], None]


@dataclass(frozen=True)
class Shown:
    """One page as one person meets it."""

    name: str
    who: str | None
    """A name of `tests.addresses.PERSONAS`; None: nobody is logged in."""
    url: str | Callable[[Scene], str]
    status: int = 200
    act: Act | None = None
    """What the person does there before the page is looked at; `says` is what it says then."""
    says: str = ""

    def address(self, scene: Scene) -> str:
        return self.url if isinstance(self.url, str) else self.url(scene)


def make_scene() -> Scene:
    """The world of the addresses, and systems further on their way. Needs a database."""
    world = make_world()
    owner, team = world.people["owner"], world.system.team
    staff = {role.value: world.people[role.value] for role in Role}
    personal: dict[str, Any] = {"data_sensitivity": "pii", "risk_tier": "high"}
    running = put_in_production(make_system(team, slug="running", name="Running system", **personal), staff)
    drifted = put_in_production(make_system(team, slug="drifted", name="Drifted system", **personal), staff)
    scene = Scene(
        world,
        draft=make_system(team, slug="fresh", name="Fresh system"),
        submitted=submit_assessment(make_system(team, slug="waiting", name="Waiting system"), owner),
        running=running,
        drifted=edited(drifted, data_sensitivity="special_category"),
        done=Obligation.objects.get(system=running, kind="data-governance"),
    )
    for name, lines in FILES.items():
        batch = scene.batches[name] = upload([File(name, lines.encode())], by=owner)
        if not open_questions(batch):
            prepare(batch, by=owner)
    for name in ("done.yaml", "undone.yaml"):
        apply(scene.batches[name], seen=scene.batches[name].fingerprint, by=owner)
    undo(scene.batches["undone.yaml"], by=owner, reason="The wrong file.")
    today = timezone.localdate()
    item_confirm(
        "inventory", on=today, until=today, in_place=True, note="Kept in folder 12.", by=world.people["lead"]
    )
    return scene


def edited(system: AISystem, **columns: object) -> AISystem:
    """The system after its owner changed some columns."""
    system = AISystem.objects.select_related("team").get(pk=system.pk)
    for column, value in columns.items():
        setattr(system, column, value)
    record = Record.model_validate(documents.record_of(system))
    return system_update(
        system, record, team=system.team, by=system.team.lead, revision=system.revision, reason="It is so."
    )


_FILE = """
id: {id}
name: {name}
owner: team-claims
contact: claims@example.com
classification: {{purpose: sorting the post, risk_tier: low}}
"""
FILES = {
    "claims.yaml": _FILE.format(id="claiming", name="Claiming system")
    + "governance: {last_reviewed: 2026-01-01, approved_by: [dpo, cto]}\nlifecycle: {stage: production}\n",
    "refused.yaml": _FILE.format(id="refused", name="Refused system") + "colour: red\n",
    "changes.yaml": _FILE.format(id="fresh", name="Fresher system"),
    "done.yaml": _FILE.format(id="imported", name="Imported system"),
    "undone.yaml": _FILE.format(id="undone", name="System taken back"),
    "messy.csv": "id,name,owner,risk,decommission date,purpose\n"
    + "".join(f"letters-{n},Letters {n},team-claims,high,2027-01-31,sorting the post\n" for n in range(60))
    + "letters-1,Letters again,team-claims,low,31.2.2027,\n,Nameless,team-nowhere,low,,\n"
    + "fresh,Freshest system,team-claims,medium,,answering letters\n",
    "questions.csv": "id,name,owner,risk,remarks,decommission date\n"
    "asked,Asked system,team-claims,severe,ask Olga,03/04/2027\n",
}
"""Name of an import -> its file."""


# --- What people do ----------------------------------------------------------------------------------------


def _press(name: str) -> Act:
    return lambda page, scene: page.get_by_role("button", name=name, exact=True).first.click()


def _empty_the_name(page: Page, scene: Scene) -> None:
    page.get_by_label("Name", exact=True).first.fill("")
    page.get_by_role("button", name="Save", exact=True).click()


def _save_after_somebody_else(page: Page, scene: Scene) -> None:
    edited(scene.draft, purpose=f"changed on the way, again {page.url}")
    page.get_by_label("Purpose").first.fill("my own words")
    page.get_by_role("button", name="Save", exact=True).click()


def _assess_after_somebody_else(page: Page, scene: Scene) -> None:
    current = Assessment.objects.get(pk=scene.world.assessment.pk)
    content = current.parsed
    theirs = content.model_copy(update={"context": content.context.model_copy(update={"purpose": "Theirs."})})
    assessments.save(current, theirs, by=scene.world.people["owner"], revision=current.revision)
    page.locator("form#assessment").evaluate("form => { form.elements['context-purpose'].value = 'Mine.' }")
    page.locator("form#assessment").evaluate("form => HTMLFormElement.prototype.submit.call(form)")


def _decide_with_a_wrong_password(page: Page, scene: Scene) -> None:
    page.get_by_label("Reason").fill("Read it all.")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Approve", exact=True).click()


def _decide_after_a_change(page: Page, scene: Scene) -> None:
    edited(scene.drifted, purpose="something else by now")
    _decide_with_a_wrong_password(page, scene)


def _leave_to_nobody(page: Page, scene: Scene) -> None:
    page.get_by_label("Reason").fill("Left")
    page.get_by_role("button", name="Hand over and deactivate").click()


def _log_in_wrongly(page: Page, scene: Scene) -> None:
    page.locator("[name=login]").fill("nobody@example.com")
    page.locator("[name=password]").fill("wrong, and long enough")
    page.get_by_role("button", name="Log in").click()


def _lose_the_cookie(page: Page, scene: Scene) -> None:
    page.context.clear_cookies()
    _log_in_wrongly(page, scene)


def _send(action: str, **fields: str) -> Act:
    """Post what no button of the page would, with the page's own token."""
    script = """([action, fields]) => {
      const form = document.createElement("form");
      const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
      form.method = "post"; form.action = action;
      for (const [name, value] of Object.entries({csrfmiddlewaretoken: token, ...fields})) {
        const input = document.createElement("input");
        input.name = name; input.value = value; form.append(input);
      }
      document.body.append(form); form.submit();
    }"""
    return lambda page, scene: page.evaluate(script, [action, fields])


def _assign_all(page: Page, scene: Scene) -> None:
    page.get_by_role("checkbox", name="Choose all of this page").check()
    page.get_by_role("button", name="Assign", exact=True).click()


def _remind_of_one(page: Page, scene: Scene) -> None:
    page.locator("input[name=task]").first.check()
    page.get_by_role("button", name="Remind", exact=True).click()


def _save_the_ladder_without_a_reason(page: Page, scene: Scene) -> None:
    page.locator("textarea[name=reason]").evaluate("field => field.form.noValidate = true")
    page.get_by_role("button", name="Save the ladder").click()


def _stop_the_mails(page: Page, scene: Scene) -> None:
    page.get_by_role("button", name="Stop these e-mails").click()


# --- The pages ---------------------------------------------------------------------------------------------


def _path(name: str, address: Address, scene: Scene) -> str:
    return address.path(name, scene.world)


def _by_address() -> Iterator[Shown]:
    """One page for each address that shows one, as somebody whom it lets in: who may most, if several do."""
    ranks = {"owner": 0, "admin": 1}
    people = sorted(PERSONAS, key=lambda who: ranks.get(who.name, 2))
    for name, address in table().items():
        if address.get in (None, NOBODY, NOTHING) or not address.html:
            continue
        who = next((who for who in people if expected(who, address, "get") == OPEN), None)
        if who is None:  # a model that the table of roles closes to everybody
            continue
        yield Shown(
            name,
            None if address.get == PUBLIC else who.name,
            partial(_path, name, address),
        )


def _revised(scene: Scene) -> str:
    return scene.world.assessment.get_absolute_url()


_STATES = [
    Shown("systems, empty", "external_auditor", "/systems/"),
    Shown("systems, nothing found", "owner", "/systems/?q=zebra"),
    Shown("systems, for reading", "auditor", "/systems/?sort=-risk"),
    Shown("systems, a shared view", "owner", "/systems/?stage=draft", says="Drafts"),
    Shown("systems, a view of one's own", "lead", "/systems/?stage=draft", says="Rename, share or delete"),
    Shown(
        "saved view, with errors", "lead", "/systems/?q=triage",
        act=_send("/views/", page="registry:systems", query="", name="", role="me"), status=422,
    ),
    Shown("export, no such format", "lead", "/systems/?format=pdf", status=400),
    Shown("system, draft", "owner", "/systems/fresh/"),
    Shown("system, blocked", "owner", "/systems/claims-triage/"),
    Shown("system, in production", "owner", "/systems/running/"),
    Shown("system, out of compliance", "owner", "/systems/drifted/", says="Out of compliance"),
    Shown("system, for reading", "auditor", "/systems/drifted/"),
    Shown("system, edited with errors", "owner", "/systems/fresh/edit/", act=_empty_the_name, status=422),
    Shown(
        "system, edited by two", "owner", "/systems/fresh/edit/",
        act=_save_after_somebody_else, status=409, says="Somebody else saved first",
    ),
    Shown("system, edited in production", "owner", "/systems/running/edit/"),
    Shown("history, long", "auditor", "/systems/drifted/history/"),
    Shown(
        "promotion, refused", "owner", "/systems/claims-triage/promotion/",
        act=_press("Move to production"), says="The gate refused",
    ),
    Shown("promotion, in production", "owner", "/systems/running/promotion/"),
    Shown("promotion, for a signer", "dpo", "/systems/drifted/promotion/"),
    Shown(
        "promotion, no such step", "owner", "/systems/running/promotion/",
        act=_send("", transition="jump"), status=400,
    ),
    Shown("why, blocked", "owner", "/systems/claims-triage/why/", says="What happens next"),
    Shown("why, stale signatures", "auditor", "/systems/drifted/why/", says="Changed since"),
    Shown("why, nothing blocks", "owner", "/systems/running/why/", says="Nothing speaks against it"),
    Shown("first steps, all done", "lead", "/start/", says="All done"),
    Shown("first steps, card put aside", "admin", "/start/", act=_send("card/"), says="Put aside"),
    Shown("help, for a signer", "dpo", "/help/", says="Yours"),
    Shown("help, with tables", "owner", "/help/gate/"),
    Shown("help, with code", "outsider", "/help/roles/ci/"),
    Shown("help, of policies", "outsider", "/help/policies/"),
    Shown("import, with claims", "owner", lambda scene: scene.batches["claims.yaml"].get_absolute_url()),
    Shown("import, refused file", "owner", lambda scene: scene.batches["refused.yaml"].get_absolute_url()),
    Shown("import, changes", "owner", lambda scene: scene.batches["changes.yaml"].get_absolute_url()),
    Shown("import, done", "owner", lambda scene: scene.batches["done.yaml"].get_absolute_url()),
    Shown("import, taken back", "owner", lambda scene: scene.batches["undone.yaml"].get_absolute_url()),
    Shown("import, messy sheet", "owner", lambda scene: scene.batches["messy.csv"].get_absolute_url()),
    Shown(
        "import, refused rows", "owner",
        lambda scene: f"{scene.batches['messy.csv'].get_absolute_url()}?status=refused",
    ),
    Shown(
        "import, nothing found", "owner",
        lambda scene: f"{scene.batches['messy.csv'].get_absolute_url()}?q=zebra",
    ),
    Shown(
        "import, open questions", "owner",
        lambda scene: f"{scene.batches['questions.csv'].get_absolute_url()}mapping/",
    ),
    Shown("assessments, empty", "external_auditor", "/assessments/"),
    Shown("assessment, approved", "owner", lambda scene: f"{_revised(scene)}?version=1"),
    Shown("assessment, submitted", "owner", lambda scene: scene.submitted.get_absolute_url()),
    Shown("assessment, for who decides", "dpo", lambda scene: scene.submitted.get_absolute_url()),
    Shown(
        "assessment, what is missing", "owner", lambda scene: f"{_revised(scene)}edit/?missing",
    ),
    Shown(
        "assessment, edited by two", "owner", lambda scene: f"{_revised(scene)}edit/",
        act=_assess_after_somebody_else, status=409,
    ),
    Shown(
        "assessment, step that no longer fits", "owner", lambda scene: _revised(scene),
        act=_send("withdraw/"), status=409,
    ),
    Shown("decision, for a signer", "dpo", "/decisions/system/claims-triage/"),
    Shown("decision, nothing asked of one", "owner", "/decisions/system/claims-triage/"),
    Shown("decision, signature stale", "dpo", "/decisions/system/drifted/"),
    Shown("decision, signed", "dpo", "/decisions/system/running/"),
    Shown(
        "decision about an assessment", "dpo",
        lambda scene: f"/decisions/assessment/{scene.submitted.ref}/",
    ),
    Shown(
        "decision, wrong password", "security", "/decisions/system/claims-triage/",
        act=_decide_with_a_wrong_password, status=422, says="This is not your password",
    ),
    Shown(
        "decision, changed meanwhile", "cto", "/decisions/system/drifted/",
        act=_decide_after_a_change, status=409,
    ),
    Shown("certificate, one's own", "dpo", lambda scene: scene.world.signoff.get_absolute_url()),
    Shown("overview, of the compliance lead", "lead", "/"),
    Shown("overview, of a signer", "dpo", "/"),
    Shown("overview, of the CTO", "cto", "/"),
    Shown("overview, of an auditor", "auditor", "/"),
    Shown("overview, of who is on call", "oncall", "/"),
    Shown("overview, of the administrator", "admin", "/"),
    Shown("overview, of an external auditor", "external_auditor", "/", says="Nothing is open to you yet"),
    Shown("overview, of somebody without a role", "outsider", "/", says="Third system"),
    Shown("search, found", "auditor", "/search/?q=claims", says="Claims triage"),
    Shown("search, nothing found", "owner", "/search/?q=zebra", says="Nothing that you may see matches"),
    Shown("systems, more filters", "lead", "/systems/?blocked_by=signature:cto"),
    Shown("work, of a signer", "dpo", "/work/"),
    Shown("work, of the compliance lead", "lead", "/work/"),
    Shown("work, nothing waits", "outsider", "/work/"),
    Shown("work, for reading", "auditor", "/work/?due=later&sort=kind"),
    Shown("work, no tasks for the role", "oncall", "/work/", says="Your roles have no tasks"),
    Shown("work, nothing found", "owner", "/work/?q=zebra", says="No task matches"),
    Shown("work, decided", "dpo", "/work/?show=decided"),
    Shown(
        "work, all chosen to be assigned", "owner", "/work/?kind=monitoring",
        act=_assign_all, says="Nothing has changed yet",
    ),
    Shown("work, reminded", "owner", "/work/", act=_remind_of_one, says="Reminded of one task"),
    Shown("inbox, with notices", "owner", "/inbox/", says="Ada reminds you of this."),
    Shown("inbox, nothing matches", "owner", "/inbox/?unread=1&kind=suspended", says="No notice matches"),
    Shown("inbox, empty", "outsider", "/inbox/", says="Nothing yet"),
    Shown("inbox, all read", "auditor", "/inbox/", act=_send("/inbox/read/"), says="marked as read"),
    Shown(
        "how one hears of things, wrongly", "owner", "/account/notices/",
        act=_send("", quiet_from="22"), status=422, says="This field is required",
    ),
    Shown(
        "the ladder, without a reason", "admin", "/reminders/",
        act=_save_the_ladder_without_a_reason, status=422, says="Say why.",
    ),
    Shown(
        "the way out of e-mails, taken", None, lambda scene: f"/unsubscribe/{scene.world.way_out}/",
        act=_stop_the_mails, says="You get no more e-mails",
    ),
    Shown("the way out of e-mails, cut off", None, "/unsubscribe/cut-off/", status=404),
    Shown("task, for reading", "auditor", lambda scene: scene.world.task.get_absolute_url()),
    Shown("task, done", "owner", lambda scene: scene.done.get_absolute_url(), says="Done."),
    Shown(
        "task, confirmed wrongly", "owner", lambda scene: scene.world.task.get_absolute_url(),
        act=_send("confirm/"), status=422,
    ),
    Shown(
        "task, waiver asked wrongly", "owner", lambda scene: scene.world.task.get_absolute_url(),
        act=_send("waive/", until="2199-01-01", reason="Later."), status=422, says="90 days at most",
    ),
    Shown(
        "decision about a waiver", "cto",
        lambda scene: f"/decisions/waiver/{scene.world.task.waivers.get().pk}/",
    ),
    Shown("account, of a signer", "dpo", "/account/"),
    Shown("account, substitution with errors", "dpo", "/account/", act=_send("substitutions/"), status=422),
    Shown("people, nothing found", "admin", "/people/?q=zebra"),
    Shown("people, for reading", "auditor", "/people/?role=dpo"),
    Shown("person, one's own", "outsider", lambda scene: scene.world.people["outsider"].get_absolute_url()),
    Shown("person, who signs", "admin", lambda scene: scene.world.people["dpo"].get_absolute_url()),
    Shown(
        "person, role without a reason", "admin", lambda scene: scene.world.newcomer.get_absolute_url(),
        act=_send("roles/", role="auditor"), status=422,
    ),
    Shown(
        "invitations with errors", "admin", "/people/invite/",
        act=_send("", people="Nobody\nDpo, dpo.persona@example.com x@y"), status=422, says="Line 1",
    ),
    Shown(
        "leaver without a successor", "admin",
        lambda scene: f"{scene.world.people['owner'].get_absolute_url()}deactivate/",
        act=_leave_to_nobody, status=422, says="must not be left without one",
    ),
    Shown(
        "leaver, the last who signs", "admin",
        lambda scene: f"{scene.world.people['cto'].get_absolute_url()}deactivate/",
    ),
    Shown(
        "access of a person to a system", "auditor",
        lambda scene: f"{scene.world.people['owner'].get_absolute_url()}access/?system=running",
    ),
    Shown(
        "access of a person, several systems found", "admin",
        lambda scene: f"{scene.world.people['owner'].get_absolute_url()}access/?system=system",
    ),
    Shown(
        "access of a person, no system found", "admin",
        lambda scene: f"{scene.world.people['owner'].get_absolute_url()}access/?system=zebra",
    ),
    Shown(
        "access of a person, none", "admin",
        lambda scene: f"{scene.world.people['external_auditor'].get_absolute_url()}access/",
    ),
    Shown("access to a system, with an exception", "admin", "/systems/third/access/"),
    Shown("team, one's own", "owner", "/teams/team-claims/"),
    Shown("team with errors", "admin", "/teams/new/", act=_send("", name="", lead="nobody"), status=422),
    Shown("teams, nothing found", "admin", "/teams/?q=zebra"),
    Shown(
        "invitation, a weak password", None, lambda scene: f"/invitation/{scene.world.token}/",
        act=_send("", password1="x", password2="x"), status=422,
    ),
    Shown("invitation, mangled", None, "/invitation/nonsense/", status=404),
    Shown("gap checklist, scored", "lead", "/gap/", says="What would raise the score most"),
    Shown("gap checklist, for reading", "auditor", "/gap/", says="Kept in folder 12"),
    Shown(
        "gap checklist, confirmed wrongly", "lead", "/gap/",
        act=_send("/gap/inventory/confirm/", on="2026-01-01", until="2199-01-01"), status=422,
    ),
    Shown("controls, nothing found", "auditor", "/controls/?q=zebra"),
    Shown("login, wrong", None, "/accounts/login/", act=_log_in_wrongly),
    Shown("login, without its cookie", None, "/accounts/login/", act=_lose_the_cookie, status=403),
    Shown("not allowed", "outsider", "/policies/", status=403),
    Shown("nothing there", "owner", "/nowhere/", status=404),
    Shown("nothing there, for anybody", None, "/nowhere/", status=404),
]  # fmt: skip

PAGES = [*_by_address(), *(replace(shown, name=f"state: {shown.name}") for shown in _STATES)]
