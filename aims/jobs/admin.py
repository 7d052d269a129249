"""Schedules are changed on the page of jobs, within bounds: django-celery-beat's own pages are taken out."""

import django_celery_beat.admin  # noqa: F401  # registers its models, which are taken out below
from django.contrib import admin
from django_celery_beat import models

for model in (
    models.PeriodicTask,
    models.IntervalSchedule,
    models.CrontabSchedule,
    models.SolarSchedule,
    models.ClockedSchedule,
):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
