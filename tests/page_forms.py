"""What a browser would post of a form on a page, read from its HTML."""

from html.parser import HTMLParser


def posted(html: str, *, holding: str) -> dict[str, str]:
    """Name -> value of the controls of the form that has a control with the name `holding`, as they stand.

    Raises LookupError where the page has no such form. Buttons count as not pressed; of several controls with
    one name the last counts.
    """
    reader = _Reader()
    reader.feed(html)
    for form in reader.forms:
        if holding in form:
            return {name: value for name, value in form.items() if value is not None}
    raise LookupError(f"No form of the page has {holding!r}.")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str | None]] = []
        self._form: dict[str, str | None] | None = None
        self._select = ""
        self._text: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self._form = {}
            self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            # A browser sends the first option where none is selected.
            if "selected" in given or self._select not in self._form:
                self._form[self._select] = value
        elif tag == "textarea" and name:
            self._text = (name, [])
        elif tag == "input" and name:
            self._input(name, value, given)

    def _input(self, name: str, value: str, given: dict[str, str | None]) -> None:
        assert self._form is not None
        if given.get("type") in ("checkbox", "radio"):
            self._form.setdefault(name, None)
            if "checked" in given:
                self._form[name] = value or "on"
        elif given.get("type") != "file":
            self._form[name] = value

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._text and self._form is not None:
            name, text = self._text
            self._form[name] = "".join(text).removeprefix("\n")
            self._text = None
