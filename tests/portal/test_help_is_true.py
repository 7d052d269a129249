"""What the help calls by name, in italics, is there in the demo company for those who read that help."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils.html import strip_tags

from aims.accounts.models import User
from aims.portal import help as help_pages
from aims.portal.demo.telling import tell
from aims.signoffs.models import SignOff
from assessments.models import Assessment
from registry.models import Obligation

pytestmark = pytest.mark.django_db

EVERYBODY = (
    "/",
    "/work/",
    "/systems/",
    "/systems/?risk_tier=high",
    "/systems/claude-rag-assistant/",
    "/systems/claude-rag-assistant/promotion/",
    "/systems/claude-rag-assistant/edit/",
    "/systems/life-underwriting-price/promotion/",
    "/systems/mail-document-extraction/promotion/",
    "/systems/motor-claims-triage/promotion/",
    "/systems/website-chatbot/promotion/",
    "/assessments/",
    "/policies/",
    "/controls/",
    "/account/",
    "/help/",
    "/start/",
    "/import/",
    "/admin/",
    "/people/",
    "/people/invite/",
    "/teams/",
    "/systems/claude-rag-assistant/access/",
)
"""Where a person may look; what is closed to them shows nothing."""

READERS = {
    "roles/owner": "owner",
    "roles/dpo": "dpo",
    "roles/cto": "cto",
    "roles/security": "security",
    "roles/lead": "lead",
    "roles/auditor": "auditor",
    "roles/oncall": "oncall",
    "roles/admin": "admin",
    "roles/ci": "owner",
    "gate": "owner",
}


@pytest.fixture(scope="module", autouse=True)
def company(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_catalogue", verbosity=0)
        tell("open sesame please")
        yield
        transaction.set_rollback(True)


def names(source: str) -> set[str]:
    """What a text sets in italics: the names of pages, buttons and fields."""
    text = re.sub(r"```.*?```", "", source, flags=re.DOTALL)
    return {" ".join(name.split()) for name in re.findall(r"(?<![*\w])\*(?![*\s])([^*]+?)\*(?![*\w])", text)}


def shown_to(login: str) -> str:
    """All that the person can read on those pages."""
    user = User.objects.get(email=f"{login}@example.com")
    client = Client()
    client.force_login(user, backend="aims.accounts.backends.RoleBackend")
    waiting = Assessment.objects.newest().get(system__slug="motor-claims-triage")
    addresses = [
        *EVERYBODY,
        waiting.get_absolute_url(),
        f"/decisions/assessment/{waiting.ref}/",
        f"/work/{Obligation.objects.get(kind='monitoring', system__slug='motor-claims-triage').pk}/",
        f"/people/{User.objects.get(email='developer@example.com').pk}/",
        SignOff.objects.filter(signer=user).first() or SignOff.objects.earliest("pk"),
    ]
    pages = [client.get(getattr(each, "get_absolute_url", lambda at=each: at)()) for each in addresses]
    return " ".join(strip_tags(page.content.decode()) for page in pages if page.status_code == 200)


@pytest.mark.parametrize("name", sorted(READERS))
def test_what_it_names_is_there(name: str) -> None:
    page = help_pages.pages()[name]
    text = " ".join(shown_to(READERS[name]).split()).lower()
    assert {word for word in names(page.source) if word.lower() not in text} == set()


def test_names_are_found() -> None:
    assert names("Open *My work*, **not** `*this*`\n*Ask for\nchanges*.") >= {"My work", "Ask for changes"}
