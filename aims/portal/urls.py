from django.urls import path, register_converter

from aims.portal import (
    dashboard_views,
    guide_views,
    ledger_views,
    policy_views,
    saved_view_pages,
    search_views,
    travel_views,
    views,
)

register_converter(policy_views.PolicyFile, "policy_file")

urlpatterns = [
    path("", dashboard_views.home, name="home"),
    path("work/", views.work, name="work"),
    path("past/", travel_views.past, name="past"),
    path("past/leave/", travel_views.past_leave, name="past-leave"),
    path("search/", search_views.search_page, name="search"),
    path("start/", guide_views.start, name="start"),
    path("start/card/", guide_views.start_card, name="start-card"),
    path("help/", guide_views.help_list, name="help"),
    path("help/<path:name>/", guide_views.help_page, name="help-page"),
    path("policies/", policy_views.policy_list, name="policies"),
    path("policies/<policy_file:path>", policy_views.policy_source, name="policy-source"),
    path("ledger/", ledger_views.ledger, name="ledger"),
    path("ledger/verify/", ledger_views.ledger_verify, name="ledger-verify"),
    path("ledger/export.jsonl", ledger_views.ledger_export, name="ledger-export"),
    path("ledger/verify_ledger.py", ledger_views.ledger_script, name="ledger-script"),
    path("ledger/checkpoint", ledger_views.ledger_checkpoint, name="ledger-checkpoint"),
    path("ledger/key", ledger_views.ledger_key, name="ledger-key"),
    path("ledger/<int:seq>/", ledger_views.entry, name="ledger-entry"),
    path("ledger/<int:seq>/proof.json", ledger_views.entry_proof, name="ledger-proof"),
    path("views/", saved_view_pages.saved_view_create, name="saved-views"),
    path("views/<int:pk>/", saved_view_pages.saved_view, name="saved-view"),
    path("views/<int:pk>/delete/", saved_view_pages.saved_view_delete, name="saved-view-delete"),
    path("healthz", views.health, name="health"),
    path("schemas/ai-system.json", views.schema, name="schema"),
]
