"""The main job, end to end: the article's record becomes a system in production, and falls out of compliance.

Everybody acts through the pages alone, in a browser of their own, logged in with a password.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from aims.accounts.models import User
from tests.browser.harness import PageOf, complaints_of
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RECORD = Path(__file__).resolve().parents[1] / "registry" / "data" / "claude-rag-assistant.yaml"
SYSTEM = "/systems/claude-rag-assistant/"
DECIDE_SYSTEM = "/decisions/system/claude-rag-assistant/"


def test_from_the_articles_record_to_production_and_out_of_compliance(
    page_of: PageOf, owner: User, dpo: User, cto: User, security: User, stranger: User
) -> None:
    everybody = {person: logged_in(page_of(), person) for person in (owner, dpo, cto, security, stranger)}
    page = everybody[owner]

    preview = import_the_record(page)
    cannot_be_opened(everybody[stranger], preview, SYSTEM)
    cannot_be_opened(everybody[dpo], preview)
    what_is_missing_is_named(page)

    reference = assess(page)
    cannot_be_opened(everybody[dpo], f"/assessments/{reference}/edit/", says="You can edit only the assess")
    production_is_refused(page)
    for other in (owner, cto, security):
        may_not_decide(everybody[other], f"/decisions/assessment/{reference}/", "asks none of your roles")
    approve(everybody[dpo], "Decide about the impact assessment", "Data protection officer")

    production_is_refused(page)
    may_not_decide(page, DECIDE_SYSTEM, "Policy asks none of your roles to sign this")
    approve(everybody[dpo], "Sign for production", "Data protection officer")
    production_is_refused(page)
    approve(everybody[security], "Sign for production", "Security officer")
    approve(everybody[cto], "Sign for production", "Chief technology officer")
    for signer in (dpo, cto, security):
        no_step_is_open(everybody[signer])

    move_to_production(page)
    raise_the_data_sensitivity(page)
    the_reason_leads_to_the_difference(page)
    the_dpo_is_asked_again(everybody[dpo])

    refused = ("status of 403", "status of 404", "status of 422")  # what the steps above ask for
    for each in everybody.values():
        assert [line for line in complaints_of(each) if not any(word in line for word in refused)] == []


# --- The steps ---------------------------------------------------------------------------------------------


def logged_in(page: Page, person: User) -> Page:
    page.goto("/")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(heading(page, "Overview")).to_be_visible()
    return page


def import_the_record(page: Page) -> str:
    """Upload, read what is not believed, confirm. Returns the address of the preview."""
    navigate(page, "Import")
    page.get_by_label("Files").set_input_files(RECORD)
    page.get_by_role("button", name="Show what would change").click()
    expect(heading(page, "What would change")).to_be_visible()
    address = page.url
    claims = page.locator(".import-claims", has_text="Claims that the portal cannot confirm")
    for claim in (
        "Approved by: cto, dpo",
        "Last reviewed: 2026-01-15",
        "Impact assessment: IA-2026-014",
        re.compile("Stage: production", re.IGNORECASE),
    ):
        expect(claims.get_by_role("listitem").filter(has_text=claim)).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("One record was imported.")).to_be_visible()
    page.get_by_role("link", name="claude-rag-assistant").click()
    return address


def what_is_missing_is_named(page: Page) -> None:
    expect(heading(page, "Customer Support RAG Assistant")).to_be_visible()
    stage_is(page, "Draft")
    for rule in ("pii-needs-assessment", "high-risk-needs-dpo", "production-needs-review-date"):
        expect(page.locator("#gate li.fail", has_text=rule)).to_be_visible()


def assess(page: Page) -> str:
    """Begin the assessment, fill it in, submit it. Returns its reference."""
    page.goto(SYSTEM)
    page.get_by_role("button", name="Start assessment").click()
    expect(heading(page, "Impact assessment: Customer Support RAG Assistant")).to_be_visible()
    reference = re.search(r"IA-\d{4}-\d{3}", page.url)
    assert reference

    revision = page.locator("#assessment input[name=revision]")
    shown = revision.input_value()
    context = page.locator("#context")
    context.get_by_label("Intended users").fill("Support agents, trained in what the assistant cannot know.")
    context.get_by_label("Foreseeable misuse").fill("Answers are passed on as legal advice.")
    expect(revision).not_to_have_value(shown)
    expect(page.locator("#save")).to_have_text(re.compile(r"^Saved \d\d:\d\d$"))
    page.reload()
    expect(context.get_by_label("Foreseeable misuse")).to_have_value("Answers are passed on as legal advice.")

    page.get_by_role("button", name="Add a measure").click()
    measure = page.get_by_role("group", name="Measure 1")
    measure.get_by_label("Measure", exact=True).fill("Filter for personal data")
    measure.get_by_label("Lessens").select_option("Privacy")
    measure.get_by_label("Owner").fill("AI platform team")
    measure.get_by_label("State").select_option("Done")

    for title in (
        "Fairness and discrimination",
        "Safety",
        "Financial consequences",
        "Autonomy and human oversight",
    ):
        impact(page, title).get_by_role("radio", name="No", exact=True).check()
    impact(page, "Privacy").get_by_role("radio", name="Yes", exact=True).check()
    impact(page, "Privacy").get_by_label("Harm").fill("A ticket of somebody else shows in an answer.")
    rate(page.locator("#ratings"), "Likely, Moderate: 12, high")
    page.locator("#ratings").get_by_label("Why this rating").first.fill("Seen twice in tests.")
    rate(page.locator("#decision"), "Unlikely, Moderate: 6, moderate")
    decision = page.locator("#decision")
    decision.get_by_label("Why this much remains").first.fill("The filter checks every answer.")
    decision.get_by_role("radio", name=re.compile("^Mitigate")).check()
    decision.get_by_label("Reason", exact=True).fill("The filter is in place and tested.")
    decision.get_by_label("Look at this again on").fill("2030-01-15")

    page.get_by_role("button", name="Submit for decision").first.click()
    expect(page.get_by_text("Submitted. Those who decide find it in their work.")).to_be_visible()
    return reference.group()


def production_is_refused(page: Page) -> None:
    ask_for_production(page)
    expect(page.get_by_text("The gate refused. What is open stands below.")).to_be_visible()
    stage_is(page, "Assessment")


def approve(page: Page, request: str, role: str) -> None:
    """What stands in My work, read and approved: first with a wrong password, which signs nothing."""
    navigate(page, "My work")
    page.get_by_role("link", name=request).click()
    expect(page.get_by_text(f"You sign as {role}")).to_be_visible()
    page.get_by_label("Your reason").fill("Read it all, and it is sound.")
    page.get_by_label("Your password").fill("a guess")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    expect(page.get_by_label("Your reason")).to_have_value("Read it all, and it is sound.")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text(f"Approved as {role}. The digest of what you saw is")).to_be_visible()


def move_to_production(page: Page) -> None:
    ask_for_production(page)
    expect(page.get_by_text("The system is now in the stage “Production”.")).to_be_visible()
    stage_is(page, "Production")
    expect(page.get_by_text("In compliance.")).to_be_visible()


def raise_the_data_sensitivity(page: Page) -> None:
    """It handles more than was signed: without a reason nothing is saved."""
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Data sensitivity").select_option("special_category")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("This system is in use")
    page.goto(SYSTEM)
    expect(page.get_by_text("In compliance.")).to_be_visible()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Data sensitivity").select_option("special_category")
    page.get_by_label("Reason for the change").fill("Tickets turned out to hold data on health.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as revision")).to_be_visible()


def the_reason_leads_to_the_difference(page: Page) -> None:
    expect(page.get_by_text("Out of compliance:")).to_be_visible()
    stage_is(page, "Production (blocked)")
    for role in ("Data protection officer", "Chief technology officer", "Security officer"):
        row = page.locator("#gate li.fail", has=page.get_by_role("heading", name=f"{role} signs"))
        expect(row).to_contain_text("Stale: what was signed has changed since (Data sensitivity).")
    row.get_by_role("link", name="What changed").click()
    change = page.locator("section", has=page.get_by_role("heading", name=re.compile("^Changed since ")))
    expect(change.locator(".del")).to_have_text("Personal data")
    expect(change.locator(".add")).to_have_text("Special category of personal data")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def the_dpo_is_asked_again(page: Page) -> None:
    navigate(page, "My work")
    request = page.get_by_role("row", name="Sign for production")
    expect(request).to_contain_text("What was signed has changed since, in a way that matters to this role.")
    request.get_by_role("link", name="Sign for production").click()
    change = page.locator("section", has=page.get_by_role("heading", name=re.compile("^Changed since ")))
    expect(change.locator(".del")).to_have_text("Personal data")
    expect(change.locator(".add")).to_have_text("Special category of personal data")


# --- Who may not -------------------------------------------------------------------------------------------


def cannot_be_opened(page: Page, *addresses: str, says: str = "There is nothing at this address") -> None:
    for address in addresses:
        page.goto(address)
        expect(page.locator("main")).to_contain_text(says)


def may_not_decide(page: Page, address: str, why: str) -> None:
    page.goto(address)
    expect(page.locator(".notice", has_text=why)).to_be_visible()
    expect(page.get_by_label("Your password")).to_have_count(0)


def no_step_is_open(page: Page) -> None:
    page.goto(f"{SYSTEM}promotion/")
    expect(heading(page, "No step is open to you")).to_be_visible()
    expect(page.get_by_role("button", name="Move to production")).to_have_count(0)


# --- Places on the pages -----------------------------------------------------------------------------------


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("heading", name=name, exact=True)


def navigate(page: Page, entry: str) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name=entry).click()


def stage_is(page: Page, label: str) -> None:
    """The stepper's present stage. One that does not comply is marked instead of being current."""
    steps = page.get_by_role("list", name="Lifecycle stage").get_by_role("listitem")
    blocked = label.endswith("(blocked)")
    at = page.locator("li.blocked") if blocked else page.locator("[aria-current=step]")
    expect(steps.and_(at)).to_have_text(label)


def ask_for_production(page: Page) -> None:
    page.goto(SYSTEM)
    page.get_by_role("link", name="Next step").click()
    page.get_by_role("button", name="Move to production").click()


def impact(page: Page, title: str) -> Locator:
    return page.locator("#impacts").get_by_role("group", name=title, exact=True)


def rate(section: Locator, cell: str) -> None:
    """Choose a cell of the matrix for privacy, which may have to be unfolded first."""
    part = section.locator("details", has=section.page.locator("summary", has_text="Privacy"))
    if part.get_attribute("open") is None:
        part.locator("summary").click()
    part.get_by_role("radio", name=cell, exact=True).check()
