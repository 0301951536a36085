# Thin aliases for contributors; ./watchlight does the same without make.
PY := .venv/bin/python
PIN := uv pip compile --universal --no-build --generate-hashes --no-annotate --no-header --no-emit-index-url -q

.PHONY: check format lint types contracts test bench bench-recall docs setup pins

check: setup
	@echo "== format";    .venv/bin/ruff format --check .
	@echo "== lint";      .venv/bin/ruff check .
	@echo "== types";     .venv/bin/mypy
	@echo "== contracts"; .venv/bin/lint-imports
	@echo "== tests";     $(PY) -m pytest -n auto

setup:
	@echo "== set-up"; ./watchlight --set-up-only dev

format:
	.venv/bin/ruff format . && .venv/bin/ruff check --fix .

lint types contracts test: setup
	@case $@ in lint) .venv/bin/ruff check .;; types) .venv/bin/mypy;; contracts) .venv/bin/lint-imports;; test) $(PY) -m pytest -n auto;; esac

bench: setup
	$(PY) -m benchmarks crawl

bench-recall: setup
	$(PY) -m benchmarks recall

pins:
	echo 'uv>=0.13' | $(PIN) - -o requirements/uv.txt
	$(PIN) pyproject.toml --group build --extra postgres --extra fleet --extra pdf -o requirements/run.txt
	$(PIN) pyproject.toml --group build --group dev --all-extras -o requirements/dev.txt
