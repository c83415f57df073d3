"""Who may ask the real kube-apiserver: bearer tokens that can be made while it runs, by webhook authentication."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dicot.devcluster.apiserver.users import AUTHENTICATED, User

Json = dict[str, Any]


class People:
    """Users by name and by token."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}
        self._users: dict[str, User] = {}

    def add(self, name: str, user: User) -> str:
        """Make a user known; returns the token, the same one for the same name."""
        token = self._tokens.setdefault(name, secrets.token_urlsafe(24))
        groups = user.groups if AUTHENTICATED in user.groups else (*user.groups, AUTHENTICATED)
        self._users[token] = msgspec.structs.replace(user, groups=groups)
        return token

    def token(self, name: str) -> str:
        """Return the token of a known user."""
        return self._tokens[name]

    def find(self, token: str) -> User | None:
        """Return the user of a token."""
        return self._users.get(token)


def reviewer(people: People) -> Starlette:
    """Build what kube-apiserver asks about tokens that it does not know."""

    async def review(request: Request) -> Response:
        body: Json = msgspec.json.decode(await request.body())
        user = people.find(body["spec"].get("token", ""))
        status: Json = {"authenticated": user is not None}
        if user is not None:
            status["user"] = user.info()
        return JSONResponse({"apiVersion": body["apiVersion"], "kind": "TokenReview", "status": status})

    return Starlette(routes=[Route("/", review, methods=["POST"])])
