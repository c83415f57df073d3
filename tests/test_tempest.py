"""What tempest cannot pass here is told in the documentation, test by test."""

from pathlib import Path

from tests.tempest.explained import FAILURES
from tests.tempest.runner import name

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_every_failure_is_documented():
    pages = "\n".join(page.read_text() for page in DOCS.glob("*.md"))
    for test, reason in FAILURES.items():
        told = test.rpartition("(")[2].rstrip(")").rpartition(".")[2]
        assert told in pages, test
        assert reason in pages, test


def test_names_of_tests_have_no_attributes():
    assert name("a.b.C.test_d[id-1234,smoke]") == "a.b.C.test_d"
