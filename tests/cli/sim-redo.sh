#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# sim-redo.sh BATON - what a real run's policy decided, baton sim decides again; and its
# guests' workloads can be simulated. Needs a KVM.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"

for policy in share quantum turns; do
	run run neo.bin:70 morpheus.bin:30 --policy $policy --quantum 7ms --burst 3 --for 300ms \
		--trace "$work/trace" --quiet
	run sim --redo "$work/trace"
	[ "$status" = 0 ] && grep -qx '[1-9][0-9,]* decisions, all the same' "$out"
	result $? "every decision of a run under $policy is made again"
done
run sim --from "$work/trace" --policy share
[ "$status" = 0 ] && grep -q '^  neo ' "$out" && grep -q '^  morpheus ' "$out"
result $? 'the guests of a run can be simulated under another policy'
finish
