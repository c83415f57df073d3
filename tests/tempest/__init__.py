"""OpenStack's own tests (tempest) against Dicot in front of a development cluster: `make tempest ARGS=...`."""
