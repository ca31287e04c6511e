# `make` shows what there is. Every target sets up the virtual environment it needs, the first time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SOURCES := bridge tests benchmarks tools

.DEFAULT_GOAL := help
.PHONY: help demo test check format docs bench policy assistant soak clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml
	@echo "Setting up $(VENV) (about a minute, the first time) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "fleet2mqtt needs Python 3.11 or newer; set PYTHON=/path/to/it"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[demo,dev]'
	@touch $@

demo: $(READY) ## broker, simulated Tesla account and bridge on this machine
	@$(BIN)/fleet2mqtt demo $(ARGS)

test: $(READY) ## all tests that this machine can run
	@$(BIN)/pytest -q $(ARGS)

check: $(READY) ## format, lint, types, import rules, generated docs
	@$(BIN)/ruff format --check --quiet $(SOURCES)
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python tools/docs.py --check
	@$(BIN)/python tools/addon.py --check
	@$(BIN)/python tools/collection.py --check
	@$(BIN)/python tools/coverage.py --check
	@$(BIN)/python tools/size.py --check

format: $(READY) ## put the code into shape
	@$(BIN)/ruff format --quiet $(SOURCES)
	@$(BIN)/ruff check --fix --quiet $(SOURCES)

docs: $(READY) ## write the generated pages: entities, commands, configuration, .env.example, the options of the app, the request collection, the coverage
	@$(BIN)/python tools/docs.py
	@$(BIN)/python tools/addon.py
	@$(BIN)/python tools/collection.py
	@$(BIN)/python tools/coverage.py

bench: $(READY) ## speed and memory, each beside a bare baseline
	@$(BIN)/python -m benchmarks

policy: $(READY) ## the polling policy beside others, in simulated lives: bill, sleep, staleness
	@$(BIN)/fleet2mqtt simulate-policy $(ARGS)

assistant: $(READY) ## what all entities ask of Home Assistant, in a container: time and memory
	@PYTHONPATH=.:tests:tests/e2e:tests/containers $(BIN)/python tools/measure_assistant.py

soak: $(READY) ## 90 simulated days with troubles, deaths and daylight saving; ARGS="--real --hours 2": by the real clock
	@PYTHONPATH=.:tests:tests/e2e:tests/faults $(BIN)/python tests/faults/soak.py $(ARGS)

clean: ## remove what was made here
	@rm -rf $(VENV) build dist *.egg-info .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis
