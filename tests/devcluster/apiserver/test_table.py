import pytest

from dicot.devcluster.apiserver.table import _lookup

BODY = {
    "spec": {"fixedIps": [{"ipAddress": "10.0.0.3"}, {"ipAddress": "10.0.0.4"}]},
    "status": {"conditions": [{"type": "Ready", "status": "True"}]},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (".spec.fixedIps[0].ipAddress", "10.0.0.3"),
        (".spec.fixedIps[1].ipAddress", "10.0.0.4"),
        (".spec.fixedIps[2].ipAddress", None),
        (".status.conditions[?(@.type=='Ready')].status", "True"),
        (".status.conditions[?(@.type=='Paused')].status", None),
        (".spec.nosuch[0].name", None),
    ],
)
def test_the_paths_that_columns_use(path, value):
    assert _lookup(BODY, path) == value
