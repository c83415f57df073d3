import base64
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


TOKEN = Sealer((NEW,)).seal(PAYLOAD)


@settings(max_examples=500)
@given(position=st.integers(0, len(TOKEN) - 1), bit=st.integers(0, 7))
def test_any_changed_bit_of_the_text_is_refused(position, bit):
    changed = bytearray(TOKEN.encode())
    changed[position] ^= 1 << bit
    assert Sealer((NEW,)).open(changed.decode("latin-1")) is None


def test_every_changed_bit_of_the_message_is_refused():
    message = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    sealer = Sealer((NEW,))
    for position in range(len(message)):
        for bit in range(8):
            changed = bytearray(message)
            changed[position] ^= 1 << bit
            assert sealer.open(base64.urlsafe_b64encode(changed).decode().rstrip("=")) is None, (position, bit)


@given(position=st.integers(0, len(TOKEN)), junk=st.text(min_size=1, max_size=4))
def test_a_token_has_one_spelling(position, junk):
    assert Sealer((NEW,)).open(TOKEN[:position] + junk + TOKEN[position:]) is None


@given(length=st.integers(0, len(TOKEN) - 1))
def test_a_cut_token_is_refused(length):
    assert Sealer((NEW,)).open(TOKEN[:length]) is None


KEYS = [new_key() for _ in range(8)]


@given(sealed_with=st.integers(0, 7), kept=st.sets(st.integers(0, 7), min_size=1))
def test_a_token_opens_as_long_as_its_key_is_kept(sealed_with, kept):
    token = Sealer((KEYS[sealed_with],)).seal(PAYLOAD)
    opened = Sealer(tuple(KEYS[one] for one in sorted(kept))).open(token)
    assert opened == (PAYLOAD if sealed_with in kept else None)


@given(st.text(max_size=300))
def test_any_text_is_refused_without_an_exception(text):
    assert Sealer((NEW,)).open(text) is None


def test_no_key_is_an_error():
    with pytest.raises(ValueError, match="no Fernet key"):
        Sealer(())


def test_keys_are_recognised():
    assert is_key(NEW)
    assert not is_key("short")
