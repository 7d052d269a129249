"""The way out of a kind of e-mails that stands in each of them: a signed link that works without a login."""

from django.core import signing
from django.db import transaction
from django.urls import reverse

from aims.accounts.models import User
from aims.notifications.kinds import Kind, Mode, kind_of, known
from aims.notifications.models import Preferences

_SALT = "aims.notifications.unsubscribe"


def address(person: User, kind: str) -> str:
    """The path of the page; good for this person and this kind alone, for good."""
    return reverse("unsubscribe", args=[signing.dumps([str(person.pk), kind], salt=_SALT)])


def find(token: str) -> tuple[User, Kind] | None:
    """Whose link it is and of which kind; None for one that is none of ours, or of what must be mailed."""
    try:
        person, key = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if not known(key) or kind_of(key).must:
        return None
    found = User.objects.filter(pk=person, is_active=True).first()
    return (found, kind_of(key)) if found else None


@transaction.atomic
def unsubscribe(person: User, kind: Kind) -> None:
    """No more e-mails of the kind; the inbox keeps them. Twice changes nothing."""
    wish, _new = Preferences.objects.select_for_update().get_or_create(user=person)
    wish.modes = wish.modes | {kind.key: Mode.INBOX.value}
    wish.save(update_fields=["modes"])
