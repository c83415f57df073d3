"""Rotation of the keys of tokens with the rights that Dicot has, while people work."""

from __future__ import annotations

from dicot.development import Development
from dicot.identity import keyring
from dicot.reconcile import fernet_keys
from tests.cloud import Cloud, Project, login, wait_for
from tests.conftest import Loop

SECRET = f"/api/v1/namespaces/dicot-system/secrets/{keyring.NAME}"


def test_tokens_live_through_a_rotation(cloud: Cloud, project: Project, loop: Loop, development: Development) -> None:
    assert development.app is not None
    running = development.app._cluster
    assert running is not None
    before = cloud.kube.get(SECRET).json()
    old = {"metadata": {"annotations": {keyring.ROTATED_AT: "0"}}}
    headers = {"Content-Type": "application/merge-patch+json"}
    assert cloud.kube.patch(SECRET, json=old, headers=headers).status_code == 200
    loop.run(fernet_keys.rotate(running))
    after = cloud.kube.get(SECRET).json()
    assert keyring.newest(after) == keyring.newest(before) + 1
    assert keyring.keys_of(after)[0] == keyring.by_age(before)[0], "what was staged seals now"
    assert project.identity.get("/auth/projects").status_code == 200, "a token of before"

    def sealed_anew() -> bool:
        token = login(cloud.url, project.name, project.password, project.name).headers["X-Subject-Token"]
        return keyring.Sealer((keyring.keys_of(after)[0],)).open(token) is not None

    wait_for(sealed_anew, "a token of the new key, without a restart")
    assert project.identity.get("/auth/projects").status_code == 200
