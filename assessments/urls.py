from django.urls import path, re_path

from assessments import compare_views, edit_views, views

app_name = "assessments"

_REF = r"^assessments/(?P<ref>IA-\d{4}-\d{3,9})"

urlpatterns = [
    path("assessments/", views.assessment_list, name="assessments"),
    path("assessments/begin/<slug:slug>/", views.assessment_begin, name="begin"),
    re_path(rf"{_REF}/$", views.assessment_detail, name="assessment"),
    re_path(rf"{_REF}/compare/$", compare_views.assessment_compare, name="compare"),
    re_path(rf"{_REF}\.md$", views.assessment_markdown, name="markdown"),
    re_path(rf"{_REF}/submit/$", views.assessment_submit, name="submit"),
    re_path(rf"{_REF}/withdraw/$", views.assessment_withdraw, name="withdraw"),
    re_path(rf"{_REF}/versions/$", views.assessment_version, name="versions"),
    re_path(rf"{_REF}/edit/$", edit_views.assessment_edit, name="edit"),
    re_path(rf"{_REF}/merge/$", edit_views.assessment_merge, name="merge"),
]
