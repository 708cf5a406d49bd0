# Thin: each target is one or two plain commands, which the README shows too.
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
INFERENCE_PORT ?= 8001
MODEL ?= emonet
IN_VENV := $(VENV)/bin/python
PARALLEL := --numprocesses logical --dist loadfile --no-loadscope-reorder
INSTALL := $(IN_VENV) -m pip install --quiet --require-hashes

.PHONY: run test test-long lint audit bench harden train clean

run: $(VENV)/.serving ## both services on SQLite; make run PORT=8080 INFERENCE_PORT=8081
	@$(IN_VENV) -m services.run --port $(PORT) --inference-port $(INFERENCE_PORT)

test: $(VENV)/.dev ## all but the long tests, on all cores; make test PYTEST_ARGS="tests/unit -k mood"
	$(IN_VENV) -m pytest -m "not long" $(PARALLEL) $(PYTEST_ARGS)

test-long: $(VENV)/.dev ## training and hardening runs of over 20 seconds, one after the other
	$(IN_VENV) -m pytest -m long $(PYTEST_ARGS)

lint: $(VENV)/.dev
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .
	$(IN_VENV) -m mypy

audit: $(VENV)/.dev ## our own code, then known vulnerabilities of what is pinned
	$(IN_VENV) -m bandit --quiet --recursive --configfile pyproject.toml services training curation bulk bench .ci
	$(IN_VENV) .ci/audit.py

bench: $(VENV)/.dev ## make bench BENCH_ARGS=--peers: side by side with other packages
	$(IN_VENV) -m bench $(BENCH_ARGS)

harden: $(VENV)/.dev ## fuzz, kill, load; writes docs/hardening.md; make harden HARDEN_ARGS="--only soak"
	$(IN_VENV) -m bench.harden $(HARDEN_ARGS)

train: $(VENV)/.dev ## make train FER2013=fer2013.csv FERPLUS=fer2013new.csv MODEL=emonet
	@test -n "$(FER2013)" || { echo "make train FER2013=path/to/fer2013.csv [FERPLUS=path/to/fer2013new.csv]"; exit 2; }
	$(IN_VENV) -m training data --csv "$(FER2013)" $(if $(FERPLUS),--ferplus "$(FERPLUS)") --out runs/fer2013.npz
	$(IN_VENV) -m training train --model $(MODEL) --data runs/fer2013.npz --out runs/$(MODEL)
	$(IN_VENV) -m training export --run runs/$(MODEL) --data runs/fer2013.npz --out runs/$(MODEL)/emotion.tflite
	@echo "next: python -m training compare --data runs/fer2013.npz --runs runs"
	@echo "      python -m training report runs/report --data runs/fer2013.npz --runs runs/$(MODEL)"

clean:
	rm -rf $(VENV)

# pip compiles what it installs, whatever PYTHONDONTWRITEBYTECODE says; without bytecode the services
# start three to five times slower.
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
