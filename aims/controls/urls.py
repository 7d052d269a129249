from django.urls import path

from aims.controls import views

app_name = "controls"
urlpatterns = [
    path("controls/", views.control_list, name="controls"),
    path("controls/<str:ref>/", views.control_detail, name="control"),
]
