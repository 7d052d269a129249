"""The record of an AI system: the one shape that YAML, JSON, forms and policies share.

The keys are those of the source article; whatever it leaves out has a default. Only `id`, `name` and `owner`
must be there (and the name of each data source): that something else is missing is for the policies to judge,
not for the reader. null and empty text count as absent everywhere. Whether a data source holds personal data
has no default, since a "no" that nobody said would be taken at its word. Titles and descriptions
are what forms and editors show.
"""

from typing import Annotated, Any, ClassVar, Final, Literal, get_args

from django.utils.translation import gettext_noop as _
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

from registry.schema_problems import problems_of
from registry.value_types import Day, Days, Line, LongLine, SystemId, Word, Words, once
from registry.yaml_document import Document, DocumentErrors

Environment = Literal["development", "staging", "production"]
DataSensitivity = Literal["public", "internal", "confidential", "pii", "special_category"]
RiskTier = Literal["low", "medium", "high", "critical"]
EuAiActTier = Literal["out_of_scope", "minimal", "limited", "high", "prohibited"]
Stage = Literal["draft", "assessment", "approved", "canary", "production", "suspended", "retired"]

ENVIRONMENTS: Final[tuple[str, ...]] = get_args(Environment)
DATA_SENSITIVITIES: Final[tuple[str, ...]] = get_args(DataSensitivity)
RISK_TIERS: Final[tuple[str, ...]] = get_args(RiskTier)
EU_AI_ACT_TIERS: Final[tuple[str, ...]] = get_args(EuAiActTier)
STAGES: Final[tuple[str, ...]] = get_args(Stage)


class Section(BaseModel):
    """A part of the record: strict about types and unknown keys, and null or empty text is absent."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, str_strip_whitespace=True)

    keys: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.keys = frozenset(cls.model_fields)

    @model_validator(mode="before")
    @classmethod
    def _drop_absent(cls, data: Any) -> Any:
        if type(data) is not dict:
            return data
        keys = cls.keys
        return {
            key: value
            for key, value in data.items()
            # An unknown key stays, whatever its value, to be refused by name.
            if not (value is None or (type(value) is str and not value.strip())) or key not in keys
        }


class Deployment(Section):
    environment: Environment = Field(
        default="development",
        title=_("Environment"),
        description=_(
            "Where the system runs today. Production means that real people or real decisions are affected."
        ),
    )
    regions: Words = Field(
        default=[],
        title=_("Regions"),
        description=_(
            "The cloud regions or sites in which the system processes data, for instance eu-west-1."
        ),
        examples=[["eu-west-1"]],
    )
    endpoint: LongLine | None = Field(
        default=None,
        title=_("Endpoint"),
        description=_("The address under which the system is reached."),
        examples=["https://api.example.com/v1/assistant"],
    )


class Classification(Section):
    """What decides which rules apply has no default: a tier that nobody chose would be taken at its word, so
    what is not stated stays absent, and blocks production."""

    purpose: LongLine | None = Field(
        default=None,
        title=_("Purpose"),
        description=_("What the system is for, in a few words. A new purpose calls for a new assessment."),
        examples=["customer-support", "Sorts new motor claims into fast track and expert"],
    )
    data_sensitivity: DataSensitivity | None = Field(
        default=None,
        title=_("Data sensitivity"),
        description=_(
            "The most sensitive data that the system sees, in prompts and logs too. “pii” is data about a "
            "person who can be identified; “special_category” is data on health, beliefs, origin, sexual "
            "life or biometrics (GDPR, Article 9); “confidential” is what would hurt the company, “internal” "
            "what is not for outside."
        ),
    )
    risk_tier: RiskTier | None = Field(
        default=None,
        title=_("Risk tier"),
        description=_(
            "What the worst plausible mistake does. Low: an annoyance. Medium: lost time or money that is "
            "easily put right. High: decisions about people, or harm that is hard to undo. Critical: health, "
            "livelihood or basic rights."
        ),
    )
    eu_ai_act_tier: EuAiActTier | None = Field(
        default=None,
        title=_("EU AI Act tier"),
        description=_(
            "The risk class under the EU AI Act. High: what Annex III lists, such as hiring, credit, or the "
            "price of life and health insurance. Limited: people talk to a machine or see content that one "
            "made. Minimal: everything else. Ask the DPO if you are unsure."
        ),
    )
    affected_parties: Words = Field(
        default=[],
        title=_("Affected parties"),
        description=_("The groups of people whom the system's output touches, whether they use it or not."),
        examples=[["customers", "support-agents"]],
    )


class Model(Section):
    type: Word | None = Field(
        default=None,
        title=_("Type"),
        description=_("The kind of model: a language model with retrieval, a classifier, a recommender…"),
        examples=["llm-rag"],
    )
    base_model: Line | None = Field(
        default=None,
        title=_("Base model"),
        description=_("The model that the system is built on, with its version."),
        examples=["claude-sonnet-4.6"],
    )
    provider: Line | None = Field(
        default=None,
        title=_("Provider"),
        description=_("The company or team that the model comes from."),
        examples=["anthropic"],
    )
    version_pinned: bool = Field(
        default=False,
        title=_("Version pinned"),
        description=_(
            "Yes if the provider cannot replace the model behind your back: you call one fixed version."
        ),
    )
    weights_location: LongLine | None = Field(
        default=None,
        title=_("Location of the weights"),
        description=_("Where the model's weights are kept; “vendor-hosted” if the provider keeps them."),
        examples=["vendor-hosted"],
    )


class TrainingSource(Section):
    name: Word = Field(title=_("Name"), description=_("A short name by which people know the data set."))
    source: LongLine | None = Field(
        default=None,
        title=_("Source"),
        description=_("Where the data comes from: a system, a supplier, an address."),
        examples=["Claims system, settled claims of six years"],
    )
    license: Line | None = Field(
        default=None,
        title=_("Licence"),
        description=_("The licence or contract under which the data may be used."),
        examples=["own data", "CC BY 4.0"],
    )
    consent_basis: Line | None = Field(
        default=None,
        title=_("Consent or legal basis"),
        description=_("Why personal data in it may be used: consent, contract, legitimate interest…"),
    )
    pii: bool | None = Field(
        default=None,
        title=_("Holds personal data"),
        description=_(
            "Yes if people can be identified in the data. Left out, it counts as not yet answered."
        ),
    )
    pii_scrubbing: LongLine | None = Field(
        default=None,
        title=_("Removal of personal data"),
        description=_("How personal data is removed before training, and how that was checked."),
        examples=["Names and addresses are replaced by keys; 500 rows were checked by hand"],
    )
    snapshot: LongLine | None = Field(
        default=None,
        title=_("Snapshot"),
        description=_("The exact state of the data that was used: a version, a date or a digest."),
        examples=["2026-06-30"],
    )


class RagSource(Section):
    name: Word = Field(title=_("Name"), description=_("A short name by which people know the collection."))
    location: LongLine | None = Field(
        default=None,
        title=_("Location"),
        description=_("The bucket, database or address from which documents are retrieved."),
        examples=["s3://example-kb/support/"],
    )
    pii: bool | None = Field(
        default=None,
        title=_("Holds personal data"),
        description=_(
            "Yes if people can be identified in the documents. Left out, it counts as not yet answered."
        ),
    )
    retention_days: Days | None = Field(
        default=None,
        title=_("Kept for, days"),
        description=_("After how many days a document leaves the collection."),
    )
    update_procedure: LongLine | None = Field(
        default=None,
        title=_("How it is updated"),
        description=_("Who or what adds and refreshes documents, and how often."),
        examples=["Copied from the website each night"],
    )
    erasure_procedure: LongLine | None = Field(
        default=None,
        title=_("How data is erased on request"),
        description=_("How a person's data is removed from the collection and from its index."),
        examples=["The service desk deletes the ticket; the index is rebuilt the same night"],
    )
    versioning: bool = Field(
        default=False,
        title=_("Versioned"),
        description=_("Yes if earlier versions of a document can be restored."),
    )
    object_lock: bool = Field(
        default=False,
        title=_("Object lock"),
        description=_("Yes if stored versions cannot be deleted for a set time."),
    )
    access_logging: bool = Field(
        default=False,
        title=_("Access logged"),
        description=_("Yes if every access to the collection is logged."),
    )


class Logs(Section):
    captured: Words = Field(
        default=[],
        title=_("What is logged"),
        description=_("What the logs of the system hold, for instance prompts and responses."),
        examples=[["prompts", "responses"]],
    )
    retention_days: Days | None = Field(
        default=None, title=_("Kept for, days"), description=_("After how many days a log entry is deleted.")
    )
    readers: Words = Field(
        default=[],
        title=_("Who may read them"),
        description=_("The teams or roles that may read the logs."),
        examples=[["team-ai-platform"]],
    )


def _word_or_list(value: Any) -> str:
    return "list" if isinstance(value, list) else "word"


class Data(Section):
    training_sources: Annotated[
        Annotated[Line, Tag("word")]
        | Annotated[
            list[TrainingSource],
            Field(max_length=200),
            AfterValidator(once(lambda source: source.name)),
            Tag("list"),
        ],
        Discriminator(_word_or_list),
    ] = Field(
        default=[],
        title=_("Training data"),
        description=_(
            "The data sets that the model was trained or tuned on, or one word such as none-fine-tuning."
        ),
        examples=["none-fine-tuning"],
    )
    rag_sources: Annotated[
        list[RagSource], Field(max_length=200), AfterValidator(once(lambda source: source.name))
    ] = Field(
        default=[],
        title=_("Retrieval sources"),
        description=_("The collections from which the system retrieves documents while it answers."),
    )
    logs: Logs = Field(
        default_factory=Logs,
        title=_("Logs"),
        description=_("What is logged of prompts and responses, how long, and for whom."),
    )


class Governance(Section):
    impact_assessment_id: Word | None = Field(
        default=None,
        title=_("Impact assessment"),
        description=_("The reference of the current approved assessment. The portal fills it in by itself."),
        examples=["IA-2026-014"],
    )
    last_reviewed: Day | None = Field(
        default=None,
        title=_("Last reviewed"),
        description=_("The day of the last review, YYYY-MM-DD. The portal fills it in by itself."),
        examples=["2026-01-15"],
    )
    review_interval_days: Annotated[int, Field(ge=1, le=3_650)] = Field(
        default=365,
        title=_("Review interval, days"),
        description=_(
            "After how many days the system is assessed again; 365 is usual, 90 or 180 where much is at "
            "stake. Once they have passed without a new approval, production is out of compliance."
        ),
    )
    approved_by: Words = Field(
        default=[],
        title=_("Approved by"),
        description=_("The roles whose approval is valid. The portal fills it in from the sign-offs."),
        examples=[["cto", "dpo"]],
    )


class Lifecycle(Section):
    stage: Stage = Field(
        default="draft",
        title=_("Stage"),
        description=_(
            "How far the system has come. In the portal, production is reached through the gate alone."
        ),
    )
    decommission_date: Day | None = Field(
        default=None,
        title=_("Decommission date"),
        description=_("The day on which the system is to be switched off, YYYY-MM-DD, if that is planned."),
        examples=["2027-06-30"],
    )


class Record(Section):
    """One AI system as the registry, the policies and the auditors know it."""

    id: SystemId = Field(
        title=_("Id"),
        description=_("A short name that never changes: small letters, digits and hyphens, as in addresses."),
        examples=["claude-rag-assistant"],
    )
    name: Line = Field(
        title=_("Name"),
        description=_("The name by which people know the system."),
        examples=["Customer Support RAG Assistant"],
    )
    owner: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=64)] = Field(
        title=_("Owner"),
        description=_("The team that answers for the system, by its short name."),
        examples=["team-ai-platform"],
    )
    contact: Line | None = Field(
        default=None,
        title=_("Contact"),
        description=_("An address that somebody reads: whom to ask, and whom to wake."),
        examples=["ai-platform@example.com"],
    )
    in_scope: bool = Field(
        default=True,
        title=_("In scope of the AI management system"),
        description=_("No only for a system that the company has decided, with reasons, to leave out."),
    )
    deployment: Deployment = Field(
        default_factory=Deployment, title=_("Deployment"), description=_("Where the system runs.")
    )
    classification: Classification = Field(
        default_factory=Classification,
        title=_("Classification"),
        description=_("What it is for, and how much is at stake."),
    )
    model: Model = Field(
        default_factory=Model, title=_("Model"), description=_("The model that the system is built on.")
    )
    data: Data = Field(
        default_factory=Data, title=_("Data"), description=_("What it learnt from, retrieves from and logs.")
    )
    governance: Governance = Field(
        default_factory=Governance, title=_("Governance"), description=_("Assessment, review and approval.")
    )
    lifecycle: Lifecycle = Field(
        default_factory=Lifecycle, title=_("Lifecycle"), description=_("From draft to retirement.")
    )

    def document(self) -> dict[str, Any]:
        """The record as JSON-able data in the article's order: defaults filled in, the absent left out."""
        return self.model_dump(exclude_none=True)

    def document_json(self) -> str:
        """The same as JSON text, for a third of what the way over data takes."""
        return self.model_dump_json(exclude_none=True)


def parse_record(document: Document) -> Record:
    """The record that a document holds.

    Raises DocumentErrors with each problem at its line and column.
    """
    try:
        return Record.model_validate(document.data)
    except ValidationError as error:
        raise DocumentErrors(problems_of(error, document, Record)) from None


def field_at(path: str) -> FieldInfo:
    """The field of the schema at a dotted path; a list of sections counts as the section."""
    *sections, name = path.split(".")
    model: type[BaseModel] = Record
    for section in sections:
        model = _section_of(model.model_fields[section].annotation)
    return model.model_fields[name]


def field_names(path: str) -> list[str]:
    """The keys of the section, or of one entry of the list of sections, at a dotted path."""
    return list(_section_of(field_at(path).annotation).model_fields)


def _section_of(annotation: Any) -> type[BaseModel]:
    """The section that a type is or is made of."""
    waiting = [annotation]
    while waiting:
        this = waiting.pop(0)
        if isinstance(this, type) and issubclass(this, BaseModel):
            return this
        waiting += get_args(this)
    raise KeyError(f"{annotation} holds no section")


def json_schema(base_url: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the record, for editors; `base_url` is the portal's own address."""
    schema = Record.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{base_url.rstrip('/')}/schemas/ai-system.json",
        **schema,
        "title": "AI system record",
    }
