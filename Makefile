# Two commands do everything: `make run` and `make test`. The rest is for those who change lanner.
.DEFAULT_GOAL := help
.PHONY: help run test test-live lint types format bench lock clean
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready
PYTEST_ARGS ?=
# One more than the cores that CI has: a worker that waits for a server or a browser leaves its core to another.
WORKERS ?= 3
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --extra build

help: ## list what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run: $(RUN_READY) ## start the demo: a real audit log, all of lanner, the web page
	$(BIN)/lanner demo

test: $(DEV_READY) ## run all tests with coverage (browser tests need chromium, installed where apt can)
	@bash tests/install-chromium.sh
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS); status=$$?; \
	if [ -z "$(PYTEST_ARGS)" ]; then bash tests/report-coverage.sh || status=1; fi; exit $$status

test-live: $(DEV_READY) ## run lanner beside a real kube-apiserver (docs/live-test.md)
	bash tests/live/build-kube.sh
	LANNER_LIVE=1 $(BIN)/pytest tests/live -v $(PYTEST_ARGS)

lint: $(DEV_READY) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV_READY) ## mypy --strict
	$(BIN)/mypy

format: $(DEV_READY) ## rewrite the code as ruff formats it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV_READY) ## measure speed and latency on this machine
	$(BIN)/python -m bench

lock: $(DEV_READY) ## resolve the pinned requirements anew
	$(BIN)/python -m pip install --quiet uv
	$(UV_COMPILE) --extra dev --extra glue --extra s3 --extra postgres --extra timestamps pyproject.toml -o requirements/dev.txt
	$(UV_COMPILE) -c requirements/dev.txt pyproject.toml -o requirements/run.txt

clean: ## remove what was made here
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* src/*.egg-info

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "lanner needs Python 3.11 or later; name one with make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(RUN_READY): requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(DEV_READY): requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(RUN_READY) $@
