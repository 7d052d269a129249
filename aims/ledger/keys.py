"""The key that signs checkpoints: from the environment, from a file, or made on the first start.

Where people reach the portal by TLS, it is in real use, and the key has to be given: one that the portal made
itself would lie in reach of whoever can change the database beside it, and would differ in each of several
processes' homes. Otherwise it is made once, under `AIMS_HOME/keys/`.
"""

import base64
import binascii
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from aims.ledger.notes import NoteError, VerifierKey

HINT = (
    "Make one with `manage.py ledger key --new`, keep it where the database's administrators cannot read it, "
    "and set AIMS_LEDGER_KEY_FILE."
)


def origin() -> str:
    """The name of this portal's ledger, the first line of each checkpoint: `aims/portal.example.org`."""
    name = settings.AIMS_LEDGER_NAME or urlsplit(settings.AIMS_URL).netloc or "portal"
    if any(character.isspace() or character == "+" for character in name):
        raise ImproperlyConfigured(f"AIMS_LEDGER_NAME is {name!r}: it cannot hold spaces or “+”.")
    return f"aims/{name}"


def verifier_key() -> VerifierKey:
    """The public half, under the ledger's name."""
    return VerifierKey.of(origin(), signing_key())


def trusted_keys(name: str | None = None) -> list[VerifierKey]:
    """The keys whose signatures count: today's (under an older name of the ledger too), and former ones.

    Raises ImproperlyConfigured if AIMS_LEDGER_FORMER_KEYS holds something else.
    """
    own = verifier_key()
    try:
        former = [VerifierKey.parse(text) for text in settings.AIMS_LEDGER_FORMER_KEYS]
    except NoteError as error:
        raise ImproperlyConfigured(f"AIMS_LEDGER_FORMER_KEYS: {error}") from error
    return [own, *([VerifierKey(name, own.public)] if name else []), *former]


def signing_key() -> Ed25519PrivateKey:
    """The private key.

    Raises ImproperlyConfigured where what is given is no key, or where there is none and none is made.
    """
    if given := settings.AIMS_LEDGER_KEY:
        return parse(given, "AIMS_LEDGER_KEY")
    path = Path(settings.AIMS_HOME) / "keys" / "ledger.pem"
    try:
        return parse(path.read_text(), str(path))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(f"The ledger's key cannot be read: {error}") from error
    if settings.SECURE_HTTPS:
        raise ImproperlyConfigured(f"There is no key that signs the ledger's checkpoints. {HINT}")
    try:
        return parse(_made(path), str(path))
    except OSError as error:
        raise ImproperlyConfigured(f"The ledger's key cannot be kept in {path}: {error}") from error


def new() -> str:
    """A new private key, as PEM (PKCS #8)."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def parse(text: str, source: str) -> Ed25519PrivateKey:
    """A private key from PEM or from 32 bytes in base64. `source` names where it stands in the error."""
    try:
        if "BEGIN" in text:
            # A line of the environment may spell its line breaks.
            key = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
            if not isinstance(key, Ed25519PrivateKey):
                raise ValueError("not Ed25519")
            return key
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text.strip(), validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise ImproperlyConfigured(
            f"{source} holds no Ed25519 key: it has to be PEM (PKCS #8), or 32 bytes in base64."
        ) from error


def _made(path: Path) -> str:
    """A key that is kept in the file; of several processes that start at once, all get the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(new())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # whole or not at all, and never over another one
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()


def check_key(
    *, app_configs: Any, databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """`aims.E002`: checkpoints can be signed."""
    if not databases:
        return []
    try:
        trusted_keys()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), hint=HINT, id="aims.E002")]
    return []
