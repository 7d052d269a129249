"""What of assessments stands against taking an import back."""

import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext as _

from assessments.models import Assessment


def assessed_since(systems: Sequence[int], since: dt.datetime) -> dict[int, str]:
    """The systems on whose assessment somebody has worked since."""
    found = Assessment.objects.filter(system__in=systems, updated_at__gte=since)
    return dict.fromkeys(found.values_list("system_id", flat=True), _("its impact assessment was worked on"))
