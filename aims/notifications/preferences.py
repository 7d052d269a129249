"""Writing down how a person wants to hear of things."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from aims.accounts.models import User
from aims.notifications.kinds import kind_of, known
from aims.notifications.models import Preferences


@transaction.atomic
def choose(
    person: User,
    *,
    modes: Mapping[str, str],
    digest_hour: int,
    quiet_from: int | None,
    quiet_until: int | None,
) -> Preferences:
    """Keep a person's wishes; what waits to be mailed follows them, too.

    Raises ValidationError for hours that make no sense, and for less than an e-mail a day of what one signs.
    """
    for key, mode in modes.items():
        if not known(key) or mode not in kind_of(key).modes:
            raise ValidationError(_("“%(kind)s” cannot be heard of that way.") % {"kind": kind_of(key).title})
    if (quiet_from is None) != (quiet_until is None):
        raise ValidationError(_("Quiet hours need a beginning and an end. Give both, or neither."))
    if quiet_from is not None and quiet_from == quiet_until:
        raise ValidationError(_("Quiet hours end at another hour than they begin."))
    wish, _new = Preferences.objects.select_for_update().get_or_create(user=person)
    wish.modes = dict(modes)
    wish.digest_hour, wish.quiet_from, wish.quiet_until = digest_hour, quiet_from, quiet_until
    wish.save()
    return wish
