# All that a person or CI runs. `make` brings its own uv; nothing here needs a tool that Debian's python3, git and make do not bring.
PY := .venv/bin/python
UV := .venv/bin/uv
COMPILE := $(UV) pip compile --universal --python-version 3.11 --generate-hashes -q --no-header
ARGS ?=

.PHONY: demo test test-slow fuzz check bench bench-peers screenshots sbom licences audit attacks lock image image-check image-compare image-test unit-scores

demo:            ## a store in a box: broker, HQ, pay terminal, mirror, shelf and shoppers; ARGS="--seconds 60" and so on
	@deploy/bootstrap.sh demo
	@.venv/bin/kiosk demo $(if $(CAMERA),--camera $(CAMERA)) $(ARGS)

test: .dev       ## all tests but the slow ones; KIOSK_DATA names the folder of evaluation data, if you have it
	$(PY) -m pytest -q -m "not slow" $(ARGS)

test-slow: .dev .fuzz  ## storms and soaks that take long
	PYTHONPATH=.fuzz $(PY) -m pytest -q -m slow $(ARGS)

fuzz: .dev .fuzz  ## bytes that look for new paths through all that reads the network; KIOSK_FUZZ_S seconds each (40)
	PYTHONPATH=.fuzz $(PY) -m pytest -q -m slow tests/fuzz $(ARGS)

check: .dev      ## ruff, mypy strict, import contracts
	.venv/bin/ruff check kiosk tests
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: .dev      ## speed, as ratios to a peer in the same run
	OMP_NUM_THREADS=1 $(PY) -m tests.bench

bench-peers: .dev  ## the same beside statsforecast and stockpyl, which are installed into .bench-peers first (600 MB)
	$(UV) pip install -q --no-deps --require-hashes --target .bench-peers -r deploy/requirements/bench.lock
	OMP_NUM_THREADS=1 PYTHONPATH=.bench-peers $(PY) -m tests.bench

screenshots: .dev  ## the pictures in README, from the real screens and a real browser
	$(PY) -m tests.gallery $(ARGS)

image: .dev      ## the card of a kiosk: build/image/kiosk-debian-pi4.img.xz and what belongs to it; root, on Debian; ARGS="--base TAR" and so on
	@$(PY) -m deploy.image $(ARGS)

image-check: .dev  ## hold an image against what it must be: IMAGE=FILE
	@$(PY) -m deploy.image.check $(or $(IMAGE),build/image/kiosk-debian-pi4.img)

image-compare: .dev  ## hold a rebuilt image against another, file by file: A=FILE B=FILE
	@$(PY) -m deploy.image.compare $(A) $(B)

image-test: .dev   ## start that card in an emulator, try it as a technician does, pull the plug three times
	@$(PY) -m deploy.image.trial $(ARGS)

unit-scores: .dev  ## how far every unit is shut in, as systemd measures it
	@$(PY) -m deploy.unit_scores

sbom: .dev       ## what Kiosk is made of: a bill of materials (CycloneDX) into kiosk.cdx.json
	$(PY) deploy/supply.py sbom --out kiosk.cdx.json

licences: .dev   ## every part's licence, held against deploy/licences.toml
	$(PY) deploy/supply.py licences

audit: .dev      ## known holes in locked packages, without network: ADVISORIES=all.zip names a file in OSV's format
	$(PY) deploy/supply.py audit $(ADVISORIES)

attacks: .dev    ## the threat model's tests as a table: threat, test, result, how the refusal looks
	$(PY) -m tests.attacks $(ARGS)

lock:            ## newest versions into deploy/requirements/*.lock, with hashes and without index addresses
	$(COMPILE) deploy/requirements/uv.in -o deploy/requirements/uv.lock
	$(COMPILE) pyproject.toml -o deploy/requirements/base.lock
	$(COMPILE) pyproject.toml --extra pi --constraint deploy/requirements/base.lock -o deploy/requirements/pi.lock
	$(COMPILE) pyproject.toml --group dev --extra dlib --override deploy/requirements/overrides.txt -o deploy/requirements/dev.lock
	$(COMPILE) --group bench -o deploy/requirements/bench.lock
	$(COMPILE) --group fuzz -o deploy/requirements/fuzz.lock

.fuzz: deploy/requirements/fuzz.lock
	$(UV) pip install -q --no-deps --require-hashes --target .fuzz -r deploy/requirements/fuzz.lock
	@touch .fuzz

.PHONY: .dev
.dev:
	@deploy/bootstrap.sh dev
