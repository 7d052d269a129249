"""Addresses of the lists that numbers count: whoever shows a number links to it by these."""

from django.urls import reverse
from django.utils.http import urlencode


def systems_url(**narrowed: str) -> str:
    """The list of systems, narrowed by parameters of `registry.filters`."""
    return f"{reverse('registry:systems')}?{urlencode(narrowed)}" if narrowed else reverse("registry:systems")


def assessments_url(**narrowed: str) -> str:
    """The list of assessments, narrowed by parameters of `assessments.listing`."""
    return f"{reverse('assessments:assessments')}?{urlencode(narrowed)}"
