"""The content of an impact assessment: its six sections (the article's step 2) as one checked document.

Content may be incomplete, for it is written over days; `completeness` says what is still needed. What is
here refuses only what can never be right: unknown keys, levels off the scale, texts without bound.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from assessments import rating
from assessments.taxonomy import taxonomy

MAX_MITIGATIONS = 60


def _one_of_the_dimensions(key: str) -> str:
    if key not in taxonomy().dimensions:
        raise PydanticCustomError("dimension", "There is no such dimension of impact.")
    return key


def _one_of_the_parties(key: str) -> str:
    if key not in taxonomy().parties:
        raise PydanticCustomError("party", "There is no such affected party.")
    return key


def _no_nul(text: str) -> str:
    """PostgreSQL cannot store a NUL, and browsers send CRLF where people see one line end."""
    if "\x00" in text:
        raise PydanticCustomError("nul", "This text holds a character that cannot be stored.")
    return text.replace("\r\n", "\n")


Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000), AfterValidator(_no_nul)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_no_nul)]
Step = Annotated[int, Field(ge=1, le=5)]
DimensionKey = Annotated[str, AfterValidator(_one_of_the_dimensions)]
PartyKey = Annotated[str, AfterValidator(_one_of_the_parties)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Context(Part):
    """Section 1: what the system is for, where it runs and what data it moves."""

    purpose: Prose = ""
    intended_users: Prose = ""
    foreseeable_misuse: Prose = ""
    environment: Prose = ""
    data_flows: Prose = ""


class AffectedParty(Part):
    """Section 2: one group that the system touches."""

    key: PartyKey
    description: Prose = ""
    vulnerable: bool = False


class Impact(Part):
    """Sections 3, 4 and 6 of one dimension: what may happen, how bad it is, and how bad it stays."""

    relevant: bool | None = None
    """None: nobody has answered yet."""
    harm: Prose = ""
    benefit: Prose = ""
    likelihood: Step | None = None
    severity: Step | None = None
    reason: Prose = ""
    residual_likelihood: Step | None = None
    residual_severity: Step | None = None
    residual_reason: Prose = ""

    @model_validator(mode="after")
    def _both_or_none(self) -> Impact:
        if (self.likelihood is None) != (self.severity is None):
            raise PydanticCustomError("rating", "Likelihood and severity belong together.")
        if (self.residual_likelihood is None) != (self.residual_severity is None):
            raise PydanticCustomError("rating", "Residual likelihood and severity belong together.")
        return self

    @property
    def score(self) -> int | None:
        if self.likelihood is None or self.severity is None:
            return None
        return rating.score(self.likelihood, self.severity)

    @property
    def band(self) -> str | None:
        """The inherent band: before measures."""
        if self.likelihood is None or self.severity is None:
            return None
        return rating.band(self.likelihood, self.severity)

    @property
    def residual_score(self) -> int | None:
        if self.residual_likelihood is None or self.residual_severity is None:
            return None
        return rating.score(self.residual_likelihood, self.residual_severity)

    @property
    def residual_band(self) -> str | None:
        """The band that remains with the measures in place."""
        if self.residual_likelihood is None or self.residual_severity is None:
            return None
        return rating.band(self.residual_likelihood, self.residual_severity)


class Mitigation(Part):
    """Section 5: one measure. `id` is its name in merges, given once and never shown."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{8}$")]
    kind: Literal["technical", "procedural"] = "technical"
    title: Line = ""
    dimension: DimensionKey | Literal[""] = ""
    owner: Line = ""
    state: Literal["planned", "in_progress", "done"] = "planned"
    due: dt.date | None = None


class Decision(Part):
    """Section 6: whether to go ahead, why, and until when that holds."""

    decision: Literal["accept", "mitigate", "decline", ""] = ""
    rationale: Prose = ""
    review_date: dt.date | None = None


def _article_dimensions() -> dict[str, Impact]:
    return {dimension.key: Impact() for dimension in taxonomy().article_dimensions}


class Content(Part):
    """One assessment. `impacts` always holds the article's five dimensions, in the order of the taxonomy."""

    context: Context = Context()
    affected_parties: tuple[AffectedParty, ...] = ()
    impacts: dict[DimensionKey, Impact] = Field(default_factory=_article_dimensions)
    mitigations: Annotated[tuple[Mitigation, ...], Field(max_length=MAX_MITIGATIONS)] = ()
    decision: Decision = Decision()

    @model_validator(mode="after")
    def _each_once(self) -> Content:
        _refuse_repeats(party.key for party in self.affected_parties)
        _refuse_repeats(measure.id for measure in self.mitigations)
        impacts = _article_dimensions() | self.impacts
        ordered = {key: impacts[key] for key in taxonomy().dimensions if key in impacts}
        object.__setattr__(self, "impacts", ordered)  # frozen for everybody else
        return self

    @property
    def relevant(self) -> dict[str, Impact]:
        """The dimensions in which people may come to harm."""
        return {key: impact for key, impact in self.impacts.items() if impact.relevant}

    @property
    def inherent_band(self) -> str:
        """The worst band before measures; low where nothing is rated."""
        return rating.worst(impact.band for impact in self.relevant.values() if impact.band)

    @property
    def residual_band(self) -> str:
        """The worst band that remains; a dimension without a residual rating counts as it was before."""
        remaining = (impact.residual_band or impact.band for impact in self.relevant.values())
        return rating.worst(band for band in remaining if band)

    def document(self) -> dict[str, Any]:
        """The content as JSON-able data, defaults filled in."""
        return self.model_dump(mode="json")

    @classmethod
    def of(cls, document: dict[str, Any]) -> Content:
        """The content of a stored document. Raises pydantic's ValidationError."""
        return cls.model_validate(document)


def _refuse_repeats(keys: Iterable[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise PydanticCustomError("repeated", "This stands here twice: {key}.", {"key": key})
        seen.add(key)
