#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# refusal.sh BATON - a KVM without 32-bit paging: what needs it is refused, and the rest runs.
# BATON is the command over such a KVM.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"

for lab in answer modes simple-kvm timer file; do
	run lab "$lab-paged"
	[ "$status" = 4 ] && grep -q 'this KVM cannot run 32-bit paging' "$err" &&
		[ "$(grep -c . "$err")" = 2 ]
	result $? "lab $lab-paged is refused before the run, in one sentence"
done

run lab answer-long
[ "$status" != 4 ] && ! grep -q '32-bit paging' "$err"
result $? 'mode long is not'
finish
