"""How long something waits or is late, in words and in a tone."""

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def days(age: dt.timedelta) -> str:
    """“3 days”; “since today” for less than one."""
    if age.days <= 0:
        return _("since today")
    return ngettext("%(n)d day", "%(n)d days", age.days) % {"n": age.days}


def longest(age: dt.timedelta) -> str:
    """Of several that wait, the one that waits longest."""
    return days(age) if age.days <= 0 else _("longest %(days)s") % {"days": days(age)}


def age_tone(age: dt.timedelta) -> str:
    """Of what waits: after a week it is worth a look, after a month somebody is held up."""
    return "bad" if age.days >= 30 else "warn" if age.days >= 7 else "info"
