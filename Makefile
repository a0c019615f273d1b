# Everything runs in .venv, which is made on first use and updated when pyproject.toml changes.
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help demo test deep mutants coverage bench lint docs clean

help:  ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' Makefile | awk -F': ' '{ printf "make %-8s %s\n", $$1, $$2 }'

demo: .venv/models.stamp  ## train a small network; results in runs/demo
	@.venv/bin/python -m models demo

test: .venv/test.stamp  ## run all tests
	@.venv/bin/python -m pytest -n 2

deep: .venv/test.stamp  ## run all tests, with many more random examples
	@HYPOTHESIS_PROFILE=deep .venv/bin/python -m pytest -n 2

mutants: .venv/test.stamp  ## plant every fault in every rule, and count those that no check notices
	@.venv/bin/python -m tests.mutants

coverage: .venv/test.stamp  ## list what the tests do not reach; run the kernels under bounds checking
	@rm -f .coverage .coverage.*
	@NUMBA_DISABLE_JIT=1 .venv/bin/python -m coverage run -m pytest -q -n 2 --ignore=tests/kernels/test_robustness.py --ignore=tests/kernels/test_cache.py --ignore=tests/kernels/test_products.py
	@NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$$(mktemp -d) .venv/bin/python -m coverage run -m pytest -q -n 2 tests/kernels
	@.venv/bin/python -m coverage combine -q
	@.venv/bin/python -m coverage report --fail-under=98

bench: .venv/bench.stamp  ## measure speed, start-up and memory next to the peers; results in runs/benchmarks
	@.venv/bin/python -m benchmarks

lint: .venv/test.stamp  ## check style and types
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

docs: .venv/test.stamp  ## write docs/operations.md
	@.venv/bin/python docs/make_operations.py

clean:  ## remove .venv, results and caches
	@rm -rf .venv runs build dist *.egg-info .hypothesis .pytest_cache .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/%.stamp: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is" \
	    "$$($(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null || echo 'none')." \
	    "Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "installing autograd_np[$*] into .venv ..."
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install -qq --disable-pip-version-check --editable '.[$*]'
	@touch $@
