import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicot.devcluster.apiserver import protobuf


def field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value


def body(kind: bytes, raw: bytes) -> bytes:
    return protobuf.MAGIC + field(1, field(1, b"v1") + field(2, kind)) + field(2, raw)


def test_a_config_map_is_read() -> None:
    entry = field(1, b"key") + field(2, b"value")
    raw = field(1, field(1, b"cm")) + field(2, entry) + bytes([4 << 3, 1])
    assert protobuf.decode(body(b"ConfigMap", raw)) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "cm"},
        "data": {"key": "value"},
        "immutable": True,
    }


def test_other_kinds_are_refused_by_name() -> None:
    with pytest.raises(protobuf.CannotDecode, match="the kind Pod"):
        protobuf.decode(body(b"Pod", b""))


@given(st.binary(max_size=60), st.sampled_from([b"Secret", b"RoleBinding", b"TokenRequest"]))
def test_damage_is_refused_and_never_a_crash(raw: bytes, kind: bytes) -> None:
    for data in (protobuf.MAGIC + raw, body(kind, raw)):
        try:
            protobuf.decode(data)
        except (protobuf.CannotDecode, ValueError):
            continue
