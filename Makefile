# The front door. CMake and Ninja do the work below it.

BUILD  ?= build
CONFIG ?= 16x16x8
DEVICE ?= xc7
JOBS   ?= $(shell nproc)

PYTHON := .venv/bin/python
NINJA  := cmake --build "$(BUILD)" -j $(JOBS)

.PHONY: help
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## */\t/' | expand -t 14
	@echo
	@echo 'CONFIG=$(CONFIG)   hardware configuration, for verilog, sim, vectors and synth'
	@echo 'DEVICE=$(DEVICE)         FPGA family, for synth: xc7, xcup, xcup_uram, ecp5, ice40'
	@echo 'VERILATOR=   program to use instead of the one found (5.006 or newer)'
	@echo 'BUILD=$(BUILD)  JOBS=$(JOBS)'
	@python3 tools/train/recipe.py

.PHONY: setup
setup:  ## install what is missing (distribution packages, .venv); does nothing twice
	@tools/setup.sh

# Configures once; again when the choice of Verilator changes or a simulated core is added.
.PHONY: configure
configure: setup
	@if [ ! -f "$(BUILD)/build.ninja" ] || [ -n "$(VERILATOR)$(CMAKE_FLAGS)" ]; then \
	  cmake -S . -B "$(BUILD)" -G Ninja $(if $(VERILATOR),-DVERILATOR="$(VERILATOR)") $(CMAKE_FLAGS); fi

.PHONY: build
build: configure  ## the tool, the benches, the simulated cores 4x4x3 and 16x16x8
	$(NINJA)

.PHONY: test
test: build  ## all tests
	ctest --test-dir "$(BUILD)" --output-on-failure -j $(JOBS)

# What reads files, cut at every byte and with each byte changed. Alone, for a whole build takes hours;
# of compile_test only program files.
READERS := base net data import compile

.PHONY: sanitize
sanitize: setup  ## the tests of all readers under address and undefined-behaviour sanitizers
	cmake -S . -B "$(BUILD)/sanitize" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DRESHIFT_SANITIZE=ON
	cmake --build "$(BUILD)/sanitize" -j $(JOBS) --target $(READERS:%=%_test)
	for reader in $(READERS); do \
	  [ $$reader = compile ] && all='ProgramFile*' || all='*'; \
	  RESHIFT_SOURCE="$(CURDIR)" "$(BUILD)/sanitize/bin/$${reader}_test" --gtest_brief=1 \
	    --gtest_filter="$(or $(FILTER),$$all)" || exit; done

.PHONY: demo
demo: configure  ## a residual network through the RTL: classes of images, bit for bit
	$(NINJA) --target reshift
	tools/demo.sh "$(BUILD)"

.PHONY: lint
lint: configure  ## RTL (every module, every configuration), formatting, generated files
	$(NINJA) --target lint

.PHONY: format
format: configure  ## format C++ and RTL in place
	$(NINJA) --target format

.PHONY: hooks
hooks:  ## let git check format, style and generated files before each commit
	git config core.hooksPath tools/repo/hooks

.PHONY: sim
sim: setup  ## add the simulated core CONFIG to the tool
	@python3 spec/gen/generate.py --gflags $(CONFIG) > /dev/null
	$(MAKE) configure CMAKE_FLAGS=-DRESHIFT_ADD_CONFIG=$(CONFIG)
	$(NINJA) --target reshift

.PHONY: verilog
verilog: setup  ## the core CONFIG as one plain Verilog file in BUILD/verilog
	@mkdir -p "$(BUILD)/verilog"
	$(PYTHON) tools/synth/plain_verilog.py --config $(CONFIG) -o "$(BUILD)/verilog/reshift_core_$(CONFIG).v"

.PHONY: synth
synth: setup  ## synthesis of CONFIG for DEVICE: area and depth of every module, into BUILD/synth
	$(PYTHON) tools/synth/synth.py --device $(DEVICE) --config $(CONFIG) -o "$(BUILD)/synth" -j $(JOBS)

.PHONY: pnr
pnr: setup  ## bitstream for BOARD (ulx3s-85f, ice40-hx8k) with timing report, into BUILD/pnr
	$(PYTHON) tools/synth/pnr.py --board $(BOARD) -o "$(BUILD)/pnr" -j $(JOBS) \
	  $(if $(filter command environment,$(origin CONFIG)),--config $(CONFIG))

.PHONY: vivado
vivado:  ## a Vivado job: BOARD=zc706 CONFIG=... STEP=synth|impl|package (constraints/README.md)
	@constraints/vivado/run.sh "$(BOARD)" $(CONFIG) $(or $(STEP),synth) "$(BUILD)"

.PHONY: netlist-test
netlist-test: configure  ## the benches on netlists of every module and of the core (iCE40)
	$(NINJA) --target netlist_test
	python3 tb/netlist/run.py "$(BUILD)/netlist/runs.txt"

.PHONY: core-test
core-test: build  ## more random networks and changed programs on the simulated cores than `make test` has
	for test in "$(BUILD)"/bin/core_*_test; do \
	  "$$test" --gtest_brief=1 --gtest_filter='Full/*' || exit; done

.PHONY: plan-test
plan-test: configure  ## large networks: no slower with a wider bus or deeper memories (minutes)
	$(NINJA) --target compile_test
	"$(BUILD)/bin/compile_test" --gtest_brief=1 --gtest_filter='Full/*'

.PHONY: cosim
cosim: configure  ## every write into the feature buffer against the model: 40 networks and ResNet-8
	$(NINJA) --target reshift cosim_4x4x3_test cosim_16x16x8_test
	tb/core/cosim.sh "$(BUILD)"

.PHONY: verify-full
verify-full: configure  ## what takes hours: netlists, benchmarks, more vectors, synthesis, place and route
	$(NINJA) --target reshift
	python3 tools/repo/verify_full.py --build "$(BUILD)" -j $(JOBS) $(STEPS)

.PHONY: judge-setup
judge-setup:  ## install the judges outside (ONNX Runtime, LiteRT, ONNX's cases) into .venv-judge, for tests
	@tools/judge/setup.sh

.PHONY: train-setup
train-setup:  ## install PyTorch for training (PYTHON=: the Python of an environment that has it)
	@PYTHON="$(if $(filter command environment,$(origin PYTHON)),$(PYTHON))" tools/train/setup.sh

.PHONY: train
train: train-setup  ## train a network by RECIPE into the folder OUT (SEED=, DATA=, SET="epochs=60")
	@tools/train/run.sh train.py "$(RECIPE)" -o "$(OUT)" --data "$(or $(DATA),../shared/data)" \
	  --seed $(or $(SEED),1) $(if $(SET),--set $(SET))

.PHONY: train-test
train-test: train-setup configure  ## trained networks bit for bit: PyTorch against golden model and core
	$(NINJA) --target reshift
	tools/train/run.sh train_test.py "$(BUILD)/bin/reshift"

.PHONY: vectors
vectors: configure  ## test vectors of CONFIG as text, with manifest, into BUILD/vectors
	$(NINJA) --target reshift
	"$(BUILD)/bin/reshift" vectors --hw $(CONFIG) -o "$(BUILD)/vectors/$(CONFIG)"

.PHONY: replay
replay: vectors  ## the vectors of CONFIG under Icarus Verilog: the core, its modules, their netlists
	for what in core source netlist; do \
	  $(PYTHON) tools/synth/replay.py $$what --vectors "$(BUILD)/vectors/$(CONFIG)" \
	    --work "$(BUILD)/vectors/$(CONFIG)/$$what" || exit; done

.PHONY: bench
bench: configure  ## measured cycles, utilisation and simulation speed
	$(NINJA) --target reshift
	tools/bench.sh "$(BUILD)"

.PHONY: frames
frames: setup  ## whole frames of published networks in RTL, against budgets and estimates (long; FRAMES=)
	for config in $$(tools/frames/frames.py $(FRAMES) --configs); do $(MAKE) sim CONFIG=$$config || exit; done
	tools/frames/frames.py --build "$(BUILD)" $(FRAMES)

.PHONY: energy
energy: configure  ## the shift array against multipliers: energy in a relative model, lanes in a budget
	$(NINJA) --target reshift
	$(PYTHON) tools/energy/energy.py --build "$(BUILD)" -j $(JOBS)
	$(PYTHON) tools/energy/budget.py --build "$(BUILD)" -j $(JOBS)

.PHONY: docs
docs: setup  ## regenerate what is generated: reference pages, packages, lists, pictures
	python3 spec/gen/generate.py
	python3 tools/repo/rtl_files.py
	python3 tools/repo/module_table.py
	python3 docs/pictures/generate.py

.PHONY: registers
registers:  ## the registers for the tools of others: C header, SystemRDL, IP-XACT, into BUILD/registers
	@spec/gen/registers.sh "$(BUILD)"

.PHONY: site
site:  ## the documentation as a site, into BUILD/site
	@tools/site/build.sh "$(BUILD)"

.PHONY: clean
clean:  ## remove BUILD (.venv stays)
	rm -rf "$(BUILD)"
