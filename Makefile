# Every target sets up what it needs in .venv; nothing is installed again until setup.cfg changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PACKAGING := setup.cfg setup.py pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help venv compare run quick test lint format types check wheel notebooks bench clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

venv: $(VENV)/.core ## set up .venv with kanalo in it

compare: $(VENV)/.core ## compare the rules on the bundled Monero history
	$(BIN)/kanalo compare

run: $(VENV)/.core ## run one rule: make run ARGS="donchian_breakout --entry 55"
	$(BIN)/kanalo run $(ARGS)

quick: $(VENV)/.dev ## run the quick tests
	$(PYTEST) -m "not slow"

test: $(VENV)/.dev ## run all tests
	$(PYTEST)

lint: $(VENV)/.dev ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.dev ## format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev ## check types
	$(BIN)/mypy

check: lint types ## lint and types

wheel: $(VENV)/.dev ## build the wheel and try it in an empty environment
	bash .ci/try_wheel $(BIN)/python

notebooks: $(VENV)/.dev ## run the notebooks and keep what they print
	for each in notebooks/*.ipynb; do $(BIN)/jupyter execute --inplace "$$each" || exit 1; done

bench: $(VENV)/.dev ## time kanalo beside backtrader, backtesting.py and vectorbt
	$(BIN)/python benchmarks/compare_engines.py

clean: ## remove what was built; .venv stays
	rm -rf build dist *.egg-info .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find kanalo strategies tests data -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	  echo "kanalo needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	    "Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# Without build isolation a change of setup.cfg needs no network unless it names a new package.
$(VENV)/.build: | $(BIN)/python
	@$(PIP) install 'setuptools>=75'
	@touch $@

$(VENV)/.core: $(PACKAGING) | $(VENV)/.build
	@echo "Setting up $(VENV); the first time takes a minute or two."
	@$(PIP) install --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(PACKAGING) | $(VENV)/.build
	@echo "Setting up $(VENV) with the tools for tests; the first time takes a minute or two."
	@$(PIP) install --no-build-isolation --editable '.[dev]'
	@touch $(VENV)/.core $@
