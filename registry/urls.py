from django.urls import path

from registry import access_views, compare_views, import_views, obligation_views, views, why_views

app_name = "registry"
urlpatterns = [
    path("systems/", views.system_list, name="systems"),
    path("systems/new/", views.system_new, name="system-new"),
    path("systems/records.zip", views.system_archive, name="system-archive"),
    path("systems/<slug:slug>/", views.system_detail, name="system"),
    path("systems/<slug:slug>/edit/", views.system_edit, name="system-edit"),
    path("systems/<slug:slug>/record.yaml", views.system_yaml, name="system-yaml"),
    path("systems/<slug:slug>/history/", views.system_history, name="system-history"),
    path("systems/<slug:slug>/compare/", compare_views.system_compare, name="system-compare"),
    path("systems/<slug:slug>/promotion/", views.system_promotion, name="system-promotion"),
    path("systems/<slug:slug>/access/", access_views.system_access, name="system-access"),
    path("people/<uuid:pk>/access/", access_views.person_access, name="person-access"),
    path("work/<int:pk>/", obligation_views.obligation, name="obligation"),
    path("work/<int:pk>/confirm/", obligation_views.obligation_confirm, name="obligation-confirm"),
    path("work/<int:pk>/waive/", obligation_views.obligation_waive, name="obligation-waive"),
    path("work/assign/", obligation_views.obligations_assign, name="obligations-assign"),
    path("work/remind/", obligation_views.obligations_remind, name="obligations-remind"),
    path("systems/<slug:slug>/why/", why_views.system_why, name="system-why"),
    path("import/", import_views.import_new, name="imports"),
    path("import/template.xlsx", import_views.template_xlsx, name="import-template-xlsx"),
    path("import/template.csv", import_views.template_csv, name="import-template-csv"),
    path("import/progress/<uuid:ticket>/", import_views.import_progress, name="import-progress"),
    path("import/<int:pk>/", import_views.import_preview, name="import"),
    path("import/<int:pk>/mapping/", import_views.import_mapping, name="import-mapping"),
    path("import/<int:pk>/rows/<int:number>/", import_views.import_row, name="import-row"),
    path("import/<int:pk>/refused.csv", import_views.import_refused, name="import-refused"),
    path("import/<int:pk>/undo/", import_views.import_undo, name="import-undo"),
]
