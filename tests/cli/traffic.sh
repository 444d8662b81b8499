#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# traffic.sh BATON TRAFFIC - what passes between VMs: a course's lines, word for word;
# JSON lines, recomputed over many items; the same order under every policy.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
traffic=$1
# In a bed an item takes ten times as long, and a tenth of them shows the same.
case ${BATON_TEST_KVM:-native}${BATON_TEST_LONG:+ long} in
native* | *long) items=10000 ;;
*) items=1000 ;;
esac

is() # TEXT NAME: the last run met everything, and stdout is this.
{
	printf '%s\n' "$1" >"$work/wanted"
	[ "$status" = 0 ] && [ ! -s "$err" ] && diff "$work/wanted" "$out" >"$work/diff"
	result $? "$2"
}

# A scenario of two guests and a device. Its argument is how many items, or batches.
scenario() # DEVICE PRODUCER CONSUMER ARGUMENT
{
	cat >"$work/two.yaml" <<-END
		version: 1
		policy: {name: turns, burst: 1000}
		show: traffic
		vms:
		- {name: neo, image: $2, argument: $4}
		- {name: morpheus, image: $3}
		devices: [{producer: neo, consumer: morpheus, $1}]
		expect: {neo: {outcome: halted}, morpheus: {outcome: halted}, host: {end: done}}
	END
}

handoff_lines() # ITEMS DEPTH
{
	awk -v items="$1" -v depth="$2" 'BEGIN {
		for (i = 0; i < items; i += depth) {
			for (k = i; k < i + depth; k++)
				print "Produced value: " k
			for (k = i; k < i + depth; k++)
				print "Consuming the number\nConsumed value: " k
		}
	}'
}

run lab emu1 --format course --quiet
is "$(handoff_lines 10 1)" 'a hand-off, as the course prints it'
run lab emu2 --format course --quiet
is "$(handoff_lines 12 3)" 'a burst, as the course prints it'
run lab emu3 --format course --quiet
is 'VMFD: 1 Produced Values: 0 1 2 3 4
VMFD: 2 Consumed Values: 0 1 2 3 4
VMFD: 1 Produced Values: 5 6 7 8 9
VMFD: 2 Consumed Values: 5 6 7 8 9
VMFD: 1 Produced Values: 10 11 12 13 14
VMFD: 2 Consumed Values: 10 11 12 13 14
VMFD: 1 Produced Values: 15 16 17 18 19
VMFD: 2 Consumed Values: 15 16 17 18 19' 'batches, as the course prints them'

# A ring's turns: VM 1 and VM 2 alternate, and each says what the ring holds.
run lab emu4 --format course --quiet
[ "$status" = 0 ] && awk '
	NR % 4 == 1 && !/^VMFD: 1 Produced [0-9]+ Values:( [0-9]+)*$/ { bad = 1 }
	NR % 4 == 3 && !/^VMFD: 2 Consumed [0-9]+ Values:( [0-9]+)*$/ { bad = 1 }
	NR % 2 && NF != 5 + $4 { bad = 1 }
	!(NR % 2) && !/^HYPVSR: \[([0-9]+( [0-9]+)*)?\]$/ { bad = 1 }
	$1 == "VMFD:" && $4 > 10 { bad = 1 }
	END { exit bad || NR < 40 }' "$out"
result $? 'a ring, as the course prints it'

# Part B's lines.
run lab matrix-a --format course --quiet --for 300ms
[ "$status" = 0 ] && head -n 10 "$out" >"$work/head"
printf '%s\n' 'VMFD: 1, Loaded Program with size: 7' 'VMFD: 2, Loaded Program with size: 7' \
	'VMFD: 1 started running' 'VMFD: 1 stopped running - exit reason: 2' 'VMFD: 1 KVM_EXIT_IO' \
	'VMFD: 1 out port: 16, data: 0' \
	'VMFD: 2 started running' 'VMFD: 2 stopped running - exit reason: 2' 'VMFD: 2 KVM_EXIT_IO' \
	'VMFD: 2 out port: 17, data: 0' | diff - "$work/head" >"$work/diff"
result $? 'exits, as the course prints them'
run lab matrix-b --format course --quiet --quantum 100ms --for 350ms --show turns
grep -q '^VMFD: 1 KVM_EXIT_INTR$' "$out" && grep -q '^VMFD: 2 stopped running - exit reason: 10$' \
	"$out" && grep -Eq '^Time: 0\.[12][0-9][0-9]$' "$out"
result $? 'turns, as the course prints them'

# JSON lines, recomputed.
checked() # ITEMS NAME
{
	[ "$status" = 0 ] && "$traffic" "$1" <"$out" 2>>"$err"
	result $? "$2"
}

limit=300
scenario 'type: ring' ring-producer-protected.elf ring-consumer-protected.elf ${items}0
run run "$work/two.yaml" --format json --quiet
checked ${items}0 'a ring: each item is consumed once and in order'
scenario 'type: ring, capacity: 6' ring-producer-6-protected.elf ring-consumer-6-protected.elf $items
run run "$work/two.yaml" --format json --quiet --policy share --quantum 1ms
checked $items 'a small ring under a timer'
scenario 'type: ring, layout: pointers' ring-producer-pointers-protected.elf \
	ring-consumer-pointers-protected.elf $items
run run "$work/two.yaml" --format json --quiet
checked $items 'a ring without a count'
scenario 'type: ring' ring-producer-tsc-protected.elf ring-consumer-protected.elf 1000
run run "$work/two.yaml" --format json --quiet
checked 1000 'items from the time-stamp counter'
scenario 'type: batch' batch-producer-protected.elf batch-consumer-protected.elf $((items / 5))
run run "$work/two.yaml" --format json --quiet
checked $items 'batches'
scenario 'type: handoff, depth: 7' producer.bin consumer.bin $items
run run "$work/two.yaml" --format json --quiet
checked $items 'a hand-off'

# Ports that the guests do not know.
scenario 'type: handoff, ports: {consumed: 0x13}' producer.bin consumer.bin 3
run run "$work/two.yaml" --quiet
mentions 3 'port 0x12' 'a port that a device was told not to serve, and no latch instead'
scenario 'type: handoff, ports: {produce: 0x30, consume: 0x31}' producer.bin consumer.bin 3
run run "$work/two.yaml" --quiet
mentions 3 'port 0x11' 'one port of the latch is enough to do without it'
scenario 'type: batch, ports: {array: 0x13, produced: 0x14, buffer: 0x13, consumed: 0x14}' \
	batch-producer-protected.elf batch-consumer-protected.elf 1
run run "$work/two.yaml" --quiet --policy share --quantum 1ms --for 100ms
mentions 1 'morpheus: outcome: wanted halted, got running' 'a batch elsewhere leaves the latch'

# Whatever the policy, the same events in the same order.
for device in handoff batch; do
	case $device in
	handoff) scenario 'type: handoff, depth: 3' producer.bin consumer.bin 300 ;;
	batch) scenario 'type: batch' batch-producer-protected.elf batch-consumer-protected.elf 60 ;;
	esac
	run run "$work/two.yaml" --format json --quiet
	cp "$out" "$work/turns"
	for policy in 'turns --burst 1' 'quantum --quantum 1ms' 'share --quantum 1ms' null; do
		# shellcheck disable=SC2086 # a name and an option
		run run "$work/two.yaml" --format json --quiet --policy $policy
		[ "$status" = 0 ] && [ -s "$out" ] && diff "$work/turns" "$out" >"$work/diff"
		result $? "$device: the same order under ${policy%% *}${policy#"${policy%% *}"}"
	done
done

# A seed repeats a run, and another one does not.
scenario 'type: ring' ring-producer-protected.elf ring-consumer-protected.elf 200
run run "$work/two.yaml" --format json --quiet
cp "$out" "$work/first"
run run "$work/two.yaml" --format json --quiet
diff "$work/first" "$out" >"$work/diff"
result $? 'a seed fixes what chance does'
run run "$work/two.yaml" --format json --quiet --seed 99
checked 200 'another seed'
! diff "$work/first" "$out" >"$work/diff"
result $? 'and it is another run'

# The checker would notice: an item less, one twice, two in the wrong order, a ring that lies.
wrong()
{
	! "$traffic" <"$work/wrong" 2>/dev/null && ! cmp -s "$work/first" "$work/wrong"
	result $? "the checker notices $1"
}
sed 6d "$work/first" >"$work/wrong"
wrong 'a line that is missing'
sed 6p "$work/first" >"$work/wrong"
wrong 'a line that is there twice'
sed '$d' "$work/first" >"$work/wrong"
wrong 'a last item that was not consumed'
sed '2s/"items":\[\([0-9]*\),\([0-9]*\)/"items":[\2,\1/' "$work/first" >"$work/wrong"
wrong 'items in another order'
sed '1s/"ring":\[[0-9]*,/"ring":[/' "$work/first" >"$work/wrong"
wrong 'a ring that lacks an item'

# Exits and turns are JSON as well.
run lab matrix-a --format json --quiet --for 300ms
[ "$status" = 0 ] && "$traffic" 0 <"$out" 2>>"$err" && [ "$(sed -n 2p "$out")" = \
	'{"event":"exit","vm":"morpheus","kind":"io_out","addr":"0x11","size":2,"count":1,"data":"0x0"}' ]
result $? 'exits as JSON lines'
run lab matrix-a --format json --quiet --for 300ms --show turns
[ "$status" = 0 ] && "$traffic" 0 <"$out" 2>>"$err" && sed -n 2p "$out" | grep -Eq \
	'^\{"event":"turn","vm":"morpheus","at_ns":[0-9]+,"length_ns":[0-9]+,"exits":1,"why":"exits","rax":"0x0"\}$'
result $? 'turns as JSON lines'

# What guests write is JSON among JSON; lines for people leave stdout alone.
run run hello.bin --format json --quiet
[ "$status" = 0 ] && [ ! -s "$err" ] && "$traffic" 0 <"$out" 2>>"$err" &&
	grep -q '^{"event":"output","vm":"hello","text":"' "$out"
result $? "guests' output as JSON lines"
run lab emu1 --quiet
[ "$status" = 0 ] && [ ! -s "$out" ] && [ "$(grep -c '^neo       produced   [0-9]' "$err")" = 10 ] &&
	[ "$(grep -c '^morpheus  consum' "$err")" = 20 ]
result $? 'lines for people go to stderr'
# A reader that sleeps for 5 s holds up who would be told of, and not the host: its second ends.
scenario 'type: ring' ring-producer-protected.elf ring-consumer-protected.elf 0
"$baton" run "$work/two.yaml" --format course --quiet --for 1s --json "$work/json" 2>"$err" | {
	sleep 5
	cat >"$out"
}
wall=$(sed -n 's/^ *"wall_ns": \([0-9]*\).*/\1/p' "$work/json")
[ "${wall:-9999999999}" -lt 4000000000 ] && [ -s "$out" ]
result $? 'a slow reader does not hold up the host'
run lab emu1 --quiet --show none
[ "$status" = 0 ] && [ ! -s "$out" ] && [ ! -s "$err" ]
result $? 'nothing is shown unless asked for'
run run hello.bin --format course --quiet
[ "$(cat "$err")" = 'baton run: --format changes nothing: nothing is shown; see --show' ]
result $? 'a format to no effect is told'

# Faults: what a device cannot be, and whose memory it does not find.
scenario 'type: ring, state: 0x10000' ring-producer-protected.elf ring-consumer-protected.elf 1
run run "$work/two.yaml"
mentions 2 'has something else at 0x10000' "an image in the ring's state"
scenario 'type: ring, state: 1MiB' ring-producer-protected.elf ring-consumer-protected.elf 1
run run "$work/two.yaml"
mentions 2 'outside of the memory of VM' 'a state outside of memory'
scenario 'type: handoff, ports: {produce: 0xE9}' producer.bin consumer.bin 1
run run "$work/two.yaml"
mentions 2 '0xe9' 'a port that is taken'
# A guest that does not know the ring: it ends alone, and the other one goes on to its end.
cat >"$work/liar.yaml" <<-END
	version: 1
	policy: {name: turns, burst: 1000}
	vms:
	- {name: neo, image: ring-producer-protected.elf, argument: 50}
	- {name: morpheus, image: ring-consumer-6-protected.elf}
	devices: [{type: ring, producer: neo, consumer: morpheus}]
	expect: {neo: {outcome: halted}, morpheus: {outcome: dead, cause: refused}}
END
run run "$work/liar.yaml"
mentions 0 'count and its pointer do not agree' 'a guest of another ring dies alone, and is told why'
finish
