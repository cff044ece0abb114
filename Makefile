# 守望 / Shouwang. `make` alone tells what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON_IN_VENV := .venv/bin/python
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

.PHONY: help
help: ## 显示这些目标 / tell the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | while IFS='|' read -r name words; do printf '  make %-8s %s\n' "$$name" "$$words"; done

.PHONY: run
run: ## 准备好一切，启动演示 / set everything up and start the demo
	@scripts/setup.sh run
	@.venv/bin/shouwang demo

.PHONY: test
test: lint ## 准备好一切，运行全部检查和测试 / set everything up, run every check and test
	$(PYTHON_IN_VENV) -m pytest

.PHONY: faults
faults: setup ## 破坏一切，证明没有一次求助丢失 / break everything and prove that no call is lost; ROUNDS= SEED= ONLY=
	@$(PYTHON_IN_VENV) -m benchmarks.faults --rounds $(or $(ROUNDS),1000) --seed $(or $(SEED),1) --only "$(ONLY)"

.PHONY: setup
setup: ## 只准备环境：.venv 和测试用的系统软件包 / only set up: .venv, and system packages for tests
	@scripts/setup.sh test

.PHONY: lint
lint: setup ## 只做静态检查 / only the checks that run nothing
	$(PYTHON_IN_VENV) -m ruff check
	$(PYTHON_IN_VENV) -m ruff format --check
	$(PYTHON_IN_VENV) -m mypy
	.venv/bin/lint-imports

.PHONY: lock
lock: ## 重算依赖的版本与哈希（需要 uv） / pin the dependencies anew, with hashes (needs uv); UPGRADE=--upgrade for newer
	$(COMPILE) $(UPGRADE) pyproject.toml -o requirements.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --extra dev -o requirements-dev.txt
	python3 -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(COMPILE) $(UPGRADE) - -o requirements-build.txt
