"""Every page of the portal, for every role: few statements, however much there is to show."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from tests.addresses import OPEN, PERSONAS, PORTAL, Persona, World, expected, make_world

pytestmark = pytest.mark.django_db

MOST = 12
"""The session, the person, their rights, and what the page shows."""


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.mark.parametrize("who", PERSONAS, ids=[who.name for who in PERSONAS])
def test_a_page_needs_few_queries(who: Persona, world: World) -> None:
    client = Client()
    client.force_login(world.people[who.name], backend="aims.accounts.backends.RoleBackend")
    many = {}
    for name, address in PORTAL.items():
        if expected(who, address, "get") != OPEN:
            continue
        url = address.path(name, world)
        client.get(url)  # what is kept for the life of the process is there from now on
        number = queries_of(client, url)
        if number > MOST:
            many[name] = number
    assert many == {}


def queries_of(client: Client, url: str) -> int:
    """How many statements a page sends. Savepoints are the test's."""
    statements = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE")):
            statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        client.get(url)

    return len(statements)
