# Everything a developer does here, and all that CI does. `make` alone lists it.
# Needs GNU make and Python 3.11 or newer (PYTHON=... chooses one); the rest goes into .venv.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test parts lint types unit bench million guarantees build clean

PORT ?= 8000
# One more than most machines have cores: many tests wait for other processes.
JOBS ?= 3
VENV := .venv
PY := $(VENV)/bin/python
INSTALL := scripts/python scripts/bootstrap.py $(VENV)

# One environment, three depths: what `run` needs, what developing needs, what testing with real crawlers needs.
# A stamp carries the checkout's place, so that a copied or moved environment is not believed.
READY := $(VENV)/ready-$(shell pwd -P | cksum | cut -d' ' -f1)
RECIPE := pyproject.toml scripts/bootstrap.py

help: ## list what there is to do
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "  make %-11s %s\n", $$1, $$2 }'

run: $(READY)-run ## a small hosting platform to try, on http://localhost:8000 (PORT=... for another port)
	@$(VENV)/bin/gatepost demo --port $(PORT)

# A test that hangs for three minutes says where. The browser's tests have processes of their own, as its driver leaves an
# event loop behind; what measures milliseconds has the machine alone.
PYTEST = $(PY) -m pytest -o faulthandler_timeout=180
test: $(READY)-clients lint types parts ## everything that CI runs: lint, types, all tests, real crawlers included
	@echo "pytest, $(JOBS) at a time"
	@$(PYTEST) -n $(JOBS) --dist loadfile -m "not alone" --ignore=tests/pages
	@echo "pytest, in a browser"
	@$(PYTEST) -n $(JOBS) --dist worksteal tests/pages
	@echo "pytest, one by one"
	@$(PYTEST) -m alone

parts:
	@scripts/parts

lint: $(READY)-dev ## ruff: rules and format
	@echo "ruff check, ruff format --check"
	@$(PY) -m ruff check --quiet
	@$(PY) -m ruff format --check --quiet || { echo "Run: $(PY) -m ruff format"; exit 1; }

types: $(READY)-dev ## mypy, strict for the package
	@echo "mypy"
	@$(PY) -m mypy

unit: $(READY)-dev ## the fast tests
	@$(PY) -m pytest -m "not slow and not network_clients"

bench: $(READY)-dev ## the benchmarks
	@$(PY) benchmarks

million: $(READY)-dev ## a million sites on SQLite and PostgreSQL, measured; takes half an hour
	@$(PY) -m benchmarks.a_million_sites

guarantees: $(READY)-clients parts ## the promises of the README, measured at full size; takes an hour
	@GUARANTEES=full $(PY) -m pytest -m guarantee

build: $(READY)-dev ## wheel and sdist into dist/
	@echo "building dist/"
	@$(PY) -m build --no-isolation --outdir dist . > $(VENV)/build.log 2>&1 || { cat $(VENV)/build.log; exit 1; }
	@ls dist

clean: ## remove the environment and everything that was made here
	@rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY)-run: $(RECIPE)
	@$(INSTALL) all
	@touch $(READY)-run

$(READY)-dev: $(RECIPE)
	@$(INSTALL) all,dev
	@touch $(READY)-run $(READY)-dev

$(READY)-clients: $(RECIPE)
	@$(INSTALL) all,dev,clients
	@touch $(READY)-run $(READY)-dev $(READY)-clients
