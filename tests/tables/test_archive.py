"""ZIP files that somebody sent: nothing leads out of them, and nothing inflates without end."""

import io
import zipfile

import pytest

from aims.tables import archive
from aims.tables.sheet import Unreadable


def packed(**files: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in files.items():
            new.writestr(name, content)
    return kept.getvalue()


def opened(data: bytes, most_each: int = 1000) -> list[archive.Member]:
    return list(archive.members(data, most_each=most_each))


def test_files_come_with_their_content_and_what_systems_leave_there_does_not() -> None:
    data = packed(
        **{"a/x.yaml": b"x", "__MACOSX/x.yaml": b"?", ".DS_Store": b"?", "a/.git/x": b"?", "b/": b""}
    )
    assert opened(data) == [archive.Member("a/x.yaml", b"x")]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../../etc/passwd.yaml", "leads out"),
        ("/etc/x.yaml", "leads out"),
        ("..\\x.yaml", "leads out"),
        ("inner.zip", "within an archive"),
        ("inner.tar.gz", "within an archive"),
    ],
)
def test_a_file_that_is_not_opened_says_why(name: str, words: str) -> None:
    (member,) = opened(packed(**{name: b"x"}))
    assert (member.data, words in member.refused) == (b"", True)


def test_a_file_that_inflates_too_far_is_refused_by_itself() -> None:
    large, small = opened(packed(**{"a.yaml": bytes(10_000_000), "b.yaml": b"x"}))
    assert "larger" in large.refused
    assert small.data == b"x"


def test_an_archive_that_inflates_too_far_is_refused_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_INFLATED", 2500)
    data = packed(**{f"{n}.yaml": b"x" * 900 for n in range(4)})
    with pytest.raises(Unreadable, match="Unpacked"):
        opened(data)


def test_an_archive_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    with pytest.raises(Unreadable, match="more than 3 files"):
        opened(packed(**{f"{n}.yaml": b"x" for n in range(4)}))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", packed(a=b"x")[:-10]], ids=["empty", "begun", "cut"])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable, match="damaged"):
        opened(data)


def test_a_broken_member_is_refused_by_itself() -> None:
    data = bytearray(packed(**{"a.yaml": b"some text that is packed", "b.yaml": b"x"}))
    data[45] ^= 0xFF
    broken, whole = opened(bytes(data))
    assert "damaged" in broken.refused
    assert whole.data == b"x"


def test_a_locked_member_is_refused_by_itself() -> None:
    data = bytearray(packed(**{"a.yaml": b"x"}))
    data[6] |= 1  # in the header of the file, and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (member,) = opened(bytes(data))
    assert "password" in member.refused
