# All that a person or CI runs. `make` brings its own uv; nothing here needs a tool that Debian's python3, git and make do not bring.
VENV := .venv
PY := $(VENV)/bin/python
ARGS ?=
export CAMERA

.PHONY: demo test check lock

check:
	$(VENV)/bin/ruff check kiosk tests
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

lock:
	$(VENV)/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes -q --custom-compile-command "make lock" -o deploy/requirements/base.lock
	$(VENV)/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes -q --custom-compile-command "make lock" -o deploy/requirements/dev.lock
	$(VENV)/bin/uv pip compile pyproject.toml --group dev --extra dlib --override deploy/requirements/overrides.txt --universal --python-version 3.11 --generate-hashes -q --custom-compile-command "make lock" -o deploy/requirements/dlib.lock
