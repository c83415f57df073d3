import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicot.api.token import Payload, Sealer, is_key, new_key

PAYLOAD = Payload(
    user_id="u" * 32,
    methods=("password",),
    audit_ids=("abc",),
    issued_at=time.time(),
    expires_at=time.time() + 3600,
    project_id="p" * 32,
)
OLD, NEW = new_key(), new_key()


def test_what_is_sealed_opens_unchanged():
    assert Sealer((NEW,)).open(Sealer((NEW,)).seal(PAYLOAD)) == PAYLOAD


def test_a_rotated_key_still_opens_and_one_rotated_away_does_not():
    token = Sealer((OLD,)).seal(PAYLOAD)
    assert Sealer((NEW, OLD)).open(token) == PAYLOAD
    assert Sealer((NEW,)).open(token) is None


@settings(max_examples=200, deadline=None)
@given(position=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=5))
def test_any_changed_character_is_refused(position, bit):
    sealer = Sealer((NEW,))
    token = sealer.seal(PAYLOAD)
    # The last character of unpadded base64 may carry bits that decode to nothing.
    position %= len(token) - 1
    changed = token[:position] + chr(ord(token[position]) ^ (1 << bit)) + token[position + 1 :]
    assert sealer.open(changed) is None


@given(st.text(max_size=300))
def test_any_text_is_refused_without_an_exception(text):
    assert Sealer((NEW,)).open(text) is None


def test_no_key_is_an_error():
    with pytest.raises(ValueError, match="no Fernet key"):
        Sealer(())


def test_keys_are_recognised():
    assert is_key(NEW)
    assert not is_key("short")
