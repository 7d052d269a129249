"""Signed notes, in the format of C2SP."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aims.ledger import notes

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOTE = notes.Note("aims/portal.example.org", 7, bytes(range(32)))
KEY = notes.VerifierKey.of(NOTE.origin, PRIVATE)
SIGNED = notes.sign(NOTE, PRIVATE)


def test_the_verifier_key_of_the_go_implementation_is_read() -> None:
    """From the documentation of golang.org/x/mod/sumdb/note."""
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    key = notes.VerifierKey.parse(text)
    assert (key.name, str(key)) == ("PeterNeumann", text)
    signed = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSN"
        "XgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    text, [line] = notes._parts(signed)
    assert notes._signed_by(key, base64.b64decode(line.split()[-1])[4:], text.encode())


def test_a_note_reads_as_the_specification_says() -> None:
    origin, size, root, blank, signature = SIGNED.splitlines()
    assert (origin, size, blank) == ("aims/portal.example.org", "7", "")
    assert base64.b64decode(root) == NOTE.root
    assert signature.startswith("— aims/portal.example.org ")
    assert base64.b64decode(signature.split()[-1])[:4] == KEY.id


def test_a_signed_note_is_verified() -> None:
    assert notes.verify(SIGNED, KEY) == NOTE


def test_further_signatures_of_others_do_not_matter() -> None:
    witness = base64.b64encode(b"abcd" + bytes(64)).decode()
    assert notes.verify(f"{SIGNED}— witness.example {witness}\n", KEY) == NOTE


@pytest.mark.parametrize(
    ("before", "after"), [("\n7\n", "\n8\n"), ("AAEC", "AAED"), ("portal.example.org\n7", "x\n7")]
)
def test_a_changed_note_is_not(before: str, after: str) -> None:
    with pytest.raises(notes.Unsigned):
        notes.verify(SIGNED.replace(before, after, 1), KEY)


def test_another_key_of_the_same_name_is_not_taken() -> None:
    other = notes.VerifierKey.of(NOTE.origin, Ed25519PrivateKey.generate())
    with pytest.raises(notes.Unsigned):
        notes.verify(SIGNED, other)


@pytest.mark.parametrize(
    "text",
    ["", "hello", "a\n1\nAAAA\n\n— a AAAA\n", "a\n01\n" + "A" * 43 + "=\n\n— a AAAA\n", "a\n1\n\n— a AAAA\n"],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(notes.NoteError):
        notes.parse(text)


@pytest.mark.parametrize(
    "text", ["", "a+b", "a+00000000+AAAA", str(KEY).replace("+", "+0", 1), str(KEY)[:-4]]
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(notes.NoteError):
        notes.VerifierKey.parse(text)
