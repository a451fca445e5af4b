.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup demo test test-all check fmt lint types layers templates bundle cover lock dist clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: .venv/.ready ## make .venv with everything a developer needs

.venv/.ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.venv-aws/.ready: requirements/awscli.txt
	$(PYTHON) -m venv .venv-aws
	.venv-aws/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/awscli.txt
	touch $@

demo: setup ## the whole tour on the emulated region, in under a minute
	@$(BIN)/asgwarm demo

test: setup .venv-aws/.ready ## all tests that need neither root nor anything but PyPI
	$(BIN)/python -m pytest

test-all: setup .venv-aws/.ready ## also those with real sshd and OpenSSH clients
	tests/install-debian
	$(BIN)/python -m pytest -m "not aws"

check: lint types layers templates bundle cover ## what must hold before a change lands

fmt: setup ## format and fix what a machine can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: setup ## style, spelling, format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell asgwarm templates tests docs *.md Makefile

types: setup ## types
	$(BIN)/mypy

layers: setup ## imports point down
	$(BIN)/lint-imports

templates: setup ## the template is valid
	$(BIN)/cfn-lint templates/*.yaml

bundle: setup ## the template carries the package's own source
	$(BIN)/python -m asgwarm.stack.bundle --check

cover: setup .venv-aws/.ready ## tests with coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=90

lock: setup ## resolve the pinned dependencies anew
	$(BIN)/uv pip compile --python-version 3.11 pyproject.toml --extra local --group dev --universal --generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements/dev.txt
	$(BIN)/uv pip compile --python-version 3.11 requirements/awscli.in --universal --generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements/awscli.txt

dist: setup ## build the wheel
	$(BIN)/python -m hatchling build

clean: ## remove what was made
	rm -rf .venv .venv-aws dist build .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis
