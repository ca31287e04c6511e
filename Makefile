# `make` shows what there is. Every target sets up the virtual environment it needs, the first time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SOURCES := bridge tests benchmarks tools
# Most tests wait more than they work: three processes, each file in one of them.
SHARED := --numprocesses 3 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test faults hardened soak scorecard check format docs bench policy assistant lock audit sbom clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml requirements-dev.lock requirements-build.lock
	@echo "Setting up $(VENV) (about a minute, the first time) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "fleet2mqtt needs Python 3.11 or newer; set PYTHON=/path/to/it"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
		--requirement requirements-dev.lock --requirement requirements-build.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## broker, simulated Tesla account and bridge on this machine
	@$(BIN)/fleet2mqtt demo $(ARGS)

test: $(READY) ## all tests that this machine can run
	@$(BIN)/pytest -q $(SHARED) --ignore tests/containers $(ARGS)
	@$(BIN)/pytest -q tests/containers $(ARGS)

faults: $(READY) ## fault and security cases, the quick part (ARGS="-k name --seed 3" repeats one)
	@$(BIN)/pytest -q $(SHARED) -m case --ignore tests/containers $(ARGS)

hardened: $(READY) ## fault and security cases with the bridge in its image, confined as in compose.yaml; as root
	@PYTHONPATH=.:tests:tests/e2e:tests/faults:tests/containers $(BIN)/python tests/faults/unpack_image.py
	@$(BIN)/pytest -q $(SHARED) -m case --subject image tests/faults tests/e2e $(ARGS)

scorecard: $(READY) ## all of them with five seeds, for the bridge, here and in its image, and the naive one, into docs/scorecard.md; over an hour
	@-FAULTS_MANY=5 $(BIN)/pytest -q $(SHARED) -m case --seeds 5 --scorecard docs/scorecard/bridge.json $(ARGS)
	@-$(MAKE) hardened ARGS="--scorecard docs/scorecard/image.json $(ARGS)"
	@-FAULTS_PATIENCE=6 $(BIN)/pytest -q $(SHARED) -m case --subject naive --scorecard docs/scorecard/naive.json \
		--no-summary tests/faults $(ARGS)
	@$(BIN)/python tools/scorecard.py

check: $(READY) ## format, lint, types, import rules, generated docs, locks
	@$(BIN)/ruff format --check --quiet $(SOURCES)
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python tools/docs.py --check
	@$(BIN)/python tools/addon.py --check
	@$(BIN)/python tools/collection.py --check
	@$(BIN)/python tools/coverage.py --check
	@$(BIN)/python tools/size.py --check
	@$(BIN)/python tools/lock.py --check
	@$(BIN)/python tools/scorecard.py --check

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

lock: $(READY) ## write the locks: every library with its version and hashes (ARGS=--upgrade: the newest)
	@$(BIN)/python tools/lock.py $(ARGS)

audit: $(READY) ## known weaknesses of the locked libraries; asks the package index
	@$(BIN)/python tools/audit.py $(ARGS)

sbom: $(READY) ## what the product is made of, as CycloneDX: build/sbom.cdx.json
	@$(BIN)/python tools/sbom.py

clean: ## remove what was made here
	@rm -rf $(VENV) build dist *.egg-info .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis
