from django.urls import path

from aims.signoffs import views

app_name = "signoffs"
urlpatterns = [
    path("decisions/signoffs/<int:pk>/", views.certificate, name="certificate"),
    path("decisions/signoffs/<int:pk>/signed.json", views.signed_bytes, name="signed-bytes"),
    path("decisions/signoffs/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("decisions/<slug:kind>/<str:key>/", views.decide, name="decide"),
]
