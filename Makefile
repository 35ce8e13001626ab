# Each target is one line; `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
ROWS ?= 1000000
DEMO ?= --demo
STATE ?= .attack
SEED ?= 16
EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1577836800)
.PHONY: help setup setup-dev pipeline test test-slow attack check lint bench docs spark sbom advisories dist bundle clean

help: ## list the targets / 列出可用命令
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: .venv/.run ## create .venv with the locked libraries / 建立运行环境
setup-dev: .venv/.dev ## the same with what tests need / 建立开发环境

.venv/.run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed / 需要 Python 3.11 以上版本")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

pipeline: setup ## raw files -> index, regressions, report; STUDY=provinces: the example of real data / 运行全流程
	@$(if $(STUDY),$(BIN)/hqd run --study examples/$(STUDY)/configs --data examples/$(STUDY)/data/raw $(ARGS),$(BIN)/hqd demo --if-missing && $(BIN)/hqd run $(ARGS))

# modules are kept compiled, also where the environment says not to: each worker and child compiles hundreds of them otherwise
test test-slow: export PYTHONDONTWRITEBYTECODE =

test: setup-dev ## the tests / 运行测试
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" $(ARGS)

test-slow: setup-dev ## the tests that take minutes / 运行较慢的测试
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow" $(ARGS)

attack: setup-dev ## hours: every fault, random files and texts, kills, leaks, mutants; goes on where it was (STATE=, SEED=) / 数小时的攻击测试,可续跑
	@$(BIN)/python -m tests.attack --state $(STATE) --seed $(SEED) $(ARGS)

check: setup ## check the configuration / 检查配置
	@$(BIN)/hqd check

lint: setup-dev ## style, types, dependencies, floors / 代码检查
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/deptry --no-ansi src && $(BIN)/python -m pytest -q tests/test_floors.py

bench: setup-dev ## each benchmark prints a ratio and PASS or SHORT / 性能基准
	@status=0; for b in benchmarks/*.py; do $(BIN)/python $$b || status=1; done; exit $$status

docs: setup-dev ## build the documentation into site/ / 生成文档
	@$(BIN)/python docs/generate.py && $(BIN)/mkdocs build --strict --quiet

.venv-spark/.run: requirements.lock requirements-spark.lock pyproject.toml
	@command -v java >/dev/null || test -n "$$JAVA_HOME" || { echo "Java 17 or newer is needed, on Debian: apt-get install default-jre-headless / 需要 Java 17 以上版本"; exit 1; }
	@test -x .venv-spark/bin/python || $(PYTHON) -m venv .venv-spark
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@sed -n '/^setuptools/,$$p' requirements-spark.lock >.venv-spark/build.lock  # pyspark is built with it
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv-spark/build.lock
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation -r requirements-spark.lock
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

spark: .venv-spark/.run ## both engines on the demo and a million firm-years (ROWS=) / 两种引擎结果对照
	@.venv-spark/bin/python benchmarks/two_engines.py --rows $(ROWS) $(DEMO)

sbom: setup ## the locked libraries as a CycloneDX bill of materials, sbom.json / 软件物料清单
	@$(BIN)/python supply/locks.py sbom

dist: setup ## wheel and source archive in dist/, the same bytes each time / 构建发布包(逐字节可重现)
	@SOURCE_DATE_EPOCH=$(EPOCH) $(BIN)/python -m hatchling build -d dist

bundle: setup ## offline folders of wheels for Linux and Windows in dist/bundle; needs a network / 离线安装包(构建时需联网)
	@SOURCE_DATE_EPOCH=$(EPOCH) $(BIN)/python supply/bundle.py linux && SOURCE_DATE_EPOCH=$(EPOCH) $(BIN)/python supply/bundle.py windows

advisories: setup ## the locked libraries against known advisories (FILE= an OSV file or folder) / 依赖漏洞核对
	@$(BIN)/python supply/locks.py advisories $(FILE)

clean: ## remove results and caches, keep raw data and .venv / 清理结果与缓存
	@rm -rf data/processed/[a-z]* data/processed/.cache site .pytest_cache .mypy_cache .ruff_cache
