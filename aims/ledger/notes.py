"""Checkpoints as signed notes: C2SP `signed-note` and `tlog-checkpoint`, signed with Ed25519. Pure.

A note is text that people can read and any tool for transparency logs can check::

    aims/portal.example.org
    1042
    base64 of the root hash

    — aims/portal.example.org base64(4 bytes of key id, 64 bytes of signature)
"""

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519: Final = b"\x01"
"""The algorithm's number in a key id and in a verifier key."""

DASH: Final = "— "


class NoteError(ValueError):
    """Text that is no signed note, or a key that is no verifier key; the message says why."""


class Unsigned(NoteError):
    """A note without a valid signature of the key that was asked for."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a checkpoint says: the tree's origin, how many leaves it has, and its root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed; each line ends with a newline."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key and the name under which it signs."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that stand in front of each of its signatures."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key in hex, for reading out over the telephone."""
        return sha256(self.public).hexdigest()

    def __str__(self) -> str:
        """`name+key id+key`, as tools take it."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """The key from its text. Raises NoteError if it is none, or if its id is not that of the key."""
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            data = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise NoteError("A verifier key reads: name+8 hex digits+base64.") from error
        if len(data) != 33 or data[:1] != ED25519 or not name:
            raise NoteError("This is no verifier key for Ed25519.")
        key = cls(name, data[1:])
        if key.id.hex() != key_id:
            raise NoteError(f"The key's id is {key.id.hex()}, not {key_id}: a character was changed or lost.")
        return key

    @classmethod
    def of(cls, name: str, private: Ed25519PrivateKey) -> "VerifierKey":
        return cls(name, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def sign(note: Note, private: Ed25519PrivateKey) -> str:
    """The whole note, signed under its origin."""
    key = VerifierKey.of(note.origin, private)
    signature = base64.b64encode(key.id + private.sign(note.text.encode())).decode()
    return f"{note.text}\n{DASH}{note.origin} {signature}\n"


def parse(signed: str) -> Note:
    """What a signed note says, its signature unseen. Raises NoteError if it is no checkpoint."""
    text, _ = _parts(signed)
    lines = text.splitlines()
    if len(lines) < 3 or not lines[0]:
        raise NoteError("A checkpoint has at least three lines: origin, size, root.")
    origin, size, encoded = lines[:3]
    try:
        root = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise NoteError("The third line of a checkpoint is the root in base64.") from error
    if len(root) != 32:
        raise NoteError("The root of a checkpoint has 32 bytes.")
    if not (size.isascii() and size.isdigit()) or str(int(size)) != size:
        raise NoteError("The second line of a checkpoint is its size, a whole number.")
    return Note(origin, int(size), root)


def verify(signed: str, *keys: VerifierKey) -> Note:
    """What a note says, once one of the keys is found to have signed it.

    Raises Unsigned if none of them has, NoteError if it is no checkpoint.
    """
    note = parse(signed)
    text, lines = _parts(signed)
    for line in lines:
        name, _, encoded = line.removeprefix(DASH).partition(" ")
        try:
            data = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise NoteError("A signature is base64.") from error
        for key in keys:
            if name == key.name and data[:4] == key.id and _signed_by(key, data[4:], text.encode()):
                return note
    raise Unsigned("None of the keys that are trusted has signed this checkpoint.")


def _signed_by(key: VerifierKey, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _parts(signed: str) -> tuple[str, list[str]]:
    """The text, and the lines of its signatures."""
    text, blank, signatures = signed.rpartition("\n\n")
    lines = signatures.splitlines()
    if not blank or not lines or not all(line.startswith(DASH) for line in lines):
        raise NoteError(
            "A signed note is text, an empty line, and lines that begin with “—”; this is something else."
        )
    return text + "\n", lines
