#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# labs.sh BATON REPORT-JSON - every lab, with what it expects.
#
# Runs are shorter than the labs say. What a share may be off follows from that:
# a VM is one slice and the longest overrun away from its ideal at most. Where a
# lab says ± 0.3 %, 5 s leave 15 ms for both, so the slice is cut to 2 ms.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
report=$1
json=$work/report.json

# lab NAME [OPTION ...]: it ends well, its figures balance, and it has expectations.
lab()
{
	name=$1
	shift
	run lab "$name" --json "$json" "$@"
	[ "$status" = 0 ] && "$report" get "$json" expectations 0 what >/dev/null 2>>"$err" &&
		"$report" balances "$json" 2>>"$err"
	result $? "lab $name"
}

# … and every share is where the lag says.
lab_of_shares()
{
	lab "$@"
	"$report" within-lag "$json" 2>>"$err"
	result $? "lab $1: shares are as near as the lag allows"
}

lab matrix-a --for 100ms --quiet
grep -v '^baton' "$err" | awk '
	{ if ($1 == last) bad = 1; last = $1 }
	END { exit bad || NR < 20 }'
result $? 'lab matrix-a: the other one at every exit'
lab matrix-b --quantum 100ms --for 600ms --quiet
lab_of_shares matrix --quantum 2ms --for 5s
lab_of_shares matrix-c-90-10 --quantum 2ms --for 5s
lab_of_shares matrix-c-mixed --quantum 2ms --for 5s
lab matrix-c-0-100 --for 500ms
lab matrix-c-100-0 --for 500ms
lab matrix-three --for 3s

lab answer-real
lab answer-protected
lab answer-long
refusal='32-bit paging is refused before the run, in one sentence'
run lab answer-paged --json "$json"
if [ "$status" = 4 ] && grep -qi 'paging' "$err"; then
	[ "$(grep -c . "$err")" = 2 ]
	result $? "$refusal"
	skip 'lab answer-paged' 'this KVM has no 32-bit paging'
else
	skip "$refusal" 'this KVM has 32-bit paging'
	lab answer-paged
fi

# Whatever is in the folder has been run.
tested=$(sed -n 's/^lab[a-z_]* \([a-z0-9-]*\).*/\1/p' "$0" | sed 's/^matrix$/matrix-c/' | LC_ALL=C sort -u)
run lab
[ "$tested" = "$(awk '{ print $1 }' "$out")" ] ||
	[ "$tested" = "$(awk '{ print $1 }' "$out" | grep -v '^answer-paged$')" ]
result $? 'no lab is without a test'
finish
