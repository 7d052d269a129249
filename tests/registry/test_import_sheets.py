"""Importing spreadsheets: columns recognised, asked for, remembered; what a row says, and what it may not."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from aims.accounts.models import Team, User
from registry import documents
from registry.imports.errors import AlreadyImported
from registry.imports.mapping import Mapping
from registry.imports.preview import prepare
from registry.imports.uploads import remap
from registry.models import AISystem, ColumnMapping, ImportBatch, ImportRow
from tests.factories import make_team
from tests.page_forms import posted

pytestmark = pytest.mark.django_db

HEAD = "id,name,owner"


def xlsx(*rows: list[Any]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet
    for row in rows:
        sheet.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def send(client: Client, data: str | bytes, name: str = "systems.csv", **more: str) -> Any:
    """The page that follows the upload of a spreadsheet."""
    file = SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)
    return client.post(reverse("registry:imports"), {"files": file, **more}, follow=True)


def confirm(client: Client, **extra: str) -> Any:
    batch = ImportBatch.objects.latest("pk")
    return client.post(batch.get_absolute_url(), {"seen": batch.fingerprint, **extra}, follow=True)


def rows() -> list[ImportRow]:
    return list(ImportBatch.objects.latest("pk").rows.all())


@pytest.fixture
def client(client_of: Callable[[User], Client], owner: User) -> Client:
    """The owner's."""
    return client_of(owner)


# --- Columns -----------------------------------------------------------------------------------------------


def test_columns_are_recognised_by_path_label_title_and_everyday_words(client: Client) -> None:
    page = send(
        client,
        "System ID,Title,Team,E-Mail,deployment.environment,Risk class,Type of model,Kept\n"
        "letters,Letters,team-ai-platform,a@example.com,Prod,Hoch,classifier,\n",
    )
    assert page.request["PATH_INFO"] == ImportBatch.objects.get().get_absolute_url(), "nothing to ask"
    confirm(client)
    system = AISystem.objects.get()
    assert (system.slug, system.name, system.contact) == ("letters", "Letters", "a@example.com")
    assert (system.environment, system.risk_tier, system.model_type) == ("production", "high", "classifier")


def test_the_template_comes_back_without_a_question(client: Client) -> None:
    book = load_workbook(io.BytesIO(client.get(reverse("registry:import-template-xlsx")).content))
    sheet = book["Systems"]
    values = {"Id": "letters", "Name": "Letters", "Owner": "team-ai-platform", "Risk tier": "high"}
    for cell in sheet[1]:
        sheet.cell(2, cell.column, values.get(cell.value))
    kept = io.BytesIO()
    book.save(kept)
    send(client, kept.getvalue(), "ai-systems.xlsx")
    assert [row.status for row in rows()] == ["new"]
    offered = [validation.formula1 for validation in sheet.data_validations.dataValidation]
    assert any("Allowed values" in formula for formula in offered)


def test_every_column_of_the_csv_template_is_recognised(client: Client) -> None:
    head = client.get(reverse("registry:import-template-csv")).content.decode("utf-8-sig").strip()
    names = next(csv.reader([head]))
    values = ["letters", "Letters", "team-ai-platform", *[""] * (len(names) - 3)]
    send(client, f"{head}\n{','.join(values)}\n")
    assert [row.status for row in rows()] == ["new"]
    assert len(names) == len(set(names)) == len(documents.COLUMNS) + 3  # owner, and logs in three columns


def test_an_unknown_column_is_asked_about_and_the_answer_remembered(client: Client) -> None:
    sheet = "id,name,owner,Remarks\nletters,Letters,team-ai-platform,for the post\n"
    page = send(client, sheet)
    assert "What are these columns?" in page.content.decode()
    assert "for the post" in page.content.decode(), "an example helps"
    form = posted(page.content.decode(), holding="column-3")
    assert form["column-3"] == "?"
    refused = client.post(page.request["PATH_INFO"], form)
    assert refused.status_code == 422
    assert "“Remarks”" in refused.content.decode()

    page = client.post(page.request["PATH_INFO"], form | {"column-3": "classification.purpose"}, follow=True)
    assert "Purpose: for the post" in page.content.decode()
    assert ColumnMapping.objects.get().saved_by.name == "Olga Owner"

    page = send(client, sheet.replace("Remarks", " remarks "))
    assert "What would change" in page.content.decode(), "known by now"


def test_a_column_can_be_left_out(client: Client) -> None:
    page = send(client, "id,name,owner,Remarks\nletters,Letters,team-ai-platform,secret\n")
    form = posted(page.content.decode(), holding="column-3")
    client.post(page.request["PATH_INFO"], form | {"column-3": ""})
    confirm(client)
    assert "secret" not in str(documents.record_of(AISystem.objects.get()))


def test_a_sheet_without_ids_is_told_what_it_needs(client: Client) -> None:
    page = send(client, "name,owner\nLetters,team-ai-platform\n")
    assert "No column is chosen for “Id”" in page.content.decode()


def test_two_columns_for_one_field_are_asked_about(client: Client) -> None:
    page = send(client, "id,name,title,owner\nletters,Letters,L,team-ai-platform\n")
    form = posted(page.content.decode(), holding="column-1")
    assert (form["column-1"], form["column-2"]) == ("?", "?")
    refused = client.post(page.request["PATH_INFO"], form | {"column-1": "name", "column-2": "name"})
    assert "Two columns are chosen for “Name”" in refused.content.decode()


def test_values_that_nobody_knows_are_asked_about(client: Client) -> None:
    page = send(
        client,
        "id,name,owner,risk\na,A,team-ai-platform,severe\nb,B,team-ai-platform,Severe!\n"
        "c,C,team-ai-platform,whatever\nd,D,team-ai-platform,low\n",
    )
    text = page.content.decode()
    assert "“severe”" in text
    assert "“whatever”" in text
    assert "“low”" not in text
    path = "classification.risk_tier"
    client.post(
        page.request["PATH_INFO"],
        {
            f"meaning|{path}|severe": "high",
            f"meaning|{path}|severe!": "critical",
            f"meaning|{path}|whatever": "!",
        },
    )
    assert [(row.slug, row.status) for row in rows()] == [
        ("a", "new"), ("b", "new"), ("c", "refused"), ("d", "new"),
    ]  # fmt: skip
    assert "“whatever” is not a value of “Risk tier”" in rows()[2].problems[0][2]
    confirm(client, leave_out="1")
    tiers = dict(AISystem.objects.values_list("slug", "risk_tier"))
    assert tiers == {"a": "high", "b": "critical", "d": "low"}


@pytest.mark.parametrize(
    ("said", "expected"), [("day", dt.date(2027, 4, 3)), ("month", dt.date(2027, 3, 4)), ("refuse", None)]
)
def test_a_date_that_could_be_read_in_two_ways_is_asked_about(
    client: Client, said: str, expected: dt.date | None
) -> None:
    page = send(client, f"{HEAD},end of life\na,A,team-ai-platform,03/04/2027\nb,B,team-ai-platform,\n")
    assert "Dates that could be read in two ways" in page.content.decode()
    client.post(page.request["PATH_INFO"], {"dates": said})
    confirm(client, leave_out="1")
    found = AISystem.objects.filter(slug="a").values_list("decommission_date", flat=True).first()
    assert (found, AISystem.objects.filter(slug="b").exists()) == (expected, True)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2027-04-03", "2027-04-03"),
        ("3.4.2027", "2027-04-03"),
        ("25/04/2027", "2027-04-25"),
        ("04/25/2027", "2027-04-25"),
        ("3 Apr 2027", "2027-04-03"),
        ("April 3, 2027", "2027-04-03"),
        ("31.2.2027", None),
        ("3.4.27", None),
        ("soon", None),
        ("46115", None),
    ],
)
def test_dates_are_read_where_they_are_clear(client: Client, cell: str, expected: str | None) -> None:
    send(client, f'{HEAD},end of life\na,A,team-ai-platform,"{cell}"\n')
    (row,) = rows()
    if expected is None:
        assert "is not a day of the calendar" in row.problems[0][2]
        assert row.problems[0][:2] == [2, 4]
    else:
        assert row.document["lifecycle"]["decommission_date"] == expected


# --- Rows --------------------------------------------------------------------------------------------------


def test_lists_and_sources_are_read_from_one_cell(client: Client) -> None:
    send(
        client,
        f"{HEAD},regions,affected parties,training data,rag sources,logs,log retention\n"
        'a,A,team-ai-platform,"eu-west-1, eu-west-2","customers; clerks, trainees",none-fine-tuning,'
        '"handbook | s3://kb/h/; tickets","prompts\nresponses",90 days\n'
        "b,B,team-ai-platform,,,letters | the archive,,,\n",
    )
    first, second = (row.document for row in rows())
    assert first["deployment"]["regions"] == ["eu-west-1", "eu-west-2"]
    assert first["classification"]["affected_parties"] == ["customers", "clerks, trainees"]
    assert first["data"]["training_sources"] == "none-fine-tuning"
    assert [source["name"] for source in first["data"]["rag_sources"]] == ["handbook", "tickets"]
    assert first["data"]["rag_sources"][0]["location"] == "s3://kb/h/"
    assert first["data"]["logs"] == {
        "captured": ["prompts", "responses"],
        "retention_days": 90,
        "readers": [],
    }
    assert second["data"]["training_sources"] == [{"name": "letters", "source": "the archive"}]


def test_a_blank_cell_leaves_a_registered_system_as_it_is(
    client: Client, make_system: Callable[..., AISystem]
) -> None:
    system = make_system(slug="letters", purpose="sorting the post", risk_tier="low")
    page = send(client, f"{HEAD},purpose,risk\nletters,Letters,team-ai-platform,,high\n")
    assert "A blank cell leaves a registered system as it is" in page.content.decode()
    confirm(client)
    system.refresh_from_db()
    assert (system.purpose, system.risk_tier, system.revision) == ("sorting the post", "high", 2)
    assert system.contact == "owners@example.com", "a column that is not there changes nothing either"


def test_a_row_of_a_registered_system_needs_nothing_but_its_id(
    client: Client, make_system: Callable[..., AISystem]
) -> None:
    make_system(slug="letters", name="Letters")
    send(client, "id,name,owner,risk\nletters,,,high\nfresh,,,high\n")
    known, fresh = rows()
    assert [change["path"] for change in known.changes] == ["classification.risk_tier"]
    assert [problem[2] for problem in fresh.problems] == [
        "“Name” is empty, and a new system needs it.",
        "“Owner” is empty, and a new system needs it.",
    ]


def test_a_team_can_be_called_by_its_name(client: Client, team: Team) -> None:
    send(client, f"{HEAD}\nletters,Letters,AI  Platform team\nothers,Others,No such team\n")
    first, second = rows()
    assert (first.status, first.owner) == ("new", team.slug)
    assert "There is no team “No such team”" in second.problems[0][2]


def test_what_a_cell_has_no_room_for_is_kept(client: Client, make_system: Callable[..., AISystem]) -> None:
    make_system(
        slug="letters",
        rag_sources=[
            {"name": "handbook", "location": "s3://old/", "pii": True, "retention_days": 30},
            {"name": "tickets", "location": "s3://t/"},
        ],
    )
    send(client, f"{HEAD},rag sources\nletters,,,handbook | s3://new/\n")
    confirm(client)
    (source,) = AISystem.objects.get().rag_sources
    assert (source["location"], source["pii"], source["retention_days"]) == ("s3://new/", True, 30)


def test_the_preview_says_what_changes_by_field(client: Client, make_system: Callable[..., AISystem]) -> None:
    make_system(slug="letters", risk_tier="low")
    text = send(client, f"{HEAD},risk\nletters,,,high\n").content.decode()
    assert "<dt>Risk tier</dt><dd><del>Low</del> <ins>High</ins></dd>" in text


def test_a_row_can_be_read_in_full_before_it_is_imported(client: Client) -> None:
    page = send(client, f"{HEAD},vendor\nletters,Letters,team-ai-platform,anthropic\n")
    link = reverse("registry:import-row", args=[ImportBatch.objects.get().pk, 2])
    assert link in page.content.decode()
    assert "anthropic" in client.get(link).content.decode()


def test_claims_of_a_sheet_are_told_and_not_believed(client: Client) -> None:
    page = send(client, f"{HEAD},status,approved by\nletters,Letters,team-ai-platform,production,dpo; cto\n")
    assert "Claims that the portal cannot confirm" in page.content.decode()
    confirm(client)
    assert AISystem.objects.get().stage == "draft"


MESSY = (
    "id,name,owner,risk,end of life,review interval\n"
    "good,Good,team-ai-platform,high,2027-01-31,365\n"
    "twice,Twice,team-ai-platform,low,,\n"
    "Wrong Id!,Wrong,team-ai-platform,low,,\n"
    "twice,Once more,team-ai-platform,low,,\n"
    "foreign,Foreign,team-nowhere,low,,\n"
    "late,Late,team-ai-platform,low,31.2.2027,\n"
    ",No id,team-ai-platform,low,,\n"
    "rarely,Rarely,team-ai-platform,low,,99999\n"
)
ALL_AT_ONCE = "Bad Id,,team-nowhere,low,31.2.2027,99999\n"


def test_every_bad_row_is_refused_with_its_cell_and_reason(client: Client) -> None:
    text = send(client, MESSY).content.decode()
    refused = {row.number: row.problems for row in rows() if row.status == "refused"}
    assert sorted(refused) == [3, 4, 5, 6, 7, 8, 9]
    for place, words in (
        ("A3", "stands in systems.csv, row 5 too"),
        ("A5", "stands in systems.csv, row 3 too"),
        ("A4", "use small letters, digits and single hyphens"),
        ("C6", "There is no team “team-nowhere”"),
        ("E7", "“31.2.2027” is not a day of the calendar"),
        ("A8", "Every system needs an id"),
        ("F9", "write a number not above 3650"),
    ):
        assert any(f"<b>{place}</b>" in line and words in line for line in text.split("<li>")), place


def test_everything_that_is_wrong_with_a_row_is_told_at_once(client: Client) -> None:
    send(client, MESSY.partition("\n")[0] + "\n" + ALL_AT_ONCE)
    (row,) = rows()
    assert [column for _line, column, _message in row.problems] == [1, 2, 3, 5, 6]


def test_nothing_is_imported_while_rows_are_refused_and_nobody_says_leave_them_out(client: Client) -> None:
    send(client, MESSY)
    answer = confirm(client)
    assert (answer.status_code, AISystem.objects.count()) == (409, 0)
    assert "7 rows are refused" in answer.content.decode()


def test_refused_rows_are_left_out_knowingly_and_listed_afterwards(client: Client) -> None:
    send(client, MESSY)
    text = confirm(client, leave_out="1").content.decode()
    assert [system.slug for system in AISystem.objects.all()] == ["good"]
    assert "Refused rows were left out" in text
    assert "Left out 7" in text


def test_the_refused_rows_come_as_csv_to_mend_and_upload_again(client: Client) -> None:
    send(client, MESSY + "formula,=cmd|' /C calc'!A0,team-nowhere,low,,\n")
    confirm(client, leave_out="1")
    answer = client.get(reverse("registry:import-refused", args=[ImportBatch.objects.get().pk]))
    table = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [line["id"] for line in table] == [
        "twice", "Wrong Id!", "twice", "foreign", "late", "", "rarely", "formula",
    ]  # fmt: skip
    assert table[4]["Problem"].startswith("E7: “31.2.2027”")
    assert table[7]["name"] == "'=cmd|' /C calc'!A0", "no spreadsheet works it out"

    mended = answer.content.replace(b"31.2.2027", b"28.2.2027")
    send(client, mended, "refused.csv")
    by_id = {row.slug: row for row in rows()}
    assert by_id["late"].status == "new", "the column with the reasons asks no question"
    assert by_id["formula"].raw[1] == "=cmd|' /C calc'!A0"


def test_a_formula_in_csv_is_text(client: Client) -> None:
    send(client, f"{HEAD}\nletters,=1+1,team-ai-platform\n")
    confirm(client)
    assert AISystem.objects.get().name == "=1+1"


def test_markup_in_cells_is_shown_as_text(client: Client) -> None:
    page = send(client, f"{HEAD},<b>x</b>\n<i>a</i>,<script>alert(1)</script>,team-ai-platform,<img src=x>\n")
    asked = page.content.decode()
    client.post(page.request["PATH_INFO"], {"column-3": "classification.purpose"})
    text = asked + client.get(ImportBatch.objects.get().get_absolute_url()).content.decode()
    for markup in ("<script>alert", "<img src=x>", "<b>x</b>", "<i>a</i>"):
        assert markup not in text
    assert "&lt;script&gt;" in text


def test_a_formula_without_value_refuses_its_row_alone(client: Client) -> None:
    send(
        client,
        xlsx(
            ["id", "name", "owner"],
            ["a", "A", "team-ai-platform"],
            ["b", "=A2&1", "team-ai-platform"],
            ["c", "#REF!", "team-ai-platform"],
        ),
        "systems.xlsx",
    )
    first, second, third = rows()
    assert first.status == "new"
    assert "has no value yet" in second.problems[0][2]
    assert "#REF!" in third.problems[0][2]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "Choose a spreadsheet"),
        ({"a.csv": b"id,name,owner\na,A,t\n", "b.yaml": b"id: b"}, "by itself"),
        ({"a.ods": b"PK\x03\x04"}, "damaged"),
        ({"a.xls": b"\xd0\xcf\x11\xe0" + b"x" * 600}, "old Excel"),
        ({"a.csv": b""}, "empty"),
        ({"a.zip": b"PK\x03\x04"}, "damaged"),
    ],
)
def test_an_upload_of_which_nothing_can_be_made_says_why(
    client: Client, files: dict[str, bytes], words: str
) -> None:
    uploaded = [SimpleUploadedFile(name, data) for name, data in files.items()]
    answer = client.post(reverse("registry:imports"), {"files": uploaded})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ImportBatch.objects.exists()


def test_what_was_uploaded_and_forgotten_goes_with_the_next_upload(
    client: Client, client_of: Any, lead: User
) -> None:
    for person in (client, client, client_of(lead)):
        send(person, f"{HEAD}\na,A,team-ai-platform\n")
    mine, done, theirs = ImportBatch.objects.order_by("pk")
    client.post(done.get_absolute_url(), {"seen": done.fingerprint})
    ImportBatch.objects.update(created_at=timezone.now() - dt.timedelta(days=31))
    send(client, f"{HEAD}\nb,B,team-ai-platform\n")
    assert set(ImportBatch.objects.values_list("pk", flat=True)) >= {done.pk, theirs.pk}
    assert not ImportBatch.objects.filter(pk=mine.pk).exists()


def test_a_preview_that_was_drawn_up_anew_is_not_the_one_that_was_confirmed(client: Client) -> None:
    send(client, f"{HEAD},risk\na,A,team-ai-platform,high\n")
    batch = ImportBatch.objects.get()
    seen = batch.fingerprint
    # In another window the person leaves a column out.
    client.post(reverse("registry:import-mapping", args=[batch.pk]), {"column-3": ""})
    answer = client.post(batch.get_absolute_url(), {"seen": seen})
    assert (answer.status_code, AISystem.objects.exists()) == (409, False)
    assert client.post(batch.get_absolute_url(), {"seen": ""}).status_code == 409
    confirm(client)
    assert AISystem.objects.get().risk_tier == ""


def test_what_was_imported_is_read_no_other_way_any_more(client: Client) -> None:
    send(client, f"{HEAD}\na,A,team-ai-platform\n")
    batch = ImportBatch.objects.get()
    confirm(client)
    with pytest.raises(AlreadyImported):
        prepare(batch, by=batch.by)
    with pytest.raises(AlreadyImported):
        remap(batch, Mapping(("id", "owner", "name")), by=batch.by)
    assert batch.rows.get().name == "A"


# --- Rights ------------------------------------------------------------------------------------------------


def test_a_sheet_gets_no_further_than_the_teams_of_who_uploads(client: Client, stranger: User) -> None:
    hidden = make_team("team-hidden")
    send(client, f"{HEAD}\na,A,team-elsewhere\nb,B,{hidden.slug}\n")
    assert [row.status for row in rows()] == ["refused", "refused"]
    assert "You are not in the team" in rows()[0].problems[0][2]


def test_a_hidden_system_is_not_told_of(client: Client, stranger: User, make_system: Any) -> None:
    other = Team.objects.get(slug="team-elsewhere")
    make_system(of=other, slug="hidden", name="Something secret")
    text = send(client, f"{HEAD},risk\nhidden,,,high\n").content.decode()
    assert "belongs to a system that you may not change" in text
    assert "Something secret" not in text


def test_unknown_teams_are_proposed_to_who_may_make_them(
    client_of: Callable[[User], Client], lead: User
) -> None:
    person = client_of(lead)
    page = send(person, f"{HEAD}\na,A,team-new\nb,B,team-new\n")
    assert "There is no team “team-new” yet" in page.content.decode()
    confirm(person)
    assert (Team.objects.get().lead, AISystem.objects.count()) == (lead, 2)


# --- Many --------------------------------------------------------------------------------------------------


def test_the_rows_are_paged_filtered_and_searched(client: Client) -> None:
    many = "".join(f"letters-{n},Letters {n},team-ai-platform\n" for n in range(120))
    send(client, f"{HEAD}\n{many},nameless,\n")
    address = ImportBatch.objects.get().get_absolute_url()
    assert len(client.get(address).context["rows"]) == 50
    assert [shown.row.number for shown in client.get(f"{address}?status=refused").context["rows"]] == [122]
    assert [shown.row.slug for shown in client.get(f"{address}?q=letters-77").context["rows"]] == [
        "letters-77"
    ]
    assert "No record is like that" in client.get(f"{address}?q=zebra").content.decode()
    assert client.get(f"{address}?status=nonsense&page=99").status_code == 200


def test_the_pages_ask_no_more_of_the_database_for_more_rows(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    for number in (3, 300):
        many = "".join(f"l-{number}-{n},L {n},team-ai-platform\n" for n in range(number))
        send(client, f"{HEAD},Remarks\n{many.replace('platform', 'platform,x')}")
        batch = ImportBatch.objects.latest("pk")
        if not batch.fingerprint:
            with django_assert_max_num_queries(12):
                client.get(reverse("registry:import-mapping", args=[batch.pk]))
            client.post(reverse("registry:import-mapping", args=[batch.pk]), {"column-3": ""})
        with django_assert_max_num_queries(12):
            client.get(batch.get_absolute_url())
        confirm(client)
        with django_assert_max_num_queries(12):
            client.get(batch.get_absolute_url())


def test_progress_is_told_to_who_holds_the_ticket(client: Client, client_of: Any, deputy: User) -> None:
    ticket = "3c1f0d0e-3f1b-4a53-9d0e-4b2f5a3c7d11"
    where = reverse("registry:import-progress", args=[ticket])
    assert client.get(where).json() == {"doing": "", "done": 0, "total": 0}
    send(client, f"{HEAD}\na,A,team-ai-platform\n", ticket=ticket)
    assert client.get(where).json()["doing"] == "Keeping the preview"
    confirm(client, ticket=ticket)
    assert client.get(where).json()["doing"] == "Finishing"
    assert client_of(deputy).get(where).json()["doing"] == "", "nobody reads somebody else's"


def test_a_script_that_waits_is_answered_with_the_next_address(client: Client) -> None:
    file = SimpleUploadedFile("s.csv", f"{HEAD}\na,A,team-ai-platform\n".encode())
    answer = client.post(reverse("registry:imports"), {"files": file}, headers={"X-Progress": "1"})
    assert answer.json() == {"url": ImportBatch.objects.get().get_absolute_url()}
