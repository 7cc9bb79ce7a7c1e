# `make help` lists everything. The two that matter: `make demo` and `make test`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check
# What the two server databases and the broker are asked for; see test_settings.py for their addresses.
PYTEST := $(PY) -m pytest -p no:cacheprovider
# Worker processes of the tests. Each that runs browser tests has demos of its own.
WORKERS ?= 2
# Where browser tests are, unless ARGS says where to look: collecting all other tests takes half a minute.
# A journey that fails is walked once more, because a busy machine can be late anywhere in it. The closing lines name it
# (RERUN): one that is named again and again is a fault.
IN_BROWSER = -m browser -n $(WORKERS) --dist loadfile --reruns 1 -rfeR \
	$(if $(ARGS),$(ARGS),tests/browser $$(grep -rl 'mark\.browser' tests --include='test_*.py'))
# Tests that need something the default cell does not have.
PLAIN := not browser and not celery
DEMO_OPTIONS ?=
# Who proctors the demo's course: mock_provider (REST), rpnow or constructor.
PROVIDER ?= mock_provider

# For every supported Python and platform. uv reads no configuration of pip, so the hashes are those of PyPI's files.
# Extras are kept, because pip 23 finds no hash for a package with an extra otherwise.
COMPILE := UV_CUSTOM_COMPILE_COMMAND='make upgrade' $(BIN)/uv pip compile --quiet --no-config --upgrade --universal \
	--python-version 3.11 --generate-hashes --no-strip-extras --annotation-style line

# A stamp says: what this set of requirements asks for is installed. It lives in the environment it
# describes, so that removing .venv removes it too. A second `make demo` finds them and installs nothing.
STAMPS := $(VENV)/stamps
PACKAGING := setup.py requirements/base.in mock_provider/pyproject.toml
EDITABLE := --no-deps -e . -e ./mock_provider

.PHONY: help
help: ## List the targets
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## --- environments ---------------------------------------------------------------------------------------

$(VENV)/bin/python:
	@python=$$(tools/python) && echo "Creating $(VENV) with $$python" && "$$python" -m venv $(VENV)

# Older versions miss the hashes of packages that are wanted with an extra.
$(STAMPS)/pip: | $(PY)
	$(PIP) install --quiet --upgrade 'pip>=24.2'
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/demo: requirements/demo.txt $(PACKAGING) | $(STAMPS)/pip
	$(PIP) install --quiet -r requirements/demo.txt
	$(PIP) install --quiet $(EDITABLE)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/quality: requirements/quality.txt $(PACKAGING) | $(STAMPS)/pip
	$(PIP) install --quiet -r requirements/quality.txt
	$(PIP) install --quiet $(EDITABLE)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/databases: requirements/databases.txt $(STAMPS)/quality
	$(PIP) install --quiet -r requirements/databases.txt
	@touch $@

$(STAMPS)/bench: requirements/bench.txt $(STAMPS)/quality
	$(PIP) install --quiet -r requirements/bench.txt
	@touch $@

$(STAMPS)/fuzz: requirements/fuzz.txt $(STAMPS)/quality
	$(PIP) install --quiet -r requirements/fuzz.txt
	@touch $@

$(STAMPS)/docs: requirements/docs.txt $(PACKAGING) | $(STAMPS)/pip
	$(PIP) install --quiet -r requirements/docs.txt
	$(PIP) install --quiet $(EDITABLE)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements/dev.txt $(PACKAGING) | $(STAMPS)/pip
	$(PIP) install --quiet -r requirements/dev.txt
	$(PIP) install --quiet $(EDITABLE)
	@mkdir -p $(STAMPS) && touch $@

node_modules/.package-lock.json: package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm is needed for the browser code's specs: install Node.js 20.19 or newer" >&2; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The learning front end's data layer, for one browser test. It has a lock of its own: nothing of it is ours.
REACT_CLIENT := tests/browser/react_client
$(REACT_CLIENT)/node_modules/.package-lock.json: $(REACT_CLIENT)/package.json $(REACT_CLIENT)/package-lock.json
	@command -v npm >/dev/null || { echo "npm is needed for the browser tests: install Node.js 20.19 or newer" >&2; exit 1; }
	cd $(REACT_CLIENT) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: system-packages
system-packages: ## GNU gettext and what builds mysqlclient (Debian or Ubuntu, as root)
	apt-get update -qq && apt-get install -y -qq gettext libmariadb-dev pkg-config

.PHONY: install
install: $(STAMPS)/dev node_modules/.package-lock.json $(REACT_CLIENT)/node_modules/.package-lock.json ## Everything a developer needs, into .venv and node_modules

## --- run ------------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(STAMPS)/demo ## The whole product on this machine (PROVIDER=rpnow or constructor; DEMO_OPTIONS="--port 18001")
	@$(PY) -m demo --provider $(PROVIDER) $(DEMO_OPTIONS)

## --- test -----------------------------------------------------------------------------------------------

.PHONY: test
test: static-checks test-python test-browser ## All that must pass, on SQLite, in this Python

# Without a database or a browser, each in one process: as many at a time as there are workers.
.PHONY: static-checks
static-checks: $(STAMPS)/quality $(STAMPS)/docs node_modules/.package-lock.json
	@$(MAKE) --jobs=$(WORKERS) $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) quality test-js

.PHONY: test-python
test-python: $(STAMPS)/quality node_modules/.package-lock.json ## Python tests without a browser
	$(PYTEST) -m "$(PLAIN)" -n $(WORKERS) $(ARGS)

.PHONY: test-browser
test-browser: $(STAMPS)/quality node_modules/.package-lock.json $(REACT_CLIENT)/node_modules/.package-lock.json ## Journeys in real Chromium against the demo
	@chromium=$$(tools/chromium $(PY)) || exit 1; \
	echo "Chromium: $$chromium"; \
	CHROMIUM="$$chromium" $(PYTEST) $(IN_BROWSER)

.PHONY: fuzz-api
fuzz-api: $(STAMPS)/fuzz ## Schemathesis against the app: every operation of the OpenAPI documents as four roles (FUZZ_EXAMPLES=50 ARGS="-k v1_")
	$(PYTEST) tests/fuzz/openapi.py $(ARGS)

.PHONY: test-js
test-js: node_modules/.package-lock.json ## Specs of the browser code
	node tools/specs.js

.PHONY: coverage
coverage: $(STAMPS)/quality ## Python tests with a coverage report in htmlcov/
	$(PYTEST) -m "$(PLAIN)" -n $(WORKERS) --cov --cov-report=term --cov-report=html

.PHONY: test-all
test-all: test test-mysql test-postgres test-celery test-matrix docs ## Every leg: databases, Celery, versions, docs

.PHONY: test-mysql
test-mysql: $(STAMPS)/databases ## Python tests on MariaDB or MySQL at 127.0.0.1
	EDX_PROCTORING_DB=mysql $(PYTEST) tests -m "$(PLAIN)" --create-db -n $(WORKERS) $(ARGS)

.PHONY: test-postgres
test-postgres: $(STAMPS)/databases ## Python tests on PostgreSQL at 127.0.0.1
	EDX_PROCTORING_DB=postgres $(PYTEST) tests -m "$(PLAIN)" --create-db -n $(WORKERS) $(ARGS)

.PHONY: test-celery
test-celery: $(STAMPS)/databases ## Effects delivered by a real Celery worker, over Redis and PostgreSQL at 127.0.0.1
	EDX_PROCTORING_DB=postgres $(PYTEST) tests/workers -m celery --create-db $(ARGS)

.PHONY: test-matrix
test-matrix: $(STAMPS)/dev ## Every supported Python and Django, through tox
	@. tools/pyenv.sh; $(BIN)/tox run $(ARGS)

## --- quality --------------------------------------------------------------------------------------------

.PHONY: quality
quality: lint imports types migrations pii citations permissions-check openapi-check openapi-lint workflows lint-js messages-check translations rst ## Linters, import layers, types, pending migrations, catalogues

.PHONY: lint
lint: $(STAMPS)/quality ## ruff
	$(BIN)/ruff check .

.PHONY: imports
imports: $(STAMPS)/quality ## import-linter: the layers and packages
	$(BIN)/lint-imports --no-cache

.PHONY: types
types: $(STAMPS)/quality ## mypy with the Django and DRF plug-ins
	$(BIN)/mypy

.PHONY: migrations
migrations: $(STAMPS)/quality ## No model change without its migration
	$(PY) manage.py makemigrations --check --dry-run edx_proctoring edx_proctoring_constructor seb_openedx

.PHONY: pii
pii: $(STAMPS)/quality ## Each model says what personal data it holds
	DJANGO_SETTINGS_MODULE=test_settings $(BIN)/code_annotations django_find_annotations \
		--config_file .pii_annotations.yml --lint --coverage

.PHONY: citations
citations: | $(PY) ## Citations of the contract resolve, and each statement has a test
	$(PY) tools/citations.py --check

.PHONY: permissions
permissions: $(STAMPS)/quality ## Renew docs/reference/permissions.rst: who may send which request
	$(PY) tools/permission_matrix.py

.PHONY: permissions-check
permissions-check: $(STAMPS)/quality ## The page of permissions is what the tests send
	$(PY) tools/permission_matrix.py --check

.PHONY: openapi
openapi: $(STAMPS)/quality ## Renew docs/reference/openapi*.json: the REST APIs
	$(PY) tools/openapi.py

.PHONY: openapi-check
openapi-check: $(STAMPS)/quality ## The OpenAPI documents are what the views say
	$(PY) tools/openapi.py --check

.PHONY: openapi-replies
openapi-replies: $(STAMPS)/quality ## Keep the app's new answers as the examples of the OpenAPI documents
	RECORD_REPLIES=1 $(PYTEST) -n 0 tests/views/test_document.py tests/views/v2/test_document.py \
		tests/seb/rest/test_document.py -k "answered_as_described or replies_are or refusals_are"
	$(PY) tools/openapi.py

.PHONY: openapi-lint
openapi-lint: node_modules/.package-lock.json ## The OpenAPI documents keep the rules of redocly.yaml
	REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npx --no-install redocly lint

.PHONY: workflows
workflows: $(STAMPS)/quality ## Workflows and Read the Docs' configuration are valid by their schemas
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.readthedocs .readthedocs.yaml

.PHONY: lint-js
lint-js: node_modules/.package-lock.json ## eslint, and the published scripts are built from static_src/
	node tools/build-static.js --check
	npx --no-install eslint .

.PHONY: static
static: ## Build the published scripts that are written as several files in static_src/
	node tools/build-static.js

.PHONY: messages
messages: $(STAMPS)/quality ## Extract the messages, merge them into every language, compile (needs GNU gettext)
	@tools/gettext
	$(PY) tools/messages.py

.PHONY: messages-check
messages-check: $(STAMPS)/quality ## The catalogues match the sources and are compiled
	@tools/gettext
	$(PY) tools/messages.py --check

.PHONY: translations
translations: $(STAMPS)/quality ## Every language has every message, with the same placeholders and all plural forms
	@tools/gettext
	$(PY) tools/messages.py --complete

.PHONY: rst
rst: $(STAMPS)/docs ## README, CHANGELOG and CONTRIBUTING are valid reStructuredText (`make docs` checks the rest)
	for page in README.rst CHANGELOG.rst CONTRIBUTING.rst; do $(PY) -m docutils --strict $$page /dev/null || exit 1; done

## --- documents, numbers, pictures -----------------------------------------------------------------------

.PHONY: docs
docs: $(STAMPS)/docs ## The documentation as HTML in docs/_build/html; a warning is an error
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

.PHONY: bench
bench: $(STAMPS)/quality ## Queries, time and bytes of every endpoint, at two sizes (BENCH_OPTIONS="--learners 2000 10000")
	$(PY) -m bench $(BENCH_OPTIONS)
	$(PY) -m bench.safe_exam_browser

.PHONY: bench-compare
bench-compare: $(STAMPS)/quality ## Working tree against a commit: time, statements, memory (REF=main BENCH_OPTIONS="--rounds 9")
	$(PY) -m bench.compare $(REF) $(BENCH_OPTIONS)

.PHONY: spike
spike: $(STAMPS)/bench ## Many learners start at once, against gunicorn (REF=main SPIKE_OPTIONS="--learners 1000 --latency 0 200")
	$(PY) -m bench.spike $(REF) $(SPIKE_OPTIONS)

.PHONY: bench-lists
bench-lists: $(STAMPS)/quality ## Staff's filters against a commit, in two sizes of a course (REF=d10104b BENCH_OPTIONS="--database mysql")
	$(PY) -m bench.compare.growth $(REF) $(BENCH_OPTIONS)

.PHONY: bench-desk
bench-desk: $(STAMPS)/quality ## The course team's screens in Chromium with 10,000 learners, against a commit (REF=d10104b BENCH_OPTIONS="--rounds 9")
	@chromium=$$(tools/chromium $(PY)) || exit 1; \
	CHROMIUM="$$chromium" $(PY) -m bench.desk $(REF) $(BENCH_OPTIONS)

.PHONY: bench-answers
bench-answers: $(STAMPS)/quality ## Are version 1's answers to staff those recorded of an older commit, byte for byte?
	$(PY) -m bench.compare.answers $(BENCH_OPTIONS)

.PHONY: fault-run
fault-run: $(STAMPS)/databases ## Attempts while provider, processes and database fail (FAULT_OPTIONS="--seed 7 --attempts 50 --database postgres")
	$(PY) -m bench.faults $(FAULT_OPTIONS)

.PHONY: screenshots
screenshots: $(STAMPS)/quality node_modules/.package-lock.json $(REACT_CLIENT)/node_modules/.package-lock.json ## Pictures of every learner and staff screen into screenshots/
	@chromium=$$(tools/chromium $(PY)) || exit 1; \
	SCREENSHOTS=1 CHROMIUM="$$chromium" $(PYTEST) $(IN_BROWSER)

.PHONY: findings
findings: ## Do the libraries still behave as findings/ says? (needs the package index)
	@for script in findings/*.sh; do sh $$script >/dev/null && echo "as described  $$script" || { echo "CHANGED  $$script"; failed=1; }; done; exit $${failed:-0}

.PHONY: guide-pictures
guide-pictures: $(STAMPS)/quality ## Renew the pictures in docs/_static from a running demo (PICTURE_OPTIONS="--host http://127.0.0.1:18001")
	@chromium=$$(tools/chromium $(PY)) || exit 1; \
	CHROMIUM="$$chromium" $(PY) tools/guide_pictures.py $(PICTURE_OPTIONS)

## --- upkeep ---------------------------------------------------------------------------------------------

.PHONY: release-check
release-check: $(STAMPS)/dev ## Rehearse a release of the last commit: build, look inside, install elsewhere (RELEASE_OPTIONS="--tag v7.0.0")
	$(PY) tools/release_check.py $(RELEASE_OPTIONS)

.PHONY: publish-npm
publish-npm: ## Publish the browser package that release-check has built (the release workflow; needs NODE_AUTH_TOKEN)
	@test -n "$$NODE_AUTH_TOKEN" || { echo "NODE_AUTH_TOKEN is not set" >&2; exit 1; }
	npm publish ./dist/npm/*.tgz --ignore-scripts --access public --provenance

.PHONY: upgrade
upgrade: $(STAMPS)/dev ## Pin the newest allowed versions in requirements/*.txt
	$(COMPILE) -o requirements/dev.txt requirements/dev.in
	for name in base demo test quality docs databases bench fuzz; do \
		$(COMPILE) -c requirements/dev.txt -o requirements/$$name.txt requirements/$$name.in || exit 1; \
	done

.PHONY: format
format: $(STAMPS)/quality ## Sort imports and lay out the Python code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: clean
clean: ## Remove what running and testing leave behind (not .venv, not node_modules)
	rm -rf .demo .demo-* htmlcov screenshots docs/_build build dist edx_proctoring.db .mypy_cache .ruff_cache .tox
