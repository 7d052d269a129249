"""When an e-mail goes out: pure functions of the moment, what the person wishes, and the time zone."""

import datetime as dt

from aims.notifications.kinds import Mode
from aims.notifications.models import Preferences


def mail_after(mode: Mode, preferences: Preferences, now: dt.datetime, zone: dt.tzinfo) -> dt.datetime | None:
    """The moment from which a notice told now may be mailed; None where only the inbox is wanted."""
    if mode is Mode.INBOX:
        return None
    moment = next_hour(now, preferences.digest_hour, zone) if mode is Mode.DIGEST else now
    return after_quiet(moment, preferences, zone)


def after_quiet(moment: dt.datetime, preferences: Preferences, zone: dt.tzinfo) -> dt.datetime:
    """The moment itself, or the end of the quiet hours that it falls into."""
    start, end = preferences.quiet_from, preferences.quiet_until
    if start is None or end is None:
        return moment
    hour = moment.astimezone(zone).hour
    quiet = start <= hour < end if start < end else hour >= start or hour < end
    return next_hour(moment, end, zone) if quiet else moment


def next_hour(moment: dt.datetime, hour: int, zone: dt.tzinfo) -> dt.datetime:
    """The next time after the moment at which a clock of the zone strikes the hour."""
    local = moment.astimezone(zone)
    struck = dt.datetime.combine(local.date(), dt.time(hour), tzinfo=zone)
    if struck <= moment:
        struck = dt.datetime.combine(local.date() + dt.timedelta(days=1), dt.time(hour), tzinfo=zone)
    return struck
