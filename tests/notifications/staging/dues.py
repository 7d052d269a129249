"""Due dates of everybody there is: one each, on the day that stands in the file `due`."""

import datetime as dt
from collections.abc import Iterator

from django.conf import settings

from aims.accounts.models import User
from aims.notifications.due_dates import Due
from aims.notifications.kinds import Kind
from tests.notifications.staging import barrier

STAGED = Kind("staged", "Staged", "In tests.")


def staged(until: dt.date) -> Iterator[Due]:
    file = settings.AIMS_HOME / "due"
    day = dt.date.fromisoformat(file.read_text()) if file.exists() else dt.date.max
    if day > until:
        return
    barrier.wait()
    for person in User.objects.filter(email__startswith="reader-").order_by("email"):
        yield Due(
            kind=STAGED.key,
            subject=f"staged:{person.email}",
            day=day,
            title="Look at it",
            url="/work/",
            person=person.pk,
            escalates=False,
        )
