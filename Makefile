# Testudo's commands. Each installs what it lacks (Debian packages), says so, and can be run twice.
SHELL := /bin/bash
BUILD := .build
LIBRARY := $(BUILD)/library
GUEST := $(BUILD)/guest
GUEST_OBJECTS := $(GUEST)/x86_64-unknown-none-elf/release
FORMATTED := Package.swift Sources Tests Benchmarks Examples/handler Interchange/Package.swift Interchange/Sources Interchange/Tests \
  Unikernel/Package.swift Unikernel/Sources Unikernel/Tests \
  Fuzzing/Package.swift Fuzzing/Sources/FuzzTemplates Fuzzing/Sources/FuzzNetwork Fuzzing/Sources/FuzzHTTP \
  Fuzzing/Sources/FuzzControl Fuzzing/Sources/Crypto

.PHONY: demo test fuzz attack build library bench format lint docs clean packages

demo: build ## builds everything and runs the portal, from template to adaptation
	Examples/portal/demo.sh

build: packages library ## the program, .build/release/testudo
	@echo "== building testudo (release)"
	swift build -c release --product testudo-forwarder
	swift build -c release --product testudo

# What images are linked from. `llvm-ar D` and relative paths keep archives the same on every machine.
library: packages ## what images are linked from: archives of the library OS, the catalogue, profiles, the tender
	@Unikernel/build-library.sh $(GUEST) $(LIBRARY)

test: packages library ## every test: unit, property, fuzz, differential, end to end
	@Scripts/install-packages.sh tests
	@Scripts/run-tests.sh

SECONDS ?= 60
fuzz: packages ## address sanitizer, then fuzzes templates, frames, HTTP, control messages: make fuzz SECONDS=600
	@Scripts/sanitize.sh
	@Scripts/fuzz.sh $(SECONDS)

attack: library ## attacks running images with other people's tools
	swift build --product testudo
	swift build --product testudo-forwarder
	@Scripts/attack.sh

bench: build
	Benchmarks/run.sh

format:
	swift format --in-place --recursive --parallel $(FORMATTED)

lint:
	swift format lint --strict --recursive --parallel $(FORMATTED)

docs: ## the API documentation of the libraries, as DocC archives in .build/docs
	Scripts/build-docs.sh

packages:
	@Scripts/install-packages.sh

clean:
	rm -rf $(BUILD) Interchange/.build Unikernel/.build
