# Two commands set everything up: `make run` and `make test`. Given git, make and Python 3.11 to 3.13, nothing else.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
RUIL_ARGS ?=
CORE := tests/shapes tests/protocol tests/crypto tests/test_architecture.py tests/test_story.py

.PHONY: setup run test check format lint types vectors sim bench soak fuzz docs lock clean

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "ruil needs Python 3.11, 3.12 or 3.13; this is %d.%d. Name another with: make PYTHON=python3.12" % v)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@# Compiled once here: where Python is told to write no bytecode, each start would compile 800 modules again.
	@$(BIN)/python -m compileall -q src crypto protocol node simulations tests
	@touch $@
	@echo "ready: $$($(BIN)/ruil --version)"

run: setup
	$(BIN)/ruil $(RUIL_ARGS)

# The core first, for a mistake there is in everything else; then all the rest, a file of tests to each process.
test: setup
	$(BIN)/python -m pytest -n auto --dist worksteal -x $(CORE)
	$(BIN)/python -m pytest -n auto --dist loadfile $(CORE:%=--ignore=%)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(MAKE) --no-print-directory types
	$(MAKE) --no-print-directory vectors
	$(MAKE) --no-print-directory test

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff check .

# mypy sees the layout of the installed package through a folder of links; the count of files guards against it seeing none.
types: setup
	@rm -rf build/typing && mkdir -p build/typing/ruil
	@for f in __init__.py __main__.py speak.py py.typed; do ln -s ../../../src/ruil/$$f build/typing/ruil/$$f; done
	@for d in crypto protocol node simulations; do ln -s ../../../$$d build/typing/ruil/$$d; done
	@# libp2p brings stubs of a trio of years ago, which would hide the types trio ships itself.
	@rm -rf .venv/lib/python3*/site-packages/trio-stubs
	$(BIN)/python -m mypy

vectors: setup
	$(BIN)/python -m tests.vectors.make --check

sim: setup
	$(BIN)/ruil simulate run simulations/scenarios/market.toml --seed 7

bench: setup
	@$(BIN)/python -m tests.bench

soak: setup
	@$(BIN)/python -m tests.soak

fuzz: setup
	@$(BIN)/python -m tests.fuzz

docs: setup
	$(BIN)/python -m tests.docs.drawings

lock: setup
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache
