"""Every row of a history has its entry, chained and bound to the row, on either database."""

import sqlite3
from typing import Any

import pytest
from django.db import DatabaseError, connection

from aims.accounts.models import User
from aims.ledger import format, rows
from aims.ledger.models import Entry, Shape
from registry.models import AISystem
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

FIELDS = [field.name for field in Entry._meta.concrete_fields if field.name not in ("content", "hash")]


def follow() -> list[Entry]:
    """All entries, of which number, content, hash and digest are right."""
    entries, previous = list(Entry.objects.order_by("seq")), format.GENESIS
    for number, entry in enumerate(entries, 1):
        values: dict[str, Any] = {name: getattr(entry, name) for name in FIELDS}
        assert entry.seq == number
        assert bytes(entry.content) == format.content(**values)
        previous = format.link(previous, bytes(entry.content))
        assert bytes(entry.hash) == previous
        columns = Shape.objects.get(pk=entry.shape).columns
        text = rows.texts(connection, entry.table, columns, [entry.row])[entry.row]
        assert format.row_digest(text) == entry.digest
    return entries


def test_a_saved_system_is_chained_and_found_by_the_system() -> None:
    system = factories.make_system(factories.make_team())
    entries = follow()
    tables = {entry.table for entry in entries if entry.about == f"registry.aisystem:{system.pk}"}
    assert tables == {"registry_historicalaisystem", "registry_historicalobligation"}


def test_bulk_history_is_chained_too() -> None:
    system = factories.make_system(factories.make_team())
    before = len(follow())
    AISystem.history.bulk_history_create([system, system], update=True)
    assert len(follow()) == before + 2


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_shape", "registry_historicalaisystem"])
def test_nothing_is_changed_or_removed(table: str) -> None:
    factories.make_system(factories.make_team())
    column = {"ledger_entry": "reason", "ledger_shape": "shape"}.get(table, "name")
    statements = [f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"]
    if connection.vendor == "postgresql":
        statements.append(f"TRUNCATE {table}")
    for statement in statements:
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_foreign_client_of_sqlite_cannot_write_past_the_ledger() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's triggers need nothing of the client.")
    factories.make_system(factories.make_team())
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        file = cursor.fetchone()[2]
    foreign = sqlite3.connect(file)
    with pytest.raises(sqlite3.OperationalError, match="no such function"):
        foreign.execute(
            "INSERT INTO accounts_historicaluser (id, is_active, date_joined, history_date, history_type) "
            "VALUES ('x', 1, '2026-01-01', '2026-01-01', '+')"
        )
    foreign.close()


def test_a_page_says_who_wrote_in_which_role(client: Any) -> None:
    admin = factories.make_user("Ada", "admin")
    client.force_login(User.objects.get(pk=admin.pk))
    other = factories.make_user("Bea")
    address = f"/people/{other.pk}/roles/"
    answer = client.post(address, {"role": "lead", "reason": "She runs it now."})
    assert answer.status_code == 302, answer.content
    entry = follow()[-1]
    assert (entry.actor, entry.role, entry.channel) == (str(admin.pk), "|admin|", "page")
    assert entry.about == f"accounts.user:{other.pk}"
    assert entry.reason == "She runs it now."
    assert len(entry.act) == 32
