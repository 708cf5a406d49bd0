# Thin: each target is one or two plain commands, most of which the README shows too.
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
INFERENCE_PORT ?= 8001
MODEL ?= emonet
IN_VENV := $(VENV)/bin/python
PARALLEL := --numprocesses logical --dist loadfile --no-loadscope-reorder
INSTALL := $(IN_VENV) -m pip install --quiet --require-hashes
NPM_DONE := node_modules/.package-lock.json

.PHONY: run test test-long lint lint-page audit bench harden train clean

run: $(VENV)/.serving ## starts both services on SQLite; make run PORT=8080 INFERENCE_PORT=8081
	@$(IN_VENV) -m services.run --port $(PORT) --inference-port $(INFERENCE_PORT)

test: $(VENV)/.dev ## all but the long tests, on all cores; make test PYTEST_ARGS="tests/unit -k mood"
	$(IN_VENV) -m pytest -m "not long" $(PARALLEL) $(PYTEST_ARGS)

test-long: $(VENV)/.dev ## training and hardening runs of over 20 seconds, one after the other
	$(IN_VENV) -m pytest -m long $(PYTEST_ARGS)

lint: $(VENV)/.dev
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .
	$(IN_VENV) -m mypy
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory lint-page; \
	elif [ "$$CI_REQUIRE_ALL" = 1 ]; then echo "npm is missing, so the page's JavaScript and CSS cannot be checked"; exit 1; \
	else echo "skipped: checking the page's JavaScript and CSS needs npm"; fi

lint-page: $(NPM_DONE) ## the page's JavaScript and CSS; npx biome check --write mends what it can
	node_modules/.bin/biome ci --error-on-warnings

$(NPM_DONE): package.json package-lock.json
	npm ci
	@touch $@

audit: $(VENV)/.dev ## scans our own code, then the pinned packages for known vulnerabilities
	$(IN_VENV) -m bandit --quiet --recursive --configfile pyproject.toml services training curation bulk bench .ci
	$(IN_VENV) .ci/audit.py

bench: $(VENV)/.dev ## measures speed and memory; make bench BENCH_ARGS=--peers compares with other packages
	$(IN_VENV) -m bench $(BENCH_ARGS)

harden: $(VENV)/.dev ## fuzzes, kills, loads; writes docs/hardening.md; make harden HARDEN_ARGS="--only soak"
	$(IN_VENV) -m bench.harden $(HARDEN_ARGS)

train: $(VENV)/.dev ## trains and exports; make train FER2013=fer2013.csv FERPLUS=fer2013new.csv MODEL=emonet
	@test -n "$(FER2013)" || { echo "make train FER2013=path/to/fer2013.csv [FERPLUS=path/to/fer2013new.csv]"; exit 2; }
	$(IN_VENV) -m training data --csv "$(FER2013)" $(if $(FERPLUS),--ferplus "$(FERPLUS)") --out runs/fer2013.npz
	$(IN_VENV) -m training train --model $(MODEL) --data runs/fer2013.npz --out runs/$(MODEL)
	$(IN_VENV) -m training export --run runs/$(MODEL) --data runs/fer2013.npz --out runs/$(MODEL)/emotion.tflite
	@echo "next: python -m training compare --data runs/fer2013.npz --runs runs"
	@echo "      python -m training report runs/report --data runs/fer2013.npz --runs runs/$(MODEL)"

clean:
	rm -rf $(VENV) node_modules

# --compile: without bytecode the services start three to five times slower, and PYTHONDONTWRITEBYTECODE
# would leave it out.
$(VENV)/.serving: requirements/inference.txt requirements/recommender.txt | $(IN_VENV)
	@echo "installing what serving needs into $(VENV) (once)"
	$(INSTALL) --compile -r requirements/inference.txt -r requirements/recommender.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(IN_VENV)
	@echo "installing what the tests and training need into $(VENV) (once, a few minutes)"
	$(INSTALL) --compile -r requirements/dev.txt
	@touch $@

$(IN_VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; make PYTHON=python3.11 names one")'
	$(PYTHON) -m venv $(VENV)
