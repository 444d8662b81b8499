#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# agree.sh BATON BED - the module baton_exits, the KVM of kmod/course and KVM's tracepoint count
# the same exits. Builds the two here and boots a test bed with both: agree-bed.sh has the
# tests.
set -u

baton=$1 bed=$2
root=$BATON_SOURCE_ROOT
here=$root/tests/kmod
work=$(mktemp -d "${TMPDIR:-/tmp}/baton-agree.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
course=$BATON_BUILD_ROOT/course

# gives_up DIRECTIVE FILE: a single test, and what was said.
gives_up()
{
	echo "$1"
	sed 's/^/# /' "$2"
	echo 1..1
	exit "$3"
}

# The beds' tests may run side by side, and share that build.
exec 9>"$BATON_BUILD_ROOT/course.lock"
flock 9
nice "$root/kmod/course/build" "$course" >"$work/log" 2>&1
status=$?
exec 9>&-
[ $status != 3 ] || gives_up "ok 1 - the KVM of kmod/course is built # SKIP $(sed 's/^course: *//' "$work/log" |
	tr '\n' ' ')" /dev/null 0
[ $status = 0 ] || gives_up 'not ok 1 - the KVM of kmod/course is built' "$work/log" 1

kernel=$(tr '\0' '\n' <"$course/kvm.ko" | sed -n 's/^vermagic=\([^ ]*\) .*/\1/p')
KCFLAGS=-g0 nice "$root/kmod/build" --kernel "$kernel" "$work/kmod" >"$work/log" 2>&1 ||
	gives_up 'not ok 1 - the module baton_exits is built' "$work/log" 1

"$root/testbed/run" --cpus 2 --modules "$course" --file "$work/kmod/baton_exits.ko:/baton_exits.ko" \
	--file "$baton" --tree "$BATON_BUILD_ROOT/guest" --tree "$BATON_BUILD_ROOT/labs" \
	--tree "$root/labs" --tree "$here" --env "BATON_GUESTS=$BATON_BUILD_ROOT/guest" \
	--env "BATON_LABS=$root/labs" --timeout 300 "$bed" -- \
	sh "$here/agree-bed.sh" "$baton" /baton_exits.ko 2>"$work/err"
status=$?
sed 's/^/# /' "$work/err"
[ $status -lt 124 ] || gives_up "not ok 1 - the test bed came back" /dev/null 1
exit $status
