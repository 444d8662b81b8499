#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# labs.sh BATON REPORT-JSON - every lab, with what it expects.
#
# Runs are shorter than the labs say. What a share may be off follows from that:
# at the end a VM is one slice and the longest overrun away from its ideal at
# most. Where a lab says ± 0.3 %, 5 s leave 15 ms for both, and the slice is cut
# to 2 ms. A machine that was too busy to end a turn in time has overruns beyond
# the other 13 ms: then the shares are held against the lag alone.
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
lab_of_shares() # NAME
{
	run lab "$1" --json "$json" --quantum 2ms --for 5s
	if [ "$status" = 1 ] && [ "$("$report" get "$json" overrun_ns)" -gt 13000000 ] &&
		"$report" met-but "$json" share; then
		echo "# a busy machine: a turn ran $("$report" get "$json" overrun_ns) ns too long"
		status=0
	fi
	[ "$status" = 0 ] && "$report" balances "$json" 2>>"$err"
	result $? "lab $1"
	"$report" within-lag "$json" 2>>"$err"
	result $? "lab $1: shares are as near as the lag allows"
}

lab matrix-a --for 100ms --quiet
grep -v '^baton' "$err" | awk '
	{ if ($1 == last) bad = 1; last = $1 }
	END { exit bad || NR < 20 }'
result $? 'lab matrix-a: the other one at every exit'
# Here 2.4 s leave 80 ms for overruns.
lab matrix-b --quantum 400ms --for 2400ms --quiet
lab_of_shares matrix
lab_of_shares matrix-c-90-10
lab_of_shares matrix-c-mixed
lab matrix-c-0-100 --for 500ms
lab matrix-c-100-0 --for 500ms
lab matrix-three --for 3s

# Of the thousand, 20, and as long as each has a turn.
lab thousand --count 10 --for 3s
grep -q '^  heavy  *10 ' "$err"
result $? 'lab thousand: a group has one line'
sum=$("$report" get "$json" vms 19 name)
[ "$sum" = light-10 ]
result $? 'lab thousand: the JSON report has every VM'

lab emu-1
lab emu-2
lab emu-3
lab emu-4
lab emu-ring6
lab emu-pointers

lab answer-real
lab answer-protected
lab answer-long
lab modes-real
lab modes-protected
lab modes-long
lab simple-kvm
lab simple-kvm-long
lab simple-kvm-real
lab simple-kvm-by-out
lab simple-kvm-e4
lab simple-kvm-ea
lab simple-kvm-f0
lab ring-shared
lab ring-shared-long
lab ring-trapped
lab lock-peterson
lab lock-broken
tr -s ' \n' '  ' <"$err" | grep -q 'one VM at a time may be in: VM `left` is in section 0\.'
result $? 'lab lock-broken: the report says who was there'
lab file
lab file-real
lab file-long
lab timer
lab timer-real
lab timer-long
lab timer-idle
# On a KVM without 32-bit paging they are refused: tests/cli/refusal.sh.
run lab answer-paged
if [ "$status" = 4 ] && grep -qi 'paging' "$err"; then
	for name in answer modes simple-kvm timer file; do
		skip "lab $name-paged" 'this KVM has no 32-bit paging'
	done
else
	lab answer-paged
	lab modes-paged
	lab simple-kvm-paged
	lab timer-paged
	lab file-paged
fi

# Whatever is in the folder has been run; what is there to be explored, by explore-labs.sh.
tested=$(sed -n 's/^	*lab[a-z_]* \([a-z0-9-]*\).*/\1/p' "$0" |
	sed 's/^matrix$/matrix-c/; s/^simple-kvm$/simple-kvm-protected/; s/^timer$/timer-protected/; s/^file$/file-protected/; s/^thousand$/thousand-spin/' | sort -u)
run lab
[ "$tested" = "$(awk '$1 !~ /^explore-/ { print $1 }' "$out")" ]
result $? 'no lab is without a test'
finish
