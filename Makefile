# make run    the portal on this machine, with a small demo company (DEMO=0: empty)
# make test   everything, on SQLite and PostgreSQL
# make pictures  the pictures in docs/, anew, from the demo company
# make lint   style, types, import contracts, migration drift, policies
.DEFAULT_GOAL := run
.PHONY: setup run test test-sqlite test-postgres lint bench pictures requirements

VENV := .venv
PYTHON := $(VENV)/bin/python
MANAGE := $(PYTHON) manage.py
PORT ?= 8000
DEMO ?= 1
# One more than processors: some tests wait for real processes rather than work.
JOBS ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
PYTEST := $(PYTHON) -m pytest -q -n $(JOBS) --dist loadscope

setup: $(VENV)/installed

# Made anew only when the pinned requirements change.
$(VENV)/installed: requirements.txt
	@for python in "$(BASE_PYTHON)" python3 python3.14 python3.13 python3.12 python3.11; do \
	  if [ -n "$$python" ] && "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then found="$$python"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Python 3.11 or newer with its venv module is needed." >&2; \
	  echo "Debian, Ubuntu: apt-get install python3-venv. Fedora: dnf install python3. macOS: brew install python." >&2; \
	  echo "If it is installed elsewhere: make $(MAKECMDGOALS) BASE_PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$($$found --version). This takes a minute or two." >&2; \
	[ -x $(PYTHON) ] || "$$found" -m venv $(VENV)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

run: export AIMS_WELCOME = 1
run: export AIMS_URL ?= http://127.0.0.1:$(PORT)
run: setup
	@exec $(MANAGE) serve --prepare --port $(PORT) $(if $(filter 0,$(DEMO)),,--demo)

test: test-sqlite test-postgres

test-sqlite: setup
	$(PYTEST)

test-postgres: setup
	$(PYTHON) -m tests.postgres $(PYTEST) -m "not browser"

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) policy lint

bench: setup
	$(PYTHON) -m bench

# The pictures of the documentation, anew.
pictures: setup
	AIMS_REQUIRE_BROWSER=1 AIMS_PICTURES=docs/images $(PYTHON) -m pytest -q tests/browser/test_pictures.py

requirements:
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url requirements.in -o requirements.txt
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url -c requirements.txt requirements-production.in -o requirements-production.txt
