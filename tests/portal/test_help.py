"""Help: the pages of `docs/` inside the portal."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aims.accounts.models import User
from aims.accounts.roles import Role
from aims.portal import help as help_pages

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]


def page(source: str, name: str = "roles/owner") -> str:
    return help_pages.html(help_pages.Page(name, "Title", "", source))


def test_every_role_has_a_page() -> None:
    assert set(help_pages.OF_ROLES) == set(Role)
    assert set(help_pages.OF_ROLES.values()) <= set(help_pages.pages())


def test_each_page_stands_on_one_shelf() -> None:
    shelved = [each.name for shelf in help_pages.shelves() for each in shelf.pages]
    assert sorted(shelved) == sorted(help_pages.pages())


def test_pages_for_developers_stay_outside() -> None:
    assert "development" not in help_pages.pages()


@pytest.mark.parametrize("name", sorted(help_pages.pages()))
def test_every_page_opens(client_of: ClientOf, outsider: User, name: str) -> None:
    found = help_pages.pages()[name]
    answer = client_of(outsider).get(found.url)
    assert answer.status_code == 200
    assert found.title in answer.content.decode()
    assert found.summary


def test_the_list_marks_the_page_of_ones_own_role(client_of: ClientOf, dpo: User) -> None:
    text = client_of(dpo).get("/help/").content.decode()
    assert text.count("Yours") == 1


def test_there_is_no_way_out_of_the_folder(client_of: ClientOf, owner: User) -> None:
    for name in ("../README", "roles/../../README", "development", "nothing"):
        assert client_of(owner).get(f"/help/{name}/").status_code == 404


def test_it_takes_few_queries(client_of: ClientOf, owner: User) -> None:
    client = client_of(owner)
    for address in ("/help/", "/help/gate/"):
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        assert len(queries) <= 12


# --- What becomes of a file --------------------------------------------------------------------------------


def test_links_between_pages_lead_to_pages() -> None:
    assert 'href="/help/signatures/#stale"' in page("[x](../signatures.md#stale)")


def test_links_to_what_is_no_page_are_words() -> None:
    assert "<a" not in page(
        "[x](../development.md) [y](../../README.md) [z](../../policies/ai/signoffs.rego)"
    )


def test_links_to_the_world_stay() -> None:
    assert 'href="https://example.com/"' in page("[x](https://example.com/)")


def test_pictures_are_static_files() -> None:
    assert 'src="/static/help/why.png"' in page("![Why](../images/why.png)")


def test_the_title_stands_once() -> None:
    assert "Title" not in page("# Title\n\nText.")


def test_tables_and_code_scroll_by_keyboard() -> None:
    table = page("## Words\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert 'class="table-wrap" role="region" tabindex="0"' in table
    assert 'aria-label="Words (' in table
    assert '<pre tabindex="0">' in page("```sh\nmake run\n```")


def test_a_script_in_a_file_is_none_in_the_page() -> None:
    assert "<script" not in page("<script>alert(1)</script>")
