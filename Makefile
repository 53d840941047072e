# `make verify` and `make test` each work alone in a fresh clone: Python >= 3.11 and make are enough.
# Another Python: make PYTHON=python3.13 VENV=.venv-3.13 test. The same run again: make SEED=1 verify

PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
READY := $(VENV)/ready
PEERS := .venv-peers
ON_PATH := PATH="$(abspath $(VENV))/bin:$$PATH"  # pyright asks the python it finds there
SPHINX := $(PY) -m sphinx --fail-on-warning --keep-going --quiet

.DEFAULT_GOAL := help
.PHONY: help verify test mypy stubtest test-pythons lint branches bench deep mutate frameworks judges peers
.PHONY: functions docs docs-test translations release-check clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

verify: $(READY)  ## verify every built-in derivative rule and print the table
	$(PY) -m backprop verify $(if $(SEED),--seed $(SEED))

test: $(READY)  ## types (mypy, stubtest), tests, README and docstring examples, coverage
	@$(MAKE) --no-print-directory -j 2 mypy stubtest
	$(PY) -m pytest -n 2 --cov --cov-report=term-missing:skip-covered

mypy: $(READY)  ## types, as mypy sees them: a part of `make test`
	$(PY) -m mypy

stubtest: $(READY)  ## types beside what is there at run time: a part of `make test`
	$(PY) -m mypy.stubtest backprop --allowlist typings/stubtest-allowlist.txt

lint: $(READY)  ## style and format (ruff), the floors (import-linter), types as pyright sees them
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(VENV)/bin/lint-imports --no-logo --no-cache
	$(PY) docs/draw.py --check
	$(ON_PATH) $(PY) -m pyright
	$(ON_PATH) $(PY) -m pyright --verifytypes backprop --ignoreexternal

branches: $(READY)  ## each branch of each rule is entered by a case of its own function
	$(PY) -m benchmarks.branches

test-pythons:  ## the tests on each Python there is (3.11 to 3.15, 3.14t), lowest and newest NumPy
	$(PYTHON) tests/pythons.py

bench: $(PEERS)/ready  ## how fast it is, beside NumPy by hand and the other libraries, in one run
	$(PEERS)/bin/python -m benchmarks.speed $(BENCH)

deep: $(READY)  ## the long campaign: fresh examples over all rules, chains and programs
	HYPOTHESIS_PROFILE=deep $(PY) -m pytest -n 2 -rP tests/testing/deep_campaign.py tests/kernel/test_faults.py

mutate: $(READY)  ## change the package, one small thing at a time: a test must fail each time
	$(PY) -m benchmarks.mutate

frameworks: $(PEERS)/ready  ## rules of PyTorch, JAX, HIPS autograd and MyGrad, verified as they stand there
	$(PEERS)/bin/python -m pytest -n 2 tests/frameworks docs/verify-your-own-rule.md --doctest-glob=verify-*.md --cov=src/backprop/testing/frameworks --cov-config=tests/frameworks/coverage.toml --cov-report=term-missing

judges: $(PEERS)/ready  ## HIPS autograd, MyGrad and JAX on every expression; docs/coverage.md
	$(PEERS)/bin/python -m pytest -n 2 tests/project/test_judges_numpy.py tests/testing/test_programs_numpy.py
	$(PEERS)/bin/python -m benchmarks.coverage

peers: $(PEERS)/ready  ## the rules of PyTorch, JAX, HIPS autograd, MyGrad; docs/findings.md (ONLY=jax.nn)
	$(PEERS)/bin/python -W ignore -m benchmarks.peers $(ONLY)
	$(PEERS)/bin/python -m benchmarks.peers.page

functions: $(READY)  ## write docs/functions.md, the table of all functions, as verified now
	$(PY) -m backprop verify --seed 1 --markdown > docs/functions.md.new
	mv docs/functions.md.new docs/functions.md

docs: $(READY)  ## build the site, in English and Korean, into build/site; the examples run
	rm -rf docs/work  # so that the examples run
	$(SPHINX) -b gettext -d build/doctrees/gettext docs build/gettext
	$(PY) docs/translated.py
	$(SPHINX) -b html -d build/doctrees/en docs build/site/en
	$(SPHINX) -b html -d build/doctrees/ko -D language=ko docs build/site/ko
	cp docs/door.html build/site/index.html

docs-test: docs  ## open every page of the site in a browser (Debian: apt-get install chromium-driver)
	$(PY) docs/browse.py build/site

translations: $(READY)  ## bring the new sentences of the pages into docs/locale, to be translated
	$(SPHINX) -b gettext -d build/doctrees/gettext docs build/gettext
	$(PY) docs/translated.py --update

release-check: $(READY)  ## sdist and wheel, built twice: the same bytes, complete, well formed
	$(PY) tests/release.py

clean:  ## remove the environments and all that the other targets made
	rm -rf $(VENV) $(PEERS) \
		.venv-pythons dist build docs/work docs/_pictures docs/locale/ko/LC_MESSAGES/*.mo \
		.coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	@echo "setting up $(VENV) (once)"
	$(PYTHON) -m venv --clear $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,docs,release]'
	@touch $@

$(PEERS)/ready: pyproject.toml peers.txt
	@echo "setting up $(PEERS) (once)"
	$(PYTHON) -m venv --clear $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r peers.txt -e .
	@touch $@
