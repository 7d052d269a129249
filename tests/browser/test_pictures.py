"""The pictures of the documentation, taken of the demo company.

Without `AIMS_PICTURES` the test only sees that each picture could be taken: that the page is there and shows
what the documentation says of it. `make pictures` takes them anew (`AIMS_PICTURES=docs/images`).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.accounts.services import first_administrator_create, role_grant
from aims.signoffs.models import SignOff
from assessments.models import Assessment
from tests.browser.harness import PageOf
from tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOLDER = os.environ.get("AIMS_PICTURES", "")
WIDTH, HEIGHT = 1200, 680

Address = str | Callable[[], str]


@dataclass(frozen=True)
class Picture:
    """One picture: whose page, and the words that have to be in it."""

    name: str
    who: str
    address: Address
    says: tuple[str, ...]
    at: str = ""
    """What to scroll to: a selector; the top of the page if there is none."""

    def url(self) -> str:
        return self.address if isinstance(self.address, str) else self.address()


def _ref(slug: str) -> str:
    return Assessment.objects.newest().get(system__slug=slug).ref


def _certificate() -> str:
    signoff = SignOff.objects.filter(signer__email="security@example.com").earliest("signed_at")
    return signoff.get_absolute_url()


PICTURES = [
    Picture(
        "system",
        "owner",
        "/systems/claude-rag-assistant/",
        ("Out of compliance", "Production gate", "Why is this blocked?", "Next step"),
    ),
    Picture(
        "why",
        "owner",
        "/systems/claude-rag-assistant/why/",
        ("Who can do it", "Changed since: Base model", "What happens next"),
    ),
    Picture(
        "assessment",
        "owner",
        lambda: f"/assessments/{_ref('claude-rag-assistant')}/edit/",
        ("Submit for decision", "Likelihood and severity", "What the levels mean"),
        at="table.matrix, .matrix",
    ),
    Picture(
        "decision",
        "dpo",
        lambda: f"/decisions/assessment/{_ref('motor-claims-triage')}/",
        ("Approve", "Ask for changes", "Reject", "Reason"),
    ),
    Picture("work", "cto", "/work/", ("Customer Support RAG Assistant",)),
    Picture("overview", "lead", "/", ("Household claims fraud score", "Out of compliance")),
    Picture(
        "promotion",
        "security",
        "/systems/household-fraud-score/promotion/",
        ("Suspend", "Reason", "was due on"),
    ),
    Picture("systems", "lead", "/systems/?compliance=out", ("Household claims fraud score",)),
    Picture("history", "auditor", "/systems/call-transcription/history/", ("Who reads the logs",)),
    Picture("certificate", "auditor", _certificate, ("SHA-256", "Samira Haddad")),
    Picture("suspended", "oncall", "/systems/life-underwriting-price/", ("Suspended", "smokers under 30")),
]


def test_a_new_portal_shows_first_steps(page_of: PageOf) -> None:
    first = first_administrator_create(email="first@example.com", name="Lukas Ferrer", password=PASSWORD)
    role_grant(make_user("Ingrid Solberg"), Role.DPO, by=None)
    page = page_of(first, WIDTH)
    page.goto("/start/")
    expect(page.locator("main")).to_contain_text("2 of 10 done")
    take(page, "first-steps")


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_the_demo_company_shows_it(picture: Picture, company: None, page_of: PageOf) -> None:
    page = page_of(User.objects.get(email=f"{picture.who}@example.com"), WIDTH)
    answer = page.goto(picture.url())
    assert answer
    assert answer.status == 200
    for words in picture.says:
        expect(page.locator("body")).to_contain_text(words)
    if picture.at:
        page.locator(picture.at).first.evaluate(
            "element => window.scrollTo(0, element.getBoundingClientRect().top + window.scrollY - 120)"
        )
    take(page, picture.name)


def take(page: Page, name: str) -> None:
    if FOLDER:
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        page.screenshot(path=Path(FOLDER) / f"{name}.png", animations="disabled")
