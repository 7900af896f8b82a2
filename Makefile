# In a fresh clone, with Python 3.10 or newer and make, and nothing else; `make help` lists it all:
#   make demo        the main job over real HTTP; against Gloo if there is a key, else a local one
#   make test        the tests
#   make docs        the site, in site/
#   make bench       what the adapter costs: a table, JSON and docs/performance.md; ARGS="--help"
#   make chaos       every fault in every world on both SDK generations; ARGS="--only token"
#   make frameworks  the newest releases, and the table of what was seen; ONLY=langchain
#   make clean       remove the environments
# `.ci/run` calls `make test` and then everything else. Another interpreter: make PYTHON=python3.13 …

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
RUN := $(VENV)/bin/python
# What an active virtualenv, another project or a user's pip settings would otherwise change.
unexport PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV VIRTUAL_ENV
# Processes that tests start would compile the package anew, each of them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test docs bench chaos frameworks clean
.DEFAULT_GOAL := test

help:
	@sed -n 's/^#   \(make .*\)/  \1/p' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.ready
	@$(RUN) examples/demo.py

test: $(VENV)/.ready
	@$(RUN) -m pytest -q -n 4 --dist worksteal

docs bench chaos: $(VENV)/.ready
	@$(RUN) -m pip install --quiet --disable-pip-version-check --group nox
	@$(RUN) -m nox -s $@ -- $(ARGS)

frameworks: $(VENV)/.ready
	@$(RUN) -m pip install --quiet --disable-pip-version-check --group nox
	@$(RUN) -m nox -s "frameworks$(if $(ONLY),($(ONLY)))" -- --record
	@$(RUN) scripts/frameworks_table.py

clean:
	rm -rf $(VENV) .nox

$(VENV)/.ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.10 or newer was found: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version), once:"
	@echo "  creating it ..."
	@$(PYTHON) -m venv $(VENV) || { echo "This Python cannot make virtualenvs; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(RUN) -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	@echo "  installing gloo-openai and what its tests need ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[cli,proxy,testing]' --group test
	@touch $@
	@echo "  done."
