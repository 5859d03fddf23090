# Everything a newcomer needs: `make run` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
UV := $(VENV)/bin/uv
BIN := $(VENV)/bin
# Compiled code is kept, also where PYTHONDONTWRITEBYTECODE is set: else every process compiles everything anew.
export PYTHONDONTWRITEBYTECODE =
SYNC := $(UV) sync --quiet --locked --inexact --compile-bytecode

# Several tests at once, each worker of pytest with a database of its own.
PARALLEL := -n auto --maxprocesses 8 --dist worksteal
# Tests that start many processes, two at once. Those of Apache Kafka share one broker, so they run in one worker.
TWO_AT_ONCE := -n 2 --dist loadgroup

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1|\2/' | column -t -s '|'

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Quaestor needs Python 3.11 or later: make PYTHON=/path/to/python3.12 …'; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo 'python3 has no venv module: install it (Debian and Ubuntu: apt-get install python3-venv)'; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check 'uv>=0.9'

$(VENV)/.run: pyproject.toml uv.lock | $(UV)
	@$(SYNC) --all-extras --no-dev
	@$(BIN)/python -m compileall -q app workers
	@touch $@

$(VENV)/.dev: pyproject.toml uv.lock | $(UV)
	@$(SYNC) --all-extras --group dev
	@touch $@

$(VENV)/.check: $(VENV)/.dev
	@$(SYNC) --all-extras --group dev --group check
	@touch $@

.PHONY: setup
setup: $(VENV)/.dev ## Make .venv with everything that developing needs, and the git hooks
	@$(BIN)/pre-commit install >/dev/null 2>&1 || true

.PHONY: run
run: $(VENV)/.run ## Start the whole product: PostgreSQL, Redis, API and worker, with demo data
	@exec $(BIN)/quaestor dev --die-with-parent

.PHONY: kafka
kafka: $(VENV)/.run ## Start Apache Kafka on 127.0.0.1:9092, for the door of Kafka (needs Java 17 and Maven)
	@exec $(BIN)/python -m broker --die-with-parent

.PHONY: demo
demo: $(VENV)/.run ## Watch holders, ledgers and signed webhooks come to life
	@exec $(BIN)/quaestor demo

.PHONY: test
test: $(VENV)/.dev ## The tests that need nothing more; some of them: make test ARGS=tests/journal
	@$(BIN)/pytest $(PARALLEL) -m 'not browser and not faults and not kafka and not thorough' $(ARGS)

.PHONY: check
check: test check-without-test ## Everything that CI runs

.PHONY: check-without-test
check-without-test: lint test-more

.PHONY: lint
lint: $(VENV)/.dev ## Format, lint, types, import contracts, generated files
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m app.cli.generate --check

.PHONY: test-more
test-more: $(VENV)/.check ## The tests that kill processes, open a browser, or need Apache Kafka or PostgreSQL 15; all examples
	@$(BIN)/pytest $(TWO_AT_ONCE) -m 'browser or faults or kafka' $(ARGS)
	@QUAESTOR_TEST_THOROUGH=1 $(BIN)/pytest $(PARALLEL) -m 'hypothesis or thorough' $(ARGS)
	@$(BIN)/pytest $(PARALLEL) -m postgres15 --postgres-15 $(ARGS)

.PHONY: test-languages
test-languages: $(VENV)/.dev ## The webhook libraries of Go, Rust and Java verify what we sign (needs their compilers)
	@QUAESTOR_TEST_LANGUAGES=1 $(BIN)/pytest tests/webhooks/languages $(ARGS)

.PHONY: clients
clients: $(VENV)/.dev ## The example clients: build each and run it against a server; some of them: make clients ARGS="relay urql"
	@$(BIN)/python examples/clients/run.py $(ARGS)

.PHONY: format
format: $(VENV)/.dev ## Format and fix what can be fixed
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

.PHONY: schema
schema: $(VENV)/.dev ## Write schema.graphql and the generated docs
	@$(BIN)/python -m app.cli.generate

.PHONY: release
release: $(VENV)/.dev ## Write releases/<version>/: the API's documents, notes and wheel. VERSION=0.2.0 sets the version
	@$(BIN)/python -m releasing set-version $(VERSION)
	@$(MAKE) --no-print-directory $(VENV)/.dev
	@$(BIN)/python -m app.cli.generate
	@$(BIN)/python -m releasing write

.PHONY: benchmarks
benchmarks: $(VENV)/.dev ## Measure; see docs/performance.md
	@$(BIN)/python -m benchmarks

.PHONY: explorer
explorer: ## Build GraphiQL (needs Node 20 or later); users need not
	@cd explorer && npm ci && npm run build

.PHONY: console
console: ## Build the operator's console (needs Node 20 or later); users need not
	@cd console && npm ci && npm run build

.PHONY: reference
reference: ## Build the reference page of the REST API (needs Node 20 or later); users need not
	@cd reference && npm ci --ignore-scripts && npm run build
