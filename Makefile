# Everything a person does with this checkout. `make` alone lists it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check
INSTALLED := $(VENV)/.installed
DEVELOPED := $(VENV)/.developed
SIDE_BY_SIDE := --numprocesses logical --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast check format bench clean chromium

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Install Lorelens with the offline encoder into .venv

demo: $(INSTALLED) ## Index a small team handbook and play a conversation about it
	@$(BIN)/lorelens demo

test: $(DEVELOPED) chromium ## Run every test: side by side, then alone those that kill processes
	$(BIN)/pytest -m "not fault" $(SIDE_BY_SIDE)
	$(BIN)/pytest -m fault

test-fast: $(DEVELOPED) ## Run the tests that need no faults, no browser and no long runs, side by side
	$(BIN)/pytest -m "not fault and not slow and not browser" $(SIDE_BY_SIDE)

check: $(DEVELOPED) ## Format, lint, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

format: $(DEVELOPED) ## Format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEVELOPED) ## Measure quality, speed and memory; print the tables that README quotes
	$(BIN)/python -m tests.bench

clean: ## Remove the virtual environment and what tools left behind
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# Tests of the page open it in Chromium, with a font that has Chinese characters. Debian's packages are installed where
# neither is found; on other systems LORELENS_TEST_CHROMIUM names a Chromium, and the fonts are those that are there.
chromium: ## Install the Chromium that tests of the page open, where there is none
	@bash tests/browser/install.sh

# torch first and by its version: left to another package's requirement it would bring gigabytes of CUDA.
$(INSTALLED): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Lorelens into $(VENV) (a few minutes the first time) ..."
	@$(PIP) install --quiet torch==2.13.0 --constraint constraints.txt
	@$(PIP) install --quiet --constraint constraints.txt --editable ".[local,web]" torch==2.13.0
	@touch $@

$(DEVELOPED): $(INSTALLED)
	@echo "Installing what tests and checks need ..."
	@$(PIP) install --quiet --constraint constraints.txt --editable ".[local,dev,eval]" torch==2.13.0
	@touch $@
