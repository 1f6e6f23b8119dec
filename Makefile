# OpenTraction: make alone lists what there is. Needs Python 3.11 or later with venv, make and a network; no root.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= demo-out
# How many test processes: one per core, eight at most (each holds a JAX of its own).
WORKERS ?= auto
ONLY ?=
# Further words for pytest, as in: make test ARGS="-k screen"
ARGS ?=

# The stamp carries the checksum of what was asked for, so a changed lock installs anew and a touched file does not.
WANTED := $(shell cat requirements.lock pyproject.toml | cksum | tr ' ' '-')
STAMP := $(VENV)/.installed-$(WANTED)

export JAX_PLATFORMS ?= cpu
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 --dist loadfile

.PHONY: help setup demo test test-full bench calibrate phantoms check format lock clean

help: ## list these targets
	@echo "OpenTraction. Say make and one of these:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

setup: $(STAMP) ## make .venv and install everything from requirements.lock, checked by hash

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("OpenTraction needs Python 3.11 or later; " \
	  "this is " + sys.version.split()[0] + ". Say which to use, as in: make setup PYTHON=python3.11")'
	@rm -f $(VENV)/.installed-*
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "Making $(VENV) ..."; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing from requirements.lock, about 280 MB the first time ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@$(BIN)/python -m pip check --disable-pip-version-check >/dev/null || { $(BIN)/python -m pip check; exit 1; }
	@touch $(STAMP)

demo: $(STAMP) ## run one patient from scan to report into demo-out, and say where to look
	$(BIN)/opentraction demo --out $(OUT)
	@echo "Look at $(OUT)/report.html in a browser."

check: $(STAMP) ## check style, types and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir .cache/import-linter

test: check ## run the checks and the tests that are quick enough for every change
	$(PYTEST) -m "not full and not bench" $(ARGS)

test-full: $(STAMP) ## run the long acceptance cases that make test leaves out
	$(PYTEST) -m "full and not bench" $(ARGS)

calibrate: $(STAMP) ## set the column's parameters anew on the calibration rows (about an hour)
	$(BIN)/python benchmarks/long/calibrate.py --out src/opentraction/mechanics/patient/posterior.csv $(ARGS)

phantoms: $(STAMP) ## run 200 random phantoms through history and session (about a quarter of an hour)
	$(BIN)/python benchmarks/long/phantoms.py $(ARGS)

bench: $(STAMP) ## run the measurements of benchmarks/, all or one: make bench ONLY=column
	@shopt -s nullglob; found=; for f in benchmarks/$(or $(ONLY),*).py; do [ -f "$$f" ] || continue; found=1; echo "== $$f"; $(BIN)/python "$$f" || exit 1; done; \
	  [ -n "$$found" ] || { echo "No measurement called '$(ONLY)' in benchmarks/."; exit 2; }

format: $(STAMP) ## let ruff put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(STAMP) ## write requirements.lock anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv"; exit 2; }
	@echo "# Written by 'make lock' from pyproject.toml: every package with its hashes, for users and developers alike." >requirements.lock.new
	uv pip compile --quiet --no-config --universal --fork-strategy fewest --python-version 3.11 --extra dev \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml >>requirements.lock.new
	mv requirements.lock.new requirements.lock

clean: ## take away what was made, the environment included
	rm -rf $(VENV) .cache .hypothesis .ruff_cache demo-out build dist
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
