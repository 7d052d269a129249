"""What people type is shown as they meant it, and does nothing else."""

import re

import pytest

from assessments.markdown import prose_html, to_markdown
from assessments.outline import outline
from assessments.schema import Content
from tests.lifecycle import complete_content

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=https://evil.example></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x]: javascript:alert(1)\n\n[x]",
    "![x](https://evil.example/pixel.png)",
    "![x][y]\n\n[y]: https://evil.example/pixel.png",
    '[x](https://a.example "onmouseover=alert(1)")',
    '[x](https://a.example/"onclick="alert(1))',
    "<style>body{display:none}</style>",
    "<p style='position:fixed'>x</p>",
    "<form action=https://evil.example><input name=password></form>",
    "`<script>alert(1)</script>`",
    "```\n<script>alert(1)</script>\n```",
    "<!--><script>alert(1)</script>-->",
    "<<script>script>alert(1)<</script>/script>",
    "&#x3C;script&#x3E;alert(1)&#x3C;/script&#x3E;",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing(text: str) -> None:
    html = prose_html(text)
    for tag in re.findall(r"<[^>]*>", html):
        assert re.fullmatch(
            r"</?(p|br|hr|em|strong|del|code|pre|blockquote|[uo]l|li|a|table|thead|tbody|tr|t[hd])"
            r"( (href|title|rel|start|align)=\"[^\"]*\")*( /)?>",
            tag,
        ), tag
    for address in re.findall(r'href="([^"]*)"', html):
        assert address.startswith(("https://", "http://", "mailto:"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**bold** and *soft*", "<strong>bold</strong>"),
        ("- one\n- two", "<li>one</li>"),
        ("1. one\n2. two", "<ol>"),
        ("a\nb", "<br>"),
        ("[site](https://example.com)", 'href="https://example.com"'),
        ("| a | b |\n|---|--:|\n| 1 | 2 |", '<td align="right">2</td>'),
        ("```\ncode\n```", "<pre><code>code"),
        ("a < b & c", "a &lt; b &amp; c"),
    ],
)
def test_markdown_is_rendered(text: str, expected: str) -> None:
    assert expected in prose_html(text)


def test_raw_html_shows_as_it_was_typed() -> None:
    assert "&lt;b&gt;bold&lt;/b&gt;" in prose_html("not <b>bold</b>")


@pytest.mark.parametrize("text", ["# Approved", "Approved\n===", "## 6. Residual risk and decision"])
def test_text_cannot_pass_for_a_heading(text: str) -> None:
    assert "<h" not in prose_html(text).replace("<hr", "")


@pytest.mark.parametrize(
    "text",
    [
        ">" * 10_000,
        "[" * 10_000,
        "*a " * 3_300,
        "`" * 9_999,
        "- " * 5_000,
        "".join(f"{' ' * depth}- x\n" for depth in range(130)),
        "![" * 5_000,
        "<" * 10_000,
        "|" * 10_000,
    ],
    ids=lambda text: repr(text[:6]),
)
def test_text_nested_beyond_measure_still_shows(text: str) -> None:
    assert prose_html(text)
    assert "<p>calm</p>" in prose_html("calm")  # and the renderer is none the worse for it


HEADINGS = [
    "# Impact Assessment: Claims triage",
    "## 1. System context",
    "## 2. Affected parties",
    "## 3. Potential impacts",
    "## 4. Likelihood and severity",
    "## 5. Mitigations",
    "## 6. Residual risk and decision",
]


def headings(content: Content, name: str = "Claims triage") -> list[str]:
    text = to_markdown(name, "IA-2026-001", outline(content))
    return [line for line in text.splitlines() if line.startswith("#")]


def test_the_file_has_the_articles_headings() -> None:
    assert headings(complete_content()) == HEADINGS


@pytest.mark.parametrize(
    "text", ["# Approved", "a\n\n# Approved", "a\x0b# Approved", "a\x85# b", "a\u2028# b", "a\r# b"]
)
def test_no_text_adds_a_heading_to_the_file(text: str) -> None:
    context = complete_content().context.model_dump() | {"purpose": text}
    measure = complete_content().mitigations[0].model_dump() | {"title": text, "owner": text}
    assert headings(complete_content(context=context, mitigations=[measure])) == HEADINGS


def test_a_name_with_markup_stays_a_name() -> None:
    assert headings(complete_content(), "A *b* [c](d)\n# e <f>")[0] == (
        r"# Impact Assessment: A \*b\* \[c\](d) \# e &lt;f>"
    )


def test_the_file_says_what_is_not_answered() -> None:
    text = to_markdown("x", "y", outline(Content()))
    assert "- **Operating environment**: Not answered yet." in text
    assert "- **Vulnerable populations**: Not affected." in text
