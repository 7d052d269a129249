"""A day of each role, in the demo company: what they come for, and that it is done when they leave.

The company is made once; each person works on systems of their own, so that no day depends on another.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from aims.accounts.models import User
from aims.accounts.roles import Role
from registry.choices import Stage
from registry.models import AISystem, Obligation
from tests.browser.harness import DEMO_PASSWORD, PageOf, complaints_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Desk:
    """The portal as one person has it in front of them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.main = page.locator("main")

    def go(self, entry: str) -> None:
        """By the main navigation."""
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=entry).first.click()

    def count(self) -> int:
        """What the navigation says of My work."""
        badge = self.page.get_by_role("navigation", name="Main").locator("a[href='/work/'] .count")
        return int(badge.first.inner_text().split()[0]) if badge.count() else 0

    def figure(self, label: str) -> int:
        """A number of the overview."""
        box = self.main.locator(".kpis > div", has=self.page.get_by_role("link", name=label, exact=True))
        return int(box.locator("b").inner_text())

    def rows(self) -> int:
        return self.main.locator("table tbody tr").count()

    def may_not_sign(self, address: str) -> None:
        """They may read what is up for signature, and are told why they cannot sign it."""
        self.page.goto(address)
        expect(self.main).to_contain_text("Policy asks none of your roles to sign this.")
        expect(self.page.get_by_label("Your password")).to_have_count(0)
        expect(self.page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)

    def decide(self, button: str, reason: str) -> None:
        self.page.get_by_label("Your reason").fill(reason)
        self.page.get_by_label("Your password").fill(DEMO_PASSWORD)
        self.page.get_by_role("button", name=button, exact=True).click()


@pytest.fixture
def desk(company: None, page_of: PageOf) -> Iterator[Any]:
    """login -> their desk; at the end of the day the console must have been silent."""
    desks: list[Desk] = []

    def of(login: str) -> Desk:
        desks.append(Desk(page_of(User.objects.get(email=f"{login}@example.com"))))
        desks[-1].page.goto("/")
        return desks[-1]

    yield of
    # A wrong password is answered with 422, which the console notes.
    said = [line for each in desks for line in complaints_of(each.page)]
    assert [line for line in said if "status of 422" not in line] == []


def test_the_dpo_asks_for_changes(desk: Any) -> None:
    dpo = desk("dpo")
    waiting, page = dpo.count(), dpo.page
    to_sign = dpo.figure("To sign as DPO")
    page.get_by_role("link", name="To sign as DPO", exact=True).click()
    expect(dpo.main.locator("table tbody tr")).to_have_count(to_sign)
    dpo.go("My work")
    page.get_by_role("link", name="Decide about the impact assessment").click()
    dpo.decide("Ask for changes", "Say how often a claim is sent to the wrong desk.")
    expect(page.get_by_text("Changes requested as Data protection officer")).to_be_visible()
    dpo.go("My work")
    expect(page.get_by_role("link", name="Decide about the impact assessment")).to_have_count(0)
    assert dpo.count() == waiting - 1


def test_the_owner_confirms_a_task_and_sees_who_can_help(desk: Any) -> None:
    owner = desk("owner")
    page = owner.page
    owner.go("My work")
    row = page.get_by_role("row", name="Monitoring in place").filter(has_text="Motor claims triage")
    row.get_by_role("link", name="Monitoring in place").click()
    page.get_by_label("Yes, it is in place").or_(page.get_by_label("In place")).first.check()
    page.get_by_label("What was checked, and where that is kept").fill("Dashboard 12, alerts to the team.")
    page.get_by_role("button", name="Confirm", exact=True).click()
    task = Obligation.objects.get(system__slug="motor-claims-triage", kind="monitoring")
    assert task.state == Obligation.State.MET
    expect(owner.main).to_contain_text("Dashboard 12, alerts to the team.")
    page.goto("/systems/claude-rag-assistant/")
    page.get_by_role("link", name="Why is this blocked?").click()
    expect(owner.main).to_contain_text("Ingrid Solberg (Data protection officer)")


def test_the_cto_follows_a_number_and_signs(desk: Any) -> None:
    cto = desk("cto")
    page = cto.page
    out = cto.figure("Out of compliance")
    page.get_by_role("link", name="Out of compliance", exact=True).first.click()
    expect(cto.main.locator("table tbody tr")).to_have_count(out)
    cto.go("My work")
    rag = page.get_by_role("row", name="Sign for production").filter(has_text="Customer Support RAG")
    rag.get_by_role("link").first.click()
    expect(cto.main).to_contain_text("claude-sonnet-4.6")
    cto.decide("Approve", "The new version passed more of the test questions.")
    expect(page.get_by_text("Approved as Chief technology officer")).to_be_visible()
    cto.go("My work")
    expect(rag).to_have_count(0)
    page.get_by_role("link", name="Decided by me").click()
    page.get_by_role("link", name="Approved").first.click()
    expect(cto.main).to_contain_text("The new version passed more of the test questions.")


def test_the_security_officer_reads_exactly_what_is_signed(desk: Any) -> None:
    security = desk("security")
    page = security.page
    security.go("My work")
    page.get_by_role("link", name="Sign for production").first.click()
    expect(security.main).to_contain_text("Digest (SHA-256)")
    page.get_by_label("Your reason").fill("Looks fine.")
    page.get_by_label("Your password").fill("a guess")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    expect(page.get_by_label("Your reason")).to_have_value("Looks fine.")


def test_the_lead_saves_a_view_takes_it_away_and_reminds(desk: Any, tmp_path: Path) -> None:
    lead = desk("lead")
    page = lead.page
    page.goto("/systems/?stage=production")
    names = lead.main.locator("table tbody th a").all_inner_texts()
    page.get_by_text("Save this view").click()
    page.get_by_label("Name", exact=True).fill("In production")
    page.get_by_label("Who sees it").select_option("Role: Data protection officer")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("navigation", name="Saved views")).to_contain_text("In production")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    saved.value.save_as(tmp_path / "list.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "list.csv").read_text("utf-8-sig"))))
    assert sorted(row["Name"] for row in rows) == sorted(names)
    assert len(rows) == AISystem.objects.filter(stage=Stage.PRODUCTION).count()
    theirs = desk("dpo")
    theirs.page.goto("/systems/")
    expect(theirs.page.get_by_role("navigation", name="Saved views")).to_contain_text("In production")
    page.goto("/work/?scope=all&kind=monitoring")
    for box in page.locator("input[name=task]").all()[:2]:
        box.check()
    page.get_by_role("button", name="Remind", exact=True).click()
    expect(page.locator(".notice").first).to_contain_text("Reminded of 2 tasks.")


def test_the_auditor_reads_everything_and_changes_nothing(desk: Any) -> None:
    auditor = desk("auditor")
    page = auditor.page
    auditor.go("Systems")
    page.get_by_role("link", name="Transcription of service calls").click()
    for name in ("Edit", "Next step"):
        expect(auditor.main.get_by_role("link", name=name, exact=True)).to_have_count(0)
    expect(auditor.main.locator("form")).to_have_count(0)
    page.get_by_role("link", name="History", exact=True).click()
    page.get_by_role("link", name="Data protection officer: Approved").first.click()
    expect(auditor.main).to_contain_text("SHA-256")
    expect(page.get_by_role("button", name="Withdraw")).to_have_count(0)
    assert auditor.count() == 0
    auditor.go("My work")
    expect(auditor.main).to_contain_text("Household claims fraud score")
    expect(page.locator("input[name=task]")).to_have_count(0)
    expect(page.get_by_role("button", name="Remind", exact=True)).to_have_count(0)
    auditor.may_not_sign("/decisions/system/claude-rag-assistant/")


def test_the_on_call_engineer_suspends_by_keyboard(desk: Any) -> None:
    oncall = desk("oncall")
    page = oncall.page
    page.keyboard.press("Control+k")
    page.keyboard.type("storm claims")
    expect(page.get_by_role("option", name="Storm claims forecast").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Storm claims forecast")).to_be_visible()
    page.get_by_role("link", name="Next step").click()
    step = oncall.main.locator("form", has=page.get_by_role("button", name="Suspend", exact=True))
    step.get_by_label("Reason").fill("It forecasts hail in every street.")
    step.get_by_role("button", name="Suspend", exact=True).click()
    expect(page.get_by_text("The system is now in the stage “Suspended”.")).to_be_visible()
    assert AISystem.objects.get(slug="storm-claims-forecast").stage == Stage.SUSPENDED


def test_the_administrator_invites_gives_a_role_and_explains(desk: Any) -> None:
    admin = desk("admin")
    page = admin.page
    admin.go("People")
    page.get_by_role("link", name="Invite people").click()
    page.get_by_label("People").first.fill("Nora Neumann <nora@example.com>")
    page.get_by_role("button", name="Make the accounts and send").click()
    expect(admin.main).to_contain_text("Nora Neumann")
    person = User.objects.get(email="nora@example.com")
    assert not person.has_usable_password()
    admin.go("People")
    page.get_by_role("link", name="Nora Neumann", exact=True).click()
    expect(page.locator("#roles")).to_contain_text("None yet. Without a role or a team")
    page.get_by_label("Role", exact=True).select_option("Internal auditor")
    page.get_by_label("Reason", exact=True).fill("Joins the audit team in December.")
    page.get_by_role("button", name="Give the role").click()
    expect(page.get_by_text("Nora Neumann is now Internal auditor.")).to_be_visible()
    expect(page.locator("#roles")).to_contain_text("Joins the audit team in December.")
    assert [grant.role for grant in person.role_grants.all()] == [Role.AUDITOR]
    page.goto("/systems/claude-rag-assistant/access/")
    owners = page.get_by_role("row", name="In AI platform team, the owner")
    expect(owners).to_contain_text("Maren Holt (lead)")
    expect(page.get_by_role("row", name="Internal auditor")).to_contain_text("Nora Neumann")
    page.get_by_role("link", name="Nora Neumann", exact=True).click()
    sign = page.get_by_role("row", name=re.compile("^Sign "))
    expect(sign.get_by_role("cell", name="No", exact=True)).to_be_visible()
    admin.go("My work")
    expect(page.get_by_role("link", name="Sign for production")).to_have_count(0)
    admin.may_not_sign("/decisions/system/claude-rag-assistant/")
