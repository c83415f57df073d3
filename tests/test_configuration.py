"""The settings: what is read from where, what is refused, and that the page about them tells of each."""

import re
from pathlib import Path

import msgspec
import pytest

from dicot.config import Config, load

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"


def test_the_page_tells_of_every_setting_and_its_default():
    rows = re.findall(r"^\| `(\w+)` \| `(.+?)` \| \S.*\|$", PAGE.read_text(), re.MULTILINE)
    told = {name: default.replace('"', "'") for name, default in rows}
    assert told == {field.name: repr(field.default) for field in msgspec.structs.fields(Config)}


def test_the_environment_wins_over_the_file(tmp_path):
    file = tmp_path / "dicot.toml"
    file.write_text('region = "north"\npage_max = 10\n')
    environment = {
        "DICOT_PAGE_MAX": "20",
        "DICOT_TRUSTED_PROXIES": "10.0.0.1,10.0.0.2",
        "DICOT_TENANT_NETWORKS": "false",
    }
    found = load(str(file), environment)
    assert (found.region, found.page_max, found.tenant_networks) == ("north", 20, False)
    assert found.trusted_proxies == ("10.0.0.1", "10.0.0.2")
    assert load(None, {"DICOT_CONFIG": str(file)}).region == "north"
    assert load(None, {}) == Config()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nosuch = 1", "nosuch"),
        ('page_max = "x"', "page_max"),
        ("page_max = 0", "page_max"),
        ('network_driver = "calico"', "network_driver"),
        ("=", "line 1"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, text, named):
    file = tmp_path / "dicot.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=named):
        load(str(file), {})
