"""The gap checklist in use: from the database to the score, the command, the page and the overview."""

import datetime as dt
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import Error, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aims.accounts.models import User
from aims.portal.demo.clock import at
from audits.items import NO_CONFIRMATION, RULES
from audits.jobs import score_gap
from audits.models import GapScore, ItemConfirmation
from audits.scoring import ItemScore, score
from audits.services import WrongConfirmation, item_confirm, last_day, score_and_keep
from registry.models import AISystem, Obligation
from registry.obligation_services import confirm
from registry.services import system_move
from tests.browser.pages import edited
from tests.lifecycle import Staff, put_in_production

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
MakeSystem = Callable[..., AISystem]

OF_A_SOUND_DRAFT = 4
"""What one low-risk system made in the house satisfies: owner, provenance, supplier, high-risk sign-off."""


def today() -> dt.date:
    return timezone.localdate()


def scored() -> dict[str, ItemScore]:
    score_and_keep()
    return {item.key: item for item in score(today()).items}


def confirmed(item: str, by: User, **changes: Any) -> ItemConfirmation:
    values: dict[str, Any] = {"on": today(), "until": today(), "in_place": True, "note": "Folder 12."}
    return item_confirm(item, by=by, **values | changes)


def printed(*options: str) -> tuple[str, int]:
    out = io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("gap", "score", *options, stdout=out)
    assert isinstance(left.value.code, int)
    return out.getvalue(), left.value.code


# --- From the database -------------------------------------------------------------------------------------


def test_a_system_in_production_satisfies_what_it_should(production_system: AISystem, owner: User) -> None:
    found = scored()
    for key in ("owner_contact", "impact_assessment", "high_risk_signoff"):
        assert found[key].true, key
    assert found["production_monitoring"].numbers.missing == (production_system.slug,)
    task = Obligation.objects.get(system=production_system, kind="monitoring")
    confirm(task, on=today(), in_place=True, note="Alarm seen.", by=owner)
    assert scored()["production_monitoring"].true


def test_a_material_change_reopens_assessment_and_signatures(production_system: AISystem) -> None:
    edited(production_system, data_sensitivity="special_category")
    found = scored()
    assert found["impact_assessment"].numbers.missing == (production_system.slug,)
    assert found["high_risk_signoff"].numbers.missing == (production_system.slug,)


def test_an_assessment_counts_to_the_last_day_of_its_interval(make_system: MakeSystem, staff: Staff) -> None:
    put_in_production(make_system(review_interval_days=100), staff)
    now = timezone.now()
    with at(now + dt.timedelta(days=100)):
        assert scored()["impact_assessment"].true
    with at(now + dt.timedelta(days=101)):
        assert not scored()["impact_assessment"].true


def test_retired_systems_and_those_out_of_scope_do_not_count(make_system: MakeSystem, lead: User) -> None:
    make_system(in_scope=False, contact="")
    system_move(make_system(contact=""), "retire", by=lead, reason="Old.")
    make_system()
    assert (scored()["owner_contact"].numbers.numerator, scored()["owner_contact"].true) == (1, True)


def test_a_team_with_nobody_active_owns_nothing(make_system: MakeSystem, owner: User, deputy: User) -> None:
    make_system()
    assert scored()["owner_contact"].true
    User.objects.filter(pk__in=[owner.pk, deputy.pk]).update(is_active=False)
    assert not scored()["owner_contact"].true


def test_queries_do_not_grow_with_systems(make_system: MakeSystem, staff: Staff) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            score(today())
        return len(captured)

    put_in_production(make_system(risk_tier="high"), staff)
    few = queries()
    for _number in range(3):
        put_in_production(make_system(risk_tier="high"), staff)
    assert queries() == few <= 7


# --- Confirmations -----------------------------------------------------------------------------------------


def test_a_confirmation_counts_at_once_and_until_its_last_day(lead: User, make_system: MakeSystem) -> None:
    make_system()
    confirmed("incident_runbook", lead, until=today() + dt.timedelta(days=3))
    assert GapScore.objects.get().score == 1 + OF_A_SOUND_DRAFT
    now = timezone.now()
    with at(now + dt.timedelta(days=3)):
        assert scored()["incident_runbook"].true
    with at(now + dt.timedelta(days=4)):
        assert scored()["incident_runbook"].numbers.missing == (NO_CONFIRMATION,)


def test_the_newest_look_speaks(lead: User, make_system: MakeSystem) -> None:
    make_system()
    confirmed("incident_runbook", lead)
    confirmed("incident_runbook", lead, in_place=False)
    assert not scored()["incident_runbook"].true


@pytest.mark.parametrize(("item", "days"), [(key, rule.confirmed_days) for key, rule in RULES.items()])
def test_the_end_is_bounded(lead: User, item: str, days: int) -> None:
    if not days:
        with pytest.raises(WrongConfirmation, match="decided by facts"):
            confirmed(item, lead)
        return
    assert days <= 365
    assert confirmed(item, lead, until=last_day(item, today())).until == today() + dt.timedelta(days=days)
    with pytest.raises(WrongConfirmation, match="at the latest"):
        confirmed(item, lead, until=today() + dt.timedelta(days=days + 1))


@pytest.mark.parametrize(
    "changes",
    [
        {"on": dt.date(2199, 1, 1), "until": dt.date(2199, 1, 1)},
        {"on": dt.date(1999, 1, 1), "until": dt.date(1999, 1, 1)},
        {"until": dt.date(2000, 1, 1)},
        {"note": "  "},
    ],
)
def test_what_cannot_be_right_is_refused(lead: User, changes: dict[str, Any]) -> None:
    with pytest.raises(WrongConfirmation):
        confirmed("inventory", lead, **changes)
    assert not ItemConfirmation.objects.exists()


def test_only_the_lead_confirms(owner: User, cto: User, auditor: User, admin: User) -> None:
    for person in (owner, cto, auditor, admin):
        with pytest.raises(PermissionDenied):
            confirmed("inventory", person)


def test_a_confirmation_stays_as_it_is(lead: User) -> None:
    row = confirmed("inventory", lead)
    for write in (lambda: row.delete(), lambda: ItemConfirmation.objects.update(note="Other.")):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            write()


# --- Kept scores, command and job --------------------------------------------------------------------------


def test_the_last_run_of_a_day_is_kept(lead: User, make_system: MakeSystem) -> None:
    score_and_keep()
    assert GapScore.objects.get().score == 0
    make_system()
    assert score_gap() == f"Gap score: {OF_A_SOUND_DRAFT} of 12."
    assert GapScore.objects.get().score == OF_A_SOUND_DRAFT
    with at(timezone.now() + dt.timedelta(days=1)):
        score_and_keep()
    assert GapScore.objects.count() == 2


def test_the_command_prints_json_and_nothing_else(make_system: MakeSystem) -> None:
    system = make_system(contact="")
    text, code = printed("--json")
    found = json.loads(text)
    assert code == 1
    assert {name: found[name] for name in ("score", "total", "threshold")} == {
        "score": OF_A_SOUND_DRAFT - 1,
        "total": 12,
        "threshold": 7,
    }
    assert [item["key"] for item in found["items"]] == list(RULES)
    assert found["items"][1] == {
        "key": "owner_contact",
        "true": False,
        "numerator": 0,
        "denominator": 1,
        "missing": [system.slug],
        "manual": False,
    }
    assert GapScore.objects.count() == 1


def test_the_command_tells_people_what_is_missing(make_system: MakeSystem) -> None:
    system = make_system(contact="")
    text, _code = printed()
    assert f"0/1; missing: {system.slug}" in text
    assert "about four to six months" in text


def test_history_keeps_some_names_and_all_numbers(
    make_system: MakeSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audits.services.KEPT", 1)
    for _number in range(3):
        make_system(purpose="")
    score_and_keep()
    item = GapScore.objects.get().items[0]
    assert (item["denominator"], len(item["missing"]), item["missing"][-1]) == (3, 2, NO_CONFIRMATION)


# --- The page ----------------------------------------------------------------------------------------------


def test_before_the_first_score_the_page_says_what_to_do(client_of: ClientOf, lead: User, dpo: User) -> None:
    assert "Score now" in client_of(lead).get("/gap/").content.decode()
    text = client_of(dpo).get("/gap/").content.decode()
    assert "Not scored yet" in text
    assert "Score now" not in text


def test_the_page_names_what_is_missing_with_a_link_to_mend_it(
    client_of: ClientOf, lead: User, dpo: User, make_system: MakeSystem
) -> None:
    system = make_system(contact="", name="Nobody's letters")
    client_of(lead).post("/gap/score/")
    for person, page in ((lead, f"/systems/{system.slug}/edit/"), (dpo, f"/systems/{system.slug}/")):
        text = client_of(person).get("/gap/").content.decode()
        assert "0 of 1 system." in text
        assert f'<a href="{page}">Nobody&#x27;s letters</a>' in text
        assert "about four to six months" in text


def test_the_lead_confirms_on_the_page(client_of: ClientOf, lead: User, auditor: User) -> None:
    day = today().isoformat()
    answer = client_of(lead).post(
        "/gap/internal_audit/confirm/",
        {"on": day, "until": day, "in_place": "yes", "note": "Report IR-1."},
        follow=True,
    )
    assert answer.redirect_chain == [("/gap/#internal_audit", 302)]
    text = client_of(auditor).get("/gap/").content.decode()
    assert "Report IR-1." in text
    assert "Lea Compliance" in text


def test_a_wrong_end_is_said_at_its_field(client_of: ClientOf, lead: User) -> None:
    day = today().isoformat()
    answer = client_of(lead).post(
        "/gap/change_control/confirm/",
        {"on": day, "until": "2199-01-01", "in_place": "yes", "note": "Seen."},
    )
    assert answer.status_code == 422
    assert "at the latest" in answer.content.decode()
    assert not ItemConfirmation.objects.exists()


@pytest.mark.parametrize("item", ["owner_contact", "nonsense"])
def test_items_that_facts_decide_have_no_confirmation(client_of: ClientOf, lead: User, item: str) -> None:
    assert client_of(lead).post(f"/gap/{item}/confirm/", {}).status_code == 404


def test_a_confirmation_that_ran_out_is_said_so(client_of: ClientOf, lead: User) -> None:
    confirmed("inventory", lead, on=today() - dt.timedelta(days=9), until=today() - dt.timedelta(days=1))
    assert "ran out" in client_of(lead).get("/gap/").content.decode()


def test_an_old_score_is_said_to_be_old(client_of: ClientOf, lead: User) -> None:
    with at(timezone.now() - dt.timedelta(days=2)):
        score_and_keep()
    assert "The nightly run has not come since" in client_of(lead).get("/gap/").content.decode()


def test_what_would_raise_the_score_is_what_lacks_least(
    client_of: ClientOf, lead: User, make_system: MakeSystem
) -> None:
    for _number in range(3):
        make_system(purpose="", contact="")
    score_and_keep()
    proposed = client_of(lead).get("/gap/").context["next"]
    assert len(proposed) == 3
    assert all(row["effort"] == 1 for row in proposed)


def test_the_page_takes_the_same_queries_with_more_missing(
    client_of: ClientOf, lead: User, make_system: MakeSystem
) -> None:
    def queries() -> int:
        score_and_keep()
        client.get("/gap/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/gap/")
        return len(captured)

    client = client_of(lead)
    make_system(contact="")
    few = queries()
    for _number in range(20):
        make_system(contact="")
    assert queries() == few <= 12


# --- The overview ------------------------------------------------------------------------------------------


def test_lead_dpo_and_cto_have_the_score_on_their_overview(
    client_of: ClientOf,
    lead: User,
    dpo: User,
    cto: User,
    owner: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    def card(person: User) -> Any:
        dashboard = client_of(person).get("/").context["dashboard"]
        return next((card for card in [*dashboard.main, *dashboard.side] if card["name"] == "gap"), None)

    assert card(lead)["newest"] is None
    with django_capture_on_commit_callbacks(execute=True):
        score_and_keep()
    assert [card(person)["newest"].score for person in (lead, dpo, cto)] == [0, 0, 0]
    assert card(owner) is None
