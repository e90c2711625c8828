# Everything a newcomer or a developer does. Needs make and Python 3.11 or newer; the rest goes into .venv.

PYTHON ?= python3
PORT   ?= 8501
# Not `?=`: conda and some shells export a HOST of their own, and the app would listen there.
HOST    = 127.0.0.1

VENV  := .venv
PY    := $(VENV)/bin/python
# Stamps: what is done once per install, and again when the requirements change.
APP   := $(VENV)/.app-ready
DEV   := $(VENV)/.dev-ready
BENCH := $(VENV)/.bench-ready
TOOLS := node_modules/.ready
PIP   := $(PY) -m pip install --disable-pip-version-check
# Two workers, each with the tests of one network, file or browser at a time; tests/conftest.py says which belong together.
TEST  := $(PY) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run test quick lint check format bench clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo "  PYTHON=python3.12 takes another Python, PORT=9000 and HOST=0.0.0.0 another address"

run: $(APP) ## start the app on http://127.0.0.1:8501
	$(PY) -m explorer app --host $(HOST) --port $(PORT)

test: $(DEV) $(TOOLS) ## run all tests, in a real browser too
	@$(PY) -m tests.e2e.chromium
	$(TEST)

quick: $(DEV) ## run the tests that take no page, no browser, no large network and no second
	$(TEST) -m "not slow" tests/unit

lint: $(DEV) $(TOOLS) ## format, lint and types
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -m tests.node node_modules/typescript/bin/tsc --project .
	$(PY) -m tests.node node_modules/eslint/bin/eslint.js .

check: lint test ## format, lint and types, then all tests

format: $(DEV) ## put the code into shape
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(BENCH) ## measure speed and memory, beside other libraries
	$(PY) -m tests.benchmarks

clean: ## remove .venv and caches
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache

$(PY):
	@command -v $(PYTHON) >/dev/null || { echo "No '$(PYTHON)' here. Install Python 3.11 or newer, or name one: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed. Name one: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(APP): requirements.txt | $(PY)
	@echo "Installing what the app needs, once. torch is large; on Linux requirements.txt names a smaller build."
	$(PIP) -r requirements.txt
	@echo "Trying one forward pass ..."
	@$(PY) -c "import cv2, explorer as e; print(e.run(e.load_network('pocket_resnet'), e.read_image('assets/samples/chelsea.jpg')).top(1)[0])"
	@touch $@

$(DEV): requirements-dev.txt $(APP) | $(PY)
	$(PIP) -r requirements-dev.txt
	@touch $@

$(BENCH): requirements-bench.txt $(DEV) | $(PY)
	$(PIP) -r requirements-bench.txt
	@touch $@

$(TOOLS): package-lock.json $(DEV)
	$(PY) -m tests.node npm ci --no-audit --no-fund
	@touch $@
