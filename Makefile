# One command each, the same here and in CI. PYTHON= chooses the interpreter.

PYTHON ?=
BIN    := .venv/bin
PYTEST_ARGS ?=
BENCH_ARGS ?=
# Set to nothing, `make check` leaves out whether diagrams/ is what the tables say.
DIAGRAM_CHECK ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test check rewrite bench mutate interop grade-cards boot-lab lab-times try-image docs setup setup-dev peers clean

help:
	@echo "make demo    move files through the embedded server, in the terminal"
	@echo "make test    run every test, real peers included (installs some 200 packages)"
	@echo "make check   format, lint, types, generated diagrams and translations"
	@echo "make rewrite write all generated files again: pictures, runs, pages, goldens"
	@echo "make docs    build the documentation in build/site"
	@echo "make bench   measure speed against other programs (BENCH_ARGS='--quick --only crowd')"
	@echo "make mutate  break each row of the tables, and see that the tests notice (5 minutes)"
	@echo "make grade-cards  run all trials against real clients, and write docs/ (8 minutes)"
	@echo "make interop try each TFTP program of PyPI, npm and Debian, and write docs/ (30 minutes)"
	@echo "make lab-times measure the lab in Chromium: opening it, and moves"
	@echo "make boot-lab boot iPXE, PXELINUX, GRUB, OVMF and U-Boot from the server, under QEMU (2 minutes)"
	@echo "make try-image build and run the container's image, also without docker (4 minutes)"
	@echo "make clean   remove the environment, the peers and the caches"
	@echo "PYTHON=python3.13 chooses the interpreter; PYTEST_ARGS='-k netascii' narrows the tests"

demo: setup
	@$(BIN)/tftp-fsm demo

test: setup-dev peers
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict tftp_fsm tests
ifneq ($(DIAGRAM_CHECK),)
	$(BIN)/tftp-fsm diagram --check
	$(BIN)/tftp-fsm verify --check
	$(BIN)/python -m tools.manual --check
	$(BIN)/python -m tools.language --check
endif

rewrite: setup-dev
	$(BIN)/python -m tools.language
	$(BIN)/tftp-fsm diagram --output diagrams
	$(BIN)/tftp-fsm verify --lessons diagrams/mutants
	$(BIN)/tftp-fsm --lang ko verify --lessons diagrams/ko/mutants
	$(BIN)/python -m tools.manual
	$(BIN)/python -m tools.lessons
	TFTP_FSM_UPDATE_GOLDENS=1 $(BIN)/python -m pytest tests/debugger/test_script.py tests/debugger/tui
	$(BIN)/ruff format .

bench: setup-dev peers
	$(BIN)/python benchmarks/run.py $(BENCH_ARGS)

docs: setup-dev
	$(BIN)/python -m tools.site build/site

mutate: setup-dev
	$(BIN)/python -m tests.support.mutation

interop: setup-dev peers
	tools/install-interop
	$(BIN)/python -m tests.support.tolerance
	$(BIN)/python -m tests.support.interop

lab-times: setup-dev peers
	$(BIN)/python -m tests.support.lab_times

boot-lab: setup
	$(BIN)/python tools/boot_lab.py

try-image: setup
	$(BIN)/python tools/try_image.py

grade-cards: setup-dev peers
	$(BIN)/python -m tests.support.grading

setup:
	@PYTHON="$(PYTHON)" tools/setup tui

setup-dev:
	@PYTHON="$(PYTHON)" tools/setup dev tui png

peers:
	@tools/install-peers

clean:
	rm -rf .venv .peers .hypothesis .mypy_cache .pytest_cache .ruff_cache
