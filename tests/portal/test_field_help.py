"""Help at the field: every field that people fill in says what belongs there."""

import pytest
from django import forms

from aims.accounts.forms import SubstitutionForm, WelcomeForm
from aims.accounts.models import User
from aims.signoffs.forms import ConfirmationForm
from assessments.forms import AssessmentForm
from assessments.schema import Content
from registry.forms import RagSourceForm, SystemForm, TrainingSourceForm
from tests.lifecycle import complete_content

pytestmark = pytest.mark.django_db

SPEAK_FOR_THEMSELVES = {"password1", "password2", "DELETE"}


def silent(form: forms.BaseForm) -> list[str]:
    return [
        bound.name
        for bound in form.visible_fields()
        if not str(bound.help_text) and bound.name not in SPEAK_FOR_THEMSELVES
    ]


def test_the_record_explains_each_field(owner: User) -> None:
    parts = [SystemForm(user=owner), TrainingSourceForm(), RagSourceForm()]
    assert [name for part in parts for name in silent(part)] == []


def test_examples_of_the_schema_stand_at_the_field(owner: User) -> None:
    help_text = str(SystemForm(user=owner)["base_model"].help_text)
    assert help_text.endswith("For example: “claude-sonnet-4.6”")


@pytest.mark.parametrize("content", [Content(), complete_content()], ids=["empty", "complete"])
def test_the_assessment_explains_each_answer(content: Content) -> None:
    parts = AssessmentForm.of(content).parts
    # Ratings explain themselves in their grid.
    found = [name for part in parts for name in silent(part) if name not in ("rating", "residual")]
    assert found == []


def test_what_signers_and_newcomers_fill_in_is_explained(dpo: User) -> None:
    parts = [SubstitutionForm(holder=dpo), ConfirmationForm(), WelcomeForm()]
    assert [name for part in parts for name in silent(part)] == []
