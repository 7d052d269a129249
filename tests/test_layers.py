"""The layers of the design page, section 2, where import-linter cannot see: foreign keys between models."""

import configparser
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [
    "aims.portal",
    "audits",
    "operations",
    "assessments",
    "registry",
    "aims.controls",
    "aims.signoffs",
    "aims.policy",
    "aims.notifications",
    "aims.jobs",
    "aims.accounts",
    "aims.ledger",
    "aims.integrations aims.tables",
]
HEIGHT = {app: -number for number, layer in enumerate(LAYERS) for app in layer.split()}


def relations() -> list[models.Field]:  # type: ignore[type-arg]
    """Every relation that a model of ours declares, its history included."""
    return [
        field
        for config in apps.get_app_configs()
        if config.name in HEIGHT
        for model in config.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
    ]


def test_there_are_relations_to_look_at() -> None:
    assert len(relations()) > 10


@pytest.mark.parametrize("field", relations(), ids=str)
def test_no_foreign_key_points_upward(field: models.ForeignKey) -> None:  # type: ignore[type-arg]
    own = apps.get_app_config(field.model._meta.app_label).name
    other = apps.get_app_config(field.remote_field.model._meta.app_label).name
    assert HEIGHT.get(other, -len(LAYERS)) <= HEIGHT[own], f"{field} points from {own} up to {other}"


def test_the_import_contract_names_every_package_that_exists_in_this_order() -> None:
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    named = contract["importlinter:contract:layers"]["layers"].split()
    existing = [app for layer in LAYERS for app in layer.split() if (ROOT / app.replace(".", "/")).is_dir()]
    assert [app for app in named if app != "|"] == existing
