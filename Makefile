# One command per intent; `make help` lists them. Each does its own set-up and works from a fresh clone, in any order.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEBIAN := python3-dev python3-numpy python3-venv dataset-fashion-mnist
SWIFT_TEST := swift test -c release -Xswiftc -enable-testing
# Levels whose kernels are tested one by one: those this processor runs.
LEVELS = $(shell $(PYTHON) python/build_engine.py levels)
FLAGS = $(PYTHON) python/build_engine.py flags

.PHONY: help
help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 24

# ---- Set-up ------------------------------------------------------------------------------------------------------

.PHONY: packages
packages: ## install the Debian packages that are missing, where that is allowed
	@.ci/debian-packages $(DEBIAN)

$(VENV)/installed: pyproject.toml | packages
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade pip "setuptools>=77" wheel
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation -e ".[test]"
	@touch $@

.PHONY: build
build: $(VENV)/installed ## build the engine for this processor and the extension, in place
	@echo "Building the engine ..."
	@$(BIN)/python setup.py -q build_ext --inplace

.PHONY: build-levels
build-levels: $(VENV)/installed
	@echo "Building the engine for $(LEVELS) ..."
	@EVICAM_BUILD_LEVELS=runnable $(BIN)/python setup.py -q build_ext --inplace

# Environments of their own, for the oldest NumPy and for what we are compared with.
.venv-numpy1/installed: LIBRARIES = "numpy==1.24.*" "scipy<1.12" "matplotlib<3.9" pillow tqdm pooch safetensors pytest
.venv-bench/installed: LIBRARIES = numpy torch torchvision onnx onnxruntime openvino grad-cam scikit-learn quantus
.venv-numpy1/installed .venv-bench/installed: | packages
	@echo "Setting up $(@D) ..."
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install -q --disable-pip-version-check $(LIBRARIES)
	@touch $@

# ---- What a user wants -------------------------------------------------------------------------------------------

.PHONY: demo
demo: build ## train, doubt and explain on Fashion-MNIST; leaves results, figures and a report in demo/
	@$(BIN)/evicam reproduce --dataset fashion-mnist --images 2000 --effort short --out demo
	@echo "Open $(CURDIR)/demo/report.html"

.PHONY: wheel
wheel: $(VENV)/installed ## build a wheel with the engine for every level into dist/, and try it in a clean environment
	@.ci/wheel $(BIN)/python

# ---- What a developer wants --------------------------------------------------------------------------------------

.PHONY: test
test: test-swift test-python test-levels test-arm64 test-numpy1 ## everything CI runs

.PHONY: test-swift
test-swift: $(VENV)/installed ## the engine's own tests, for this processor's best level
	@$(SWIFT_TEST) $$($(FLAGS) best) --scratch-path .build-tests 2>&1 | .ci/quiet-swift-test

.PHONY: test-python
test-python: build-levels ## the package's tests, and the C interface's
	@$(BIN)/python -m pytest

.PHONY: test-levels
test-levels: build-levels ## kernels and numerics once per instruction-set level
	@for level in $(LEVELS); do \
	  echo "== $$level"; \
	  $(SWIFT_TEST) $$($(FLAGS) $$level) --scratch-path .build-tests-$$level --filter KernelsTests 2>&1 \
	    | .ci/quiet-swift-test || exit 1; \
	  EVICAM_ISA=$$level $(BIN)/python -m pytest -m isa || exit 1; \
	done

.PHONY: test-arm64
test-arm64: ## the kernels cross-compiled for arm64, run in an emulator (installs it)
	@.ci/debian-packages qemu-user gcc-aarch64-linux-gnu
	@.ci/arm64-check

.PHONY: test-numpy1
test-numpy1: build .venv-numpy1/installed ## the smoke tests with the oldest NumPy
	@PYTHONPATH=python .venv-numpy1/bin/python -m pytest -m smoke

.PHONY: collapse
collapse: build ## 20 seeds on 10,000 MNIST images: none may collapse (slow; needs EVICAM_DATA)
	@$(BIN)/python -m pytest -m collapse python/tests/test_collapse.py

.PHONY: settling
settling: build ## do receptive fields explain where maps are drawn? Measured on glyphs (a minute)
	@$(BIN)/python -m pytest -m settling python/tests/test_settling.py

.PHONY: bench
bench: build kernel-benchmarks .venv-bench/installed ## our speed beside that of PyTorch and others, in one run (installs several GB)
	@PYTHONPATH=python .venv-bench/bin/python benchmarks/compare.py

.PHONY: bench-scaling
bench-scaling: build ## cost per image against the number of images, up to a million, and the batch size
	@$(BIN)/python benchmarks/scaling.py

.PHONY: accuracy
accuracy: build ## the evidential ResNet-18 on CIFAR-10 by recipe, to its end (an hour and a half; needs EVICAM_DATA; goes on where it was stopped)
	@$(BIN)/python benchmarks/accuracy.py

.PHONY: losses
losses: build ## evidence functions, losses and starts side by side, LeNet and ResNet-9 (slow; needs EVICAM_DATA)
	@$(BIN)/python benchmarks/evidential_losses.py

.PHONY: kernel-benchmarks
kernel-benchmarks:
	@swift build -c release $$($(FLAGS) best) --scratch-path .build-bench --product KernelBenchmarks --quiet

.PHONY: bench-kernels
bench-kernels: kernel-benchmarks ## each kernel's speed as a share of the processor's limit
	@.build-bench/release/KernelBenchmarks

.PHONY: clean
clean: ## remove everything that was built or installed here
	rm -rf .build .build-* .venv .venv-* build dist demo python/*.egg-info python/evicam/engine python/evicam/_native.abi3.so
	find python -name __pycache__ -type d -prune -exec rm -rf {} +
