"""Pages of long lists."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Window
from django.utils.functional import cached_property


class Keys(Paginator):  # type: ignore[type-arg]
    """Pages of the keys of a QuerySet that rights and filters already bound.

    With `searched` every row has to be read to be found or not, so rows are counted and picked in one go; an
    index does both without it.
    """

    def __init__(self, found: Any, per_page: int, *, searched: bool = False) -> None:
        super().__init__(found, per_page)
        self._searched = searched

    @cached_property
    def count(self) -> int:
        found: Any = self.object_list
        return found.order_by().count()  # type: ignore[no-any-return]

    def get_page(self, number: Any) -> Page:  # type: ignore[type-arg]
        text = str(number or "")
        # Whatever is no number, or one that no list has, the paginator itself knows how to answer.
        wanted = 1 if not text else int(text) if text.isdecimal() and len(text) < 10 else 0
        if self._searched and wanted and (keys := self._keys_counted(wanted)):
            return self._page_of(keys, wanted)
        return super().get_page(number)

    def page(self, number: Any) -> Page:  # type: ignore[type-arg]
        number = self.validate_number(number)
        found: Any = self.object_list
        return self._page_of(list(found.values_list("pk", flat=True)[self._part(number)]), number)

    def _keys_counted(self, number: int) -> list[Any]:
        """The keys of the page, and with them `count`; none beyond the last page."""
        found: Any = self.object_list
        rows = list(found.values_list("pk", Window(Count("*")))[self._part(number)])
        if rows:
            self.count = rows[0][1]
        return [key for key, _total in rows]

    def _part(self, number: int) -> slice:
        first = (number - 1) * self.per_page
        return slice(first, first + self.per_page)

    def _page_of(self, keys: list[Any], number: int) -> Page:  # type: ignore[type-arg]
        return Page(keys, number, self)


class KeysFirst(Keys):
    """Sorts keys alone and then loads the rows of one page: a database sorts all columns of all rows else."""

    def _page_of(self, keys: list[Any], number: int) -> Page:  # type: ignore[type-arg]
        found: Any = self.object_list
        return Page(found.filter(pk__in=keys), number, self)
