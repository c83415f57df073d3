"""Sends the recorded requests in order, waits between them as the recorded client did, and keeps what differed."""

from __future__ import annotations

from typing import NamedTuple

import httpx2

from tests.cloud import Cloud, Project, wait_for
from tests.recordings import scene
from tests.recordings.compare import differences
from tests.recordings.exchanges import SERVICES, Exchange, Words, read

TOKENS = ("<TOKEN:golden>", "<TOKEN:admin>")
UNSETTLED = {"creating", "deleting", "extending", "attaching", "detaching", "reserved", "downloading", "BUILD"}


class Outcome(NamedTuple):
    """How one exchange went."""

    exchange: Exchange
    status: int
    text: str
    differences: list[str]


CALM_LOOKS = 20
"""How often in a row all must look calm: the development cluster's controllers take no time, and take turns."""
EFFECTS = {"action-pause": "PAUSED", "action-unpause": "ACTIVE"}


def replay(cloud: Cloud, project: Project) -> list[Outcome]:
    """Send everything."""
    words = scene.set_up(cloud, project)
    outcomes = []
    with httpx2.Client(timeout=60) as client:
        for exchange in read():
            scene.off_the_record(cloud, project, exchange.name, words)
            answer = send(client, exchange, cloud, project, words)
            body = answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else None
            words.learn(exchange.response["body"], body)
            _learn_headers(exchange, answer, words)
            found = differences(exchange.response, answer, words)
            outcomes.append(Outcome(exchange, answer.status_code, answer.text[:2000], found))
            if exchange.request["method"] not in ("GET", "HEAD") and answer.status_code < 400:
                settle(project, exchange.service)
                _see_effect(project, exchange.name)
    return outcomes


def _see_effect(project: Project, name: str) -> None:
    """Wait for the status that an action leads to where nothing tells that it is under way."""
    status = EFFECTS.get(name)
    if status:
        wait_for(lambda: all(_shows(project, status) for _ in range(CALM_LOOKS)), f"a server {status}")


def _shows(project: Project, status: str) -> bool:
    return bool(project.compute.get(f"/servers?status={status}").json()["servers"])


def send(client: httpx2.Client, exchange: Exchange, cloud: Cloud, project: Project, words: Words) -> httpx2.Response:
    """Send one request as it was recorded, with the ids and the tokens that are right here."""
    tokens = dict(zip(TOKENS, (project.token, cloud.admin.token), strict=True))
    request = exchange.request
    headers = {name: tokens.get(value, value) for name, value in request["headers"].items() if name != "User-Agent"}
    root = f"/{SERVICES[exchange.service]}"
    content = words.told(exchange.content.decode()).encode() if exchange.content else None
    return client.request(
        request["method"], cloud.url + root + words.told(request["path"]), content=content, headers=headers
    )


def _learn_headers(exchange: Exchange, answer: httpx2.Response, words: Words) -> None:
    for name, value in exchange.response["headers"]:
        if name.lower() in ("x-openstack-request-id", "location") and name in answer.headers:
            words.learn(value, answer.headers[name])


def settle(project: Project, service: str) -> None:
    """Wait until nothing is under way: the recorded client waited too, and did not record it."""
    if service in ("nova", "cinder"):
        wait_for(lambda: _settled(project, "volume", "volumes"), "volumes to settle")
        wait_for(lambda: _settled(project, "volume", "snapshots"), "snapshots to settle")
    if service == "nova":
        wait_for(lambda: _settled(project, "compute", "servers"), "servers to settle")
        wait_for(lambda: all(_calm(project) for _ in range(CALM_LOOKS)), "machines to be calm")


def _calm(project: Project) -> bool:
    """Tell whether no machine is on its way from one instance to the next, which its server shows a moment later."""
    machines = project.objects("/apis/kubevirt.io/v1/virtualmachines")
    instances = project.objects("/apis/kubevirt.io/v1/virtualmachineinstances")
    alive = {one["metadata"]["name"] for one in instances if "deletionTimestamp" not in one["metadata"]}
    running = {one["metadata"]["name"] for one in instances if one.get("status", {}).get("phase") == "Running"}
    return all(
        not machine.get("status", {}).get("stateChangeRequests")
        and (machine.get("status", {}).get("printableStatus") != "Running" or machine["metadata"]["name"] in running)
        for machine in machines
    ) and alive == {one["metadata"]["name"] for one in instances}


def _settled(project: Project, service: str, plural: str) -> bool:
    answer = project.client(service).get(f"/{plural}/detail")
    assert answer.status_code == 200, answer.text
    objects = answer.json()[plural]
    return not any(one["status"] in UNSETTLED or one.get("OS-EXT-STS:task_state") for one in objects)
