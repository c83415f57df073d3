"""The table of the built-in kinds' fields: fresh, and what becomes of fields that are in no table."""

from pathlib import Path

import pytest
from scripts import kinds as written

from tests.devcluster.apiserver.client import Kube

CONFIG_MAPS = "/api/v1/namespaces/g1/configmaps"
PODS = "/api/v1/namespaces/g1/pods"


def test_the_table_is_what_the_script_writes() -> None:
    assert Path(written.OUTPUT).read_text() == written.text()


def pod(**container: object) -> dict[str, object]:
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i", **container}]}}


async def test_unknown_fields_are_dropped_with_a_warning_or_refused(kube: Kube) -> None:
    body = {"metadata": {"name": "a"}, "data": {"k": "v"}, "dta": {}}
    answer = await kube.send("POST", CONFIG_MAPS, body)
    assert answer.headers["warning"] == '299 - "unknown field \\"dta\\""'
    assert "dta" not in answer.json()
    refused = await kube.refused(400, "POST", f"{PODS}?fieldValidation=Strict", pod(imagePullpolicy="Always"))
    assert refused["message"] == (
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field'
        ' "spec.containers[0].imagePullpolicy"'
    )
    assert "warning" not in (await kube.send("POST", f"{PODS}?fieldValidation=Ignore", pod(nosuch=1))).headers


@pytest.mark.parametrize(
    ("container", "complaint"),
    [
        ({"args": "x"}, "json: cannot unmarshal string into Go struct field Pod.spec.containers.args of type []string"),
        ({"ports": [{"containerPort": "80"}]}, "Go struct field Pod.spec.containers.ports.containerPort of type int64"),
        ({"tty": 1}, "json: cannot unmarshal number into Go struct field Pod.spec.containers.tty of type bool"),
    ],
)
async def test_values_of_a_wrong_type_are_refused(kube: Kube, container: dict[str, object], complaint: str) -> None:
    refused = await kube.refused(400, "POST", PODS, pod(**container))
    assert complaint in refused["message"]


async def test_a_null_counts_as_absent(kube: Kube) -> None:
    made = await kube.post(PODS, pod(args=None))
    assert "args" not in made["spec"]["containers"][0]
