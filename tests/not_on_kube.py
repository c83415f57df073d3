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
    "tests/identity/test_keyring.py": OWN_CLUSTER,
    "tests/kube/test_against_apiserver.py": OWN_CLUSTER,
    "tests/reconcile/test_lease.py": OWN_CLUSTER,
    "tests/doctor/test_doctor.py": OWN_CLUSTER,
    "tests/test_bootstrap.py": OWN_CLUSTER,
    "tests/test_readiness.py": OWN_CLUSTER,
}

RUNS = ("tests/devcluster/apiserver/test_contract.py",)
"""What runs all the same, of a folder that is listed."""
