"""Logging in, and making people and roles through the API: what identity's tests share."""

from __future__ import annotations

import secrets
from typing import Any

import httpx2

from tests.cloud import Cloud, Session, login

Json = dict[str, Any]


def password_of(user_id: str, password: str) -> Json:
    return {"methods": ["password"], "password": {"user": {"id": user_id, "password": password}}}


def issue(url: str, identity: Json, scope: Any = None, query: str = "") -> httpx2.Response:
    """Ask for a token."""
    auth: Json = {"identity": identity}
    if scope is not None:
        auth["scope"] = scope
    return httpx2.post(f"{url}/identity/v3/auth/tokens{query}", json={"auth": auth}, timeout=30)


def rescope(url: str, token: str, scope: Any = None) -> httpx2.Response:
    return issue(url, {"methods": ["token"], "token": {"id": token}}, scope)


def role_id(cloud: Cloud, name: str) -> str:
    roles = cloud.admin.identity.get("/roles").json()["roles"]
    return next(role["id"] for role in roles if role["name"] == name)


def new_user(cloud: Cloud, **attributes: Any) -> Json:
    """Make a user; its password is in the answer."""
    body = {"name": f"user-{secrets.token_hex(4)}", "password": secrets.token_urlsafe(8), **attributes}
    answer = cloud.admin.identity.post("/users", json={"user": body})
    assert answer.status_code == 201, answer.text
    return {**answer.json()["user"], "password": body["password"]}


def session_of(cloud: Cloud, name: str, password: str, project: str | None) -> Session:
    answer = login(cloud.url, name, password, project)
    assert answer.status_code == 201, answer.text
    token = answer.json()["token"]
    return Session(cloud.url, answer.headers["X-Subject-Token"], token.get("project", {}).get("id", ""))


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Return status and sentence of an error in Keystone's envelope, whose shape is checked."""
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "title"}
    assert error["code"] == answer.status_code
    assert answer.headers["Vary"] == "X-Auth-Token"
    return answer.status_code, error["message"]
