"""Every address in the past: a POST is refused, and a page travels or says that it shows today."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aims.portal.travel import _takes_posts
from tests.addresses import OPEN, PERSONAS, PORTAL, THEIRS, World, expected, table

pytestmark = pytest.mark.django_db

AS_OF, TODAY, CLOSED = "looking at the portal as of", "This page shows today", "cannot be opened in the past"


def travel(client: Client, moment: dt.datetime) -> Client:
    url = reverse("registry:systems")
    assert AS_OF in client.get(url, {"as_of": moment.isoformat()}).content.decode()
    return client


# --- Read-only ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", PERSONAS, ids=[who.name for who in PERSONAS])
def test_every_post_is_refused_in_the_past(who: Any, world: World) -> None:
    client = Client()
    client.force_login(world.people[who.name], backend="aims.accounts.backends.RoleBackend")
    travel(client, timezone.now())
    taken = {}
    for name, address in table().items():
        if _takes_posts(name) or name == "admin:logout":
            continue
        answer = client.post(
            address.path(name, world), {} if address.post == THEIRS else address.posted(world)
        )
        if answer.status_code != 409 or "The past cannot be changed" not in answer.content.decode():
            taken[name] = answer.status_code
    assert taken == {}


# --- What a page says --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", PERSONAS, ids=[who.name for who in PERSONAS])
def test_every_page_travels_or_says_that_it_shows_today(who: Any, world: World) -> None:
    client = Client()
    client.force_login(world.people[who.name], backend="aims.accounts.backends.RoleBackend")
    travel(client, timezone.now())
    silent = {}
    for name, address in table().items():
        if not address.html or expected(who, address, "get") != OPEN:
            continue
        answer = client.get(address.path(name, world), follow=True)
        page = answer.content.decode() if "html" in answer["Content-Type"] else ""
        if not any(words in page for words in (AS_OF, TODAY, CLOSED)):
            silent[name] = answer.status_code
    assert silent == {}


def test_what_travels_is_this(world: World) -> None:
    client = Client()
    client.force_login(world.people["auditor"], backend="aims.accounts.backends.RoleBackend")
    travel(client, timezone.now())
    travelling = {
        name
        for name, address in PORTAL.items()
        if address.get and AS_OF in shown(client.get(address.path(name, world)))
    }
    assert travelling == {
        "registry:systems",
        "registry:system",
        "registry:system-history",
        "registry:system-compare",
        "assessments:assessments",
        "assessments:assessment",
        "assessments:compare",
    }


def shown(answer: Any) -> str:
    """The page; of a file that is sent in parts, nothing."""
    return "" if answer.streaming else answer.content.decode()
