#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# replay.sh BATON REPORT-JSON - runs on record, and what comes of replaying them.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
record=$work/record

# twice NAME ARGUMENT…: what is recorded is replayed, byte for byte.
twice()
{
	name=$1
	shift
	run run "$@" --record "$record"
	mv "$out" "$work/first"
	recorded=$status
	run run "$@" --replay "$record"
	[ "$recorded" = "${ends:-0}" ] && [ "$status" = "${ends:-0}" ] && cmp -s "$work/first" "$out" &&
		grep -q 'turns as on record, every exit the same' "$err"
	result $? "$name"
}

# The record's lines, by their first word.
lines()
{
	grep -c "^$1 " "$record"
}

twice 'share: the ring, as JSON lines' "$labs/emu/4.yaml" --policy share --quantum 2ms --format json
[ -s "$work/first" ]
result $? '… and there is something to compare'
cp "$work/first" "$work/seed-1"
twice 'another seed' "$labs/emu/4.yaml" --policy share --quantum 2ms --format json --seed 7
! cmp -s "$work/first" "$work/seed-1"
result $? '… changes the output'
twice 'script: the ring' "$labs/emu/4.yaml" --format course
twice 'quantum: the hand-off' "$labs/emu/1.yaml" --policy quantum --quantum 2ms --format course
twice 'turns: exit by exit' "$labs/matrix/a.yaml" --for 50ms --show exits
# What a run of a few turns got is no proof of fairness: the labs' expectations of it stay away.
for lab in c three; do
	sed '/^expect:/,$d' "$labs/matrix/$lab.yaml" >"$work/$lab.yaml"
done
twice 'share, cut in the middle of turns' "$work/c.yaml" --for 300ms --quantum 3ms
[ "$(lines turn)" -gt 10 ]
result $? '… which were some'
twice 'sleepers, and who comes late' "$work/three.yaml" --for 1200ms --quantum 3ms
cat >"$work/calls.yaml" <<-END
	version: 1
	policy: {name: share, quantum: 5ms}
	vms:
	  - {name: a, image: calls.bin, argument: 4294967295}
	  - {name: b, image: calls-long.elf, mode: long, argument: 4294967295}
END
twice 'trapped memory' "$labs/ring/trapped.yaml"
twice 'times and random numbers' "$work/calls.yaml"
[ "$(lines time)" = 4 ]
result $? '… of which the times are on record'
twice 'a console that is read slowly' hello.bin neo.bin --for 100ms
printf '\346\167' >"$work/port.bin" # out %al, $0x77
ends=3
twice 'a death' "$work/port.bin" neo.bin --for 50ms
ends=0

# ------------------------------------------------------------------ differences
run run "$labs/emu/1.yaml" --record "$record" --quiet
# differs NAME SED-SCRIPT TEXT: the record is changed, and the first difference told.
differs()
{
	sed "$2" "$record" >"$work/changed"
	run run "$labs/emu/1.yaml" --replay "$work/changed" --quiet
	[ "$status" = 1 ] && grep -qF -- "$3" "$err"
	result $? "$1"
}
first=$(grep -n '^exit 2' "$record" | head -n 1 | cut -d : -f 1)
differs 'another datum is named, with its line' "${first}s/0x[0-9a-f]*\$/0x1234/" \
	"line $first of the record: it was \"exit 2"
differs 'an exit that is missing' "${first}d" 'differs from the record'
differs 'an exit too many' "${first}p" 'it was "exit 2'
turn=$(grep -n '^turn 1' "$record" | head -n 1 | cut -d : -f 1)
differs 'the turn of somebody else' "${turn}s/^turn 1/turn 2/" 'differs from the record'
last=$(grep -n '^turn' "$record" | tail -n 1 | cut -d : -f 1)
differs 'a record that goes on' "${last}s/.*/&\\
exit 1 hlt 0x0 0 0 0x0\\
turn 1 1/" 'differs from the record'

# --------------------------------------------------------------------- refusals
# refused NAME STATUS TEXT ARGUMENT…
refused()
{
	name=$1 text=$2
	shift 2
	run run "$@" --quiet
	[ "$status" = 2 ] && grep -qF -- "$text" "$err" && [ ! -s "$out" ]
	result $? "$name"
}
head -n 10 "$record" >"$work/cut"
refused 'a record without its end' 'the record has no end' "$labs/emu/1.yaml" --replay "$work/cut"
: >"$work/empty"
refused 'an empty file' 'the record has no end' "$labs/emu/1.yaml" --replay "$work/empty"
refused 'a file that is not there' 'No such file' "$labs/emu/1.yaml" --replay "$work/none"
sed 's/^baton-record 1/baton-record 2/' "$record" >"$work/changed"
refused 'another version' 'expected "baton-record 1"' "$labs/emu/1.yaml" --replay "$work/changed"
refused 'another scenario' 'of another scenario' "$labs/emu/2.yaml" --replay "$record"
refused 'both at once' 'expected one of them' "$labs/emu/1.yaml" --replay "$record" --record "$work/x"
refused 'a record that cannot be written' 'cannot write' "$labs/emu/1.yaml" --record /nowhere/x
sed "${first}s/.*/nonsense/" "$record" >"$work/changed"
run run "$labs/emu/1.yaml" --replay "$work/changed" --quiet
mentions 1 "line $first of the record makes no sense" 'nonsense in the middle'
{ timeout 20 "$baton" run "$labs/emu/1.yaml" --record /dev/full --quiet; } 2>"$err" >"$out"
status=$?
mentions 2 'cannot write /dev/full' 'a full disk'

# cannot NAME REASON ARGUMENT…: recorded, and marked.
cannot()
{
	name=$1 text=$2
	shift 2
	run run "$@" --record "$record" --quiet
	grep -q "^cannot-be-replayed .*$text" "$record"
	result $? "$name is marked in the record"
	refused "$name, and so refused" "cannot be replayed: " "$@" --replay "$record"
}
cannot 'a timer' 'interrupts' "$labs/timer/real.yaml"
cannot 'shared memory' 'share memory' "$labs/ring/shared.yaml"
cannot 'files' 'files' "$labs/file/real.yaml"
cannot 'host addresses' 'host addresses' "$labs/simple-kvm/real.yaml"
cannot 'a watchdog' 'watchdog' neo-b.bin --watchdog 50ms
sed 's/argument: 10}/argument: 10, reads_tsc: true}/' "$labs/emu/1.yaml" >"$work/tsc.yaml"
cannot 'the time-stamp counter' 'time-stamp' "$work/tsc.yaml"
finish
