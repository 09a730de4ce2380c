# Every verb sets up what it needs: Python 3.11 to 3.13, make and git are enough.
PYTHON ?= python3
UV := .tools/bin/uv
BIN := .venv/bin
READY := .venv/.ready
BENCH ?= all
# Not looked through for secrets: hashes of packages, and what is not text. In tests passwords are everywhere.
NO_TEXT := ^requirements\.lock$$|\.npz$$

export UV_COMPILE_BYTECODE := 1
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint format texts faults soak sbom bench lock clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

setup: $(READY) ## Install what the lock file names, into .venv

demo: $(READY) ## Build three simulated years, forecast, stay up (ONCE=1: check itself and exit)
	@$(BIN)/meteo demo $(if $(ONCE),--once)

test: $(READY) ## Run the tests
	@$(BIN)/pytest $(ARGS)

check: lint ## What lint looks at, and the tests
	@$(BIN)/pytest $(ARGS)

lint: $(READY) ## Format, lint, types, architecture, security, without the tests
	@$(BIN)/ruff format --check --quiet . || { echo "run 'make format'"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive meteo_core meteo_assets meteo_api meteo_cli
	@git ls-files -z | grep -zvE '$(NO_TEXT)|^meteo_tests/' | xargs -0 $(BIN)/detect-secrets-hook
	@git ls-files -z meteo_tests | xargs -0 $(BIN)/detect-secrets-hook --disable-plugin KeywordDetector

format: $(READY) ## Format the code and mend what the linter can
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

texts: $(READY) ## Bring the catalogs of the pages' texts up to date with the source
	@$(BIN)/python -W ignore -m meteo_api.language.catalog

faults: $(READY) ## Make every fault, print what was expected and seen
	@$(BIN)/python -m meteo_tests.faults $(ARGS)

soak: $(READY) ## Load the demo for half an hour while it trains and exchanges models (METEO_SOAK_MINUTES=5)
	@$(BIN)/python -m benchmarks.soak

sbom: $(READY) ## Write what the lock file names as a bill of materials (CycloneDX), into dist/
	@mkdir -p dist
	@$(BIN)/python -W ignore -m cyclonedx_py requirements requirements.lock --pyproject pyproject.toml \
	  --output-reproducible --validate --output-file dist/meteo.cdx.json

bench: $(READY) ## Run the benchmarks (BENCH=name for one)
	@$(BIN)/python -m benchmarks $(BENCH)

lock: $(UV) ## Resolve the dependencies anew into requirements.lock
	@$(UV) pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
	  --override overrides.txt --all-extras pyproject.toml -o requirements.lock

clean: ## Remove the installation (data/ stays)
	@rm -rf .venv .tools

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Meteo needs Python 3.11 to 3.13; $(PYTHON) is another. Name one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .tools \
	  || { rm -rf .tools; echo "This Python cannot make a virtual environment: install its venv package (Debian: python3-venv)"; exit 1; }
	@.tools/bin/pip install --quiet --disable-pip-version-check uv==0.13.9

$(READY): requirements.lock pyproject.toml | $(UV)
	@echo "Installing the locked dependencies into .venv (a minute at most) ..."
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$$(command -v $(PYTHON))" .venv
	@$(UV) pip sync --quiet --require-hashes --python .venv requirements.lock
	@$(UV) pip install --quiet --no-deps --python .venv -e .
	@touch $(READY)
