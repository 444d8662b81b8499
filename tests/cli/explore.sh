#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# explore.sh BATON REPORT-JSON - `baton explore`: what is refused, what is found in the labs, and
# how it is said.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
report=$1
json=$work/report.json
explore=$labs/explore

# verdict STATUS PATTERN NAME: the last run ended so, and its first line is that.
verdict()
{
	[ "$status" = "$1" ] && head -n 1 "$out" | grep -qE "^$2: [0-9]+ states, [0-9]+ moves, [0-9.]+ m?s$"
	result $? "$3"
}

# has NAME VALUE MEMBER ...: that member of the report is this.
has()
{
	name=$1 value=$2
	shift 2
	got=$("$report" get "$json" "$@" 2>>"$err")
	[ "$got" = "$value" ]
	result $? "$name"
	[ "$got" = "$value" ] || echo "# expected $value, got $got"
}

# scenario TEXT ...: lines behind those of all scenarios of this test.
scenario()
{
	{
		echo 'version: 1'
		printf '%s\n' "$@"
	} >"$work/s.yaml"
}

# one IMAGE: a scenario of one VM.
one()
{
	scenario 'vms:' "  - {name: one, image: $BATON_GUESTS/$1}"
}

# pair IMAGE LINE ...: two VMs of an image, which share a trapped region.
pair()
{
	name=$1
	shift
	pair_of "$BATON_GUESTS/$name-protected.elf" "$@"
}

pair_of() # FILE LINE ...
{
	image=$1
	shift
	scenario 'vms:' "  - {name: left, image: $image, mode: protected, argument: 0}" \
		"  - {name: right, image: $image, mode: protected, argument: 1}" \
		'regions:' \
		'  - {name: memory, size: 4KiB, trapped: true, at: {left: 0x40000, right: 0x40000}}' "$@"
}

# ------------------------------------------------------------------ the command line
run explore
says 2 'baton explore: nothing to explore; expected a scenario or a lab, see baton explore --help' \
	'nothing to explore'
run explore "$explore/peterson.yaml" "$explore/count.yaml"
says 2 'baton explore: expected one scenario or lab' 'two scenarios'
run explore --memory pso explore-peterson
says 2 'baton explore: --memory "pso" is unknown; expected sc or tso' 'an unknown model'
for option in bound states; do
	run explore "--$option" 0 explore-peterson
	says 2 "baton explore: --$option \"0\" is too small; expected a whole number above 0" "no $option"
done
run explore --bound some explore-peterson
mentions 2 'baton explore: --bound "some" is not a number; expected a whole number' 'words for a bound'
run explore --space 1 explore-peterson
mentions 2 'baton explore: --space "1" is too small; expected a size' 'hardly any space'
run explore --nope explore-peterson
says 2 'baton explore: option --nope is unknown; see baton explore --help' 'an unknown option'
run explore --memory
mentions 2 'baton explore: --memory' 'an option without its argument'
run explore explore-petersen
says 2 'baton explore: "explore-petersen" is no scenario, and no lab (did you mean "explore-peterson"?); baton lab lists them' \
	'a lab by a wrong name'
run explore nothing-like-it
says 2 'baton explore: "nothing-like-it" is no scenario, and no lab; baton lab lists them' 'no lab at all'
run explore "$work/nowhere.yaml"
[ "$status" = 2 ] && grep -q 'nowhere.yaml' "$err" && [ ! -s "$out" ]
result $? 'a file that is not there'
run explore --help
[ "$status" = 0 ] && grep -q '^usage: baton explore ' "$out" && grep -q '^  --bound N ' "$out"
result $? 'the help has the options'

# ---------------------------------------------------------------------- the scenario
scenario 'vms:' "  - {name: one, image: $BATON_GUESTS/count.bin}" \
	"  - {name: two, image: $BATON_GUESTS/count.bin}" 'regions:' \
	'  - {name: plain, size: 4KiB, at: {one: 0x40000, two: 0x40000}}'
run explore "$work/s.yaml"
says 2 "$work/s.yaml:6:5: region \"plain\" is not trapped, so nobody sees accesses to it; expected trapped: true" \
	'a region that is not trapped'
scenario 'vms: [{name: one, image: nowhere.bin}]'
run explore "$work/s.yaml"
mentions 2 "$work/s.yaml:2:26: no image \"nowhere.bin\"" 'an image that is not there'
scenario 'vms:' "  - {name: one, count: 33, image: $BATON_GUESTS/count.bin}"
run explore "$work/s.yaml"
says 2 "$work/s.yaml: 33 VMs; expected at most 32 to be explored" 'more VMs than there are bits'
pair litmus 'explore: {sc: right}'
run explore "$work/s.yaml"
mentions 2 "$work/s.yaml:7:15: sc \"right\" is unknown; expected verified, violated, deadlock or livelock" \
	'a claim that is none'

# --------------------------------------------------------------------- the verdicts
for lab in peterson peterson-fence; do
	run explore "$explore/$lab.yaml"
	verdict 0 'verified under sc' "$lab under sc"
done
run explore explore-peterson-fence --memory tso
verdict 0 'verified under tso' 'peterson-fence under tso, by its name'
run explore "$explore/peterson.yaml" --memory tso --json "$json"
verdict 0 'violated under tso, in 12 moves' 'peterson under tso'
sed -n 2p "$out" | grep -q '^VM `\(left\|right\)` dies: .* VM `\(left\|right\)` is in section 0\.$'
result $? '… and who dies of what'
[ "$(grep -c '^ *[0-9]* *\(left\|right\) ' "$out")" = 12 ] && grep -q 'peterson.c:[0-9]' "$out" &&
	grep -q ' memory+0x4 ← 0x1 lands' "$out" && grep -q ' enter 0 ' "$out"
result $? '… and the schedule, by line of source'

has 'JSON: the verdict' violated verdict
has 'JSON: the memory model' tso memory
has 'JSON: it is as the scenario says' true met
has 'JSON: there is no outcome' '[]' outcomes
has 'JSON: the first move is a write' write schedule 0 kind
has '… of the first word' 0 schedule 0 offset
has '… which waits in the queue' 1 schedule 0 queued
has '… of that region' memory schedule 0 region
has '… of a value' 0x1 schedule 0 value
has 'JSON: the last move is a call' call schedule 11 kind
has '… of `enter`' 0xba12 schedule 11 port
"$report" get "$json" schedule 12 2>"$err"
[ $? = 1 ]
result $? 'JSON: that is all of the schedule'
for member in states moves depth finals took_ns local_states local_steps vm_runs vm_loads finding; do
	"$report" get "$json" "$member" >/dev/null 2>"$err"
	result $? "JSON: there is $member"
done

run explore "$explore/peterson.yaml" --memory tso --quiet
[ "$status" = 0 ] && ! grep -q 'lands' "$out" && grep -q ' dies: ' "$out"
result $? '--quiet leaves out the schedule, and no more'
run explore "$explore/peterson.yaml" --memory tso --json -
cp "$out" "$json"
has '--json - is all that is on stdout' violated verdict
run explore "$explore/peterson.yaml" --memory tso --bound 12 --quiet
verdict 0 'violated under tso, in 12 moves' 'a bound as long as the shortest schedule'
run explore "$explore/peterson.yaml" --memory tso --bound 11
verdict 1 'bound reached under tso' 'a bound of one move less'
grep -qx 'nothing was found up to 11 moves; the bound that was met is that of steps' "$out" &&
	grep -qx 'the scenario says: violated' "$out"
result $? '… says so, and what was to be found'
run explore "$explore/peterson.yaml" --states 20
verdict 1 'bound reached under sc' 'a bound of states'
grep -q 'that of states$' "$out"
result $? '… says that it is one of states'

# What is not claimed is to be verified, and what is claimed is to be found.
pair peterson-once 'devices: [{type: section, vms: [left, right]}]'
run explore "$work/s.yaml" --quiet
verdict 0 'verified under sc' 'without a claim, verified is as it should be'
run explore "$work/s.yaml" --memory tso --quiet
verdict 1 'violated under tso, in 12 moves' '… and violated is not'
pair peterson-once 'devices: [{type: section, vms: [left, right]}]' 'explore: {sc: deadlock, tso: verified}'
run explore "$work/s.yaml" --quiet --json "$json"
verdict 1 'verified under sc' 'what was claimed is not there'
has '… and JSON says so' false met
grep -qx 'the scenario says: deadlock' "$out"
result $? '… and so does the text'
run explore "$work/s.yaml" --memory tso --quiet
verdict 1 'violated under tso, in 12 moves' 'what is there was not claimed'

# ------------------------------------------------------------------------- outcomes
pair litmus 'explore: {outcomes: {sc: [[0, 1], [1, 0], [1, 1]], tso: [[0, 1], [1, 0], [1, 1]]}}'
run explore "$work/s.yaml" --json "$json"
verdict 0 'verified under sc' 'the outcomes that are expected'
"$report" get "$json" outcomes 2 values >/dev/null 2>"$err" && ! "$report" get "$json" outcomes 3 2>/dev/null
result $? 'JSON: three outcomes'
has '… each of which is expected' true outcomes 0 expected
run explore "$work/s.yaml" --memory tso --json "$json"
verdict 1 'violated under tso, in [0-9]+ moves' 'an outcome that is not expected'
grep -qx 'the outcome 0 0 is none of those that may come out' "$out" &&
	grep -q 'not among those that may come out' "$out"
result $? '… is named'
# As often as they are ends of the last round, whatever was seen before that.
run explore "$explore/litmus-sb.yaml" --memory tso --reduce --json "$json"
verdict 0 'verified under tso' 'the outcomes that are expected, with fewer moves'
has '… which are ends' 4 finals
for i in 0 1 2 3; do
	has "… in one state each: $i" 1 outcomes "$i" states
done
pair litmus 'explore: {outcomes: {sc: [[0, 0], [0, 1], [1, 0], [1, 1]]}}'
run explore "$work/s.yaml"
verdict 1 'verified under sc' 'an outcome that is expected and does not come out'
grep -qx '1 that should come out did not; one is: 0 0' "$out"
result $? '… is named, too'
pair litmus 'explore: {words: [0x40000], outcomes: {sc: [[0, 1, 1], [1, 0, 1], [1, 1, 1]]}}'
run explore "$work/s.yaml"
verdict 0 'verified under sc' 'a word of shared memory belongs to an outcome'
grep -q '\[0x40000\]' "$out"
result $? '… and heads its column'
pair litmus 'explore: {words: [0x50000], outcomes: {sc: [[0, 0, 0]]}}'
run explore "$work/s.yaml"
says 2 "$work/s.yaml:7:18: explore: no VM has a region at 0x50000; expected the address of shared memory" \
	'a word that is in no region'
pair litmus 'expect: {left: {status: 1}}'
run explore "$work/s.yaml"
verdict 1 'violated under sc, in [0-9]+ moves' 'a status that is not as the scenario expects'
grep -qx 'left ends with status 0, and 1 is expected' "$out"
result $? '… is named with what was expected'

# ------------------------------------------------------------------------- refusals
one ticker.bin
run explore "$work/s.yaml" --json "$json"
verdict 1 'refused under sc, in 0 moves' 'a guest that asks for the time'
grep -qx 'VM `one` cannot be explored: it asks for the time' "$out"
result $? '… is told why'
has '… in JSON, too' refused verdict
# mov $0x40000, %eax; jmp *%eax
printf '\270\000\000\004\000\377\340' >"$work/jump.bin"
pair_of "$work/jump.bin"
run explore "$work/s.yaml"
[ "$status" = 1 ] && grep -q '^VM `left` cannot be explored: KVM gives up: in a trapped region' "$out"
result $? 'a guest whose code is in the region'
# mov $0x40000, %eax; mov %rax, %cr3; nop; hlt
printf '\270\000\000\004\000\017\042\330\220\364' >"$work/tables.bin"
scenario 'vms:' "  - {name: one, image: $work/tables.bin, mode: long}" \
	'regions:' '  - {name: memory, size: 4KiB, trapped: true, at: {one: 0x40000}}'
run explore "$work/s.yaml"
[ "$status" = 1 ] && grep -qx 'VM `one` cannot be explored: its page tables are in a trapped region, where KVM reads none' "$out"
result $? 'a guest whose page tables are in the region'
# mov $0x40800, %esp; push, pop and call there; cli; hlt
printf '\274\000\010\004\000\120\130\350\000\000\000\000\133\372\364' >"$work/stack.bin"
scenario 'vms:' "  - {name: one, image: $work/stack.bin, mode: protected}" \
	'regions:' '  - {name: memory, size: 4KiB, trapped: true, at: {one: 0x40000}}'
run explore "$work/s.yaml"
verdict 0 'verified under sc' 'a stack in the region is explored as anything else there'
one file.bin
run explore "$work/s.yaml"
[ "$status" = 1 ] && grep -qx 'VM `one` cannot be explored: it works with files' "$out"
result $? 'a guest that works with files'
one hello.bin
run explore "$work/s.yaml"
verdict 0 'verified under sc' 'a guest that only writes to its console'
! grep -q 'Hello' "$out"
result $? '… whose words are not printed'

run explore "$explore/wake-no-fence.yaml" --memory tso --quiet
grep -qx 'VM `sleeper` stands before: wait 0, main wake\.c:[0-9]*' "$out"
result $? 'who is in a deadlock stands before what it waits for'
[ "$(grep -c 'stands before' "$out")" = 1 ]
result $? '… and who has ended does not'

# ------------------------------------------------------------------------ interrupts
run explore "$explore/alarm-look-first.yaml" --json "$json" --record "$work/schedule"
verdict 0 'deadlock under sc, in 2 moves' 'an alarm between the look and the HLT'
grep -qx 'VM `sleeper` stands before: an interrupt, and there is none that could come, main alarm.c:[0-9]*' "$out"
result $? '… after which none can come'
grep -qE '^     2  sleeper  interrupt 3, before  main alarm.c:[0-9]+ +[a-z]' "$out"
result $? '… is listed with the instruction before which it comes'
has '… in JSON it has a kind' interrupt schedule 1 kind
has '… and its line' 0x3 schedule 1 value
[ "$(sed -n 5,6p "$work/schedule" | tr '\n' ,)" = "step 1 timer 0xba0d 4 0x0,$(sed -n 's/^step 1 interrupt.*/&,/p' "$work/schedule")" ]
result $? '… and in the schedule'
run explore "$explore/handler-lock-on.yaml" --json "$json"
has 'where none comes is a move, too' pass schedule 1 kind
! grep -q 'is not interrupted' "$out" && grep -qE '^     9  alarmed  interrupt 0, before' "$out"
result $? '… which is not listed'
run explore "$explore/alarm.yaml" --memory tso
verdict 0 'verified under tso' 'between STI and HLT none comes'
for mode in real protected paged long; do
	file=$([ $mode = real ] && echo .bin || echo "-$mode.elf")
	scenario 'vms:' "  - {name: one, image: $BATON_GUESTS/alarm-look-first$file, mode: $mode}" \
		'explore: {tso: deadlock}'
	run explore "$work/s.yaml" --memory tso --record "$work/schedule" --quiet
	if grep -q 'cannot run 32-bit paging' "$err"; then
		skip "interrupts in mode $mode" 'this KVM does not have that mode'
		continue
	fi
	grep -qE '^deadlock under tso, in 2 moves: 6 states,' "$out" &&
		run run "$work/s.yaml" --replay "$work/schedule" --quiet && [ "$status" = 0 ]
	result $? "interrupts in mode $mode"
done
# sti; hlt
printf '\373\364' >"$work/wait.bin"
scenario 'vms:' "  - {name: one, image: $work/wait.bin}"
run explore "$work/s.yaml"
verdict 1 'deadlock under sc, in 0 moves' 'who waits for an interrupt without a timer'
# The call `timer`, of a struct on the stack, for line 5; sti; nop; hlt; cli; hlt. There is no vector.
printf '\152\000\152\005\152\000\152\000\152\000\152\001\211\340\272\015\272\000\000\357\373\220\364\372\364' \
	>"$work/no-handler.bin"
scenario 'vms:' "  - {name: one, image: $work/no-handler.bin, mode: protected}"
for memory in sc tso; do
	run explore "$work/s.yaml" --memory $memory --record "$work/schedule"
	grep -q "^violated under $memory, in 2 moves: 3 states" "$out" &&
		grep -q '^VM `one` dies: An interrupt came on line 5 .* and the guest has no handler' "$out"
	result $? "an interrupt without a handler, under $memory"
	run run "$work/s.yaml" --replay "$work/schedule" --quiet
	[ "$status" = 3 ] && grep -q 'An interrupt came on line 5 .* and the guest has no handler' "$err"
	result $? "… kills in a run, too, under $memory"
done

# nop; pushf; pop %ax; test $1,%ah; jz over; out %al,$0x77; over: cli; hlt
printf '\220\234\130\366\304\001\164\002\346\167\372\364' >"$work/pushf.bin"
scenario 'vms:' "  - {name: one, image: $work/pushf.bin}"
run explore "$work/s.yaml" --memory tso
verdict 0 'verified under tso' 'a guest does not see that it is single-stepped'

# The call `timer`, of line 5 and then of line 16; cli; hlt.
printf '\152\000\152\005\152\000\152\000\152\000\152\001\211\340\272\015\272\000\000\357' >"$work/line.bin"
printf '\152\000\152\020\152\000\152\000\152\000\152\001\211\340\272\015\272\000\000\357\372\364' \
	>>"$work/line.bin"
scenario 'vms:' "  - {name: one, image: $work/line.bin, mode: protected}"
run explore "$work/s.yaml" --record "$work/schedule"
grep -q '^violated under sc, in 1 moves' "$out" && grep -q 'hypercall `timer`: there are lines 0 to 15' "$out"
result $? 'a timer on a line that there is not'
run run "$work/s.yaml" --replay "$work/schedule" --quiet
[ "$status" = 3 ] && grep -q 'hypercall `timer`: there are lines 0 to 15' "$err"
result $? '… is a death in a run, too'

# Each boundary at which an interrupt may come: behind accesses and calls of all kinds, not behind STI, MOV
# to SS and POP SS, and each time a loop to itself goes round. Handler: cli; hlt.
#	mov $0x60,%eax; mov $0xba0d,%dx; out %eax,(%dx); mov $0x4000,%ax; mov %ax,%es; mov $0xba00,%dx; sti;
#	nop; in (%dx),%eax; mov %eax,%es:0; mov %es:0,%ecx; xchg %ecx,%es:0; lock incl %es:0; incl %es:4;
#	mov %ss,%ax; mov %ax,%ss; nop; push %ax; pop %ss; nop; mov $0xe9,%dx; out %al,(%dx); cld; nop;
#	mov $2,%cx; loop .; cpuid; cli; hlt
zeroes() # COUNT
{
	dd if=/dev/zero bs=1 count="$1" 2>/dev/null
}
{
	printf '\146\270\140\000\000\000\272\015\272\146\357\270\000\100\216\300\272\000\272\373\220\146\355\046'
	printf '\146\243\000\000\046\146\213\016\000\000\046\146\207\016\000\000\046\146\360\377\006\000\000\046'
	printf '\146\377\006\004\000\214\320\216\320\220\120\027\220\272\351\000\356\374\220\271\002\000\342\376'
	printf '\017\242\372\364'
	zeroes 20                                         # to 0x60
	printf '\001' && zeroes 15 && printf '\003' && zeroes 7 # the call: once, on line 3
	zeroes 20                                         # to 0x8c, the vector
	printf '\240' && zeroes 19                        # to 0xa0
	printf '\372\364'
} >"$work/boundaries.bin"
scenario 'vms:' "  - {name: one, image: $work/boundaries.bin}" \
	'regions:' '  - {name: memory, size: 4KiB, trapped: true, at: {one: 0x40000}}'
run explore "$work/s.yaml"
[ "$status" = 0 ] && grep -q '^verified under sc: 33 states, 45 moves' "$out"
result $? 'interrupts between instructions of all kinds'
run explore "$work/s.yaml" --memory tso
[ "$status" = 0 ] && grep -q '^verified under tso: 44 states, 65 moves' "$out"
result $? '… and under tso'
yes 1 | head -n 40 >"$work/lines"
"$baton" play "$work/s.yaml" <"$work/lines" >"$out" 2>"$err"
places=$(sed -n 's/^    1  .*: i  0x\([0-9a-f]*\) .*/\1/p' "$out" | tr '\n' ' ')
[ "$places" = '15 17 1c 22 28 2f 35 37 3a 3b 3d 40 41 42 43 46 46 48 4a ' ]
result $? '… at each place where one may come, and at no other'
[ "$places" ] && echo "# $places"

# An interrupt comes before IRET, within a handler, and another one when that has led back there. Main
# program: the call `timer`; sti; nop; nop; cli; hlt. Handler, which counts interrupts, and those that
# come to a handler:
#	incw 0x50; cmp $0xffe4,%sp; jne 1f; incw 0x54; 1: cmpw $3,0x50; jb go; ja end; cmpw $2,0x54;
#	jne go; out %al,$0x77; go: sti; nop; iret; end: cli; hlt
{
	printf '\146\270\140\000\000\000\272\015\272\146\357\373\220\220\372\364'
	zeroes 80                                          # to 0x60
	printf '\001' && zeroes 7                          # the call: soon …
	printf '\240\206\001' && zeroes 5                  # … and again and again …
	printf '\003' && zeroes 7                          # … on line 3
	zeroes 20                                          # to 0x8c, the vector
	printf '\240' && zeroes 19                         # to 0xa0
	printf '\377\006\120\000\201\374\344\377\165\004\377\006\124\000\203\076\120\000\003\162\013\167\014'
	printf '\203\076\124\000\002\165\002\346\167\373\220\317\372\364'
} >"$work/nested.bin"
scenario 'vms:' "  - {name: one, image: $work/nested.bin}"
for memory in sc tso; do
	run explore "$work/s.yaml" --memory $memory --record "$work/schedule"
	head -n 1 "$out" | grep -q "^violated under $memory, in 5 moves: 20 states, 23 moves"
	result $? "IRET to IRET is another place, under $memory"
	run run "$work/s.yaml" --replay "$work/schedule" --quiet
	[ "$status" = 3 ] && grep -q 'one died: The guest wrote to port 0x77 (8 bits) at 0xbe' "$err"
	result $? "… and for a run by the schedule, under $memory"
done

# --------------------------------------------------------------------------- orders
# report THREADS: of a search in which many states wait at once, but for the time.
report()
{
	run explore "$work/s.yaml" --threads "$1" --json "$json"
	grep -v took_ns "$json" >"$work/threads-$1"
}

for order in depth random pct; do
	run explore "$explore/peterson.yaml" --memory tso --search $order
	[ "$status" = 0 ] && head -n 1 "$out" | grep -qE '^violated under tso, in [1-9][0-9]* moves: [0-9]+ '
	result $? "$order finds what is wrong with Peterson's lock"
done
run explore "$explore/peterson-fence.yaml" --memory tso --search depth
verdict 0 'verified under tso' 'depth verifies it with a fence'
run explore "$explore/peterson-fence.yaml" --memory tso --search pct --walks 50
[ "$status" = 1 ] && grep -qE '^bound reached under tso: 50 schedules, [0-9,]+ moves' "$out"
result $? 'by chance nothing is verified'
run explore "$explore/peterson.yaml" --memory tso --search random --seed 7 --json "$work/a"
run explore "$explore/peterson.yaml" --memory tso --search random --seed 7 --json "$work/b"
grep -v took_ns "$work/a" >"$work/c" && grep -v took_ns "$work/b" | cmp -s - "$work/c"
result $? 'the same seed gives the same schedules'
run explore "$explore/peterson.yaml" --search deep
says 2 'baton explore: --search "deep" is unknown; expected breadth, depth, random or pct' \
	'an order that there is not'
image=$BATON_GUESTS/count-any-protected.elf
scenario 'vms:' "  - {name: left, image: $image, mode: protected, argument: 3}" \
	"  - {name: middle, image: $image, mode: protected, argument: 3}" \
	"  - {name: right, image: $image, mode: protected, argument: 3}" \
	'regions:' \
	'  - {name: memory, size: 4KiB, trapped: true, at: {left: 0x40000, middle: 0x40000, right: 0x40000}}'
report 1
report 3
[ -s "$work/threads-1" ] && cmp -s "$work/threads-1" "$work/threads-3"
result $? 'threads change nothing of what is found'

# ------------------------------------------------------------------------- schedules
# replay EDIT STATUS TEXT NAME: a run of $lab by the schedule, changed so, says that at last.
lab=peterson
replay()
{
	sed "$1" "$work/schedule" >"$work/changed"
	run run "$explore/$lab.yaml" --replay "$work/changed" --quiet
	[ "$status" = "$2" ] && tail -n 1 "$err" | grep -qF "$3"
	result $? "$4"
}

run explore "$explore/peterson.yaml" --memory tso --quiet --record "$work/schedule"
replay '' 3 '12 moves as the schedule has them' 'a schedule that is followed'
replay '5s/0x1$/0x2/' 1 'line 5 of the schedule: it was "write 0x40000 4 0x2", now it is "write 0x40000 4 0x1"' \
	'another value'
replay '5s/step 1/step 2/' 1 'now it is "write 0x40004 4 0x1"' 'another VM'
replay '5d' 1 'it was "write 0x40008 4 0x1", now it is "write 0x40000 4 0x1"' 'a move that is missing'
replay '5s/.*/land 1/' 1 'no store of left is on its way' 'a store that lands and is not there'
replay '5s/step 1/step 9/' 1 'line 5 of the schedule makes no sense; expected step, land or end' \
	'a VM that is not there'
replay '5s/.*/step/' 1 'line 5 of the schedule makes no sense' 'a move that is cut'
replay '4s/tso/sc/' 1 'line 10 of the schedule: it was "read 0x40000 4 0x0", now it is "read 0x40000 4 0x1"' \
	'another memory model'
replay '4s/tso/pso/' 2 'line 4 names no memory model; expected explored sc, or explored tso' \
	'no memory model'
replay '$d' 2 'the record has no end' 'a schedule without an end'
replay '2s/[0-9a-f]*$/0/' 2 'it is the record of another scenario' 'a schedule of another scenario'

lab=handler-lock-on
run explore "$explore/$lab.yaml" --quiet --record "$work/schedule"
replay '' 0 '9 moves as the schedule has them' 'a schedule with an interrupt'
replay '5s/0x0$/0x1/' 1 'line 5 of the schedule: the timer cannot have fired' 'a timer that fires before it is set'
replay '6s/pass/interrupt/;6s/$/ 1 0x0/' 1 'line 6 of the schedule: it was "interrupt 0x' 'an interrupt on another line'
replay '6s/pass/interrupt/;6s/$/ 0 0x1/' 1 'line 6 of the schedule: no interrupt comes to alarmed there' \
	'an interrupt that comes in a way that there is not'
replay '5s/.*/step 1 interrupt 0x100 0 0x0/' 1 'line 5 of the schedule: no interrupt comes to alarmed there' \
	'an interrupt of who has set no timer'
replay '6s/0x[0-9a-f]*/0x1/' 1 'line 6 of the schedule: it was "pass 0x1", now it is "pass 0x' 'a place without an interrupt'
replay '6d' 1 'now it is "pass 0x' 'a place that is missing'

# --------------------------------------------------------------------------- output
if [ -e /dev/full ]; then
	run explore "$explore/peterson.yaml" --json /dev/full
	says 2 'baton explore: cannot write /dev/full: No space left on device' 'a disk that is full'
else
	skip 'a disk that is full' 'there is no /dev/full'
fi
run explore "$explore/peterson.yaml" --json "$work/nowhere/report.json"
says 2 "baton explore: cannot write $work/nowhere/report.json: No such file or directory" \
	'a folder that is not there'
[ ! -s "$out" ]
result $? '… is noticed before anything is explored'

finish
