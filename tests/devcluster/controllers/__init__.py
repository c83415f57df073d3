"""Tests of the development cluster's controllers: stages as pure functions, and lives over a real socket."""
