# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the end-to-end scripts: TAP, a scratch directory, the build's parts where any user can read them.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
B=$(realpath "${B:-build}")
TOP=$PWD
export LC_ALL=C
W=$(mktemp -d "${TMPDIR:-/tmp}/cygnet-e2e-XXXXXX")
chmod 755 "$W"
trap 'rm -rf "$W"' EXIT
mkdir -p "$W/bin/fallback" "$W/home" "$W/user"
cp "$B"/cygnet "$B"/libcygnet-*.so "$W/bin/" && cp "$B"/fallback/* "$W/bin/fallback/"
cp -r examples "$W/examples"
chmod -R a+rX "$W"
chmod 777 "$W/user"
export HOME=$W/home XDG_CACHE_HOME=$W/home/.cache
CYGNET=$W/bin/cygnet
EX=$W/examples
n=0

ok() { n=$((n + 1)); echo "ok $n - $*"; }
not_ok() { n=$((n + 1)); echo "not ok $n - $*"; }
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }
# check NAME COMMAND...: passes when the command succeeds
check() {
	local name=$1
	shift
	if "$@"; then ok "$name"; else not_ok "$name"; fi
}
# same NAME A B: passes when the strings are equal
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") | head -20 | sed 's/^/# /'
	fi
}
# has NAME FILE PATTERN: passes when the file has a line matching the extended pattern
has() {
	if grep -qE -- "$3" "$2"; then
		ok "$1"
	else
		not_ok "$1"
		echo "# no line matches: $3"
		head -15 "$2" | sed 's/^/# /'
	fi
}
# Runs a command as an ordinary user with no privilege; the caller's own identity when it is one already.
unprivileged() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		HOME=$W/user XDG_CACHE_HOME=$W/user/.cache TMPDIR=/tmp \
			setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs "$@"
	fi
}
done_testing() { echo "1..$n"; }
