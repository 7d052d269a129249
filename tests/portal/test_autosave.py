"""autosave.js in a real browser, against a server that answers as its contract says."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.browser

SCRIPT = (Path(__file__).resolve().parents[2] / "static" / "js" / "autosave.js").read_text()
ADDRESS = "http://portal.test/assessments/14/"


@dataclass
class Server:
    """Holds one text and its revision; `answer` makes it misbehave."""

    text: str = ""
    revision: int = 6
    answer: str = "ok"
    posts: list[dict[str, str]] = field(default_factory=list)
    held: Route | None = None

    def page(self) -> str:
        return f"""<!doctype html><html lang="en" data-user="3"><body>
            <span id="save" data-state="" data-text-saving="Saving…" data-text-saved="Saved %s"
              data-text-offline="Offline" data-text-failed="Failed" data-text-signed-out="Signed out"
              data-text-conflict="Conflict" data-text-invalid="Invalid" data-text-restored="Restored"></span>
            <div id="conflict"></div>
            <form id="form" method="post" action="{ADDRESS}" data-autosave="ia-14" data-save-status="#save">
              <input type="hidden" name="revision" value="{self.revision}">
              <div class="field"><label for="id_text">Text</label>
                <textarea id="id_text" name="text">{self.text}</textarea></div>
              <button>Save</button>
            </form><script type="module" src="/autosave.js"></script></body></html>"""

    def __call__(self, route: Route) -> None:
        request = route.request
        if request.url.endswith(".js"):
            route.fulfill(body=SCRIPT, content_type="text/javascript")
        elif request.method == "GET":
            route.fulfill(body=self.page(), content_type="text/html; charset=utf-8")
        else:
            self.post(route, "x-autosave" in request.headers)

    def post(self, route: Route, autosave: bool) -> None:
        sent = self.parse(route)
        self.posts.append(sent)
        if self.answer == "hold":
            self.held = route
        elif self.answer == "offline":
            route.abort("internetdisconnected")
        elif self.answer == "login":
            route.fulfill(status=302, headers={"Location": "/account/login/"})
        elif self.answer == "invalid":
            route.fulfill(status=422, json={"errors": {"text": "Say who is affected."}})
        elif int(sent["revision"]) != self.revision:
            body = '<p role="alert">Jonas Lind saved first. <a href="" data-discard-draft>Take theirs</a></p>'
            route.fulfill(status=409, body=body, content_type="text/html; charset=utf-8")
        else:
            self.text, self.revision = sent["text"], self.revision + 1
            if autosave:
                route.fulfill(json={"revision": self.revision, "saved_at": "14:02"})
            else:
                route.fulfill(status=303, headers={"Location": ADDRESS})

    @staticmethod
    def parse(route: Route) -> dict[str, str]:
        body = route.request.post_data or ""
        if "form-data" in route.request.headers["content-type"]:
            parts = [part.split("\r\n\r\n", 1) for part in body.split("------")[1:] if "\r\n\r\n" in part]
            return {head.split('name="')[1].split('"')[0]: value.rstrip("\r\n") for head, value in parts}
        return {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/*", server)
    page.goto(ADDRESS)
    yield page
    context.close()


def draft(page: Page) -> object:
    kept = page.evaluate("localStorage.getItem('draft:3:ia-14')")
    return json.loads(kept) if kept else None


def test_what_is_typed_is_saved_and_the_revision_moves_on(page: Page, server: Server) -> None:
    page.get_by_label("Text").fill("Applicants")
    expect(page.locator("#save")).to_have_text("Saved 14:02")
    assert (server.text, server.revision) == ("Applicants", 7)
    expect(page.locator("[name=revision]")).to_have_value("7")
    assert draft(page) is None


def test_without_a_connection_the_text_is_kept_and_comes_back(page: Page, server: Server) -> None:
    server.answer = "offline"
    page.get_by_label("Text").fill("Applicants")
    expect(page.locator("#save")).to_have_text("Offline")
    server.answer = "ok"
    page.reload()
    expect(page.get_by_label("Text")).to_have_value("Applicants")
    expect(page.locator("#save")).to_have_text("Saved 14:02")
    assert server.text == "Applicants"


def test_saving_goes_on_when_the_connection_is_back(page: Page, server: Server) -> None:
    server.answer = "offline"
    page.get_by_label("Text").fill("Applicants")
    expect(page.locator("#save")).to_have_text("Offline")
    server.answer = "ok"
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#save")).to_have_text("Saved 14:02")


def test_a_newer_revision_is_never_overwritten(page: Page, server: Server) -> None:
    server.text, server.revision = "Recruiters, says Jonas", 7
    page.get_by_label("Text").fill("Applicants")
    expect(page.get_by_role("alert")).to_contain_text("Jonas Lind saved first")
    expect(page.locator("#save")).to_have_text("Conflict")
    page.get_by_label("Text").fill("Applicants and more")
    page.evaluate("dispatchEvent(new Event('online'))")
    assert server.text == "Recruiters, says Jonas"
    assert len(server.posts) == 1


def test_a_draft_from_before_somebody_elses_save_meets_the_same_refusal(page: Page, server: Server) -> None:
    server.answer = "offline"
    page.get_by_label("Text").fill("Applicants")
    expect(page.locator("#save")).to_have_text("Offline")
    server.answer, server.text, server.revision = "ok", "Recruiters, says Jonas", 7
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Jonas Lind saved first")
    assert server.text == "Recruiters, says Jonas"


def test_taking_theirs_lets_go_of_the_draft(page: Page, server: Server) -> None:
    server.text, server.revision = "Recruiters, says Jonas", 7
    page.get_by_label("Text").fill("Applicants")
    page.get_by_role("link", name="Take theirs").click()
    expect(page.get_by_label("Text")).to_have_value("Recruiters, says Jonas")
    assert draft(page) is None


def test_an_error_stands_beside_its_field_until_it_is_mended(page: Page, server: Server) -> None:
    server.answer = "invalid"
    page.get_by_label("Text").fill("?")
    expect(page.locator("#id_text_error")).to_have_text("Say who is affected.")
    expect(page.get_by_label("Text")).to_have_attribute("aria-describedby", "id_text_error")
    server.answer = "ok"
    page.get_by_label("Text").fill("Applicants")
    expect(page.locator("#save")).to_have_text("Saved 14:02")
    expect(page.locator("#id_text_error")).to_have_count(0)


def test_an_ended_session_keeps_the_text(page: Page, server: Server) -> None:
    server.answer = "login"
    page.get_by_label("Text").fill("Applicants")
    expect(page.locator("#save")).to_have_text("Signed out")
    assert draft(page) == {"revision": "6", "fields": [["text", "Applicants"]], "submitted": False}


def test_the_save_button_waits_for_a_save_under_way(page: Page, server: Server) -> None:
    server.answer = "hold"
    page.get_by_label("Text").fill("Applicants")
    expect(page.locator("#save")).to_have_text("Saving…")
    with page.expect_request(
        lambda request: request.method == "POST" and "x-autosave" not in request.headers
    ):
        page.get_by_role("button", name="Save").click()
        server.answer = "ok"
        assert server.held is not None
        server.post(server.held, autosave=True)
    expect(page.locator("[name=revision]")).to_have_value("8")
    assert [sent["revision"] for sent in server.posts] == ["6", "6", "7"]


def test_the_save_button_saves_at_once_and_leaves_no_draft(page: Page, server: Server) -> None:
    page.get_by_label("Text").fill("Applicants ")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[name=revision]")).to_have_value("7")
    assert draft(page) is None
    assert len(server.posts) == 1
