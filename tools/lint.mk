# SPDX-License-Identifier: BSD-2-Clause
# make lint: levels, formatting, tables, run-time code (tools/lint.sh says what each is).
lint: deps-test $(B)/libcygnet.a $(RT_OBJ) $(B)/rt/base/mem.o
	@B="$(B)" CC="$(CC)" LIB="$(B)/libcygnet.a" LIB_LIBS="$(LIB_LIBS)" RT_OBJ="$(RT_OBJ)" tools/lint.sh
# What is generated from the tables and kept in the tree; lint tells when it is behind.
docs: $(B)/libcygnet.a
	@for t in helper kfunc; do \
		$(CC) -Isrc -Iinclude -std=gnu11 -o $(B)/$${t}_rows tools/$${t}_rows.c $(B)/libcygnet.a $(LIB_LIBS) && \
		$(B)/$${t}_rows > docs/$${t}s.md || exit 1; done
	@python3 tools/diagnostics.py > docs/diagnostics.md
.PHONY: lint docs
