# make run    set up, then the main job on a made world, and a page about it (ARGS=--no-serve ends)
# make test   set up, then lint, types, import rules and all tests but the longest
# make check  the same with the quick tests alone
# make grid   every list of fifteen worlds against their truth (long)
# make bench  figures, side by side with what else one would use
# make proofs every bit of a large ledger flipped, a million changes of a small one, 10,000 planted misuses,
#             the API asked all its schema tells of for ten minutes, and every test, at length (long)

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: run test suite check grid bench proofs lint lock clean browser

run: $(READY)
	$(BIN)/python examples/tour.py $(ARGS)

# Lint at the same time, behind: it takes what tests leave of two processors.
test: $(READY) browser
	$(MAKE) --no-print-directory -j 2 NICE=nice suite lint

suite: $(READY)
	$(BIN)/pytest -n 2 --dist worksteal -m "not long" --durations=25 $(ARGS)

check: lint
	$(BIN)/pytest -n 2 -m "not slow and not server" $(ARGS)

grid: $(READY)
	$(BIN)/python bench/grid.py $(ARGS)

bench: $(READY)
	$(BIN)/python bench/bench.py $(ARGS)
	$(BIN)/python bench/verification.py
	$(BIN)/python bench/http_answers.py
	$(BIN)/python bench/load.py --seconds 120 --warm 60
	$(BIN)/python bench/kill.py --kills 40
	$(BIN)/python bench/decide.py
	$(BIN)/python bench/ledger.py
	$(BIN)/python bench/audit.py
	$(BIN)/python bench/affected.py --people 5000000 --jobs 100
	$(BIN)/python bench/mutations.py --count 20000
	$(BIN)/python bench/exchange.py
	$(BIN)/python bench/backup.py
	$(BIN)/python bench/rotate.py --rows 200000 --kills 10

proofs: $(READY)
	$(BIN)/pytest -n 2 --dist worksteal --hypothesis-profile=thorough
	$(BIN)/python bench/bits.py
	$(BIN)/python bench/mutations.py
	$(BIN)/python bench/planted.py
	$(BIN)/python bench/contract.py

lint: $(READY)
	$(NICE) $(BIN)/ruff check .
	$(NICE) $(BIN)/ruff format --check .
	$(NICE) $(BIN)/mypy
	$(NICE) $(BIN)/lint-imports --no-cache

# A fresh Debian has pip and no venv module; then virtualenv, from PyPI and locked too, makes the environment.
$(READY): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv --clear .venv 2>/dev/null || \
		{ rm -rf .venv && $(PYTHON) -m pip install -q --require-hashes --target .build -r requirements/venv.txt && \
		PYTHONPATH=.build $(PYTHON) -m virtualenv -q .venv; }
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

# Chromium draws the page in some tests; where there is none and none can be installed, they are skipped and say so.
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 || \
		echo "Chromium is not here and can't be installed: the tests that need it are skipped"

# Extras are kept: pip takes a pin of coverage for no pin of coverage[toml].
lock:
	$(BIN)/python -m pip install -q uv
	for name in run dev spark venv; do $(BIN)/uv pip compile -q --generate-hashes --no-strip-extras --no-emit-index-url --no-header \
		--python-version 3.11 requirements/$$name.in -o requirements/$$name.txt; done

clean:
	rm -rf .venv .build .bench .pytest_cache .mypy_cache .ruff_cache .hypothesis
