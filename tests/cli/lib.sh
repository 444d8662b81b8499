# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
#
# lib.sh - for tests of the command; they begin with `. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"`.
# The first argument of each is the command.

baton=$1
shift
work=$(mktemp -d "${TMPDIR:-/tmp}/baton-cli.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
out=$work/out err=$work/err
tests=0 failed=0
labs=$BATON_SOURCE_ROOT/labs
BATON_GUESTS=$BATON_BUILD_ROOT/guest
BATON_LABS=$labs
LC_ALL=C
export BATON_GUESTS BATON_LABS LC_ALL

# run ARGUMENT ...: sets $status; stdout and stderr are in $out and $err.
run()
{
	timeout "${limit:-180}" "$baton" "$@" >"$out" 2>"$err" </dev/null
	status=$?
}

# result STATUS NAME: one test; 0 is good. What the command said follows a failure.
result()
{
	tests=$((tests + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests - $2"
		return
	fi
	failed=1
	echo "not ok $tests - $2"
	echo "# exit status ${status-}"
	head -n 40 "$err" | sed 's/^/# stderr: /'
	head -n 40 "$out" | sed 's/^/# stdout: /'
}

skip() # NAME REASON
{
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# says STATUS TEXT NAME: the last run ended so, and stderr is this one line.
says()
{
	[ "$status" = "$1" ] && [ "$(cat "$err")" = "$2" ]
	result $? "$3"
	[ "$(cat "$err")" = "$2" ] || echo "# expected: $2"
}

# mentions STATUS TEXT NAME: … and stderr has the text somewhere.
mentions()
{
	[ "$status" = "$1" ] && grep -qF -- "$2" "$err"
	result $? "$3"
}

finish()
{
	echo "1..$tests"
	exit $failed
}

# shellcheck source=tests/hidden.sh
. "$BATON_SOURCE_ROOT/tests/hidden.sh"
