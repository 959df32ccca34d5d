# vtenrichd. `make help` lists what can be made.

PREFIX ?= /usr/local
DESTDIR ?=
SOAK_MINUTES ?= 30
SCENARIOS ?=
SIZE ?= medium
SECTIONS ?=
ALERTS ?=
FUZZ_SECONDS ?= 600

BINARY := .build/release/vtenrichd
INSTALL := install -D
SHARE = $(DESTDIR)$(PREFIX)/share
COMPLETIONS = $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d

.PHONY: help demo test soak bench sanitize fuzz build install package setup
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## install the Debian packages that are missing
	@scripts/setup.sh

demo: setup ## play real alerts through the daemon, against local stand-ins
	swift build
	@scripts/demo.sh .build/debug

test: setup ## check the format and run every test
	swift format lint --strict --recursive Sources Tests Benchmarks Package.swift
	swift build --build-tests
	@scripts/test.sh

soak: build ## run the long scenarios, SOAK_MINUTES=30; SCENARIOS="kills backlog outage disk faults cluster spread"
	swift build -c release --static-swift-stdlib --product soak
	.build/release/soak --minutes $(SOAK_MINUTES) $(SCENARIOS)

bench: build ## measure the release binary, SIZE=small|medium|full; SECTIONS="scan enrich"; ALERTS=FILE
	swift build -c release --static-swift-stdlib --product bench
	.build/release/bench --size $(SIZE) --json .build/bench.json --markdown .build/bench.md \
	    $(if $(ALERTS),--alerts $(ALERTS)) $(SECTIONS)

# The daemon that the tests start is built so, too. Few at once: each is many times slower, and deadlines are for the plain build.
# Not for leaks: what a waiting task or a weak reference holds is no leak, and the sanitizer cannot tell. The soak watches memory.
sanitize: setup ## run the tests under ThreadSanitizer and AddressSanitizer
	swift build --build-tests --sanitize=thread --scratch-path .build-thread
	TSAN_OPTIONS="suppressions=$(CURDIR)/Tests/Sanitizers/thread.txt halt_on_error=1" \
	    WIDTH=2 scripts/test.sh --sanitize=thread --scratch-path .build-thread
	swift build --build-tests --sanitize=address --scratch-path .build-address
	ASAN_OPTIONS=detect_leaks=0 \
	    WIDTH=2 scripts/test.sh --sanitize=address --scratch-path .build-address

fuzz: setup ## damage lines, answers and configurations at random, FUZZ_SECONDS=600 each
	swift build --build-tests -c release -Xswiftc -enable-testing --scratch-path .build-fuzz
	for reader in LineFuzz AnswerFuzz ConfigurationFuzz; do \
	    FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/test.sh -c release -Xswiftc -enable-testing \
	        --scratch-path .build-fuzz --filter $$reader || exit 1; \
	done

build: setup ## build the release binary, with Swift's libraries in it
	swift build -c release --static-swift-stdlib --disable-local-rpath --product vtenrichd

# Builds only where there is no binary yet: root, who installs, need not have Swift.
$(BINARY):
	$(MAKE) build

# The configuration of the machine stays as it is.
install: $(BINARY) ## install below DESTDIR and PREFIX (/usr/local)
	$(INSTALL) -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/vtenrichd
	$(INSTALL) -m 644 -t $(SHARE)/vtenrichd/rules rules/*
	$(INSTALL) -m 644 -t $(SHARE)/vtenrichd/systemd systemd/cdb-list.conf
	$(INSTALL) -m 644 -t $(SHARE)/doc/vtenrichd \
	    README.md CHANGELOG.md LICENSE config/vtenrichd.yaml
	$(INSTALL) -m 644 systemd/vtenrichd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/vtenrichd.conf
	$(INSTALL) -m 644 systemd/vtenrichd.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/vtenrichd.conf
	$(INSTALL) -m 644 systemd/vtenrichd.service $(DESTDIR)$(PREFIX)/lib/systemd/system/vtenrichd.service
	$(INSTALL) -m 644 systemd/vtenrichd-metrics.service systemd/vtenrichd-metrics.timer $(DESTDIR)$(PREFIX)/lib/systemd/system/
	sed -i 's|/usr/|$(PREFIX)/|' $(DESTDIR)$(PREFIX)/lib/systemd/system/vtenrichd*.service
	test -e $(DESTDIR)/etc/vtenrichd/vtenrichd.yaml || \
	    $(INSTALL) -m 644 config/vtenrichd.yaml $(DESTDIR)/etc/vtenrichd/vtenrichd.yaml
	$(INSTALL) -m 644 man/vtenrichd.1 $(SHARE)/man/man1/vtenrichd.1
	$(INSTALL) -m 644 man/vtenrichd.yaml.5 $(SHARE)/man/man5/vtenrichd.yaml.5
	mkdir -p $(COMPLETIONS)
	$(BINARY) --generate-completion-script bash >$(SHARE)/bash-completion/completions/vtenrichd
	$(BINARY) --generate-completion-script zsh >$(SHARE)/zsh/site-functions/_vtenrichd
	$(BINARY) --generate-completion-script fish >$(SHARE)/fish/vendor_completions.d/vtenrichd.fish

package: build ## make dist/vtenrichd_VERSION_ARCH.deb
	scripts/package.sh
