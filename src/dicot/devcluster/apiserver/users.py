"""Who asks: bearer tokens to users. Known tokens come from a table; ServiceAccount tokens are signed and read here."""

import base64
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Callable
from typing import Any

import msgspec

Json = dict[str, Any]
AUDIENCE = "https://kubernetes.default.svc"
AUTHENTICATED = "system:authenticated"


class User(msgspec.Struct, frozen=True):
    """A user as Kubernetes knows one."""

    username: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def info(self) -> Json:
        """Spell the user as authentication.k8s.io's UserInfo."""
        body: Json = {"username": self.username}
        if self.uid:
            body["uid"] = self.uid
        if self.groups:
            body["groups"] = list(self.groups)
        if self.extra:
            body["extra"] = {key: list(values) for key, values in self.extra}
        return body


ANONYMOUS = User("system:anonymous", groups=("system:unauthenticated",))
SYSTEM = User("system:apiserver", groups=("system:masters", AUTHENTICATED))


def service_account(namespace: str, name: str, uid: str = "", token_id: str = "") -> User:
    """Make the user that a ServiceAccount is."""
    extra = (("authentication.kubernetes.io/credential-id", (f"JTI={token_id}",)),) if token_id else ()
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(f"system:serviceaccount:{namespace}:{name}", uid, groups, extra)


class Claims(msgspec.Struct):
    """What a ServiceAccount token says, as Kubernetes' bound tokens do."""

    aud: list[str]
    exp: int
    iat: int
    iss: str
    jti: str
    sub: str
    kubernetes: Json = msgspec.field(name="kubernetes.io", default_factory=dict)


BOUND_KINDS = {"Pod": "pod", "Secret": "secret"}


def _in_pod(user: User, pod: Json) -> User:
    """Say of a token that is bound to a pod in which pod it is used."""
    where = (("authentication.kubernetes.io/pod-name", (pod["name"],)),
             ("authentication.kubernetes.io/pod-uid", (pod["uid"],)))  # fmt: skip
    return msgspec.structs.replace(user, extra=(*user.extra, *where))


class Tokens:
    """Bearer tokens: a table, and a key to sign those of ServiceAccounts."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._table: dict[str, User] = {}

    def add(self, token: str, user: User) -> None:
        """Let a token stand for a user."""
        groups = user.groups if AUTHENTICATED in user.groups else (*user.groups, AUTHENTICATED)
        self._table[token] = msgspec.structs.replace(user, groups=groups)

    def find(
        self, token: str, now: float, uid_of: Callable[[str, str, str], str | None], audience: str = AUDIENCE
    ) -> User | None:
        """Return the user of a token for an audience; `uid_of(plural, namespace, name)` tells a living object's uid.

        The tokens of the table are for the API server alone, as those that know no audiences are.
        """
        known = self._table.get(token)
        if known is not None:
            return known if audience == AUDIENCE else None
        claims = self._verified(token)
        if claims is None or claims.exp <= now or audience not in claims.aud:
            return None
        _, _, namespace, name = claims.sub.split(":", 3)
        uid = claims.kubernetes["serviceaccount"]["uid"]
        if uid_of("serviceaccounts", namespace, name) != uid:
            return None
        user = service_account(namespace, name, uid, claims.jti)
        for kind in BOUND_KINDS.values():
            bound = claims.kubernetes.get(kind)
            if bound is None:
                continue
            if uid_of(f"{kind}s", namespace, bound["name"]) != bound["uid"]:
                return None
            if kind == "pod":
                user = _in_pod(user, bound)
        return user

    def issue(
        self, namespace: str, name: str, uid: str, audiences: list[str], now: float, lifetime_s: int,
        bound: dict[str, Json] | None = None,
    ) -> str:  # fmt: skip
        """Sign a token for a ServiceAccount; `bound` is the object that it lives no longer than, by kind."""
        claims = Claims(
            aud=audiences,
            exp=int(now) + lifetime_s,
            iat=int(now),
            iss=AUDIENCE,
            jti=str(uuid.uuid4()),
            sub=f"system:serviceaccount:{namespace}:{name}",
            kubernetes={"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}, **(bound or {})},
        )
        head = _b64(b'{"alg":"HS256","typ":"JWT"}') + b"." + _b64(msgspec.json.encode(claims))
        return (head + b"." + self._sign(head)).decode()

    def _sign(self, head: bytes) -> bytes:
        return _b64(hmac.new(self._key, head, hashlib.sha256).digest())

    def _verified(self, token: str) -> Claims | None:
        head, dot, signature = token.encode().rpartition(b".")
        if not dot or not hmac.compare_digest(self._sign(head), signature):
            return None
        payload = head.partition(b".")[2]
        return msgspec.json.decode(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)), type=Claims)


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
