# SPDX-License-Identifier: BSD-2-Clause
# Packages: what building and testing need, by Debian name.
BUILD_PACKAGES := gcc libc6-dev pkg-config libbpf-dev libelf-dev libdw-dev libzydis-dev libcapstone-dev zlib1g-dev clang llvm bpftool
TEST_PACKAGES := libcmocka-dev linux-perf clang-format-14 clang-19 llvm-19 gcc-bpf strace python3 systemtap-sdt-dev g++ man-db procps busybox-static perl sqlite3 zstd xz-utils bzip2
# What is measured beside: where they cannot be had, columns are missing.
BENCH_PACKAGES := librte-bpf23 xdp-tools
AARCH64_PACKAGES := gcc-aarch64-linux-gnu qemu-user-static libc6-dev:arm64 libelf-dev:arm64 libzydis-dev:arm64 libcmocka-dev:arm64
deps-stamp: $(B)/.deps
$(B)/.deps: tools/deps.mk tools/deps.sh
	@mkdir -p $(@D)
	@tools/deps.sh $(BUILD_PACKAGES)
	@touch $@
deps-test: $(B)/.deps-test
$(B)/.deps-test: tools/deps.mk tools/deps.sh
	@mkdir -p $(@D)
	@tools/deps.sh $(BUILD_PACKAGES) $(TEST_PACKAGES)
	@touch $@
deps-bench: deps-test
	@tools/deps.sh $(BENCH_PACKAGES) || true
deps:
	@tools/deps.sh $(BUILD_PACKAGES) $(TEST_PACKAGES)
.PHONY: deps deps-stamp deps-test deps-bench
