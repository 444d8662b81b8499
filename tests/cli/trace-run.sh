#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# trace-run.sh BATON REPORT - the trace of a real run says what its report says; and what
# becomes of a run whose trace cannot be written.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
report=$1
trace=$work/run.trace

# Members of both JSON objects that must be the same, one path a line.
paths()
{
	printf '%s\n' 'wall_ns' 'ledger run_ns' 'ledger handler_ns' 'ledger switch_ns' 'ledger idle_ns' \
		'turns' 'quantum_ns'
	for vm in 0 1; do
		for member in name mode turns lifetime_ns run_ns handler_ns ready_ns blocked_ns 'exits total'; do
			echo "vms $vm $member"
		done
	done
}

# same NAME: does the trace say what the report says, and add up?
same()
{
	cp "$err" "$work/said"
	"$baton" trace "$trace" --json "$work/trace.json" >"$out" 2>"$err"
	status=$?
	paths | while read -r path; do
		# shellcheck disable=SC2086 # a path is several words
		a=$("$report" get "$work/report.json" $path) && b=$("$report" get "$work/trace.json" $path) &&
			[ "$a" = "$b" ] || echo "$path: $a in the report, $b in the trace"
	done >"$work/differ"
	cat "$work/differ" "$work/said" >>"$err"
	[ "$status" = 0 ] && [ ! -s "$work/differ" ] && grep -q 'It balances' "$out" &&
		"$report" balances "$work/trace.json" 2>>"$err" &&
		[ "$("$report" get "$work/report.json" trace records)" = "$("$report" get "$work/trace.json" records)" ] &&
		[ "$("$report" get "$work/report.json" trace lost)" = 0 ] &&
		[ "$("$report" get "$work/report.json" trace file)" = "$trace" ]
	result $? "$1"
}

for policy in share quantum turns; do
	run run neo.bin:70 morpheus-long.elf:30 --policy $policy --for 200ms --trace "$trace" \
		--json "$work/report.json"
	same "policy $policy: the trace of two busy guests says what the report says"
done
run run sleeper.bin ticker.bin --for 200ms --trace "$trace" --json "$work/report.json"
same 'and so does that of guests that sleep and are woken'
cat >"$work/calls.yaml" <<-END
	version: 1
	vms:
	  - {name: calls, image: calls.bin, argument: 4294967295}
	END
run run "$work/calls.yaml" --trace "$trace"
"$baton" trace "$trace" --list --kind label >"$out" 2>"$err" && [ "$(wc -l <"$out")" = 1 ] &&
	grep -q ' calls "the clock is right"$' "$out"
result $? 'what a guest says of itself is in its trace'
run run "$labs/explore/peterson.yaml" --trace "$trace"
"$baton" trace "$trace" --list >"$out" 2>"$err"
status=$?
[ "$status" = 0 ] && grep -q 'io_out port 0xba12: enter 0$' "$out" && grep -q 'io_out port 0xba13: leave 0$' "$out"
result $? 'and so is what it enters and leaves'
run lab matrix-a --for 200ms --trace "$trace"
[ "$status" -le 1 ] && "$baton" trace "$trace" --summary >"$out" 2>"$err" && grep -q 'It balances' "$out"
result $? 'a lab is traced, too'

# ------------------------------------------------------------------------- loss
# How long that takes, depends on the machine.
for time in 500ms 5s 50s; do
	run run neo.bin morpheus.bin --for $time --trace "$trace" --trace-size 64KiB --json "$work/report.json"
	[ "$("$report" get "$work/report.json" trace lost)" = 0 ] || break
done
mentions 0 "$trace is full: the first " 'a trace that is full is told, and the run goes on'
[ "$(wc -c <"$trace")" -le 65536 ] && [ "$("$report" get "$work/report.json" trace lost)" -gt 0 ] &&
	"$report" balances "$work/report.json"
result $? 'it keeps to its size, and the report balances as ever'
cp "$err" "$work/said"
"$baton" trace "$trace" --json "$work/trace.json" >"$out" 2>"$err"
status=$?
[ "$status" = 0 ] && grep -q 'It cannot balance: .* records are missing' "$out" &&
	[ "$("$report" get "$work/report.json" trace lost)" = "$("$report" get "$work/trace.json" lost)" ]
result $? 'the trace owns up to what is missing'

run run neo.bin morpheus.bin --for 200ms --trace /dev/full --json "$work/report.json"
mentions 2 'cannot write /dev/full: No space left on device; it has the first 0 records of' \
	'a full disk is an error'
grep -q 'it balances' "$err" && "$report" balances "$work/report.json"
result $? 'and the figures are shown all the same'

# With a limit on the size of files it is full later. Guest memory is a file, too, of 68 KiB.
# shellcheck disable=SC2016
sh -c 'trap "" XFSZ; ulimit -f 136; exec "$@"' sh "$baton" run neo.bin morpheus.bin --memory 64KiB \
	--for 5s --trace "$trace" --trace-size 128KiB --quiet >"$out" 2>"$err"
status=$?
[ "$status" = 2 ] && grep -q "cannot write $trace: File too large; it has the first [1-9]" "$err"
result $? 'so is one that is full later'
cp "$err" "$work/said"
run trace "$trace" --summary
[ "$status" = 0 ] && grep -q ' records, [1-9][0-9,]* lost' "$out"
result $? 'and what was written can be read'

# ------------------------------------------------------------------- bad words
run run hello.bin --trace /nowhere/x
says 2 'baton run: cannot write /nowhere/x: No such file or directory' 'a path that cannot be written'
run run hello.bin --trace -
mentions 2 '--trace "-" is no file' 'a trace is not for stdout'
run run hello.bin --trace-size 1MiB
says 2 'baton run: --trace-size without --trace; expected --trace FILE' 'a size without a trace'
run run hello.bin --trace "$work/x" --trace-size 1KiB
mentions 2 '--trace-size "1KiB" is too small' 'a size that is too small'
[ ! -e "$work/x" ]
result $? 'and no file is made for it'
echo kept >"$work/old"
run run hello.bin --trace "$work/old" --for never
[ "$status" = 2 ] && [ "$(cat "$work/old")" = kept ]
result $? 'a run that is refused leaves what is there'
run run hello.bin --trace "$work/old" --json /nowhere/x
[ "$status" = 2 ] && [ "$(cat "$work/old")" = kept ]
result $? 'even if it is refused late'
run run hello.bin --trace "$work/new" --json /nowhere/x
[ "$status" = 2 ] && [ ! -e "$work/new" ]
result $? 'a new file goes again'
run run /nowhere.bin --trace "$work/new"
[ "$status" = 2 ] && [ ! -e "$work/new" ]
result $? 'or is not made'
finish
