#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# deps.sh PACKAGE...: lists the Debian packages that are missing and installs them.
set -e
missing=
if ! command -v dpkg-query >/dev/null 2>&1; then
	echo "cygnet: not a Debian system; these packages (Debian's names) are needed: $*" >&2
	exit 0
fi
for p in "$@"; do
	dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
echo "cygnet: installing:$missing" >&2
sudo=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "cygnet: as root: apt-get install$missing" >&2
		exit 1
	fi
	sudo=sudo
fi
export DEBIAN_FRONTEND=noninteractive
case "$missing" in
*:arm64*)
	$sudo dpkg --add-architecture arm64
	$sudo apt-get update >/dev/null
	;;
esac
$sudo apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 || {
	$sudo apt-get update >/dev/null
	$sudo apt-get install -y --no-install-recommends $missing >/dev/null
}
