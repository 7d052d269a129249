"""All addresses of the portal (design page, section 10). Error pages: Django's views with our templates."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("aims.portal.urls")),
    path("", include("registry.urls")),
    path("", include("audits.urls")),
    path("", include("assessments.urls")),
    path("", include("aims.signoffs.urls")),
    path("", include("aims.controls.urls")),
    path("", include("aims.notifications.urls")),
    path("", include("aims.jobs.urls")),
    path("", include("aims.accounts.urls")),
    path("admin/", admin.site.urls),
]
