"""What waits for a person's decision, over all kinds of subjects."""

from aims.accounts.models import User
from aims.signoffs import subjects
from aims.signoffs.subjects import Waiting


def waiting_for(user: User) -> list[Waiting]:
    """What a role of the person has to decide about now, longest waiting first; each kind bounds its part."""
    found = [entry for kind in subjects.kinds() for entry in kind.waiting_for(user)]
    return sorted(found, key=lambda entry: entry.since)


def number_waiting(user: User) -> int:
    """How many subjects wait, without working out why: a query a kind, for every page."""
    return sum(kind.number_waiting(user) for kind in subjects.kinds())
