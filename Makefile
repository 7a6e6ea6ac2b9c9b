# Everything starts here. Each target sets up what it needs first; a second call finds it set up.
# PYTHON=/path/to/python3.12   another Python than the first of 3.11-3.13 on PATH
# DATABASE_URL=postgresql://…  a PostgreSQL server with PostGIS of your own (compare, up)
# ARGS="--trees 50000"         more options for replant or pytest

ARGS ?=
SETUP := bootstrap/python.sh setup
REPLANT := .venv/bin/replant
own_database := $(DATABASE_URL)$(REPLANT_DATABASE_URL)$(findstring --database-url,$(ARGS))
no_postgres := $(if $(own_database),--without-postgres)
# By the environment: the arguments of a program are there for every user to see.
database := $(if $(DATABASE_URL),REPLANT_DATABASE_URL="$$DATABASE_URL")

export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/.cache/hypothesis

.NOTPARALLEL:
.PHONY: help setup compare up test lint bench requirements clean

help:
	@echo "make compare       run the reference pipeline on Airflow and Prefect, compare, write the report"
	@echo "make up            Airflow and Prefect side by side, with their pages, until Ctrl-C"
	@echo "make test          all tests and checks"
	@echo "make lint          ruff and mypy"
	@echo "make bench         the measurements behind docs/benchmarks.md"
	@echo "make setup         only set up"
	@echo "make requirements  pin requirements/*.in anew (UPGRADE=1: to the newest versions)"
	@echo "make clean         remove all that was set up; reports/ stays"

setup:
	@$(SETUP) $(no_postgres)

compare:
	@$(SETUP) $(no_postgres)
	@$(database) $(REPLANT) compare tree_clusters $(ARGS)

up:
	@$(SETUP) $(no_postgres)
	@$(database) $(REPLANT) up $(ARGS)

test:
	@$(SETUP) --with-tests
	@$(MAKE) --no-print-directory checks
	@PATH="$(CURDIR)/.cache/browsers/bin:$$PATH" .venv/bin/pytest $(ARGS)

lint:
	@$(SETUP) --with-tests --without-postgres --without-browser
	@$(MAKE) --no-print-directory checks

.PHONY: checks
checks:
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy .

bench:
	@$(SETUP) --with-peers
	@.venv/bin/python -m benchmarks $(ARGS)

requirements:
	@bootstrap/python.sh requirements

clean:
	@bootstrap/python.sh clean
