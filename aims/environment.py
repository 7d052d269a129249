"""Typed readers of the environment. A secret `NAME` may also stand in the file that `NAME_FILE` names."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """The value of NAME, else the content of the file named by NAME_FILE, else the default."""
    if name in os.environ:
        return os.environ[name]
    if file := os.environ.get(f"{name}_FILE"):
        try:
            return Path(file).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE names {file}, which cannot be read: {error}") from error
    return default


def flag(name: str, default: bool = False) -> bool:
    """A yes or no; anything else is an error rather than a guess."""
    value = text(name, "1" if default else "0").lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}; write 1 or 0.")
    return value in TRUE


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def secret_kept_in(path: Path) -> str:
    """A random secret, made on first use and kept in a file that only the portal's user can read.

    Where nothing can be written, as in a read-only checkout in CI, it lasts as long as this process.
    """
    try:
        return path.read_text()
    except FileNotFoundError:
        secret = secrets.token_urlsafe(50)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secret)
    except FileExistsError:  # another process was first
        return path.read_text()
    except OSError:
        pass
    return secret
