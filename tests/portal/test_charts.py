"""Pictures of numbers: what the SVG holds."""

import datetime as dt
import re
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree

from aims.portal.charts import Bar, Point, bar_chart, line_chart

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*bars: Bar, title: str = "Systems") -> Element:
    svg = bar_chart("name", title, bars).svg
    found: Element = ElementTree.fromstring(
        svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    )
    return found


def widths(svg: Element) -> list[str]:
    return [rect.attrib["width"] for rect in svg.iter(f"{SVG}rect") if "bar" in rect.attrib["class"].split()]


def test_a_chart_has_a_title_and_says_its_numbers() -> None:
    svg = drawn(Bar("Draft", 2), Bar("Production", 8))
    assert svg.attrib["aria-labelledby"] == "name-title name-desc"
    assert svg.findtext(f"{SVG}title") == "Systems"
    assert svg.findtext(f"{SVG}desc") == "Draft: 2; Production: 8."


def test_bars_are_as_long_as_their_numbers() -> None:
    assert widths(drawn(Bar("a", 2), Bar("b", 8), Bar("c", 0))) == ["25.0%", "100.0%", "0.0%"]


def test_little_is_still_something_to_see() -> None:
    assert widths(drawn(Bar("a", 1), Bar("b", 10_000))) == ["1.0%", "100.0%"]


def test_zeros_alone_can_be_drawn() -> None:
    assert widths(drawn(Bar("a", 0))) == ["0.0%"]
    assert drawn().findtext(f"{SVG}desc") == "Nothing to show."


def test_a_bar_is_one_link_with_its_label_and_number() -> None:
    (link,) = drawn(Bar("Draft", 2, "/systems/?stage=draft")).iter(f"{SVG}a")
    assert link.attrib["href"] == "/systems/?stage=draft"
    assert link.attrib["aria-label"] == "Draft: 2"


def test_a_long_label_goes_on_in_further_lines() -> None:
    words = "The data protection officer approved a high-risk system before it went live"
    lines = [line.text or "" for line in drawn(Bar(words, 1)).iter(f"{SVG}tspan")]
    assert len(lines) == 2
    assert " ".join(lines) == words


def test_names_are_text_not_markup() -> None:
    svg = bar_chart("name", "<b>", [Bar("<script>", 1, '/?q="><script>')]).svg
    assert "<script>" not in svg
    assert "<b>" not in svg


def test_no_style_stands_in_the_picture() -> None:
    """The content security policy would drop it."""
    svg = bar_chart("name", "Systems", [Bar("a", 1, "/", "bad")]).svg
    assert "style" not in svg
    assert re.search(r'class="bar bad"', svg)


@pytest.mark.parametrize("bar", [Bar("a", -1), Bar("a", 1, "", "pink")])
def test_what_cannot_be_drawn_is_an_error(bar: Bar) -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        bar_chart("name", "Systems", [bar])


# --- Lines -------------------------------------------------------------------------------------------------


def line(*points: Point) -> Element:
    svg = line_chart("score", "Score", points, top=12, limit=7).svg
    found: Element = ElementTree.fromstring(
        svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    )
    return found


def test_a_line_joins_its_days_and_says_its_numbers() -> None:
    svg = line(*(Point(dt.date(2026, 11, day), day) for day in (1, 2, 11)))
    assert svg.findtext(f"{SVG}desc") == "1 Nov 2026: 1; 2 Nov 2026: 2; 11 Nov 2026: 11."
    assert [dot.attrib["cx"] for dot in svg.iter(f"{SVG}circle")] == ["2.0%", "11.6%", "98.0%"]
    assert len([each for each in svg.iter(f"{SVG}line") if each.attrib["class"] == "line"]) == 2


def test_a_single_day_is_a_dot() -> None:
    assert len(list(line(Point(dt.date(2026, 11, 1), 12)).iter(f"{SVG}circle"))) == 1


@pytest.mark.parametrize("value", [-1, 13])
def test_what_lies_outside_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        line(Point(dt.date(2026, 11, 1), value))
