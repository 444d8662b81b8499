#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# kick.sh - checks kick.pml with spin: the protocol as it is must hold within two
# sets of bounds that finish in seconds (and, with BATON_TEST_LONG, in a larger one
# that takes minutes and 2 GB); each broken variant must fail, and for its reason.
set -u

for tool in spin cc; do
	if ! command -v $tool >/dev/null; then
		echo "1..0 # SKIP $tool is not installed"
		exit 0
	fi
done

model=$BATON_SOURCE_ROOT/tests/model/kick.pml
folder=$(mktemp -d "${TMPDIR:-/tmp}/baton-model.XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

number=0 failed=0
result() # OK NAME
{
	number=$((number + 1))
	[ "$1" = 0 ] && word=ok || word='not ok' failed=1
	echo "$word $number - $2"
	[ "$1" = 0 ] || sed 's/^/# /' log
}

# verify OPTIONS…: a search of everything within the bounds; leaves its output in `log`.
verify()
{
	spin -a "$@" "$model" >log 2>&1 && cc -O2 -w -DSAFETY -DCOLLAPSE -o pan pan.c >>log 2>&1 &&
		./pan -m100000 >>log 2>&1
}

# Nothing wrong; and the search was not cut short, or it would prove nothing.
holds() # NAME OPTIONS…
{
	name=$1
	shift
	verify "$@" && grep -q 'errors: 0$' log &&
		! grep -q 'Search not completed\|max search depth' log
	result $? "$name"
}

# A mistake that shows as `error`.
breaks() # MACRO ERROR
{
	verify "-D$1" -DTURNS=2
	grep -q "^pan:1: $2" log && grep -q 'errors: 1$' log
	result $? "$1 is found: $2"
}

if [ -n "${BATON_TEST_LONG:-}" ]; then
	echo 1..12
	holds 'two runs with signals of others too' -DRUNS=2 -DTURNS=3
else
	echo 1..11
fi
holds 'one run with signals of others too' -DRUNS=1 -DTURNS=2
[ "$(grep -c '(0 of [0-9]* states)' log)" = "$(grep -c 'unreached in' log)" ]
result $? 'nothing in the model is out of reach'
holds 'two runs without them' -DRUNS=2 -DTURNS=2 -DFOREIGN=0 -DINTERRUPTS=0
breaks UNBLOCKED 'invalid end state'
breaks SEND_FIRST 'invalid end state'
breaks STALE_BELIEF 'invalid end state'
breaks NO_REARM 'invalid end state'
breaks KEEP_BELIEF 'invalid end state'
breaks CONSUME_LATE 'invalid end state'
breaks NO_CLOCK 'assertion violated (now>=end)'
breaks CLEAR_LATE 'assertion violated  !(owed)'
exit $failed
