# Typhon: make demo · make test · make bench · make install PREFIX=…
#
# Every target installs what is missing first (scripts/setup.sh).

PREFIX ?= /usr/local
DEPS := build/deps
TYPHON := build/release/bin/typhon
PROFILE := build/profile/typhon.profdata
JOBS ?= $(shell nproc)
# What `make bench` compares with: the distribution's optimised build before any other.
PYTHON311 ?= $(firstword $(wildcard /usr/bin/python3.11) python3.11)

.PHONY: all setup release profile debug asan tsan gcc demo test bench install clean

all: release

setup:
	@sh scripts/setup.sh $(DEPS)

debug asan tsan gcc: setup
	@cmake --preset $@ > build/cmake-$@.log || { cat build/cmake-$@.log; exit 1; }
	@cmake --build --preset $@ -j $(JOBS)

release: setup $(PROFILE)
	@cmake --preset release > build/cmake-release.log || { cat build/cmake-release.log; exit 1; }
	@cmake --build --preset release -j $(JOBS)

# How often which branch is taken, for the release build. It is measured once and stays useful as the
# sources change; `make profile` measures anew.
$(PROFILE): | setup
	@$(MAKE) --no-print-directory profile

profile: setup
	@cmake --preset profile > build/cmake-profile.log || { cat build/cmake-profile.log; exit 1; }
	@cmake --build --preset profile -j $(JOBS) --target typhon library
	@sh scripts/train.sh build/profile

demo: release
	@$(TYPHON) examples/concurrency.py

test: release
	@python3 scripts/check_layers.py
	@python3 scripts/check_handlers.py $(TYPHON)
	@cd build/release && ctest --output-on-failure -j $(JOBS)
	@python3 tests/conformance/check.py $(TYPHON)

bench: release
	@python3 bench/kernels.py --rounds 2 --py python3.11=$(PYTHON311) --py typhon=$(TYPHON)
	@python3 bench/startup.py --short --py python3.11=$(PYTHON311) --py typhon=$(TYPHON)

install: release
	@cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build/release build/debug build/asan build/tsan build/gcc build/profile
