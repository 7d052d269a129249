"""Reading, filing and deciding without a line of JavaScript: forms post, pages redirect."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from aims.accounts.models import User
from assessments import services
from assessments.models import Assessment
from registry.models import AISystem
from tests.browser.harness import PageOf
from tests.factories import PASSWORD
from tests.lifecycle import complete_content, submit_assessment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PlainPageOf = Callable[[User], Page]


@pytest.fixture
def plain_page_of(page_of: PageOf) -> PlainPageOf:
    return lambda user: page_of(user, javascript=False)


@pytest.fixture
def system(make_system: Callable[..., AISystem]) -> AISystem:
    return make_system(slug="claims-triage", name="Claims triage", data_sensitivity="pii", risk_tier="high")


def test_a_script_would_not_run(plain_page_of: PlainPageOf, owner: User) -> None:
    """What the other tests stand on."""
    page = plain_page_of(owner)
    page.set_content("<p>still</p><script>document.querySelector('p').textContent = 'moved'</script>")
    expect(page.locator("p")).to_have_text("still")


def test_a_system_can_be_found_and_read(plain_page_of: PlainPageOf, owner: User, system: AISystem) -> None:
    page = plain_page_of(owner)
    page.goto("/systems/")
    page.get_by_label("Search").fill("triage")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="Claims triage").click()
    expect(page.get_by_role("heading", name="Production gate")).to_be_visible()
    passed = page.locator("details", has_text=re.compile("rules? holds?")).first
    passed.locator("summary").first.click()
    expect(passed.locator("li").first).to_be_visible()
    page.get_by_role("link", name="History", exact=True).click()
    expect(page.get_by_text("Registered").first).to_be_visible()


def test_an_assessment_can_be_begun_and_saved(
    plain_page_of: PlainPageOf, owner: User, system: AISystem
) -> None:
    page = plain_page_of(owner)
    page.goto("/systems/claims-triage/")
    page.get_by_role("button", name="Start assessment").click()
    page.get_by_label("Foreseeable misuse").fill("Taken for a decision.")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_label("Foreseeable misuse")).to_have_value("Taken for a decision.")
    page.get_by_role("button", name="Submit for decision").first.click()
    expect(page.get_by_role("alert")).to_contain_text("This is still needed")
    assert Assessment.objects.get().state == "draft"


def test_a_rating_can_be_chosen_and_the_assessment_submitted(
    plain_page_of: PlainPageOf, owner: User, system: AISystem
) -> None:
    begun = services.begin(system, by=owner)
    services.save(begun, complete_content(), by=owner, revision=begun.revision)
    page = plain_page_of(owner)
    page.goto(f"/assessments/{begun.ref}/edit/")
    page.locator("#ratings").get_by_role("radio", name="Possible, Minor: 6, moderate").first.check()
    page.get_by_role("button", name="Submit for decision").first.click()
    expect(page.get_by_text("Submitted. Those who decide find it in their work.")).to_be_visible()
    begun.refresh_from_db()
    privacy = begun.parsed.impacts["privacy"]
    assert (begun.state, privacy.likelihood, privacy.severity) == ("submitted", 3, 2)


def test_a_decision_can_be_found_and_taken(
    plain_page_of: PlainPageOf, owner: User, dpo: User, system: AISystem
) -> None:
    submitted = submit_assessment(system, owner)
    page = plain_page_of(dpo)
    page.goto("/work/")
    page.get_by_role("link", name="Decide about the impact assessment").click()
    page.get_by_label("Your reason").fill("Read it all, and it is sound.")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved as Data protection officer")).to_be_visible()
    submitted.refresh_from_db()
    assert submitted.state == "approved"
