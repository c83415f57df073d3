"""Tests of tempest that fail, and why: what they want has no meaning in Kubernetes. docs/identity.md tells the same."""

FAILURES: dict[str, str] = {}
