#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# instructions.sh - instructions of Baton's own per port exit, in user space.
#
#	bench/instructions.sh [--without-ledger | --trace] [--table]
#
# Counted by callgrind over a fake KVM: what stands in src/ and include/, the
# ledger on, policy `null`, one device. The fake's own instructions are left out;
# so are the C library's ioctl() and clock_gettime(), which the fake replaces.
# --table shows the functions; --without-ledger counts a Baton that has none, --trace
# one that records every boundary.
set -eu
cd "$(dirname -- "$0")/.."
program=build/bench/instructions
how=
if [ "${1:-}" = --without-ledger ]; then
	program=$program-without-ledger
	shift
elif [ "${1:-}" = --trace ]; then
	how=trace
	shift
fi
low=1000 high=11000

command -v valgrind >/dev/null || {
	echo "bench/instructions.sh: valgrind is not installed" >&2
	exit 4
}
[ -x "$program" ] || {
	echo "bench/instructions.sh: $program is missing; ./check builds it" >&2
	exit 4
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One line per function: instructions, file:function.
count()
{
	valgrind --tool=callgrind --callgrind-out-file="$work/out.$1" "$program" "$1" $how >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		exit 1
	}
	callgrind_annotate --threshold=100 --show-percs=no "$work/out.$1" |
		awk '$2 ~ /(src|include|fake|libc|tests|\?\?\?)/ && $1 ~ /^[0-9,]+$/ { gsub(",", "", $1); print $1, $2 }'
}

count $low >"$work/low"
count $high >"$work/high"
awk -v exits=$((high - low)) -v table="${1:-}" '
	$2 !~ /\/(src|include)\// && $2 !~ /^(\.\.\/)*(src|include)\// { next }
	FNR == NR { low[$2] += $1; next }
	{ high[$2] += $1 }
	END {
		for (name in high) {
			per = (high[name] - low[name]) / exits
			sum += per
			if (table == "--table" && per >= 0.5)
				printf "%6.1f  %s\n", per, name | "sort -rn"
		}
		close("sort -rn")
		printf "%.1f\n", sum
	}' "$work/low" "$work/high"
