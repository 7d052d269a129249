"""The template tags that pages are made of."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

ROOT = Path(__file__).resolve().parents[2]


def render(source: str, query: str = "", **context: object) -> str:
    request = RequestFactory().get(f"/{query}")
    return Template("{% load ui %}" + source).render(Context({"request": request, **context}))


class RecordForm(forms.Form):
    name = forms.CharField(label="Name", help_text="What people <call> it.")
    purpose = forms.CharField(required=False, widget=forms.Textarea)
    in_scope = forms.BooleanField(label="In scope", help_text="Part of the AIMS.")
    parties = forms.MultipleChoiceField(
        choices=[("e", "Employees"), ("c", "Customers")],
        widget=forms.CheckboxSelectMultiple,
        help_text="Who is affected?",
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)


# --- badge, icon --------------------------------------------------------------------------------------


def test_badge_escapes_its_text() -> None:
    assert render("{% badge text 'warn' %}", text="<b>") == '<span class="badge warn">&lt;b&gt;</span>'


def test_badge_refuses_a_tone_that_has_no_look() -> None:
    with pytest.raises(ValueError, match="Unknown tone 'red'"):
        render("{% badge 'High' 'red' %}")


def test_icon_is_hidden_from_screen_readers() -> None:
    assert 'aria-hidden="true"' in render("{% icon 'check' %}")


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = ElementTree.parse(ROOT / "static" / "icons.svg")  # noqa: S314 - our own file
    drawn = {symbol.get("id") for symbol in sprite.getroot()}
    named = {
        name
        for page in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "([^"]+)" %}', page.read_text())
    }
    assert named - drawn == set()


# --- field --------------------------------------------------------------------------------------------


def test_hint_is_tied_to_its_control_and_escaped() -> None:
    html = render("{% field form.name %}", form=RecordForm())
    assert '<div class="hint" id="id_name_helptext">What people &lt;call&gt; it.</div>' in html
    assert 'aria-describedby="id_name_helptext"' in html


def test_error_is_tied_to_its_control() -> None:
    html = render("{% field form.name %}", form=RecordForm({}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert '<p class="err" id="id_name_error">This field is required.</p>' in html


def test_optional_fields_say_so() -> None:
    assert "(optional)" in render("{% field form.purpose %}", form=RecordForm())
    assert "(optional)" not in render("{% field form.name %}", form=RecordForm())


def test_a_single_checkbox_stands_before_its_label() -> None:
    html = render("{% field form.in_scope %}", form=RecordForm())
    assert html.index("<input") < html.index('<label for="id_in_scope">')


def test_choices_stand_in_a_fieldset_that_carries_hint_and_error() -> None:
    html = render("{% field form.parties %}", form=RecordForm({}))
    assert 'aria-describedby="id_parties_helptext id_parties_error"' in html
    assert html.count("<legend>") == 1
    assert '<label for="id_parties_1">Customers</label>' in html


def test_hidden_fields_have_no_label() -> None:
    html = render("{% field form.revision %}", form=RecordForm({"revision": 3}))
    assert "label" not in html
    assert 'value="3"' in html


def test_form_errors_link_to_the_fields() -> None:
    html = render(
        "{% form_errors form %}", form=RecordForm({"revision": 1, "in_scope": "on", "parties": ["e"]})
    )
    assert "One answer needs a look." in html
    assert '<a href="#id_name">Name</a>' in html


def test_form_errors_show_what_is_wrong_with_hidden_fields() -> None:
    form = RecordForm({"revision": "x", "name": "n", "in_scope": "on", "parties": ["e"]})
    assert "Revision: Enter a whole number." in render("{% form_errors form %}", form=form)


def test_a_sound_form_has_no_error_box() -> None:
    form = RecordForm({"revision": 1, "name": "n", "in_scope": "on", "parties": ["e"]})
    assert render("{% form_errors form %}", form=form).strip() == ""


# --- lists --------------------------------------------------------------------------------------------


def pages(total: int, number: int) -> object:
    return Paginator(range(total * 10), 10).page(number)


def test_pager_keeps_the_query_string() -> None:
    html = render("{% pager page %}", "?tier=high&tier=low&page=2", page=pages(3, 2))
    assert 'href="?tier=high&amp;tier=low&amp;page=3"' in html
    assert "11–20 of 30" in html


@pytest.mark.parametrize(
    ("total", "current", "shown"),
    [
        (3, 1, "1 2 3"),
        (9, 1, "1 2 … 9"),
        (9, 5, "1 … 4 5 6 … 9"),
        (9, 9, "1 … 8 9"),
    ],
)
def test_pager_shows_the_ends_and_the_neighbours(total: int, current: int, shown: str) -> None:
    html = render("{% pager page %}", page=pages(total, current))
    found = re.findall(r"Page </span>(\d+)|(…)", html)
    assert " ".join(number or dots for number, dots in found) == shown


def test_a_list_of_one_page_has_no_pager() -> None:
    assert render("{% pager page %}", page=pages(1, 1)).strip() == ""


@pytest.mark.parametrize(
    ("query", "aria", "leads_to"),
    [
        ("?q=a&page=4", "", "?q=a&amp;sort=name"),
        ("?sort=name", "ascending", "?sort=-name"),
        ("?sort=-name", "descending", "?sort=name"),
        ("?sort=tier", "", "?sort=name"),
    ],
)
def test_sort_header_turns_round_and_starts_at_page_one(query: str, aria: str, leads_to: str) -> None:
    html = render("{% sort_header 'name' 'System' %}", query)
    assert re.findall(r'aria-sort="(\w+)"', html) == ([aria] if aria else [])
    assert f'<a href="{leads_to}">System</a>' in html


def test_sort_header_knows_the_order_that_the_view_chose() -> None:
    assert 'aria-sort="ascending"' in render("{% sort_header 'name' 'System' %}", sort="name")


# --- diff and partials --------------------------------------------------------------------------------


def test_diff_marks_words_and_escapes_them() -> None:
    html = render("{% diff before after %}", before="may <i>", after="must <i>")
    assert (
        '<div class="del"><del>may</del> &lt;i&gt;</div><div class="add"><ins>must</ins> &lt;i&gt;</div>'
        in html
    )


def test_a_blocked_step_says_so_in_words() -> None:
    steps = [{"label": "Draft", "state": "done"}, {"label": "Production", "state": "blocked"}]
    html = render_to_string("components/stepper.html", {"steps": steps})
    assert "(blocked)" in html
    assert "aria-current" not in html


def test_a_gate_row_names_rule_source_and_way_out() -> None:
    row = {
        "state": "fail",
        "title": "Review date",
        "control": "A.6.2.6",
        "rule": "production-needs-review-date",
        "source": "policies/ai/model_registry.rego:58",
        "source_url": "/policies/#L58",
        "fix_url": "/assessments/new/",
    }
    html = render_to_string("components/gate.html", {"row": row})
    assert "(blocks)" in html
    assert '<a href="/policies/#L58"><code>policies/ai/model_registry.rego:58</code></a>' in html
    assert 'Fix<span class="visually-hidden">: Review date</span>' in html


def test_no_template_holds_inline_style_or_script() -> None:
    """The content security policy would drop them, silently."""
    inline = re.compile(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)|javascript:")
    found = {
        str(page.relative_to(ROOT)): inline.findall(page.read_text())
        for page in (ROOT / "templates").rglob("*.html")
        if inline.search(page.read_text())
    }
    assert found == {}


@pytest.mark.parametrize("page", ["400.html", "500.html"])
def test_error_pages_render_without_any_context(page: str) -> None:
    assert "Go to the start page" in render_to_string(page)
