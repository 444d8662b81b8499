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
run snapshot hello.bin --exits 5 -o "$file"
run run --from "$file" --quiet
[ "$status" = 0 ] && cmp -s "$out" "$work/whole"
result $? 'a line that was begun is written once'
run run modes.bin --quiet
cp "$out" "$work/whole"
{
	printf 'version: 1\nvms: [{name: one, image: %s}]\n' "$BATON_GUESTS/modes.bin"
	printf 'expect:\n  one:\n    output: |\n'
	sed 's/^/      /' "$work/whole"
} >"$work/modes.yaml"
run snapshot "$work/modes.yaml" --exits 30 -o "$file"
run run --from "$file" --quiet
[ "$status" = 0 ] && [ "$(wc -l <"$out")" -lt "$(wc -l <"$work/whole")" ] &&
	tail -n "$(wc -l <"$out")" "$work/whole" | cmp -s - "$out"
result $? 'a line that was ended is not, and counts'
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

self=$(readlink -f "$baton")
mkdir "$work/here"
cp "$BATON_GUESTS/neo.bin" "$work/neo"
for image in neo.bin "$work/neo:70"; do
	rm -f "$work/here/neo.snapshot"
	(cd "$work/here" && "$self" snapshot "$image" morpheus.bin --at 20ms >"$out" 2>"$err")
	status=$?
	[ "$status" = 0 ] && grep -q ', in neo.snapshot$' "$err" && [ -s "$work/here/neo.snapshot" ]
	result $? "$(basename "$image"): without a name it is called as the first image"
done

# --------------------------------------------------------------------- refusals
run snapshot
mentions 2 'baton snapshot: nothing to run; expected images or one scenario' 'nothing'
run snapshot neo.bin
says 2 'baton snapshot: when is it to be taken? Expected --at TIME or --exits N' 'no time'
for words in neo.bin '--at 1s' '--exits 1' '-o x'; do
	# shellcheck disable=SC2086 # several words
	run snapshot --show "$file" $words
	says 2 'baton snapshot: --show runs nothing; expected one file, and perhaps --json' \
		"--show and $words"
done
run snapshot neo.bin --at 1s --json
says 2 'baton snapshot: --json without --show; expected --show FILE' '--json alone'
run snapshot neo.bin "$labs/emu/1.yaml" --at 1s
says 2 'baton snapshot: a scenario is not alone; expected one scenario, or images' 'two scenarios'
run snapshot neo.bin --at soon
mentions 2 'baton snapshot: --at "soon" is not a number; expected a duration such' \
	'a time that is none'
run snapshot neo.bin --exits 0
says 2 'baton snapshot: --exits "0" is too small; expected a whole number above 0' 'no exits'
run snapshot neo.bin --exits
says 2 'baton snapshot: --exits has no argument; expected N' 'a missing number'
run snapshot neo.bin --policy script --at 1s -o "$work/none"
mentions 2 'policy script goes by a schedule, and no snapshot knows how far' 'a schedule'
cat >"$work/late.yaml" <<-END
	version: 1
	vms:
	  - {name: early, image: $BATON_GUESTS/neo.bin}
	  - {name: late, image: $BATON_GUESTS/neo.bin, arrives: 1s}
END
run snapshot "$work/late.yaml" --at 20ms -o "$work/none"
[ "$status" = 2 ] && [ ! -e "$work/none" ] &&
	grep -q '^baton snapshot: late: it arrives after 1.* s; expected a time' "$err"
result $? 'a VM that is not there yet'
timeout -s INT 2 "$baton" snapshot neo.bin --at 60s -o "$work/none" >"$out" 2>"$err"
[ "$(cat "$err")" = 'baton snapshot: stopped; nothing was written' ] && [ ! -e "$work/none" ]
result $? 'what is stopped writes nothing'
run run --from "$work/nowhere"
says 2 "baton run: $work/nowhere: No such file or directory" 'a file that is not there'
run run --from "$file" neo.bin
says 2 'baton run: --from and neo.bin; expected one of them' 'a file and an image'
run run --from "$file" --record "$work/record"
says 2 'baton run: --from and --record; expected one of them' 'a file and a record'
head -c 1000 "$file" >"$work/cut"
run run --from "$work/cut"
mentions 2 "baton run: $work/cut: at 0x3e8: the file ends; expected" 'a cut file'
run snapshot --show "$work/cut"
mentions 2 "baton snapshot: $work/cut: at 0x3e8: the file ends; expected" 'that is shown'
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
# With a limit on the size of files it is full later. Guest memory is a file, too, of 68 KiB.
# shellcheck disable=SC2016
sh -c 'ulimit -f 136; exec "$@"' sh "$baton" snapshot --memory 64KiB --at 20ms \
	-o "$work/large" neo.bin neo.bin neo.bin neo.bin neo.bin neo.bin neo.bin neo.bin neo.bin \
	neo.bin >"$out" 2>"$err"
status=$?
[ "$status" = 2 ] && grep -q "^baton snapshot: cannot write $work/large: .*File too large" "$err" &&
	[ -z "$(find "$work" -name 'large*')" ]
result $? 'one that is full in the midst of it, and nothing is left there'
run snapshot "$labs/file/real.yaml" --exits 2 --output "$work/none"
[ "$status" = 4 ] && grep -q 'device `files`' "$err" && [ ! -e "$work/none" ]
result $? 'a device that cannot go along'
finish
