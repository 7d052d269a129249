"""Pages of long lists, counted from the search itself or from an index."""

from collections.abc import Callable

import pytest

from registry.models import AISystem
from registry.paging import Keys, KeysFirst

pytestmark = pytest.mark.django_db


@pytest.fixture
def five(make_system: Callable[..., AISystem]) -> list[AISystem]:
    return [make_system(slug=f"system-{number}") for number in range(5)]


@pytest.mark.parametrize("searched", [False, True])
@pytest.mark.parametrize(
    ("asked", "number", "slugs"),
    [
        (None, 1, ["system-0", "system-1"]),
        ("2", 2, ["system-2", "system-3"]),
        ("3", 3, ["system-4"]),
        ("4", 3, ["system-4"]),
        ("0", 3, ["system-4"]),
        ("-1", 3, ["system-4"]),
        ("9" * 5000, 1, ["system-0", "system-1"]),
        ("999999999999", 3, ["system-4"]),
        ("two", 1, ["system-0", "system-1"]),
    ],
)
def test_any_page_number_leads_to_a_page(
    five: list[AISystem], searched: bool, asked: str | None, number: int, slugs: list[str]
) -> None:
    page = KeysFirst(AISystem.objects.order_by("slug"), 2, searched=searched).get_page(asked)

    assert (page.number, page.paginator.count, page.paginator.num_pages) == (number, 5, 3)
    assert [system.slug for system in page.object_list] == slugs


def test_a_search_is_read_once(
    five: list[AISystem], django_assert_num_queries: Callable[..., object]
) -> None:
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        page = Keys(AISystem.objects.order_by("slug"), 2, searched=True).get_page("2")
        assert (page.paginator.count, len(page.object_list)) == (5, 2)


@pytest.mark.parametrize("searched", [False, True])
def test_a_list_without_rows_has_one_empty_page(db: None, searched: bool) -> None:
    page = Keys(AISystem.objects.order_by("slug"), 2, searched=searched).get_page("7")

    assert (page.number, page.paginator.count, list(page.object_list)) == (1, 0, [])
