# The one place that names the commands; README, CI and people call the same targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VENV_SAM := .venv-sam
VENV_PEERS := .venv-peers
VENV_AUDIT := .venv-audit
VENV_CONTAINER := .venv-container
VENV_WEB := .venv-web
VENV_EXAMPLES := .venv-examples
CHROMIUM ?= /usr/bin/chromium
APT_GET = $(strip $(shell [ $$(id -u) = 0 ] || echo sudo) apt-get)
TORCH := 2.13.0
SAM := $(VENV_SAM)/bin/sam
RUNTIME := $(shell awk '$$1 == "Runtime:" {print $$2; exit}' template.yaml)
DATA ?= ../shared/data
export SAM_CLI_TELEMETRY := 0
export CHROMIUM

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-batch demo-dataset demo-train local test test-rules test-engine test-workflow test-faults fuzz check lint format bench bench-cold-start bench-latency bench-engine lock clean
.PHONY: examples-setup test-examples setup-web test-web openapi container-setup test-container demo-endpoint bench-endpoint
.PHONY: bench-batch bench-page bench-filter evaluate peers train-classifier sam-setup validate build test-sam-local audit soak

help: ## show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## make the environment (.venv) that everything but sam uses

$(VENV)/.ready: locks/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Safelight needs Python 3.11 or newer; say make PYTHON=/path/to/python3.13")'
	@echo 'Making $(VENV), once: 0.6 GB, a minute or two.'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement locks/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/safelight models fetch || true
	@touch $@

# Beside each other: the first computes, the others mostly wait, each for engines of its own.
test: setup ## run every test that needs neither an account nor containers
	@$(MAKE) --no-print-directory -j3 test-rules test-engine test-workflow

QUICK_RINGS := tests/unit tests/handler tests/wiring
LONG_RINGS := tests/workflow tests/security
USUAL := not sam_local and not container and not web

test-rules: setup ## of these, the ones of rules, handlers and files
	$(BIN)/python -m pytest -m "$(USUAL)" -p no:cacheprovider $(QUICK_RINGS)

# A campaign of faults runs as a whole before its first test.
test-engine: setup ## of these, the ones of and on the local engine
	$(BIN)/python -m pytest -m "$(USUAL)" --timeout 600 $(QUICK_RINGS:%=--ignore=%) $(LONG_RINGS:%=--ignore=%)

test-workflow: setup ## of these, requests and jobs from end to end, and the roles that they need
	$(BIN)/python -m pytest -m "$(USUAL)" --timeout 600 $(LONG_RINGS)

fuzz: setup ## look for minutes for inputs that break a parser (ARGS="-k door")
	FUZZ=deep $(BIN)/python -m pytest tests/fuzz --verbose --timeout 1800 --durations 5 $(ARGS)

test-faults: setup ## break every call, notice and process of the local stack, and assert one truthful end
	FAULTS=all $(BIN)/python -m pytest tests/faults --timeout 1800

lint: setup ## style, types and templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/cfn-lint template.yaml container/endpoint.yaml web/site.yaml examples/event_consumer/template.yaml
	$(BIN)/safelight policy check

check: lint test ## what CI runs

format: setup ## put the code in its form
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

bench: bench-cold-start bench-latency bench-engine ## measure cold starts, own code and the local engine

bench-cold-start: setup ## every function's start beside a bare handler's, and the packages (QUICK=1, JSON, ARGS=--help)
	@$(BIN)/python -m bench.cold_start $(if $(QUICK),--quick,--check) $(if $(JSON),--json $(JSON)) $(ARGS)

bench-latency: setup ## what our own code adds to a request, beside one Lambda (QUICK=1, JSON, ARGS=--help)
	@$(BIN)/python -m bench.latency $(if $(QUICK),--quick) $(if $(JSON),--json $(JSON)) $(ARGS)

bench-engine: setup ## executions per second, milliseconds and memory on the local engine
	$(BIN)/python bench/local_engine.py

bench-batch: setup ## a batch on the local engine: rows a second, memory and cost a row (ROWS, JSON)
	@$(BIN)/python -m bench.batch $(if $(ROWS),--rows $(ROWS)) $(if $(JSON),--json $(JSON)) $(ARGS)

bench-page: ## weight, paints and accessibility of the page in Chromium (JSON, ARGS=--help)
	@if [ -x $(VENV_WEB)/bin/python ] && [ -x '$(CHROMIUM)' ]; then \
		$(VENV_WEB)/bin/python -m bench.page $(if $(JSON),--json $(JSON)) $(ARGS); \
	else echo 'There is no $(VENV_WEB) or no Chromium at $(CHROMIUM): make setup-web' >&2; exit 1; fi

train-classifier: setup ## train the local text classifier again (DATA=folder with its two files)
	$(BIN)/safelight classifier train $(DATA)/toxicity_train.csv --prompts $(DATA)/prompts_public.jsonl

evaluate: setup ## judge labelled texts with filter, classifier and peers (ARGS=--help)
	@$(BIN)/python -m bench.evaluate $(ARGS)

bench-filter: setup ## judge and time the keyword filter beside others (QUICK=1, ARGS=--help)
	-@$(MAKE) --no-print-directory peers
	$(BIN)/python -m bench.filter $(if $(QUICK),--quick) $(if $(JSON),--json $(JSON)) $(ARGS)

soak: setup ## load with chaos on the local engine (QUICK=1, REQUESTS, CONCURRENCY, FAULTS, SEED, JSON)
	@$(BIN)/python -m bench.soak $(if $(QUICK),--quick) $(if $(REQUESTS),--requests $(REQUESTS)) \
		$(if $(CONCURRENCY),--concurrency $(CONCURRENCY)) $(if $(FAULTS),--faults $(FAULTS)) \
		$(if $(SEED),--seed $(SEED)) $(if $(JSON),--json $(JSON)) $(ARGS)

# npm is there on some machines only; what it would have fetched is then reported as absent.
peers: $(VENV_PEERS)/.ready ## make the environment (.venv-peers) of other filters, to compare with

$(VENV_PEERS)/.ready: locks/peers.txt locks/peers-npm/package-lock.json
	$(PYTHON) -m venv --clear $(VENV_PEERS)
	$(VENV_PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement locks/peers.txt
	cp -r locks/peers-npm $(VENV_PEERS)/npm
	if command -v npm >/dev/null; then npm ci --prefix $(VENV_PEERS)/npm --ignore-scripts --no-audit --no-fund --silent; fi
	@touch $@

demo: $(VENV)/.ready ## run a request of every kind on this machine, make a gallery, and keep its page up in a terminal
	@$(BIN)/safelight demo $(if $(OUT),--out $(OUT))

demo-batch: $(if $(ROWS),bench-batch,$(VENV)/.ready) ## run a file of 200 prompts on this machine, and drop it again (ROWS: bench-batch)
	@$(if $(ROWS),,$(BIN)/safelight demo batch $(if $(OUT),--out $(OUT)))

demo-dataset: $(VENV)/.ready ## judge data sets for fine-tuning on this machine, and train on one
	@$(BIN)/safelight demo dataset $(if $(OUT),--out $(OUT))

demo-train: $(VENV)/.ready ## train a classifier on this machine, have the stack ask it, and refuse what is bad
	@$(BIN)/safelight demo train $(if $(OUT),--out $(OUT))

local: $(VENV)/.ready ## run the whole stack on this machine until Ctrl-C
	@$(BIN)/safelight local $(if $(HOST),--host $(HOST))

sam-setup: $(VENV_SAM)/.ready ## make the environment (.venv-sam) that the sam targets use

$(VENV_SAM)/.ready: locks/sam.txt
	$(PYTHON) -m venv --clear $(VENV_SAM)
	$(VENV_SAM)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement locks/sam.txt
	@touch $@

validate: sam-setup ## check the template as SAM and as CloudFormation
	$(SAM) validate --lint
	$(SAM) validate --lint --template web/site.yaml

# checkov knows few of SAM's own resources: it reads what SAM makes of the template.
audit: setup $(VENV_AUDIT)/.ready ## check the template's security and the packages' known vulnerabilities
	$(BIN)/cfn-lint template.yaml container/endpoint.yaml web/site.yaml
	@mkdir -p .safelight/audit
	PYTHONPATH=.:tests $(BIN)/python -m security.stack > .safelight/audit/transformed.json
	$(VENV_AUDIT)/bin/checkov --config-file .checkov.yaml --file .safelight/audit/transformed.json container/endpoint.yaml web/site.yaml
	$(VENV_AUDIT)/bin/python tests/security/advisories.py locks/*.txt

$(VENV_AUDIT)/.ready: locks/audit.txt
	$(PYTHON) -m venv --clear $(VENV_AUDIT)
	$(VENV_AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement locks/audit.txt
	@touch $@

build: sam-setup ## build the functions and the layer (needs the template's Python)
	@$(RUNTIME) -c '' 2>/dev/null || { echo 'sam build needs $(RUNTIME) on PATH, the template'"'"'s runtime. With pyenv:' \
		'PYENV_VERSION=3.13 make build. Where containers run: $(SAM) build --use-container' >&2; exit 1; }
	$(SAM) build

test-sam-local: setup sam-setup ## run every sam local line for real (needs a container engine)
	$(BIN)/python -m pytest -m sam_local tests/sam_local

# The one target that installs anything outside this folder, and only where there is no Chromium.
setup-web: ## make the environment (.venv-web) of the page's tests; installs Debian's chromium if there is none
	@if [ -x '$(CHROMIUM)' ]; then echo 'Chromium is there: $(CHROMIUM)'; \
	elif ! command -v apt-get >/dev/null; then \
		echo 'No Chromium at $(CHROMIUM), and no apt-get to install it: install it, and name it with CHROMIUM=/path/to/chromium.' >&2; exit 1; \
	else \
		echo 'No Chromium at $(CHROMIUM) (CHROMIUM=/path/to/chromium names another). This installs the package chromium:'; \
		echo '$(APT_GET) update && $(APT_GET) install --no-install-recommends chromium'; \
		$(APT_GET) -qq update; \
		LC_ALL=C apt-get -qq --print-uris --no-install-recommends install chromium \
			| awk '{bytes += $$3} END {printf "%d packages, %.0f MB to download\n", NR, bytes / 1e6}'; \
		$(APT_GET) -qq --yes --no-install-recommends install chromium >/dev/null && [ -x '$(CHROMIUM)' ]; \
	fi
	@$(MAKE) --no-print-directory $(VENV_WEB)/.ready

$(VENV_WEB)/.ready: locks/web.txt
	@echo 'Making $(VENV_WEB): about 0.2 GB to download, 0.8 GB on disk.'
	$(PYTHON) -m venv --clear $(VENV_WEB)
	$(VENV_WEB)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement locks/web.txt
	$(VENV_WEB)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Where it cannot run it says how it could, and is no failure.
test-web: ## drive the page with Chromium and the API with what its OpenAPI file says, on the local engine
	@if [ -x $(VENV_WEB)/bin/pytest ] && [ -x '$(CHROMIUM)' ]; then \
		$(VENV_WEB)/bin/python -m pytest -m web --timeout 300 tests/web $(ARGS); \
	else echo 'skipped: no $(VENV_WEB) or no Chromium at $(CHROMIUM); make setup-web makes both'; fi

openapi: $(VENV)/.ready ## write the API's description (functions/read_requests/openapi.json) from schemas/
	$(BIN)/python -m local.openapi

picture: $(VENV)/.ready ## draw docs/images/*.svg from the state machines and the template (ARGS=--check)
	@$(BIN)/python -m local.picture $(ARGS)

examples-setup: $(VENV_EXAMPLES)/.ready ## make the environment (.venv-examples) of the CDK example, which needs Node.js too

$(VENV_EXAMPLES)/.ready: locks/examples.txt
	@echo 'Making $(VENV_EXAMPLES): about 0.1 GB to download, 0.5 GB on disk.'
	$(PYTHON) -m venv --clear $(VENV_EXAMPLES)
	$(VENV_EXAMPLES)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement locks/examples.txt
	@touch $@

test-examples: setup examples-setup ## run the integrations of examples/ beside the local stack
	$(BIN)/python -m pytest --timeout 600 tests/examples $(ARGS)

# TORCH_INDEX is the address of an index with another build of torch, such as the CPU's.
container-setup: $(VENV_CONTAINER)/.ready ## make the environment (.venv-container) of the generation server

$(VENV_CONTAINER)/.ready: locks/container.txt
	@echo 'Making $(VENV_CONTAINER): about 0.3 GB to download, 1.3 GB on disk, with torch for the CPU.'
	@echo 'Where the package index has torch for CUDA, as Linux gets by default, it is some GB: TORCH_INDEX=... names another.'
	$(PYTHON) -m venv --clear $(VENV_CONTAINER)
	$(VENV_CONTAINER)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement locks/container.txt
	$(VENV_CONTAINER)/bin/python -m pip install --quiet --disable-pip-version-check $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch==$(TORCH)
	@touch $@

test-container: setup container-setup ## run the generation server with a tiny random model, over HTTP and in the local stack
	$(BIN)/python -m pytest -m container tests/container_server

demo-endpoint: $(VENV)/.ready container-setup ## ask the generation server for pictures, with a tiny random model (they are noise)
	@$(BIN)/safelight demo endpoint $(if $(OUT),--out $(OUT))

bench-endpoint: container-setup ## pictures a second of the generation server and of plain diffusers (JSON, ARGS=--help)
	@$(VENV_CONTAINER)/bin/python -m bench.endpoint $(if $(JSON),--json $(JSON)) $(ARGS)

notices: $(VENV)/.ready ## write the licences of what is locked into THIRD_PARTY_NOTICES.md
	PYTHONPATH=tests $(BIN)/python -m licences.pinned

lock: ## resolve locks/*.in again
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	cd locks && for env in *.in; do ../.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-header --output-file $${env%.in}.txt $$env; done
	rm -rf .venv-lock

clean: ## remove the environments and everything generated
	rm -rf .venv .venv-* .aws-sam .safelight build
