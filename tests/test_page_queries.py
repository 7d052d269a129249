"""Every page of the portal, for every role: few statements, however much there is to show."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.addresses import OPEN, PERSONAS, PORTAL, Persona, World, expected

pytestmark = pytest.mark.django_db

MOST = 12
"""The session, the person, their rights, and what the page shows."""


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
