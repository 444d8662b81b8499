#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# doctor.sh BATON REPORT-JSON - `baton doctor` on a machine that has a KVM.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
report=$1

run doctor
[ "$status" = 0 ] && ! grep -q '^  fail' "$out"
result $? 'a machine with a KVM passes'
for check in device permission 'kernel module' capabilities nesting '32-bit paging' \
	'shortest slice' 'invariant TSC' 'task limit' 'file limit'; do
	grep -Eq "^  (ok|warn) +$check  +[^ ]" "$out"
	result $? "it says something of: $check"
done
# Where the machine is too busy for any of those that are tried, it says that instead.
grep -Eq -e '^  (ok|warn) +shortest slice +[0-9.]+ (µs|ms), measured' \
	-e '^  warn +shortest slice +longer than 5 ms: turns last longer than they' "$out"
result $? 'the shortest slice is measured'
awk '
	/^  (ok|warn|fail|unknown) / { bad += owed; owed = /^  (warn|fail)/ }
	/→/ { owed = 0 }
	END { exit bad + owed }' "$out"
result $? 'every warning says what to do'
awk '{ gsub(/[\200-\277]/, ""); if (length($0) > 80) bad = 1 } END { exit bad }' "$out"
result $? 'nothing is wider than 80 columns'
run doctor --json
cp "$out" "$work/report.json"
[ "$status" = 0 ] && [ "$("$report" get "$work/report.json" usable)" = true ] &&
	[ "$("$report" get "$work/report.json" checks 0 name)" = device ]
result $? 'the same as JSON'
finish
