# What people type. `make demo` and `make test` need Python 3.11 or newer and nothing else.

VENV := .venv
BIN := $(VENV)/bin
NEW_ENOUGH := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
# The first of these that runs and is new enough; another can be given: make test PYTHON=/path/to/python3.13
PYTHON ?= $(shell for each in python3.13 python3.12 python3.11 python3 python; do \
	"$$each" -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$$each" && break; done)

.DEFAULT_GOAL := help
.PHONY: help demo test check format docs bench reliability lock clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/installed ## play a campaign against an emulated Salesforce org
	@$(BIN)/connector demo $(ARGS)

test: $(VENV)/installed-for-tests ## run all tests, PostgreSQL ones included; ARGS="-k name -n 0"
	$(BIN)/python -m pytest -n auto $(ARGS)

check: $(VENV)/installed-for-tests ## format, lint and types, as CI does
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

format: $(VENV)/installed-for-tests ## put the code into its form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

docs: $(VENV)/installed-for-tests ## write the reference pages of docs/ from the code
	$(BIN)/python -m tests.support.reference

bench: $(VENV)/installed-for-tests ## measure, and print ratios
	@$(BIN)/python -m tests.benchmarks $(ARGS)

reliability: $(VENV)/installed-for-tests ## kill, starve and cut off; writes docs/reliability.md
	@$(BIN)/python -m tests.reliability --report docs/reliability.md $(ARGS)

lock: $(VENV)/installed-for-tests ## write deploy/*.lock anew, with the newest releases
	deploy/lock.sh "$$(pwd)/$(BIN)/python"

clean: ## remove what was made here, .venv included; databases stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A venv is made anew when its Python is gone, and the packages when pyproject.toml changed.
$(VENV)/installed: pyproject.toml
	@$(MAKE) --no-print-directory venv
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/installed-for-tests: pyproject.toml
	@$(MAKE) --no-print-directory venv
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $(VENV)/installed $@

.PHONY: venv
venv:
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo "This needs Python 3.11, 3.12 or 3.13; found: $$("$(or $(PYTHON),python3)" --version 2>&1 | head -n 1)." >&2; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.13" >&2; exit 2; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 \
		|| "$(PYTHON)" -m venv --clear $(VENV) \
		|| { echo "Making $(VENV) failed. On Debian: apt install python3-venv" >&2; exit 2; }
