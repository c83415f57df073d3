"""What does not run on a real kube-apiserver, by name and with the reason; everything else does (`make test-kube`).

A name is a folder, a file, or one test in it (`file::test`, with all its parameters); one that names nothing is an
error.
"""

from __future__ import annotations

OWN_SERVER = "tests the development API server's own code or settings, which is not what runs there"
OWN_TIME = "drives the cluster's time in steps, each when the API server in the test's own process has come to rest"
CONTROLLERS = "tests/devcluster/controllers"

LISTED: dict[str, str] = {
    "tests/devcluster/apiserver": OWN_SERVER,
    f"{CONTROLLERS}/test_exchanges.py": OWN_TIME,
    f"{CONTROLLERS}/test_life_timelines.py": OWN_TIME,
    f"{CONTROLLERS}/test_state_exchanges.py": OWN_TIME,
    f"{CONTROLLERS}/test_storage_exchanges.py": OWN_TIME,
    f"{CONTROLLERS}/test_volume_exchanges.py": OWN_TIME,
    f"{CONTROLLERS}/test_cluster.py::test_a_restart_goes_on_where_it_was": OWN_SERVER,
    f"{CONTROLLERS}/test_cluster.py::test_nothing_happens_while_the_clock_stands_still": OWN_TIME,
    f"{CONTROLLERS}/test_cluster.py::test_a_boot_takes_about_two_seconds_of_real_time": OWN_TIME,
    f"{CONTROLLERS}/test_exports.py::test_a_token_is_made_and_the_export_ends_in_time": OWN_TIME,
    f"{CONTROLLERS}/test_machine_snapshots.py::test_time_runs_out": OWN_TIME,
    f"{CONTROLLERS}/test_migration.py::test_a_migration_that_is_cancelled_is_broken_off_as_recorded": OWN_TIME,
    f"{CONTROLLERS}/test_scheduling.py::test_the_loss_of_a_node_shows_as_recorded": OWN_TIME,
    "tests/kube/test_cache_machine.py": OWN_SERVER,
    "tests/kube/test_against_apiserver.py::test_who_is_impersonated_is_told": "SelfSubjectReview is of 1.27",
    "tests/network/drivers/test_pod.py::test_a_range_of_ports_is_one_entry": "endPort of NetworkPolicy is of 1.22",
}

RUNS = ("tests/devcluster/apiserver/test_contract.py",)
"""What runs all the same, of a folder that is listed."""
