"""The comparison of timelines itself: what it takes for equal and what not."""

from typing import Any

from tests.devcluster.controllers.timelines import Comparison, line, tracks

Json = dict[str, Any]


def _vmi(change: str = "MODIFIED", phase: str = "Running", **conditions: str) -> Json:
    status = {"phase": phase, "conditions": [{"type": key, "status": value} for key, value in conditions.items()]}
    return line("vmi", change, {"metadata": {"name": "vm"}, "status": status})


def _event(reason: str) -> Json:
    return line("event", "ADDED", {"involvedObject": {"kind": "Pod", "name": "p"}, "reason": reason, "type": "Normal"})


def test_states_follow_one_another_without_repetition() -> None:
    found = tracks([_vmi(Ready="True"), _vmi(Ready="True"), _vmi(Ready="False"), _vmi(), _vmi("DELETED")])
    assert found == {"vmi phase": ["Running", "-"], "vmi condition Ready": ["True", "False", "-"]}


def test_pods_are_numbered_as_they_come_and_older_ones_left_out() -> None:
    pods = [line("pod", change, {"metadata": {"name": name}, "status": {"phase": "Pending"}})
            for change, name in (("MODIFIED", "old"), ("ADDED", "a"), ("ADDED", "b"), ("DELETED", "a"))]  # fmt: skip
    assert tracks(pods) == {"pod 1 phase": ["Pending", "-"], "pod 2 phase": ["Pending"]}


def test_the_state_before_may_be_missing_from_a_recording_and_nothing_else() -> None:
    theirs = {"vm printableStatus": ["Migrating", "Running"]}
    assert Comparison({"vm printableStatus": ["Running", "Migrating", "Running"]}, theirs, {}).different == {}
    assert Comparison({"vm printableStatus": ["Running"]}, theirs, {}).different != {}
    assert Comparison({"vmi phase": ["Running"]}, {}, {}).different == {}
    assert Comparison({"vmi phase": ["Running", "Failed"]}, {}, {}).different != {}


def test_a_missing_event_counts_unless_its_name_is_listed() -> None:
    ours, theirs = tracks([_event("Started")]), tracks([_event("Started"), _event("Pulled")])
    assert Comparison(ours, theirs, {}).different == {"event Pod Pulled": (None, ["Normal"])}
    listed = Comparison(ours, theirs, {"event Pod Pulled": "no image is pulled"})
    assert (listed.equal, listed.listed, listed.different) == (["event Pod Started"], ["event Pod Pulled"], {})
