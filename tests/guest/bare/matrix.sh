#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# matrix.sh M73 M91 M010 M100 - two VMs in turns on KVM alone. The programs are
# examples/bare/matrix.c with quanta of 50 ms and shares of 7/3, 9/1, 0/10, 10/0.
# Turns are counted, and times compared with the quantum; a loaded machine makes
# turns longer and fewer, never shorter.
m73=$1 m91=$2 m010=$3 m100=$4
out=${TMPDIR:-/tmp}/matrix.$$
trap 'rm -f "$out"' EXIT
test=0 failed=0

result() # STATUS NAME
{
	test=$((test + 1))
	if [ "$1" != 0 ]; then
		failed=1
		head -n 40 "$out" | sed 's/^/# /'
		printf 'not '
	fi
	echo "ok $test - $2"
}

# The program's output stands in $out. A guest that keeps the CPU fails the test.
run()
{
	timeout 30 "$@" >"$out" 2>&1
}

# Each VM by its place among the "Loaded Program" lines: 1 is Neo, 2 Morpheus.
# shellcheck disable=SC2016 # awk, not the shell, expands it
vms='/Loaded Program/ { name = $2; sub(",", "", name); place[name] = ++count; vm[count] = name }'

# What the course shows for the first 200 exits, in its words.
exits_alternate()
{
	awk "$vms"'
	/Loaded Program/ { bad += !/^VMFD: [0-9]+, Loaded Program with size: 7$/; next }
	{ line[++lines] = $0 }
	END {
		for (i = 0; i < 200; i++) {
			n = int(i / 2)
			of = "VMFD: " vm[i % 2 + 1]
			data = i % 2 ? "out port: 17, data: " (65536 - n) % 65536 : "out port: 16, data: " n
			bad += line[4 * i + 1] != of " started running"
			bad += line[4 * i + 2] != of " stopped running - exit reason: 2"
			bad += line[4 * i + 3] != of " KVM_EXIT_IO"
			bad += line[4 * i + 4] != of " " data
		}
		exit bad || count != 2
	}' "$out"
}

# Turns end by the timer: each in five lines.
turns_are_well_formed()
{
	awk "$vms"'
	/Loaded Program/ { bad += !/^VMFD: [0-9]+, Loaded Program with size: 5$/; next }
	/ had / { next }
	/ started running$/ { bad += part != 0; now = $1 " " $2; part = 1; turns++; next }
	part == 1 { bad += $0 != now " stopped running - exit reason: 10" }
	part == 2 { bad += $0 != now " KVM_EXIT_INTR" }
	part == 3 { bad += $0 !~ "^" now " RAX: [0-9]+$" }
	part == 4 { bad += !/^Time: [0-9]+\.[0-9][0-9][0-9]$/ }
	{ part = (part + 1) % 5 }
	END { exit bad || turns < 4 || count != 2 || part != 0 }' "$out"
}

# No turn but the last, which the end of the run cuts, is shorter than 50 ms.
no_turn_is_short()
{
	awk '/^Time:/ { if (n++) bad += short; short = $2 - last < 0.0495; last = $2 }
		END { exit bad || n < 4 }' "$out"
}

# RAX has 16 bits, so two readings may agree by chance; not two times.
registers_move_on()
{
	awk '/RAX:/ { same += ($2 in rax) && rax[$2] == $4; rax[$2] = $4; n++ }
		END { exit n < 4 || same > 1 }' "$out"
}

# Of each ten turns in a row, from the first on, Neo has $1.
neo_has()
{
	awk -v part="$1" "$vms"'
	/ started running$/ {
		neo += place[$2] == 1
		if (++turns % 10 == 0) { bad += neo != part; neo = 0; rounds++ }
	}
	END { exit bad || rounds < 1 }' "$out"
}

# The summary: Neo had its per cent of the time, give or take ten.
neo_ran()
{
	awk -v want="$1" "$vms"'/ had / && place[$2] == 1 { share = $(NF - 1); seen = 1 }
		END { exit !seen || share < want - 10 || share > want + 10 }' "$out"
}

echo 1..12
run "$m73" a 1 && exits_alternate
result $? 'a: each exit ends the turn'

run "$m73" b 1.2 && turns_are_well_formed
result $? 'b: the timer ends each turn'
no_turn_is_short
result $? 'b: no turn ends early'
registers_move_on
result $? 'b: the registers move on'
awk '/ started running$/ { bad += $2 == last; last = $2 } END { exit bad }' "$out"
result $? 'b: the VMs alternate'

run "$m73" c 1.8 && turns_are_well_formed && neo_has 7 && neo_ran 70
result $? 'c: 7/3 gives Neo seven turns of ten'
run "$m91" c 1.8 && turns_are_well_formed && neo_has 9 && neo_ran 90
result $? 'c: 9/1 gives Neo nine turns of ten'
run "$m010" c 1 && turns_are_well_formed && neo_has 0 && neo_ran 0
result $? 'c: 0/10 never runs Neo'
run "$m100" c 1 && turns_are_well_formed && neo_has 10 && neo_ran 100
result $? 'c: 10/0 never runs Morpheus'

begin=$(date +%s)
run "$m73" c && [ $(($(date +%s) - begin)) -lt 10 ]
result $? 'without a limit it ends after a round'

run "$m73" d
[ $? = 2 ] && grep -q '^usage: matrix' "$out"
result $? 'an unknown mode is refused'
run "$m73" a 0
[ $? = 2 ] && grep -q '^usage: matrix' "$out"
result $? 'a limit of 0 seconds is refused'
exit $failed
