"""The account page and logging in; included at the root: `path("", include("aims.accounts.urls"))`.

allauth's patterns are picked by hand. Signing up leads to the page that says it is closed, and the e-mail
address, being the login, is changed by an administrator alone.
"""

from allauth.account import views as allauth
from django.urls import path, re_path

from aims.accounts import invitation_views, people_views, team_views, views
from aims.ledger.moments import shows_today

urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/substitutions/", views.substitution_create, name="substitution-create"),
    path("account/substitutions/<int:pk>/end/", views.substitution_end, name="substitution-end"),
    path("people/", people_views.people, name="people"),
    path("people/invite/", people_views.people_invite, name="people-invite"),
    path("people/substitutes/", people_views.substitutions, name="substitutions"),
    path("people/<uuid:pk>/", people_views.person, name="person"),
    path("people/<uuid:pk>/invitation/", people_views.invitation_send, name="invitation-send"),
    path("people/<uuid:pk>/invitation/revoke/", people_views.invitation_revoke, name="invitation-revoke"),
    path("people/<uuid:pk>/roles/", people_views.role_give, name="role-give"),
    path("people/<uuid:pk>/roles/<str:role>/take/", people_views.role_take, name="role-take"),
    path("people/<uuid:pk>/deactivate/", people_views.person_deactivate, name="person-deactivate"),
    path("people/<uuid:pk>/reactivate/", people_views.person_reactivate, name="person-reactivate"),
    path("teams/", team_views.teams, name="teams"),
    path("teams/new/", team_views.team_new, name="team-new"),
    path("teams/<slug:slug>/", team_views.team, name="team"),
    path("teams/<slug:slug>/edit/", team_views.team_edit, name="team-edit"),
    path("teams/<slug:slug>/members/", team_views.team_member_add, name="team-member-add"),
    path(
        "teams/<slug:slug>/members/<uuid:pk>/remove/",
        team_views.team_member_remove,
        name="team-member-remove",
    ),
    path("invitation/<str:token>/", invitation_views.invitation, name="invitation"),
    path("welcome/", views.welcome, name="welcome"),
    path("accounts/login/", shows_today(allauth.login), name="account_login"),
    path("accounts/logout/", shows_today(allauth.logout), name="account_logout"),
    path("accounts/inactive/", shows_today(allauth.account_inactive), name="account_inactive"),
    path("accounts/signup/", shows_today(allauth.signup), name="account_signup"),
    path("accounts/reauthenticate/", shows_today(allauth.reauthenticate), name="account_reauthenticate"),
    path("accounts/password/change/", shows_today(allauth.password_change), name="account_change_password"),
    path("accounts/password/set/", shows_today(allauth.password_set), name="account_set_password"),
    path("accounts/password/reset/", shows_today(allauth.password_reset), name="account_reset_password"),
    path(
        "accounts/password/reset/done/",
        shows_today(allauth.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        shows_today(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        shows_today(allauth.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]
