"""What does not run on a real kube-apiserver, by name and with the reason; everything else does (`make test-kube`).

A name is a folder, a file, or one test in it (`file::test`, with all its parameters); one that names nothing is an
error.
"""

from __future__ import annotations

OWN_SERVER = "tests the development API server's own code or settings, which is not what runs there"
OWN_CLUSTER = "starts development clusters of its own; not carried over to a real kube-apiserver yet"

LISTED: dict[str, str] = {
    "tests/devcluster/apiserver": OWN_SERVER,
    "tests/devcluster/controllers": OWN_CLUSTER,
    "tests/kube/test_cache_machine.py": OWN_SERVER,
    "tests/kube/test_against_apiserver.py::test_who_is_impersonated_is_told": "SelfSubjectReview is of 1.27",
    "tests/doctor/test_doctor.py": OWN_CLUSTER,
    "tests/network/drivers/test_pod.py::test_a_range_of_ports_is_one_entry": "endPort of NetworkPolicy is of 1.22",
}

RUNS = ("tests/devcluster/apiserver/test_contract.py",)
"""What runs all the same, of a folder that is listed."""
