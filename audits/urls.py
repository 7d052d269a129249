from django.urls import path

from audits import views

app_name = "audits"
urlpatterns = [
    path("gap/", views.gap, name="gap"),
    path("gap/score/", views.gap_score, name="gap-score"),
    path("gap/<slug:item>/confirm/", views.gap_confirm, name="gap-confirm"),
]
