"""Every address of the portal, for every role and for nobody: who gets in, by `tests.addresses`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from tests.addresses import (
    FORBIDDEN,
    HIDDEN,
    LOGIN,
    OPEN,
    PERSONAS,
    PUBLIC,
    THEIRS,
    WRONG_METHOD,
    Persona,
    World,
    expected,
    patterns,
    table,
)

pytestmark = pytest.mark.django_db

EVERYBODY = [*PERSONAS, None]
NAMES = [who.name if who else "anonymous" for who in EVERYBODY]

PUBLIC_ADDRESSES = {
    "health",
    "ledger-checkpoint",
    "ledger-key",
    "schema",
    "account_login",
    "account_inactive",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "invitation",
    "unsubscribe",
}
"""Beside the static files and, on an empty portal, the welcome."""


def client_for(world: World, who: Persona | None, **options: Any) -> Client:
    client = Client(**options)
    if who is not None:
        client.force_login(world.people[who.name], backend="aims.accounts.backends.RoleBackend")
    return client


def met(answer: Any, url: str) -> str:
    """What an answer means to the person."""
    leads_to = answer.headers.get("Location", "").partition("?")[0]
    if leads_to == reverse("account_login") and url != leads_to:
        return LOGIN
    # The admin sends strangers to its login, which refuses them, and from what it does not show to its index.
    if url.startswith("/admin/") and leads_to in ("/admin/login/", "/admin/") and url != "/admin/login/":
        return FORBIDDEN if answer.wsgi_request.user.is_authenticated else LOGIN
    return {403: FORBIDDEN, 404: HIDDEN, 405: WRONG_METHOD}.get(answer.status_code, OPEN)


# --- The table ---------------------------------------------------------------------------------------------


def test_the_table_names_every_pattern_once_and_no_other() -> None:
    assert sorted(patterns()) == sorted(table())


def test_public_addresses_are_these() -> None:
    assert {name for name, address in table().items() if address.get == PUBLIC} == PUBLIC_ADDRESSES


def test_static_files_are_public(client: Client) -> None:
    assert client.get("/static/css/tokens.css").status_code == 200


# --- Every address, every role -----------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY, ids=NAMES)
def test_a_get_shows_what_the_roles_say_and_writes_nothing(who: Persona | None, world: World) -> None:
    client, wrong, written = client_for(world, who), {}, []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) and SESSIONS not in sql:
            written.append((name, sql))
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        for name, address in table().items():
            url = address.path(name, world)
            answer, wanted = met(client.get(url), url), expected(who, address, "get")
            if answer != wanted:
                wrong[name] = f"{answer}, not {wanted}"
    assert wrong == {}
    assert written == []


SESSIONS = Session._meta.db_table
"""Messages and the login itself are kept there."""


@pytest.mark.parametrize("who", EVERYBODY, ids=NAMES)
def test_a_post_does_what_the_roles_say(who: Persona | None, world: World) -> None:
    client, wrong = client_for(world, who), {}
    for name, address in table().items():
        if address.post == THEIRS:
            continue
        url = address.path(name, world)
        with undone():
            answer, wanted = met(client.post(url, address.posted(world)), url), expected(who, address, "post")
        if answer != wanted:
            wrong[name] = f"{answer}, not {wanted}"
    assert wrong == {}


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside never happened."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_no_form_is_taken_without_its_token(world: World) -> None:
    client = client_for(world, PERSONAS[0], enforce_csrf_checks=True)
    taken = {
        name: answer.status_code
        for name, address in table().items()
        if (answer := client.post(address.path(name, world), address.posted(world))).status_code != 403
    }
    assert taken == {"unsubscribe": 200}  # mail programs post there: the signed token in it is what counts
