# Everything a newcomer needs: `make demo` and `make test`. Both start from a bare Debian or Ubuntu.
PYTHON   ?= python3
VENV     ?= .venv
PORT     ?= 3000
DEMO_DIR ?= .
BIN      := $(VENV)/bin
PIP      := $(BIN)/python -m pip --disable-pip-version-check --no-input

.PHONY: help install dev demo test screenshots lint bench lock clean

help:
	@echo "make demo     set up, train and score on real purchases, serve the page (DEMO_ONCE=1: check it and stop)"
	@echo "make install  set up $(BIN)/tenure"
	@echo "make test     set up, then run every test"
	@echo "make screenshots  make the demo, drive its page in a browser, and renew docs/screenshots"
	@echo "make lint     ruff, mypy, import contracts"
	@echo "make bench    measure against peers and floors"
	@echo "make lock     renew the lock files (needs uv)"

install: $(VENV)/.installed

dev: $(VENV)/.developed

$(BIN)/python:
	@.ci/system venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@.ci/system openmp
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.developed: requirements-dev.lock $(VENV)/.installed
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

demo: install
	$(BIN)/tenure demo --folder $(DEMO_DIR) --port $(PORT) $(if $(DEMO_ONCE),--once)

test: dev
	@.ci/system chromium java
	$(BIN)/python -m pytest -n 2 --dist loadfile

screenshots: dev
	@.ci/system chromium
	$(BIN)/python -m pytest -n 0 tests/test_demo.py --screenshots docs/screenshots

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: dev
	$(BIN)/python -m benchmarks

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml requirements.in -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml requirements.in --all-extras -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
