# throng: `make run` starts the server, `make test` runs every test but those
# in a browser, `make test-web` runs those; all install what is missing first.
# `make` alone builds the release binaries, `make install` puts them, their
# manual pages and systemd's units below PREFIX, `make deb` into a Debian
# package.
# MODE=release|debug|asan|tsan|fuzz|coverage|lint builds side by side.

MODE       ?= release
PREFIX     ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr%,$(PREFIX)),/etc,$(PREFIX)/etc)
UNITDIR    ?= $(PREFIX)/lib/systemd/system

O    := build/$(MODE)
BIN  := $(if $(filter release,$(MODE)),build,$(O))

TSAN_TESTS := flow_epoll/@(accounts|ban|broadcast|control|ctl|drain|exit|history|join|lab|login|passwd|races|reload|resume|rooms|threads|register_@(as|race|with)|throttle|unregister|vanish|web_counts|websocket_@(and|is_told))*
LIBRARIES      := liburing libxxhash libsodium libedit libsystemd libseccomp libssl libcrypto
BUILD_PACKAGES := pkg-config liburing-dev libxxhash-dev libsodium-dev libedit-dev libsystemd-dev libseccomp-dev \
	libssl-dev libhttp-parser-dev libwslay-dev
TEST_PACKAGES  := $(BUILD_PACKAGES) clang gnuplot-nox libclang-rt-dev libcriterion-dev llvm mandoc ncat \
	netcat-openbsd openssl python3 python3-websockets systemd telnet tmux
WEB_PACKAGES   := chromium netcat-openbsd openssl $(if $(shell sh -c 'command -v npm'),,nodejs npm)
BENCH_PACKAGES := gnuplot-nox nats-server ngircd python3 redis-server util-linux
DEB_PACKAGES   := $(BUILD_PACKAGES) build-essential debhelper lintian
LINT_PACKAGES  := $(BUILD_PACKAGES) clang-format clang-tidy cppcheck pyflakes3 shellcheck

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
WARN = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wconversion -Wsign-conversion \
	-Wdouble-promotion -Wold-style-definition -Wnested-externs -Wredundant-decls \
	-Wunused-macros -Wdate-time $(if $(findstring clang,$(CC)),,$(WARN_GCC))
WARN_GCC := -Wduplicated-cond -Wduplicated-branches -Wlogical-op
FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
FLAGS_debug   := -O0 -g3
FLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
FLAGS_tsan    := -O1 -g -fsanitize=thread
FLAGS_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
FLAGS_coverage := -O0 -g -fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping
# Leaks are looked for by LeakSanitizer, in each test: gcc 12 loses sight of
# what a struct holds that it comes to by list_entry.
FLAGS_lint    := -O1 -fanalyzer -Wno-analyzer-malloc-leak
LINK_release  := -pie -Wl,-z,relro,-z,now

# Asked once, and only when something is compiled: a bare machine gets
# pkg-config from `deps` first.
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(LIBRARIES)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $(shell pkg-config --libs $(LIBRARIES)) $(BARE_LIBS))$(PKG_LIBS)
# Those that pkg-config does not know.
BARE_LIBS := -lhttp_parser -lwslay

CFLAGS_ALL = -std=c17 -D_GNU_SOURCE -I. -I$(O) $(WARN) $(FLAGS_$(MODE)) $(PKG_CFLAGS) \
	-pthread $(CFLAGS)
LDFLAGS_ALL = $(FLAGS_$(MODE)) $(LINK_$(MODE)) -pthread $(LDFLAGS)

SERVER := $(wildcard reactor/*.c proto/wire/*.c proto/*.c auth/*.c console/*.c console/*/*.c)
BENCH  := $(wildcard $(addprefix bench/,*.c load/*.c crowd/*.c expect/*.c peer/*.c report/*.c \
	scenario/*.c mixed/*.c))
TESTS  := $(wildcard tests/kit/*.c tests/unit/*/*.c tests/disk/*.c tests/flow/*/*.c)
FUZZERS := $(patsubst tests/%.c,$(O)/%,$(wildcard tests/fuzz/fuzz_*.c))
comma := ,
objects = $(patsubst %.c,$(O)/%.o,$(1))

all: $(BIN)/throng $(BIN)/throng-bench $(BIN)/throng-floor

$(BIN)/throng: $(call objects,$(SERVER))
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

$(BIN)/throng-bench: $(call objects,$(BENCH) $(patsubst %,proto/wire/%.c,json utf8) \
		$(if $(filter tsan,$(MODE)),tests/tsan/bench.c))
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ -lssl -lcrypto -lm

# All tests are one program, so that one summary closes them. Criterion's runner
# cannot start under ThreadSanitizer: there is another for that.
RUNNER := $(if $(filter tsan,$(MODE)),$(patsubst %,tests/tsan/%.c,runner case))
$(O)/throng-tests: $(call objects,$(filter-out %/main.c,$(SERVER) $(BENCH)) $(TESTS) $(RUNNER))
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lm $(if $(RUNNER),,-lcriterion)

$(BIN)/throng-bench-accounts: $(call objects,$(filter-out %/main.c,$(BENCH)) \
		$(wildcard auth/*.c proto/wire/*.c bench/accounts/*.c))
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lm

$(BIN)/throng-floor: $(call objects,$(wildcard bench/floor/*.c))
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

$(O)/throng-races: $(call objects,$(wildcard reactor/*.c tests/races/*.c) \
		proto/wire/utf8.c)
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

$(O)/throng-torture: $(call objects,$(wildcard tests/torture/*.c) \
		$(patsubst %,tests/kit/%.c,harness harness_server harness_server_spawn harness_client \
			crash_loop bench_run) \
		$(patsubst %,bench/%.c,crowd/process load/bot_tls load/target report/quartiles))
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lcriterion

# The server's world simulated: its worker threads, its clock and its sockets
# are the simulation's.
SIM_WRAP := -Wl,--wrap=clock_gettime,--wrap=time,--wrap=accept4,--wrap=close
SIM_WORLD := $(filter-out %/main.c,$(wildcard bench/peer/*.c tests/sim/*.c)) tests/kit/simdisk.c \
	bench/mixed/line.c bench/expect/place.c
$(O)/throng-sim: $(call objects,$(filter-out console/% reactor/worker.c,$(SERVER)) \
		$(SIM_WORLD) tests/sim/main.c)
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS_ALL) $(SIM_WRAP) -o $@ $^ $(PKG_LIBS) -lm

# What a target has of the server comes out of an archive, so that it can have
# stand-ins of its own for some of it.
$(O)/fuzz/server.a: $(call objects,$(filter-out console/main.c,$(SERVER)) \
		tests/fuzz/json_reader.c tests/fuzz/source.c)
	@mkdir -p $(@D)
	@rm -f $@
	@ar qcs $@ $^

$(O)/fuzz/fuzz_session: LDFLAGS += $(SIM_WRAP) -lm
$(O)/fuzz/fuzz_session: $(call objects,$(SIM_WORLD))
$(FUZZERS): $(O)/fuzz/%: $(O)/tests/fuzz/%.o $(O)/fuzz/server.a
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PKG_LIBS)

$(O)/fuzz/fuzz_admin: $(O)/tests/fuzz/admin_world.o

# The style of pictures, as a C string: a program needs no file beside it.
$(O)/bench/plot/style.inc: bench/plot/style.gp
	@mkdir -p $(@D)
	@sed 's/["\\]/\\&/g; s/.*/"&\\n"/' $< >$@

$(O)/bench/report/report_plot.o: $(O)/bench/plot/style.inc

# The files of the page, each by its name and kind, and their content with them.
PAGE := $(wildcard $(addprefix proto/page/*.,css html js svg))
$(O)/proto/page.inc: proto/page $(PAGE)
	@mkdir -p $(@D)
	@printf 'PAGE(%s)\n' $(subst .,$(comma),$(notdir $(PAGE))) >$@

$(O)/proto/web_page.o: $(O)/proto/page.inc

$(O)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

-include $(patsubst %.c,$(O)/%.d,$(SERVER) $(BENCH) $(TESTS) \
	$(wildcard bench/*/*.c tests/*/*.c tests/*/*/*.c))

run:
	@.ci/install $(BUILD_PACKAGES)
	@$(MAKE) --no-print-directory all
	@exec build/throng $(ARGS)

# For trying TLS: a certificate for this machine alone, that nobody vouches for.
DEV_CERT := build/dev-cert.pem
DEV_KEY  := build/dev-key.pem
dev-cert:
	@.ci/install openssl
	@mkdir -p build
	@umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
		-noenc -days 365 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 \
		-keyout $(DEV_KEY) -out $(DEV_CERT) 2>/dev/null
	@echo "build/throng --tls-cert $(DEV_CERT) --tls-key $(DEV_KEY)"

# How the tree is written. Then threads, under ThreadSanitizer: what they share,
# and a server that is talked to. Then everything, on AddressSanitizer and
# UndefinedBehaviorSanitizer, and a minute of fuzzing.
# ASLR is off for the former: gcc 12's runtime fails on some address layouts.
# Most tests wait most of the time: twice as many run as there are processors.
# What failed is told once more at the end: thousands of lines went by.
TEST_JOBS = $(shell echo $$((2 * $$(nproc))))
run_tests = $(1)/throng-tests -j$(TEST_JOBS) --tap=$(1)/tests.tap $(2) || { \
	awk '/^(not )?ok|^\#/ { failed = /^not/ } failed' $(1)/tests.tap; exit 1; }
test: tidy
	@.ci/install $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory MODE=tsan build/tsan/throng build/tsan/throng-races
	@$(MAKE) --no-print-directory MODE=asan build/asan/throng build/asan/throng-tests \
		build/asan/throng-bench build/asan/throng-sim
	build/asan/throng-sim
	setarch -R build/tsan/throng-races
	THRONG_BIN=build/tsan/throng THRONG_BENCH=build/throng-bench \
		setarch -R $(call run_tests,build/asan,--filter '$(TSAN_TESTS)')
	THRONG_BIN=build/asan/throng THRONG_BENCH=build/asan/throng-bench \
		$(call run_tests,build/asan)
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=60

# How the tree is written: the rules that a program can check.
tidy:
	@.ci/install python3
	@tests/tidy/run

# All that ThreadSanitizer can see, the generator too. What it is not shown, and
# why, is in tests/tsan/left_out.def.
test-threads:
	@.ci/install $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory MODE=tsan build/tsan/throng build/tsan/throng-bench \
		build/tsan/throng-tests
	THRONG_BIN=build/tsan/throng THRONG_BENCH=build/tsan/throng-bench \
		setarch -R build/tsan/throng-tests -j$(TEST_JOBS)

# The page in a real browser. What it looks like is in build/web.
WEB_MODULES := tests/web/node_modules/.package-lock.json
test-web:
	@.ci/install $(BUILD_PACKAGES) $(WEB_PACKAGES)
	@$(MAKE) --no-print-directory MODE=asan build/asan/throng $(WEB_MODULES)
	THRONG_BIN=build/asan/throng node --test-reporter=spec tests/web/browser.mjs

# The README's picture of the page, made anew.
page-picture:
	@.ci/install $(BUILD_PACKAGES) $(WEB_PACKAGES)
	@$(MAKE) --no-print-directory MODE=release build/throng $(WEB_MODULES)
	node tests/web/picture.mjs proto/page/picture.png

$(WEB_MODULES): tests/web/package-lock.json
	@cd tests/web && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# What the operator has written in throng.conf is his: it is never replaced,
# nor removed.
install: all
	install -D $(BIN)/throng $(DESTDIR)$(PREFIX)/bin/throng
	install -D $(BIN)/throng-bench $(DESTDIR)$(PREFIX)/bin/throng-bench
	install -D -m 644 console/throng.8 $(DESTDIR)$(PREFIX)/share/man/man8/throng.8
	install -D -m 644 bench/throng-bench.1 $(DESTDIR)$(PREFIX)/share/man/man1/throng-bench.1
	install -D -m 644 console/package/throng.socket $(DESTDIR)$(UNITDIR)/throng.socket
	sed 's|@bindir@|$(PREFIX)/bin|; s|@sysconfdir@|$(SYSCONFDIR)|' \
		console/package/throng.service | \
		install -D -m 644 /dev/stdin $(DESTDIR)$(UNITDIR)/throng.service
	for file in $(wildcard console/throng.conf); do \
		test -e $(DESTDIR)$(SYSCONFDIR)/throng.conf || \
		install -D -m 644 $$file $(DESTDIR)$(SYSCONFDIR)/throng.conf; done

uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/throng bin/throng-bench \
		share/man/man8/throng.8 share/man/man1/throng-bench.1) \
		$(addprefix $(DESTDIR)$(UNITDIR)/,throng.service throng.socket)

# build/throng_VERSION_ARCHITECTURE.deb, built from a copy in build/deb: the
# debian folder has to be at the top there.
VERSION = $(shell sed -n 's/^.define THRONG_VERSION *"\(.*\)"/\1/p' console/setting/options.h)
DEB     = build/deb/throng-$(VERSION)
deb:
	@.ci/install $(DEB_PACKAGES)
	@rm -rf build/deb build/throng_*.deb
	@mkdir -p $(DEB)
	@cp -R Makefile LICENSE README.md auth bench console proto reactor \
		console/package/debian $(DEB)
	@sed -i 's/@VERSION@/$(VERSION)/; s/@PACKAGES@/$(shell \
		echo $(BUILD_PACKAGES) | sed 's/ /, /g')/' \
		$(DEB)/debian/changelog $(DEB)/debian/control
	cd $(DEB) && env -u MAKEFLAGS -u MAKELEVEL -u MODE -u PREFIX \
		dpkg-buildpackage -b -us -uc -nc
	lintian --fail-on error build/deb/throng_*.changes
	@mv build/deb/throng_*.deb build

# Each parser is given what its target makes up, for an hour in all; make fuzz
# TARGET=NAME does one of them. fuzz-coverage tells how much of the parsers the
# inputs in tests/fuzz/corpus reach.
FUZZ_SECONDS = 3600
CLANG ?= clang
fuzz:
	@.ci/install $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory MODE=fuzz CC='$(CLANG)' fuzzers
	@tests/fuzz/run $(FUZZ_SECONDS) $(TARGET)

fuzz-coverage:
	@.ci/install $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory MODE=coverage CC='$(CLANG)' fuzzers
	@tests/fuzz/coverage

fuzzers: $(FUZZERS)

# What clang-format, shellcheck, pyflakes, cppcheck, gcc's analyser and
# clang-tidy find, which is nothing. .clang-format, .cppcheck and .clang-tidy
# say what they are asked.
# A file is looked at again once it has changed, or a header of it.
SHELL_SCRIPTS = $(shell grep -rlI --exclude-dir=node_modules '^\#!.*sh$$' .ci bench console tests)
PYTHON        = tests/faults/run $(wildcard bench/*/*.py tests/*.py tests/*/*.py)
C_FILES       = $(filter-out build/%,$(wildcard */*.[ch] */*/*.[ch] */*/*/*.[ch]))
LINTED        = $(SERVER) $(BENCH) $(wildcard bench/floor/*.c bench/accounts/*.c)
lint:
	@.ci/install $(LINT_PACKAGES)
	@echo "clang-format --dry-run -Werror"; clang-format --dry-run -Werror $(C_FILES)
	shellcheck $(SHELL_SCRIPTS)
	pyflakes3 $(PYTHON)
	@$(MAKE) --no-print-directory -j$(shell nproc) MODE=lint lint-c

lint-c: lint-cppcheck $(patsubst %.c,$(O)/%.tidy,$(LINTED))

lint-cppcheck: $(O)/bench/plot/style.inc
	cppcheck -q --std=c11 --enable=warning,style,performance,portability --error-exitcode=1 \
		--suppressions-list=.cppcheck -D_GNU_SOURCE -I. -I$(O) reactor proto auth console bench

$(O)/%.tidy: %.c .clang-tidy $(O)/%.o
	@echo "  TIDY  $<"
	@clang-tidy --quiet $< -- $(filter-out $(FLAGS_$(MODE)) $(WARN_GCC),$(CFLAGS_ALL)) 2>/dev/null
	@touch $@

# The long ones; each ends by itself, with figures and a verdict, whatever has
# become of the others. PART=NAME has one alone, TORTURE_SECONDS=N all of them
# shorter or longer. Two servers are killed at once, else one is measured.
TORTURE         := kills soak storms descriptors sim fuzz
TORTURE_SECONDS ?= 3600
torture:
	@.ci/install $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory MODE=release all build/release/throng-torture
	@$(MAKE) --no-print-directory MODE=asan build/asan/throng-sim
	@$(MAKE) --no-print-directory -k -j1 $(addprefix torture-,$(or $(PART),$(TORTURE)))

torture-kills: TORTURE_JOBS := 2
$(addprefix torture-,$(filter-out sim fuzz,$(TORTURE))): torture-%:
	TORTURE_SECONDS=$(TORTURE_SECONDS) THRONG_BIN=build/throng THRONG_BENCH=build/throng-bench \
		build/release/throng-torture -j$(or $(TORTURE_JOBS),1) --filter '$*/*'

torture-sim:
	build/asan/throng-sim --first $$(od -An -N4 -tu4 /dev/urandom) --runs $$((28 * $(TORTURE_SECONDS)))

torture-fuzz:
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=$(TORTURE_SECONDS)

# Each mistake of tests/faults is made in a copy, and must be found: FAULT=NAME,
# or a shell's pattern, for some of them.
faults:
	@.ci/install $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory MODE=release build/throng-bench
	@CC='$(CC)' python3 tests/faults/run $(if $(FAULT),'$(FAULT)')

# bench/RESULTS.md and its pictures, measured anew: 20 minutes. PARTS=NAME,...
# only some of it; `python3 bench/results --help` names them.
bench:
	@.ci/install $(BUILD_PACKAGES) $(BENCH_PACKAGES)
	@$(MAKE) --no-print-directory MODE=release all build/throng-bench-accounts
	@python3 bench/results $(if $(PARTS),--only $(PARTS)) $(ARGS)

format:
	@.ci/install $(LINT_PACKAGES)
	clang-format -i $(C_FILES)

clean:
	rm -rf build

.PHONY: all run dev-cert install uninstall deb test tidy lint lint-c lint-cppcheck test-threads test-web page-picture \
	fuzz fuzz-coverage fuzzers torture faults bench format clean
