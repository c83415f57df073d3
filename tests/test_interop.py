"""The required tests as a list, what makes one of them pass, and how a run is divided."""

import itertools

from tests.tempest.required import APART, FAILED, IN_GUEST, PASSED, Required, judge, read, table
from tests.tempest.runner import share, uuid

ONE = Required("cap-a", "c72c1c0c-2193-4aca-aaa4-b1442640f51c", "tempest.api.x.FirstTest.test_one")
GUEST = Required("cap-b", "b92d5ec7-b1dd-44a2-87e4-45e888c46ef0", f"tempest.api.x.GuestTest.{IN_GUEST[0]}")


def outcome(one: Required, how: str, test: str = "", reason: str = "why") -> dict[str, str]:
    return {"id": one.id, "test": test or one.test, "outcome": how, "reason": reason}


def test_the_list_is_whole_and_names_each_id_once():
    listed = read()
    assert len(listed) == len({one.id for one in listed}) == 227
    assert all(one.test.startswith("tempest.api.") for one in listed)
    assert {one.test.rpartition(".")[2] for one in listed} >= set(IN_GUEST)


def test_an_id_passes_if_every_test_that_bears_it_passes():
    runs = [outcome(ONE, "passed"), outcome(ONE, "passed", "tempest.api.x.SecondTest.test_one")]
    assert judge([ONE], runs)[0]["outcome"] == PASSED
    assert judge([ONE], [*runs, outcome(ONE, "failed", "tempest.api.x.ThirdTest.test_one")])[0]["outcome"] == FAILED


def test_a_skip_is_a_failure_and_so_is_a_test_that_did_not_run():
    assert judge([ONE], [outcome(ONE, "skipped")])[0]["outcome"] == FAILED
    assert judge([ONE], [])[0]["reasons"] == ["did not run"]
    assert judge([ONE], [])[0]["outcome"] == FAILED


def test_a_class_that_cannot_be_prepared_fails_its_tests_and_says_why():
    preparation = {
        "id": "",
        "test": "setUpClass (tempest.api.x.FirstTest)",
        "outcome": "failed",
        "reason": "no network",
    }
    judged = judge([ONE], [preparation])[0]
    assert (judged["outcome"], judged["reasons"]) == (FAILED, ["failed: no network"])


def test_only_what_needs_a_guest_is_told_apart():
    assert judge([GUEST], [outcome(GUEST, "skipped")])[0]["outcome"] == APART
    assert judge([GUEST], [outcome(GUEST, "failed")])[0]["outcome"] == FAILED


def test_the_table_counts_per_capability():
    lines = table(judge([ONE, GUEST], [outcome(ONE, "passed"), outcome(GUEST, "skipped")]))
    assert [line.split() for line in lines[1:]] == [["cap-a", "1", "0", "0"], ["cap-b", "0", "0", "1"]]


def test_the_id_is_found_among_other_attributes():
    assert uuid(f"a.B.test_c[id-{ONE.id},smoke]") == uuid(f"a.B.test_c[smoke,id-{ONE.id}]") == ONE.id
    assert uuid("a.B.test_c") == uuid("setUpClass (a.B)") == ""


def test_parts_share_all_tests_and_divide_no_class():
    tests = [f"a.Class{number}.test_{letter}" for number in range(5) for letter in "abc"[: number % 3 + 1]]
    parts = [share(tests, part, 2) for part in range(2)]
    assert sorted(itertools.chain(*parts)) == sorted(tests)
    first, second = ({test.rpartition(".")[0] for test in part} for part in parts)
    assert first and second and not first & second
