# Everything runs in a private environment that the first target makes: Python 3.11+, make and a package index suffice.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo
CUSTOMERS ?= 5000

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types docs bench clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("crmctl needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

setup: $(VENV)/.ready ## Make the private environment

demo: setup ## Generate sample data and run the nightly recipe over it
	$(BIN)/crmctl sample --customers $(CUSTOMERS) --seed 1 --out $(DEMO)
	$(BIN)/crmctl --store $(DEMO)/crm.duckdb run nightly --set data=$(DEMO) --set out=$(DEMO)/out
	@echo "The report is at $(DEMO)/out/report.html"

lint: setup ## Check style and generated files
	$(BIN)/ruff check --output-format=concise .
	$(BIN)/ruff format --check .
	$(BIN)/python scripts/generate.py --check

types: setup ## Check types
	$(BIN)/mypy

test: lint types ## Lint, types and all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup

docs: setup ## Write the generated indexes and reference pages
	$(BIN)/python scripts/generate.py

bench: setup ## Measure against the peers; writes benchmarks/RESULTS.md
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python benchmarks/run.py

clean: ## Remove what was made
	rm -rf $(VENV) $(DEMO) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
