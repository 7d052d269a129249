"""What can stand in the way of an import as a whole, each with words for the person."""

from collections.abc import Sequence

from django.utils.translation import gettext as _


class CannotRead(Exception):
    """Nothing can be made of the upload."""


class CannotImport(Exception):
    """The import cannot be carried out; nothing of it was."""


class Moved(CannotImport):
    """The registry is no longer what the preview compared with."""

    def __init__(self) -> None:
        super().__init__(
            _("The registry has changed since you looked. Nothing was imported; check the preview again.")
        )


class AlreadyImported(CannotImport):
    """The import was carried out; what it showed then stays."""

    def __init__(self) -> None:
        super().__init__(_("This import has been carried out already."))


class CannotUndo(Exception):
    """The import cannot be taken back; nothing was. `reasons` name the systems and why."""

    def __init__(self, message: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reasons = list(reasons)
