#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# explore-labs.sh BATON TABLE PATTERN - the labs of `baton explore`: each comes out as its scenario
# says, in as many states and moves as TABLE says, whatever KVM this is; and the schedules that
# are found end their VMs in a real run, too. In a bed these are the labs that match PATTERN:
# there a command takes half a second, and all of them are for BATON_TEST_LONG.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
table=$1 pattern=$2
case ${BATON_TEST_KVM:-native}${BATON_TEST_LONG:+ long} in
native* | *long) pattern=. ;;
esac

# figures_of: verdict, length, states and moves of the last run, from its first line.
figures_of()
{
	sed -n '1{
		s/,//g
		s/^\([a-z]*\) under [a-z]* in \([0-9]*\) moves: \([0-9]*\) states \([0-9]*\) moves .*/\1 \2 \3 \4/p
		s/^\([a-z]*\) under [a-z]*: \([0-9]*\) states \([0-9]*\) moves .*/\1 0 \2 \3/p
	}' "$out"
}

# A violation is a death; who is in a deadlock, or in a livelock, has none.
replays() # LAB VERDICT
{
	run run "$labs/explore/$1.yaml" --replay "$work/schedule" --quiet
	grep -q 'moves as the schedule has them' "$err" || return 1
	case $2 in
	violated) [ "$status" = 3 ] ;;
	*) [ "$status" = 0 ] ;;
	esac
}

grep -v '^#' "$table" | grep -E "$pattern" >"$work/table"
while read -r lab memory verdict length states moves; do
	rm -f "$work/schedule"
	run explore --quiet --memory "$memory" --record "$work/schedule" "$labs/explore/$lab.yaml"
	[ "$status" = 0 ] && [ "$(figures_of)" = "$verdict $length $states $moves" ]
	result $? "$lab under $memory: $verdict, $states states"
	[ "$verdict" = verified ] && continue
	replays "$lab" "$verdict"
	result $? "$lab under $memory: a run by the schedule ends so, too"
done <"$work/table"

if [ "$pattern" = . ]; then
	for lab in "$labs"/explore/*.yaml; do
		lab=${lab##*/}
		[ "$(grep -c "^${lab%.yaml} " "$table")" = 2 ]
		result $? "$lab has a row for each memory model"
	done
fi

finish
