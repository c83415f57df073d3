import pytest

from dicot.kube import kinds
from dicot.kube.errors import Invalid
from dicot.kube.kinds import NODES, PODS, VIRTUAL_MACHINE_CALLS, VIRTUAL_MACHINES, Kind


def test_paths():
    assert PODS.path() == "/api/v1/pods"
    assert PODS.path("ns", "p", "log") == "/api/v1/namespaces/ns/pods/p/log"
    assert NODES.path(None, "n1") == "/api/v1/nodes/n1"
    assert VIRTUAL_MACHINES.path("ns") == "/apis/kubevirt.io/v1/namespaces/ns/virtualmachines"
    assert VIRTUAL_MACHINE_CALLS.path("ns", "vm", "start").endswith("/virtualmachines/vm/start")
    assert kinds.CLUSTER_ROLES.path(name="system:node").endswith("/clusterroles/system:node")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a%2fb"])
def test_a_name_that_is_no_segment_never_becomes_another_path(name: str):
    with pytest.raises(Invalid):
        PODS.path("ns", name)
    with pytest.raises(Invalid):
        PODS.path(name, "p")


def test_strange_characters_are_quoted():
    assert PODS.path("ns", "a?b#c d") == "/api/v1/namespaces/ns/pods/a%3Fb%23c%20d"


def test_a_namespaced_name_needs_its_namespace():
    with pytest.raises(Invalid):
        PODS.path(None, "p")


def test_every_kind_is_known_once():
    known = [kind for kind in vars(kinds).values() if isinstance(kind, Kind)]
    assert len({(kind.group, kind.plural) for kind in known}) == len(known)
    assert all(kind.api_version == (f"{kind.group}/{kind.version}" if kind.group else "v1") for kind in known)
