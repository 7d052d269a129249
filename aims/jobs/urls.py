from django.urls import path

from aims.jobs import views

app_name = "jobs"

urlpatterns = [
    path("jobs/", views.job_list, name="jobs"),
    path("jobs/<slug:name>/", views.job, name="job"),
    path("jobs/<slug:name>/run/", views.job_run, name="run"),
    path("jobs/<slug:name>/schedule/", views.job_schedule, name="schedule"),
]
