from django.urls import path

from aims.notifications import admin_views, views

urlpatterns = [
    path("inbox/", views.inbox_page, name="inbox"),
    path("inbox/read/", views.inbox_read, name="inbox-read"),
    path("inbox/<int:pk>/open/", views.notice_open, name="notice-open"),
    path("account/notices/", views.preferences_page, name="notice-preferences"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("reminders/", admin_views.ladder_page, name="reminders"),
    path("mail/", admin_views.mail_list, name="mail"),
    path("mail/again/", admin_views.mail_again, name="mail-again"),
    path("mail/<str:name>/", admin_views.mail, name="mail-file"),
]
