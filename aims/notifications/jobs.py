"""What runs by itself: the planner every hour, the deliverer every half minute, cleaning every night."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aims.notifications import delivery, planning, retention


def plan_reminders() -> str:
    """Tell people what the ladder has reached. Raises PlanningFailed where a source could not be read."""
    return _("New reminders: %(number)d.") % {"number": planning.plan()}


def deliver() -> str:
    """Send the e-mails that wait, daily ones too. Raises OSError where the mail server does not answer."""
    done = delivery.deliver()
    if done.unreachable:
        raise OSError(_("The mail server does not answer: %(why)s") % {"why": done.unreachable})
    return _(
        "E-mails: %(mails)d, with notices: %(notices)d; not needed: %(dropped)d; failed: %(failed)d."
    ) % {
        "mails": done.mails,
        "notices": done.notices,
        "dropped": done.dropped,
        "failed": done.failed,
    }


def prune_notices() -> str:
    """Remove what was read more than a year ago and is over."""
    removed = retention.prune()
    return ngettext("%(n)s notice removed", "%(n)s notices removed", removed) % {"n": removed}
