"""Credentials over HTTP, and tokens for requests that were signed with EC2 keys."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from keystoneclient.contrib.ec2.utils import Ec2Signer

from tests.cloud import Cloud, Project
from tests.identity.people import issue, new_user, refusal, role_id

Json = dict[str, Any]


def stamped(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def new_key(project: Project) -> Json:
    path = f"/users/{project.user_id}/credentials/OS-EC2"
    answer = project.identity.post(path, json={"tenant_id": project.project_id})
    assert answer.status_code == 201, answer.text
    return answer.json()["credential"]


def test_keys_of_a_user(cloud: Cloud, project: Project):
    path = f"/users/{project.user_id}/credentials/OS-EC2"
    key = new_key(project)
    assert (key["user_id"], key["tenant_id"], key["trust_id"]) == (project.user_id, project.project_id, None)
    assert key["links"]["self"] == f"{cloud.url}/identity/v3{path}/{key['access']}"
    assert project.identity.get(path).json()["credentials"] == [key]
    assert project.identity.get(f"{path}/{key['access']}").json()["credential"] == key
    (general,) = project.identity.get("/credentials?type=ec2").json()["credentials"]
    assert general["id"] == hashlib.sha256(key["access"].encode()).hexdigest()
    assert json.loads(general["blob"])["secret"] == key["secret"]
    assert project.identity.delete(f"{path}/{key['access']}").status_code == 204
    assert refusal(project.identity.get(f"{path}/{key['access']}"))[0] == 404
    assert refusal(project.identity.post(path, json={"tenant_id": "nosuch"}))[0] == 404


def test_a_credential(project: Project, other_project: Project):
    api = project.identity
    body = {"user_id": project.user_id, "type": "cert", "blob": "secret", "project_id": project.project_id}
    made = api.post("/credentials", json={"credential": body})
    assert made.status_code == 201, made.text
    credential = made.json()["credential"]
    assert {key: credential[key] for key in body} == body
    path = f"/credentials/{credential['id']}"
    assert api.get(path).json()["credential"] == credential
    changed = api.patch(path, json={"credential": {"blob": "other"}}).json()["credential"]
    assert changed == {**credential, "blob": "other"}
    assert refusal(api.patch(path, json={"credential": {"blob": "x", "type": "ec2"}}))[0] == 400
    assert refusal(other_project.identity.get(path))[0] == 403
    assert refusal(other_project.identity.delete(path))[0] == 403
    assert other_project.identity.get("/credentials").json()["credentials"] == []
    assert api.delete(path).status_code == 204
    assert refusal(api.get(path))[0] == 403, "who does not own it is not told that it is gone"
    assert refusal(project.cloud.admin.identity.get(path)) == (404, f"Could not find credential: {credential['id']}.")


def test_bad_input(project: Project):
    def tried(**body: Any) -> tuple[int, str]:
        whole = {"user_id": project.user_id, "type": "ec2", "project_id": project.project_id, **body}
        return refusal(project.identity.post("/credentials", json={"credential": whole}))

    assert tried(blob="no JSON") == (400, "Invalid blob in credential")
    assert "access" in tried(blob='{"secret": "x"}')[1]
    assert tried(blob='{"access": "x", "trust_id": "y"}')[0] == 400
    assert tried(blob="x", user_id="somebody")[0] == 403
    access = f'{{"access": "{project.project_id}", "secret": "x"}}'
    made = {"user_id": project.user_id, "type": "ec2", "project_id": project.project_id, "blob": access}
    assert project.identity.post("/credentials", json={"credential": made}).status_code == 201
    assert tried(blob=access)[0] == 409


def v2(key: Json, moment: float | None = None) -> Json:
    """Sign as version 2 does, with the client's own code."""
    params = {"SignatureVersion": "2", "Action": "Test", "Timestamp": stamped(moment or time.time())}
    request = {"access": key["access"], "host": "127.0.0.1:8774", "verb": "GET", "path": "/", "params": params}
    return {**request, "signature": Ec2Signer(key["secret"]).generate({**request, "params": dict(params)})}


def v4(key: Json) -> Json:
    """Sign as version 4 does, with the client's own code."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{key['access']}/{now[:8]}/RegionOne/ec2/aws4_request"
    headers = {
        "Host": "127.0.0.1",
        "X-Amz-Date": now,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope},SignedHeaders=host;x-amz-date,Signature=x",
    }
    request = {
        "access": key["access"],
        "host": "127.0.0.1",
        "verb": "POST",
        "path": "/",
        "params": {},
        "headers": headers,
        "body_hash": hashlib.sha256(b"Action=Test").hexdigest(),
    }
    return {**request, "signature": Ec2Signer(key["secret"]).generate(request)}


@pytest.mark.parametrize("sign", [v2, v4])
def test_a_token_for_a_signed_request(cloud: Cloud, project: Project, sign):
    answer = cloud.admin.identity.post("/ec2tokens", json={"credentials": sign(new_key(project))})
    assert answer.status_code == 200, answer.text
    token = answer.json()["token"]
    assert (token["methods"], token["user"]["id"]) == (["ec2credential"], project.user_id)
    assert token["project"]["id"] == project.project_id
    mine = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    assert project.compute.get("/servers", headers=mine).status_code == 200
    again = issue(cloud.url, {"methods": ["token"], "token": {"id": mine["X-Auth-Token"]}})
    assert refusal(again)[0] == 403
    assert refusal(project.identity.get(f"/users/{project.user_id}/credentials/OS-EC2", headers=mine))[0] == 403


def s3(key: Json, moment: float | None = None, **changes: str) -> Json:
    """Sign a text as S3's clients do (botocore's S3SigV4Auth), and hand it on as Swift's s3token does."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment or time.time()))
    scope = [now[:8], "RegionOne", "s3", "aws4_request"]
    text = "\n".join(("AWS4-HMAC-SHA256", now, "/".join(scope), hashlib.sha256(b"GET").hexdigest()))
    signing = f"AWS4{key['secret']}".encode()
    for part in scope:
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
    token = base64.urlsafe_b64encode(text.encode()).decode()
    return {"credentials": {"access": key["access"], "token": token, "signature": signature, **changes}}


def test_a_token_for_a_request_to_s3(cloud: Cloud, project: Project):
    key = new_key(project)
    answer = cloud.admin.identity.post("/s3tokens", json=s3(key))
    assert answer.status_code == 200, answer.text
    token = answer.json()["token"]
    assert (token["user"]["id"], token["project"]["id"]) == (project.user_id, project.project_id)
    assert "X-Subject-Token" not in answer.headers, "the service is told who it is, and gets no token of theirs"

    def tried(body: Json) -> tuple[int, str]:
        return refusal(cloud.admin.identity.post("/s3tokens", json=body))

    assert tried(s3(key, signature="0" * 64)) == (401, "Credential signature mismatch")
    assert tried(s3(key, time.time() - 3600)) == (401, "Credential is expired")
    assert tried(s3(key, token="no base64")) == (401, "Invalid EC2 signature.")
    version_1 = base64.b64encode(b"GET\n\n\n\n/bucket").decode()
    assert tried(s3(key, token=version_1)) == (401, "Invalid EC2 signature.")
    assert tried(s3(key, access="nosuch")) == (404, "EC2 access key not found.")
    assert refusal(project.identity.post("/s3tokens", json=s3(key)))[0] == 403


def test_who_may_ask(project: Project):
    assert refusal(project.identity.post("/ec2tokens", json={"credentials": v2(new_key(project))}))[0] == 403


def test_signatures_that_are_refused(cloud: Cloud, project: Project):
    key = new_key(project)

    def asked(**changes: Any) -> tuple[int, str]:
        body = {"credentials": {**v2(key), **changes}}
        return refusal(cloud.admin.identity.post("/ec2tokens", json=body))

    assert asked(verb="DELETE") == (401, "Invalid EC2 signature.")
    assert asked(signature="") == (401, "EC2 signature not supplied.")
    assert asked(access="nosuch") == (404, "EC2 access key not found.")
    assert asked(params={"SignatureVersion": "0"}) == (401, "Unknown signature version: 0")
    assert asked(params={}) == (401, "Unexpected signature format")
    old = {"credentials": v2(key, time.time() - 3600)}
    assert refusal(cloud.admin.identity.post("/ec2tokens", json=old)) == (401, "Credential is expired")
    signed = {"credentials": v2(key)}
    path = f"/projects/{project.project_id}/users/{project.user_id}/roles/{role_id(cloud, 'member')}"
    assert cloud.admin.identity.delete(path).status_code == 204
    assert refusal(cloud.admin.identity.post("/ec2tokens", json=signed))[0] == 401


def test_credentials_go_with_their_user(cloud: Cloud, project: Project):
    user = new_user(cloud)
    body = {"user_id": user["id"], "type": "cert", "blob": "secret"}
    made = cloud.admin.identity.post("/credentials", json={"credential": body}).json()["credential"]
    secrets = "/api/v1/namespaces/dicot-system/secrets"
    stored = cloud.kube.get(f"{secrets}/credential-{made['id']}").json()
    assert stored["metadata"]["ownerReferences"][0]["kind"] == "User"
    assert "secret" not in str(stored["metadata"])
    cloud.admin.identity.delete(f"/users/{user['id']}")
