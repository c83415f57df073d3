"""Dicot's Nova against Nova's own schemas; run by `make conformance`, in an environment that has the nova package."""
