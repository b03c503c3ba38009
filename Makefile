# Every target sets up what it needs in .venv; nothing is installed again until setup.cfg changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PACKAGING := setup.cfg setup.py pyproject.toml requirements.lock
PYTHONS ?=
SECONDS ?= 600
BASE ?= HEAD

# The exact versions of requirements.lock, or the ranges of setup.cfg where one cannot be had.
define install
	@$(PIP) install --no-build-isolation --constraint requirements.lock --editable $(1) \
	  2>$(VENV)/lock.log || { \
	  echo "A version in requirements.lock cannot be had (see $(VENV)/lock.log): installing within the" \
	    "ranges of setup.cfg." >&2; \
	  $(PIP) install --no-build-isolation --editable $(1); }
endef

.DEFAULT_GOAL := help
.PHONY: help venv compare run quick test judges fuzz chaos matrix upgrade lint format types check docs wheel notebook notebooks golden bench exports guard clean

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

matrix: ## run the quick tests on each Python that is here: make matrix PYTHONS="3.11 3.13"
	bash .ci/matrix $(PYTHONS)

upgrade: $(VENV)/.dev ## renew requirements.lock, the exact versions that `make` installs
	@$(PIP) install uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra dev \
	  --no-header --no-annotate --output-file requirements.lock setup.cfg

fuzz: $(VENV)/.dev ## look for inputs without a message for ten minutes: make fuzz SECONDS=60
	FUZZ_SECONDS=$(SECONDS) $(BIN)/python -m pytest -q -s -n 0 tests/fuzz

chaos: $(VENV)/.dev ## kill, fill, damage and run side by side for ten minutes: make chaos SECONDS=60
	CHAOS_SECONDS=$(SECONDS) $(BIN)/python -m pytest -q -s -n 0 tests/chaos

judges: $(VENV)/.dev ## let all three engines fill 20,000 random cases with every field on
	BACKTRADER_EVERY=1 $(PYTEST) tests/execution/test_account_agreement.py -k twenty_thousand

docs: $(VENV)/.dev ## build the site in build/site; a warning or a broken internal link is an error
	$(BIN)/python -m sphinx -q -W -n -j auto -b html docs build/site
	@echo "built build/site/index.html"

lint: $(VENV)/.dev ## check style, formatting and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m codespell_lib

format: $(VENV)/.dev ## format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev ## check types
	$(BIN)/mypy

check: lint types ## lint and types

wheel: $(VENV)/.dev ## build the wheel and try it in an empty environment
	bash .ci/try_wheel $(BIN)/python

notebook: notebooks ## same as notebooks

notebooks: $(VENV)/.dev ## run the notebooks and keep what they print
	for each in notebooks/*.ipynb; do $(BIN)/jupyter execute --inplace "$$each" || exit 1; done

golden: $(VENV)/.dev ## record tests/golden anew; only where a figure is meant to change
	$(BIN)/python tests/golden/make.py

bench: $(VENV)/.dev ## time kanalo beside backtrader, backtesting.py and vectorbt
	$(BIN)/python benchmarks/compare_engines.py
	$(BIN)/python benchmarks/bundled_rule.py

exports: $(VENV)/.dev ## let backtesting.py, backtrader, bt and vectorbt write the result files of the tests
	$(BIN)/python benchmarks/engine_exports.py

guard: $(VENV)/.dev ## time the main verbs beside another commit's: make guard BASE=HEAD~1
	$(BIN)/python tools/guard.py $(BASE)

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
	$(call install,.)
	@touch $@

$(VENV)/.dev: $(PACKAGING) | $(VENV)/.build
	@echo "Setting up $(VENV) with the tools for tests; the first time takes a minute or two."
	$(call install,'.[dev]')
	@touch $(VENV)/.core $@
