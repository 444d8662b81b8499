# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
#
# lib.sh - for tests whose cases are commands; they begin with
# `. "$BATON_SOURCE_ROOT/tests/lib.sh"`, print their plan, and end with `exit $failed`.
source=$BATON_SOURCE_ROOT
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=0

# ok NAME COMMAND…: one test. What the command said follows a failure.
ok()
{
	what=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $number - $what"
	else
		echo "not ok $number - $what"
		sed 's/^/# /' "$work/said"
		failed=1
	fi
}
