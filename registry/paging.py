"""Pages of long lists."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.functional import cached_property


class CountOnce(Paginator):  # type: ignore[type-arg]
    """Django's paginator; the list it pages is already bounded by rights and filters."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by().count()  # type: ignore[attr-defined, no-any-return]


class KeysFirst(CountOnce):
    """Sorts keys alone and then loads the rows of one page: a database sorts all columns of all rows else."""

    def page(self, number: Any) -> Page:  # type: ignore[type-arg]
        number = self.validate_number(number)
        found: Any = self.object_list
        first = (number - 1) * self.per_page
        keys = list(found.values_list("pk", flat=True)[first : first + self.per_page])
        return Page(found.filter(pk__in=keys), number, self)
