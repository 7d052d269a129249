from django.urls import path, register_converter

from aims.portal import policy_views, views

register_converter(policy_views.PolicyFile, "policy_file")

urlpatterns = [
    path("", views.home, name="home"),
    path("work/", views.work, name="work"),
    path("policies/", policy_views.policy_list, name="policies"),
    path("policies/<policy_file:path>", policy_views.policy_source, name="policy-source"),
    path("healthz", views.health, name="health"),
    path("schemas/ai-system.json", views.schema, name="schema"),
]
