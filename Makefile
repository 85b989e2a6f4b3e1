# bangfu: every task of a developer or operator. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

BIN := .venv/bin
DONE := .venv/done
DIST := src/bangfu/web/static/dist/app.js
FRONT := $(shell find frontend -path frontend/node_modules -prune -o -type f -print 2>/dev/null)
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.11

.PHONY: help setup demo test coverage lint bench lock browser spark clean

help: ## say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile
	@echo "  Settings: PORT (8000), PERSONS (20000) and FRESH=1 for make demo; DATABASE_URL, BANGFU_VAR (./var)."

setup: $(DONE)/package $(DIST) $(DONE)/database ## the environment: .venv, front end, embedded database

demo: setup ## build a demo city, evaluate it and serve it on 127.0.0.1:$PORT
	@exec $(BIN)/bangfu demo $(if $(FRESH),--fresh)

test: setup browser $(if $(shell command -v java),spark) lint ## every check and every test
	$(BIN)/bangfu policy check
	$(BIN)/bangfu policy test packs/*/cases/*.yaml
	$(BIN)/python -m pytest -m "not browser"
	@# A real browser on a busy machine may miss its moment: what failed must pass by itself.
	$(BIN)/python -m pytest -m browser || $(BIN)/python -m pytest -m browser --last-failed

coverage: setup ## the tests with branch coverage, shown by file
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered

lint: setup ## style, types, walls between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	tools/front-end check

bench: setup ## the performance figures
	$(BIN)/python -m bench

lock: $(DONE)/python ## write the lock files anew from requirements/*.in (UPGRADE=1: newest versions)
	$(COMPILE) $(if $(UPGRADE),--upgrade) requirements/base.in -o requirements/base.lock
	$(COMPILE) $(if $(UPGRADE),--upgrade) -c requirements/base.lock requirements/dev.in -o requirements/dev.lock
	$(COMPILE) $(if $(UPGRADE),--upgrade) -c requirements/base.lock requirements/spark.in -o requirements/spark.lock

browser: ## Chromium and fonts for the browser tests (as root)
	@tools/browser

spark: $(DONE)/spark ## pyspark for `bangfu evaluate --engine spark` (470 MB; needs Java 17)

clean: ## remove everything that make made, but not var/, where the data is
	rm -rf .venv frontend/node_modules src/bangfu/web/static/dist
	find src -name '*.mo' -delete
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage

# How it is made. Each file stands for a finished step and is newer than what it came from.

$(DONE)/venv: tools/make-venv
	@tools/make-venv
	@mkdir -p $(DONE) && touch $@

$(DONE)/python: requirements/dev.lock | $(DONE)/venv
	@echo "Installing Python packages …"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --quiet \
		--only-binary :all: --require-hashes -r requirements/dev.lock
	@touch $@

$(DONE)/package: pyproject.toml requirements/base.in $(DONE)/python
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet \
		--no-deps --no-build-isolation --editable .
	@touch $@

# pyspark comes as source only: a wheel is built from it, without isolation.
$(DONE)/spark: requirements/spark.lock | $(DONE)/python
	@echo "Installing Spark …"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on --quiet \
		--only-binary :all: --no-binary pyspark --no-build-isolation \
		--require-hashes -r requirements/spark.lock
	@touch $@

$(DIST): $(FRONT) tools/front-end $(DONE)/python
	@tools/front-end
	@touch $@

# The embedded database; a server that DATABASE_URL names is migrated only by `bangfu migrate`.
$(DONE)/database: $(DONE)/package
	@[ -n "$${DATABASE_URL:-}" ] || $(BIN)/bangfu migrate
	@touch $@
