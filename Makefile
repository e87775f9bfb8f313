# Typhon: make demo · make test · make install PREFIX=…
#
# Every target installs what is missing first (scripts/setup.sh).

PREFIX ?= /usr/local
DEPS := build/deps
TYPHON := build/release/bin/typhon
JOBS ?= $(shell nproc)

.PHONY: all setup release debug demo test install clean

all: release

setup:
	@sh scripts/setup.sh $(DEPS)

release debug asan tsan gcc: setup
	@cmake --preset $@ > build/cmake-$@.log || { cat build/cmake-$@.log; exit 1; }
	@cmake --build --preset $@ -j $(JOBS)

demo: release
	@$(TYPHON) examples/concurrency.py

test: release
	@python3 scripts/check_layers.py
	@cd build/release && ctest --output-on-failure -j $(JOBS)
	@python3 tests/conformance/check.py $(TYPHON)

install: release
	@cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build/release build/debug build/asan build/tsan build/gcc
