# Everything a developer runs. `make` alone prints this list.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STATE ?= .dicot
PORT ?= 8774
KUBE_PORT ?= 8775
WORKERS ?= $(shell nproc)
# Tests in as many processes as there are cores: a file stays in one, and long ones start first (tests/workers.py).
SPREAD := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# Byte code is kept: commands that compile all they import at each start take twice as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup dev kubectl novnc cloud-init test test-kube check format bench scale conformance coverage tempest interop clean

help: ## Print this help
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## Prepare .venv with everything that is needed

.venv/.ready: pyproject.toml uv.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip .venv # Debian's venv brings no pip of its own
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check uv
	@UV_PROJECT_ENVIRONMENT=.venv $(BIN)/uv sync --quiet --frozen --inexact
	@touch $@

dev: setup ## Run Dicot in front of a development cluster
	@$(BIN)/dicot dev --state $(STATE) --port $(PORT) --kube-port $(KUBE_PORT)

kubectl: ## Fetch Debian's kubectl and the newest one for the tests
	@$(PYTHON) scripts/kubectl.py .cache/kubectl

novnc: ## Fetch noVNC, for screens in a browser, as Debian publishes it
	@$(PYTHON) scripts/debian.py novnc .cache/novnc

cloud-init: ## Fetch cloud-init, which tests read config drives with
	@$(PYTHON) scripts/debian.py cloud-init .cache/cloud-init

test: setup ## Run the tests
	@$(BIN)/pytest $(SPREAD) $(ARGS)

test-kube: setup ## Run the tests on a real kube-apiserver; builds one once (KUBEBUILDER_ASSETS, DICOT_KUBE_CACHE)
	@$(BIN)/python -m scripts.kube_binaries >/dev/null
	@DICOT_TEST_CLUSTER=kube $(BIN)/pytest $(SPREAD) $(ARGS)

check: setup ## Check format, lint, import layers and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports
	@$(BIN)/pyrefly check

format: setup ## Format, and mend what the linter can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup ## Measure CPU, latency and memory against a bare server; writes bench/results.json
	@$(BIN)/python -m bench

scale: setup ## Create, list and watch 10,000 virtual machines (COUNT=1000: fewer); at most 25 minutes
	@$(BIN)/python -m bench.scale $(COUNT)

conformance: setup ## Compare schemas and answers with the nova package, in an environment of its own
	@UV_PROJECT_ENVIRONMENT=.cache/conformance $(BIN)/uv sync --quiet --frozen --group conformance
	@.cache/conformance/bin/python -m tests.conformance $(ARGS)

tempest: setup ## Run tests of tempest against a fresh cloud: ARGS=tempest.api.identity
	@UV_PROJECT_ENVIRONMENT=.cache/tempest $(BIN)/uv sync --quiet --frozen --group tempest
	@.cache/tempest/bin/python -m tests.tempest $(ARGS)

interop: setup ## Run the tests that the interoperability guideline requires; KUBE=1: on a real kube-apiserver
	@UV_PROJECT_ENVIRONMENT=.cache/tempest $(BIN)/uv sync --quiet --frozen --group tempest
	@.cache/tempest/bin/python -m tests.tempest.interop $(if $(KUBE),--kube) $(ARGS)

coverage: setup ## Read what the real services declare, and write docs/coverage.md
	@$(PYTHON) scripts/declared_routes.py
	@$(BIN)/python scripts/coverage.py

clean: ## Remove what these targets made
	rm -rf .venv .cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist
