"""Opens ZIP files that somebody sent, without believing what they say of themselves."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from aims.tables.sheet import Unreadable

MAX_MEMBERS: Final = 20_000
MAX_INFLATED: Final = 100 * 1024 * 1024
CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: its content, or why it was not opened."""

    name: str
    data: bytes = b""
    refused: str = ""


def open_zip(data: bytes) -> zipfile.ZipFile:
    """The archive. Raises Unreadable where it is none, or has too many files."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
        raise Unreadable(_("The ZIP file is damaged or cut off: pack it again, and upload that.")) from error
    if len(archive.infolist()) > MAX_MEMBERS:
        raise Unreadable(_("The ZIP file holds more than %(most)d files: divide it.") % {"most": MAX_MEMBERS})
    return archive


def members(data: bytes, *, most_each: int) -> Iterator[Member]:
    """The files of an archive, each inflated to at most `most_each` bytes and all to at most MAX_INFLATED.

    A file that is too large, locked, broken, an archive itself or named so that it leads elsewhere comes
    with the reason instead of its content. Raises Unreadable for the archive as a whole.
    """
    archive = open_zip(data)
    left = MAX_INFLATED
    for info in archive.infolist():
        if info.is_dir() or hidden(info.filename):
            continue
        if reason := _refused(info):
            yield Member(info.filename, refused=reason)
            continue
        try:
            content = read_bounded(archive, info, most=min(most_each, left))
        except TooLarge:
            if left < most_each:
                raise Unreadable(
                    _("Unpacked, the ZIP file holds more than %(size)d MiB: divide it.")
                    % {"size": MAX_INFLATED // 1024**2}
                ) from None
            yield Member(
                info.filename,
                refused=_("Unpacked, the file is larger than %(size)d KiB: this is not a record.")
                % {"size": most_each // 1024},
            )
        except DAMAGED:
            yield Member(info.filename, refused=_("The file is damaged in the archive: pack it again."))
        else:
            left -= len(content)
            yield Member(info.filename, content)


DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)
"""What reading a member of a broken or hostile archive raises."""


class TooLarge(Exception):
    """A member holds more than it may."""


def read_bounded(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, most: int) -> bytes:
    """The member's content, inflated step by step. Raises TooLarge once it is more than `most` bytes."""
    parts, size = [], 0
    with archive.open(info) as opened:
        while chunk := opened.read(CHUNK):
            size += len(chunk)
            if size > most:
                raise TooLarge
            parts.append(chunk)
    return b"".join(parts)


def hidden(name: str) -> bool:
    """Whether an operating system left the file there for itself."""
    return any(
        part.startswith((".", "__MACOSX")) and part not in (".", "..")
        for part in name.replace("\\", "/").split("/")
    )


def _refused(info: zipfile.ZipInfo) -> str:
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or posixpath.normpath(name) in ("", "."):
        return _("The name of the file leads out of the archive: pack it again without such paths.")
    if info.flag_bits & 0x1:
        return _("The file is protected with a password: pack it again without one.")
    if name.lower().endswith((".zip", ".7z", ".rar", ".gz", ".tgz", ".tar", ".bz2", ".xz")):
        return _("An archive within an archive is not opened: unpack it, and upload what is in it.")
    return ""
