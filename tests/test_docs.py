"""The documentation: what it links to and shows is there, and no picture lies about unused."""

import re
from pathlib import Path

import pytest
from django.utils.text import slugify

ROOT = Path(__file__).resolve().parent.parent
TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
IMAGES = ROOT / "docs" / "images"
MOST_BYTES, MOST_PICTURES = 150_000, 15


def links(file: Path) -> list[str]:
    """Relative links and pictures of a text, as written."""
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", file.read_text(), flags=re.DOTALL))
    return [target for target in found if not target.startswith(("http://", "https://", "mailto:"))]


def anchors(file: Path) -> set[str]:
    return {slugify(title) for title in re.findall(r"^#+ (.*)$", file.read_text(), flags=re.MULTILINE)}


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_leads_somewhere(file: Path) -> None:
    wrong = []
    for link in links(file):
        path, _hash, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


def test_every_picture_is_shown_somewhere() -> None:
    shown = {(file.parent / link).resolve() for file in TEXTS for link in links(file)}
    assert [picture.name for picture in IMAGES.iterdir() if picture not in shown] == []


def test_pictures_are_few_and_small() -> None:
    sizes = {picture.name: picture.stat().st_size for picture in IMAGES.iterdir()}
    assert len(sizes) <= MOST_PICTURES
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}
