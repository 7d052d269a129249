"""The assessment as one long form, made of small ones. It collects; the schema alone decides what is valid,
and `completeness` what is still needed.

All fields may stay empty while the assessment is written. Those needed for submission say so by not being
marked as optional.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from assessments import presentation
from assessments.completeness import Missing
from assessments.outline import ARTICLE_PARTIES
from assessments.schema import MAX_MITIGATIONS, Content
from assessments.taxonomy import Dimension, Party, taxonomy

Data = Mapping[str, Any]

_MEASURE_ID = re.compile(r"^[a-z0-9]{8}$")


class _Wanted:
    """For a field: needed to submit, and not to save."""

    def validate(self, value: Any) -> None:
        if value not in self.empty_values:  # type: ignore[attr-defined]
            super().validate(value)  # type: ignore[misc]


class WantedText(_Wanted, forms.CharField):
    pass


class WantedChoice(_Wanted, forms.ChoiceField):
    pass


class WantedDate(_Wanted, forms.DateField):
    pass


class WantedRating(_Wanted, forms.RegexField):
    """A cell of the matrix: “likelihood-severity”."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[1-5]-[1-5]$", **kwargs)


def _prose(label: Any, help_text: Any = "", *, optional: bool = False, rows: int = 3) -> forms.CharField:
    kind = forms.CharField if optional else WantedText
    return kind(
        label=label,
        help_text=help_text,
        required=not optional,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    return WantedDate(label=label, help_text=help_text, widget=forms.DateInput(attrs={"type": "date"}))


class PartForm(forms.Form):
    use_required_attribute = False  # a half-filled draft is saved too


class ContextForm(PartForm):
    """Section 1."""

    purpose = _prose(
        presentation.FIELDS["purpose"], _("What the system does, for whom, and what it must not be used for.")
    )
    intended_users = _prose(
        presentation.FIELDS["intended_users"],
        _("Who operates it or talks to it, and what they know about AI."),
        rows=2,
    )
    foreseeable_misuse = _prose(
        presentation.FIELDS["foreseeable_misuse"],
        _("How people could use it for something else, rely on it too much, or turn it against others."),
    )
    environment = _prose(
        presentation.FIELDS["environment"], _("Where it runs, what it is built into, who watches over it.")
    )
    data_flows = _prose(
        presentation.FIELDS["data_flows"],
        _("Which data goes in, where it goes and stays, and what comes out. Personal data above all."),
    )


class PartyForm(PartForm):
    """Section 2, one group."""

    affected = forms.BooleanField(required=False)
    description = _prose(
        presentation.FIELDS["description"],
        _("How many, and what they notice. For example: About 9,000 customers a month who get an answer."),
        rows=2,
    )
    vulnerable = forms.BooleanField(
        label=_("Vulnerable people are among them"),
        required=False,
        help_text=_("Children, old or ill people, people in need or dependent on the outcome."),
    )

    def __init__(self, party: Party, data: Data) -> None:
        super().__init__(data, prefix=f"party-{party.key}")
        self.party = party
        self.fields["affected"].label = party.title
        self.fields["affected"].help_text = party.line
        if party.vulnerable:
            del self.fields["vulnerable"]  # they are, by what the group is

    @property
    def is_chosen(self) -> bool:
        return bool(self["affected"].value() or self["description"].value())

    def document(self) -> dict[str, Any] | None:
        """The entry of the content; None where the group is not affected. A text alone counts: nothing that
        somebody typed is thrown away."""
        given = self.cleaned_data
        if not given["affected"] and not given["description"]:
            return None
        vulnerable = self.party.vulnerable or given["vulnerable"]
        return {"key": self.party.key, "description": given["description"], "vulnerable": vulnerable}


class ImpactForm(PartForm):
    """Sections 3, 4 and the residual rating of section 6, for one dimension."""

    relevant = WantedChoice(
        label=presentation.FIELDS["relevant"],
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
        help_text=_(
            "Think of anybody, also of people who never see the system. No is an answer that is read."
        ),
    )
    harm = _prose(presentation.FIELDS["harm"])
    benefit = _prose(
        presentation.FIELDS["benefit"],
        _("What people gain here. For example: Answers leave after two hours instead of a day."),
        optional=True,
        rows=2,
    )
    rating = WantedRating(label=presentation.FIELDS["rating"])
    reason = _prose(
        presentation.FIELDS["reason"],
        _("Needed from a score of 10: what was seen or measured. For example: 3 of 400 drafts in tests."),
        optional=True,
        rows=2,
    )
    residual = WantedRating(label=presentation.FIELDS["residual"])
    residual_reason = _prose(
        presentation.FIELDS["residual_reason"],
        _("Which measures bring it down, and how you know."),
        optional=True,
        rows=2,
    )

    def __init__(self, dimension: Dimension, data: Data) -> None:
        super().__init__(data, prefix=f"impact-{dimension.key}")
        self.dimension = dimension
        self.fields["harm"].help_text = _("For example: %(examples)s.") % {
            "examples": "; ".join(dimension.harm_examples)
        }

    def document(self) -> dict[str, Any]:
        given = self.cleaned_data
        likelihood, severity = _pair(given["rating"])
        residual_likelihood, residual_severity = _pair(given["residual"])
        return {
            "relevant": {"yes": True, "no": False}.get(given["relevant"]),
            "harm": given["harm"],
            "benefit": given["benefit"],
            "likelihood": likelihood,
            "severity": severity,
            "reason": given["reason"],
            "residual_likelihood": residual_likelihood,
            "residual_severity": residual_severity,
            "residual_reason": given["residual_reason"],
        }

    @property
    def is_relevant(self) -> bool:
        return self["relevant"].value() == "yes"

    def matrix(self) -> dict[str, Any]:
        """Context of `components/matrix.html` for the inherent rating."""
        return _matrix(
            self["rating"], self.dimension.title, _("Before measures. Arrow keys move in the grid.")
        )

    def residual_matrix(self) -> dict[str, Any]:
        return _matrix(
            self["residual"],
            self.dimension.title,
            _("With the measures in place. Arrow keys move in the grid."),
        )


def _pair(cell: str) -> tuple[int | None, int | None]:
    if not cell:
        return None, None
    likelihood, severity = cell.split("-")
    return int(likelihood), int(severity)


def _matrix(bound: forms.BoundField, title: str, hint: Any) -> dict[str, Any]:
    return {
        "legend": f"{title}: {bound.label}",
        "hint": hint,
        "name": bound.html_name,
        "id": bound.auto_id,
        "rows": presentation.matrix_rows(bound.value() or ""),
        "error": " ".join(map(str, bound.errors)),
    }


class MitigationForm(PartForm):
    """Section 5, one measure."""

    kind = forms.ChoiceField(
        label=presentation.FIELDS["kind"],
        choices=list(presentation.KINDS.items()),
        help_text=_("Technical: built into the system. Procedural: what people do."),
    )
    title = WantedText(
        label=presentation.FIELDS["title"],
        max_length=200,
        help_text=_("What is done, in a line. For example: Blur faces and number plates before the call."),
    )
    dimension = WantedChoice(
        label=presentation.FIELDS["dimension"],
        help_text=_("The impact that this makes less likely or less bad."),
    )
    owner = WantedText(
        label=presentation.FIELDS["owner"],
        max_length=200,
        help_text=_("A person or a team who can be asked whether it is done."),
    )
    state = forms.ChoiceField(
        label=presentation.FIELDS["state"],
        choices=list(presentation.MEASURE_STATES.items()),
        help_text=_("As it is today, not as planned: whoever decides relies on it."),
    )
    due = _day(presentation.FIELDS["due"], _("The day by which it is done. Not needed once it is."))

    def __init__(self, identity: str, dimensions: list[Dimension], data: Data) -> None:
        super().__init__(data, prefix=f"measure-{identity}")
        self.identity = identity
        field = self.fields["dimension"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose an impact")), *((entry.key, entry.title) for entry in dimensions)]

    def document(self) -> dict[str, Any]:
        return {"id": self.identity, **self.cleaned_data}


class DecisionForm(PartForm):
    """Section 6."""

    decision = WantedChoice(
        label=presentation.FIELDS["decision"],
        choices=[(entry.key, f"{entry.title}: {entry.line}") for entry in taxonomy().decisions.values()],
        widget=forms.RadioSelect,
        help_text=_("What you put forward. Whoever approves the assessment decides whether they agree."),
    )
    rationale = _prose(
        presentation.FIELDS["rationale"],
        _("Why what remains is acceptable, or is not. When you decline, say what would have to change."),
    )
    review_date = _day(
        presentation.FIELDS["review_date"],
        _("At the latest. A material change asks for a new version earlier."),
    )


class AssessmentForm:
    """The whole page: bound to what a person posted, or to stored content; both are the same to it."""

    def __init__(self, data: Data, *, dimensions: list[str], measures: list[str]) -> None:
        known = taxonomy()
        shown = {entry.key for entry in known.article_dimensions} | set(dimensions)
        chosen = [entry for key, entry in known.dimensions.items() if key in shown]
        self.context = ContextForm(data, prefix="context")
        self.parties = [PartyForm(party, data) for party in known.parties.values()]
        self.impacts = [ImpactForm(entry, data) for entry in chosen]
        self.measures = [MitigationForm(identity, chosen, data) for identity in measures]
        self.decision = DecisionForm(data, prefix="decision")
        self.more_dimensions = [entry for key, entry in known.dimensions.items() if key not in shown]
        self.columns = presentation.matrix_columns()
        self.general_errors: list[str] = []

    @classmethod
    def posted(cls, data: QueryDict) -> AssessmentForm:
        """What came in. Names of dimensions and measures that cannot be are left out."""
        dimensions = [key for key in data.getlist("dimension") if key in taxonomy().dimensions]
        measures = [identity for identity in data.getlist("measure") if _MEASURE_ID.match(identity)]
        return cls(data, dimensions=dimensions, measures=list(dict.fromkeys(measures))[: MAX_MITIGATIONS + 1])

    @classmethod
    def of(cls, content: Content) -> AssessmentForm:
        return cls(
            dict(_data_of(content)),
            dimensions=list(content.impacts),
            measures=[measure.id for measure in content.mitigations],
        )

    @property
    def named_parties(self) -> list[PartyForm]:
        """Groups that the article names, and those that somebody has chosen."""
        return [form for form in self.parties if form.party.key in ARTICLE_PARTIES or form.is_chosen]

    @property
    def other_parties(self) -> list[PartyForm]:
        named = self.named_parties
        return [form for form in self.parties if form not in named]

    @property
    def parts(self) -> list[PartForm]:
        return [self.context, *self.parties, *self.impacts, *self.measures, self.decision]

    @cached_property
    def content(self) -> Content | None:
        """The content that the answers make; None if something in them cannot be: see `errors`."""
        valid = [part.is_valid() for part in self.parts]  # all of them, so that each shows its errors
        if not all(valid):
            return None
        document = {
            "context": self.context.cleaned_data,
            "affected_parties": [entry for form in self.parties if (entry := form.document())],
            "impacts": {form.dimension.key: form.document() for form in self.impacts},
            "mitigations": [form.document() for form in self.measures],
            "decision": self.decision.cleaned_data,
        }
        try:
            return Content.model_validate(document)
        except ValidationError as error:
            self.general_errors += [problem["msg"] for problem in error.errors()]
            return None

    @property
    def errors(self) -> dict[str, str]:
        """Name of the control -> what is wrong with it."""
        return {
            part[name].html_name: " ".join(map(str, messages))
            for part in self.parts
            for name, messages in part.errors.items()
        }

    def show_missing(self, missing: list[Missing]) -> list[dict[str, str]]:
        """Put what is missing beside the fields; returns links to them, for the top of the page."""
        links = []
        parts = {part.prefix: part for part in self.parts}
        for entry in missing:
            prefix, name = place_of(entry.field)
            if prefix in parts and name in parts[prefix].fields:
                parts[prefix].is_valid()
                parts[prefix].add_error(name, entry.message)
                links.append({"anchor": f"id_{prefix}-{name}", "message": entry.message})
            else:
                links.append({"anchor": entry.section, "message": entry.message})
        return links


_PREFIXES = {"affected_parties": "party", "impacts": "impact", "mitigations": "measure"}


def place_of(path: str) -> tuple[str, str]:
    """Prefix and name of the control for a path in the content; a whole section has no control: ("", "")."""
    section, *rest = path.split(".")
    if section in _PREFIXES:
        return (f"{_PREFIXES[section]}-{rest[0]}", rest[1]) if len(rest) == 2 else ("", "")
    return (section, rest[0]) if rest else ("", "")


def _data_of(content: Content) -> Iterator[tuple[str, Any]]:
    """Stored content as a browser would post it."""
    yield from ((f"context-{name}", value) for name, value in content.context.model_dump().items())
    for party in content.affected_parties:
        yield f"party-{party.key}-affected", "on"
        yield f"party-{party.key}-description", party.description
        if party.vulnerable:
            yield f"party-{party.key}-vulnerable", "on"
    for key, impact in content.impacts.items():
        prefix = f"impact-{key}"
        yield f"{prefix}-relevant", {True: "yes", False: "no", None: ""}[impact.relevant]
        for name in ("harm", "benefit", "reason", "residual_reason"):
            yield f"{prefix}-{name}", getattr(impact, name)
        if impact.likelihood:
            yield f"{prefix}-rating", f"{impact.likelihood}-{impact.severity}"
        if impact.residual_likelihood:
            yield f"{prefix}-residual", f"{impact.residual_likelihood}-{impact.residual_severity}"
    for measure in content.mitigations:
        for name, value in measure.model_dump(mode="json", exclude={"id"}).items():
            yield f"measure-{measure.id}-{name}", value or ""
    yield from (
        (f"decision-{name}", value or "") for name, value in content.decision.model_dump(mode="json").items()
    )
