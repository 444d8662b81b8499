#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# snapshot.sh BATON REPORT-JSON - a run that is cut in two, with a file in between, ends as
# one that is not.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
file=$work/file

# halves NAME EXITS SCENARIO: what the guests and their traffic say is the same together.
halves()
{
	name=$1 exits=$2
	shift 2
	run run "$@" --quiet --format course
	cp "$out" "$work/whole"
	whole=$status
	run snapshot "$@" --exits "$exits" --output "$file"
	[ "$status" = 0 ] && [ -s "$file" ]
	result $? "$name: a file is written after $exits exits"
	run run --from "$file" --quiet --format course
	tail -n "$(wc -l <"$out")" "$work/whole" | cmp -s - "$out" && [ "$status" = "$whole" ] &&
		[ "$whole" = 0 ]
	result $? "$name: the rest of the run after $exits exits is as it was"
	[ ! -s "$work/whole" ] || { [ -s "$out" ] && ! cmp -s "$work/whole" "$out"; }
	result $? "$name: that is a rest, after $exits exits"
}
# Each exit of the producer and the consumer is where a snapshot might go wrong.
for exits in 3 4 5 6 7 8; do
	halves 'hand-off' "$exits" "$labs/emu/1.yaml"
done
halves 'batch' 5 "$labs/emu/3.yaml"
halves 'ring' 7 "$labs/emu/4.yaml" --policy turns
halves 'shared memory' 4 "$labs/ring/shared.yaml"
halves 'trapped memory' 9 "$labs/ring/trapped.yaml"

# What was written before counts for what is expected of the whole.
run run hello.bin --quiet
cp "$out" "$work/whole"
run snapshot hello.bin --exits 5 --output "$file"
run run --from "$file" --quiet
[ "$status" = 0 ] && cmp -s "$out" "$work/whole"
result $? 'a line that was begun is written once'
cat >"$work/output.yaml" <<-END
	version: 1
	vms:
	  - {name: a, image: $BATON_GUESTS/calls.bin, argument: 4294967295}
	expect:
	  a: {outcome: halted}
END
run snapshot "$work/output.yaml" --exits 3 --output "$file"
rm "$work/output.yaml"
run run --from "$file" --quiet
[ "$status" = 0 ]
result $? 'the scenario is in the file'

# Time: a timer's ticks, and shares.
run snapshot "$labs/timer/real.yaml" --exits 3 --output "$file"
run run --from "$file" --quiet
[ "$status" = 0 ]
result $? 'a timer goes on'
run snapshot neo.bin:70 morpheus.bin:30 --at 100ms --output "$file"
run run --from "$file" --for 300ms --quiet --json "$work/json"
[ "$status" = 0 ] && grep -q '"end": "budget"' "$work/json"
result $? 'two guests that never end go on'
run run --from "$file" --for 100ms --policy turns
[ "$status" = 0 ] && grep -q 'policy turns' "$err"
result $? '… under another policy'

run snapshot --show "$file"
[ "$status" = 0 ] && grep -q '^  neo: real' "$out" && grep -q ' rip ' "$out" &&
	grep -q 'device 0: ' "$out"
result $? 'a file can be looked into'
run snapshot --show "$file" --json
[ "$status" = 0 ] && grep -q '"name": "morpheus"' "$out"
result $? '… and as JSON'

# --------------------------------------------------------------------- refusals
head -c 1000 "$file" >"$work/cut"
run run --from "$work/cut"
mentions 2 "$work/cut: at 0x3e8: the file ends; expected" 'a cut file'
{ head -c 2000 "$file"; printf '\377'; tail -c +2002 "$file"; } >"$work/damaged"
run run --from "$work/damaged"
mentions 2 'is damaged' 'a damaged file'
run run --from "$labs/emu/1.yaml"
mentions 2 'this is no snapshot' 'a file of another kind'
run run --from "$file" --memory 2MiB
mentions 2 'has bytes of memory: 1048576 there, 2097152 here' 'other VMs than the file has'
run snapshot "$labs/emu/1.yaml" --exits 1000000 --output "$work/none"
[ "$status" = 2 ] && grep -q 'it has ended' "$err" && [ ! -e "$work/none" ]
result $? 'VMs that have ended'
run snapshot neo.bin --at 10ms --output /nowhere/x
mentions 2 'cannot write /nowhere/x: ' 'a file that cannot be written'
run snapshot neo.bin --at 10ms --output /dev/full
mentions 2 'cannot write /dev/full: ' 'a full disk'
run snapshot "$labs/file/real.yaml" --exits 2 --output "$work/none"
[ "$status" = 4 ] && grep -q 'device `files`' "$err" && [ ! -e "$work/none" ]
result $? 'a device that cannot go along'
finish
