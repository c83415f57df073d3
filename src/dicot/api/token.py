"""Tokens as sealed messages: Fernet over msgpack, with keys that rotate.

Holds no user and asks no one: what a token says is what was true when it was issued; roles are computed on use.
"""

from __future__ import annotations

import base64
from typing import TypeVar

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

T = TypeVar("T", bound=msgspec.Struct)


class Payload(msgspec.Struct, frozen=True, array_like=True):
    """What a token carries. Times are seconds since the epoch; an empty string is "not this scope"."""

    user_id: str
    methods: tuple[str, ...]
    audit_ids: tuple[str, ...]
    issued_at: float
    expires_at: float
    project_id: str = ""
    domain_id: str = ""
    system: bool = False
    application_credential_id: str = ""
    kube_user: str = ""
    kube_groups: tuple[str, ...] = ()
    version: int = 1
    trust_id: str = ""


class Sealer:
    """Seals payloads with the first key, opens them with any."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        """Take url-safe base64 Fernet keys, newest first; ValueError if there is none."""
        if not keys:
            raise ValueError("no Fernet key")
        self.keys = keys
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, payload: msgspec.Struct) -> str:
        """Return the token, without base64 padding, as Keystone writes it."""
        return self._fernet.encrypt(msgspec.msgpack.encode(payload)).decode().rstrip("=")

    def open(self, token: str) -> Payload | None:
        """Return what the token says, or None if it is not one of ours; expiry is the caller's to check."""
        return self.open_as(Payload, token)

    def open_as(self, kind: type[T], token: str) -> T | None:
        """Return what something sealed says, or None if it is not ours, or of another kind."""
        try:
            padded = (token + "=" * (-len(token) % 4)).encode("ascii")
            # base64 skips what it does not know, and the last letter has bits to spare: one token, one spelling.
            if token.endswith("=") or base64.urlsafe_b64encode(base64.urlsafe_b64decode(padded)) != padded:
                return None
            return msgspec.msgpack.decode(self._fernet.decrypt(padded), type=kind)
        except (InvalidToken, msgspec.DecodeError, UnicodeEncodeError, ValueError):
            return None


def new_key() -> str:
    """Make a Fernet key."""
    return Fernet.generate_key().decode()


def is_key(text: str) -> bool:
    """Tell whether the text is a Fernet key."""
    try:
        return len(base64.urlsafe_b64decode(text)) == 32
    except ValueError:
        return False
