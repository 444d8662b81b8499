#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh BATON REPORT-JSON - `baton run` with real guests: what goes where, what
# the figures say, and every exit status.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
report=$1
json=$work/report.json

# get MEMBER ...: a value of the last JSON report.
get()
{
	"$report" get "$json" "$@"
}

# -------------------------------------------------------------- what goes where
run run hello.bin
[ "$status" = 0 ] && [ "$(cat "$out")" = 'Hello from real mode!' ]
result $? 'stdout carries what the guest says, and nothing else'
grep -q 'hello .*halted 0' "$err" && grep -q 'it balances' "$err"
result $? 'the tables go to stderr'
[ "$status" = 0 ] && ! grep -q "$(printf '\033')" "$err"
result $? 'no colours where no terminal is'
awk '{ gsub(/[\200-\277]/, ""); if (length($0) > 80) bad = 1 } END { exit bad || NR < 10 }' "$err"
result $? 'nothing is wider than 80 columns'

run run hello.bin --quiet
[ "$status" = 0 ] && [ "$(cat "$out")" = 'Hello from real mode!' ] && [ ! -s "$err" ]
result $? '--quiet says nothing when nothing is wrong'

run run hello.bin --quiet --json -
[ "$status" = 0 ] && [ "$(cat "$err")" = 'Hello from real mode!' ]
result $? 'with --json - the guest speaks on stderr'
cp "$out" "$json"
[ "$(get version)" = 1 ] && [ "$(get vms 0 name)" = hello ] && [ "$(get end)" = "done" ]
result $? 'and stdout is one JSON object'

# ----------------------------------------------------------------- what it says
run run hello.bin hello.bin --quiet --json "$json"
[ "$status" = 0 ] && [ "$(get vms 0 name)" = hello ] && [ "$(get vms 1 name)" = hello-2 ]
result $? 'two of a kind get names of their own'
"$report" balances "$json" 2>>"$err"
result $? 'all sums in the report add up'
[ "$(get vms 0 outcome)" = halted ] && [ "$(get vms 0 status)" = 0 ] &&
	[ "$(get vms 0 exits by_kind hlt count)" = 1 ]
result $? 'a halted VM, its status and its HLT'

run run neo.bin:70 morpheus.bin:30 --for 500ms --quantum 5ms --quiet --json "$json"
[ "$status" = 0 ] && [ "$(get end)" = budget ] && [ "$(get vms 0 outcome)" = running ] &&
	[ "$(get vms 0 status)" = null ]
result $? '--for ends a run that has no end'
wall=$(get wall_ns)
[ "$wall" -ge 500000000 ] && [ "$wall" -lt 1500000000 ]
result $? 'after that time'
"$report" balances "$json" 2>>"$err"
result $? 'all sums in its report add up, too'
[ "$(get policy)" = share ] && [ "$(get vms 0 share_target)" = 70.0 ] &&
	"$report" within-lag "$json" 2>>"$err"
result $? 'shares are as near to 70/30 as the lag allows'

run run neo.bin morpheus.bin --policy turns --for 200ms --show exits --quiet
[ "$status" = 0 ] && [ ! -s "$out" ]
result $? '--show exits leaves stdout alone'
awk '
	function fail(why) { if (!bad) print "# line " NR ": " why ": " $0; bad = 1 }
	$3 == "0x10" { if ($1 != "neo" || $2 != "out" || $4 != "←") fail("not Neo")
		if ($5 != neo % 65536) fail("Neo skips"); neo++ }
	$3 == "0x11" { if ($1 != "morpheus" || $2 != "out" || $4 != "←") fail("not Morpheus")
		if ($5 != (65536 - morpheus % 65536) % 65536) fail("Morpheus skips"); morpheus++ }
	$3 != (NR % 2 ? "0x10" : "0x11") { fail("not in turn") }
	END { if (NR < 20) fail("only " NR " lines"); exit bad }' "$err"
result $? 'a line per exit: strict alternation, Neo 0 1 2, Morpheus 0 65535 65534'

run run neo-b.bin morpheus-b.bin --policy quantum --quantum 20ms --for 500ms --show turns --quiet
[ "$status" = 0 ] && awk '
	{ vm = $3; rax = $NF }
	NR > 1 && vm == before { print "# twice in a row: " $0; bad = 1 }
	vm in last && last[vm] == rax { print "# rax stands still: " $0; stuck++ }
	$1 < time { print "# time goes back: " $0; bad = 1 }
	{ before = vm; last[vm] = rax; time = $1 }
	# The same value again is possible, as RAX is 16 bits wide here, but rare.
	END { exit bad || NR < 4 || stuck > NR / 4 }' "$err"
result $? 'a line per turn: the other one each time, time and RAX move on'

run run neo-b.bin morpheus-b.bin --quantum 1us --for 20ms --quiet --json "$json"
[ "$status" = 0 ] && [ "$(get quantum_ns)" -gt 1000 ] &&
	grep -q '^baton run: a quantum of 1 µs is too short for this machine; .* instead$' "$err"
result $? 'a quantum that is too short is raised, with a message'

run run neo-b.bin --for 300ms --policy null --quiet --json "$json"
[ "$status" = 0 ] && [ "$(get vms 0 turns)" = 1 ] && [ "$(get vms 0 exits total)" = 0 ]
result $? 'policy null: one turn'

# ------------------------------------------------------------------- schedules
# turns: whose turns the last run showed, in a line.
turns()
{
	awk '{ printf "%s ", $3 }' "$err"
}

printf '# the second begins\n2 1\r\n112,3' >"$work/turns.txt"
run run yielder.bin yielder.bin hello.bin --policy script --schedule "$work/turns.txt" \
	--show turns --quiet --json "$json"
[ "$status" = 0 ] && [ "$(turns)" = 'yielder-2 yielder yielder yielder yielder-2 hello ' ]
result $? 'policy script: turns by the file, which needs no newline at its end'
[ "$(get end)" = over ] && [ "$(get skipped)" = 0 ] && [ "$(get turns)" = 6 ] &&
	[ "$(get vms 0 turns)" = 3 ] && "$report" balances "$json" 2>>"$err"
result $? 'and the run is over when the schedule is'

mkdir "$work/inner"
cat >"$work/inner/s.yaml" <<-END
	version: 1
	policy: {name: script, file: turns.txt}
	vms: [{name: a, image: hello.bin}, {name: b, image: yielder.bin}, {name: c, image: neo.bin, ports: none}]
	expect:
	  a: {outcome: halted, turns: 1}
	  b: {outcome: running, turns: 3}
	  c: {outcome: dead, turns: 1}
	  host: {end: over}
END
printf '121 31 232' >"$work/inner/turns.txt"
run run "$work/inner/s.yaml" --json "$json"
[ "$status" = 0 ] && [ "$(get skipped)" = 3 ] && [ "$(get turns)" = 5 ] &&
	grep -q 'turns of the schedule that were skipped: 3$' "$err" &&
	grep -q 'The schedule is over' "$err"
result $? 'who ended has no turn any more: it is skipped, and counted'
printf '2222' >"$work/turns.txt"
program=$(realpath "$baton")
(cd "$work" && timeout 60 "$program" run inner/s.yaml --schedule turns.txt --quiet --json "$json") \
	>"$out" 2>"$err"
status=$?
[ "$status" = 1 ] && [ "$(get vms 1 turns)" = 4 ] && [ "$(get turns)" = 4 ]
result $? '--schedule overrides, from the folder where one is'

cat >"$work/s.yaml" <<-END
	version: 1
	policy: {name: script, file: turns.txt}
	vms: [$(for _ in 1 2 3 4 5 6 7 8 9 10 11; do printf '{image: yielder.bin}, '; done)]
	expect: {yielder: {turns: 1}, yielder-11: {turns: 2}, host: {end: over}}
END
printf '11 1\n10 11' >"$work/turns.txt"
run run "$work/s.yaml" --show turns --quiet
[ "$status" = 0 ] && [ "$(turns)" = 'yielder-11 yielder yielder-10 yielder-11 ' ]
result $? 'with more than nine VMs, turns are numbers'

# The guest ends at once, and ten million turns are left, of it and of nobody else.
head -c 10000000 /dev/zero | tr '\0' '1' >"$work/turns.txt"
run run hello.bin neo-b.bin --policy script --schedule "$work/turns.txt" --quiet --json "$json"
[ "$status" = 0 ] && [ "$(get end)" = over ] && [ "$(get skipped)" = 9999999 ]
result $? 'ten million turns'

printf '21' >"$work/turns.txt"
run run yielder.bin neo-b.bin --policy script --schedule "$work/turns.txt" --for 100ms --quiet \
	--json "$json"
[ "$status" = 0 ] && [ "$(get end)" = budget ] && [ "$(get vms 0 turns)" = 0 ] &&
	[ "$(get vms 1 turns)" = 1 ]
result $? 'a turn may last as long as the run'

head -c 5000000 /dev/zero | tr '\0' '1' >"$work/turns.txt"
timeout 60 "$baton" run yielder.bin --policy script --schedule "$work/turns.txt" --show turns \
	--quiet >"$out" 2>"$err" &
child=$!
tries=0
until [ -s "$err" ] || [ $tries = 300 ]; do # then it runs
	sleep 0.1
	tries=$((tries + 1))
done
: >"$work/turns.txt"
wait $child
status=$?
[ "$status" = 2 ] && tail -n 1 "$err" | grep -q "^baton run: $work/turns.txt changed while it was read"
result $? 'a schedule that changes meanwhile ends the run, with a message'

cat >"$work/s.yaml" <<-END
	version: 1
	for: 400ms
	vms:
	  - {name: never, image: neo-b.bin, arrives: 1h}
	  - {name: late, image: neo-b.bin, arrives: 200ms}
	expect: {never: {turns: 0}, late: {turns: 1..}}
END
run run "$work/s.yaml" --quiet --json "$json"
[ "$status" = 0 ] && [ "$(get vms 0 lifetime_ns)" = 0 ] &&
	[ "$(get vms 1 lifetime_ns)" -lt 300000000 ] && [ "$(get ledger idle_ns)" -gt 150000000 ]
result $? 'a VM runs no sooner than it arrives, and until then the host is idle'

# ---------------------------------------------------------------- expectations
cat >"$work/s.yaml" <<-END
	version: 1
	watchdog: 5s
	vms: [{name: one, image: hello.bin}, {name: two, image: answer.bin}]
	expect:
	  one: {outcome: halted, status: 0, turns: 1.., exits: 2..,
	    output: "Hello from real mode!\n"}
	  two: {outcome: halted, status: 42, memory: {0x400: 42}, output: ""}
	  host: {end: done, lag: bound}
END
run run "$work/s.yaml" --json "$json"
[ "$status" = 0 ] && grep -q '12 of 12 met' "$err"
result $? 'status 0: every expectation met'
[ "$(get expectations 1 what)" = status ] && [ "$(get expectations 1 wanted)" = 0 ] &&
	[ "$(get expectations 1 got)" = 0 ] && [ "$(get expectations 1 met)" = true ]
result $? 'and the JSON report has them'
sed 's/status: 42/status: 41/; s/real mode!/real life!/' "$work/s.yaml" >"$work/t.yaml"
run run "$work/t.yaml" --quiet
[ "$status" = 1 ] && [ "$(grep -vc ^Hello "$err")" = 2 ] &&
	grep -qx 'baton run: two: status: wanted 41, got 42' "$err" &&
	grep -q 'one: output: wanted "Hello from real life!\\n", got "Hello from real mode' "$err"
result $? 'status 1: expectations unmet, and which'
run run "$work/t.yaml"
[ "$status" = 1 ] && grep -q '✗ .*two .*status .*41 .*42' "$err" && grep -q '10 of 12 met' "$err"
result $? 'the table says so, too'

# ---------------------------------------------------------------------- deaths
run run neo-b.bin morpheus-b.bin --watchdog 100ms --quiet
[ "$status" = 3 ] && grep -q '^baton run: neo-b died: ' "$err"
result $? 'status 3: a guest died'
run run neo-b.bin --watchdog 100ms
[ "$status" = 3 ] && grep -q 'neo-b died after .* (watchdog, ' "$err" &&
	grep -q '^  → 0x' "$err" && grep -q 'rip *0000000' "$err"
result $? 'with instruction and registers'
grep -q '^  Paging is off: address 0x' "$err" && grep -q '^  GDT at 0x.*; IDT at 0x' "$err" &&
	! grep -q '^    [^ ]*+0x' "$err"
result $? 'no symbols of a flat image, no page tables without paging'
cat >"$work/s.yaml" <<-END
	version: 1
	vms:
	  - {name: mortal, image: neo-b.bin, watchdog: 50ms}
	  - {name: other, image: neo-b.bin}
	for: 500ms
	expect: {mortal: {outcome: dead}, other: {outcome: running}}
END
run run "$work/s.yaml" --quiet --json "$json"
[ "$status" = 0 ] && [ "$(get vms 0 death kind)" = watchdog ]
result $? 'a death that is expected is no failure, and the other VM goes on'
printf 'version: 1\nwatchdog: 50ms\nvms: [{image: neo-b.bin}]\n' >"$work/s.yaml"
run run "$work/s.yaml" --quiet
[ "$status" = 3 ] && grep -q '^baton run: neo-b died: ' "$err"
result $? "the scenario's watchdog is that of its VMs"
cat >"$work/s.yaml" <<-END
	version: 1
	vms: [{image: neo.bin, ports: none}]
	expect: {neo: {outcome: running}}
END
run run "$work/s.yaml" --quiet
[ "$status" = 3 ] && grep -q 'neo died' "$err" && grep -q 'outcome: wanted running, got dead' "$err"
result $? 'ports: none leaves the port unserved; a death outranks an unmet expectation'

deaths=$BATON_BUILD_ROOT/guest/deaths
run run "$deaths/bad-read-long.elf" --json "$json"
[ "$status" = 3 ] && grep -q '^    guilty+0x0, bad-read.S:[0-9]*$' "$err" &&
	grep -B1 '^  → 0x' "$err" | grep -q 'mov ebx, 0x60000000$' &&
	grep -q '^  → 0x.*mov eax, dword ptr \[rbx\]$' "$err"
result $? 'symbol, line, and the instruction before'
awk '/^  Page tables, for 0x60000000 \(CR2\):$/ { at = NR }
	at && NR == at + 2 && !/^  PML4E  0/ { exit }
	at && /^  → nowhere: the PDPTE is not present$/ { seen = 1 }
	END { exit !seen }' "$err"
result $? 'the page tables, and where the walk ends'
[ "$(get vms 0 death symbol name)" = guilty ] && [ "$(get vms 0 death symbol offset)" = 0 ] &&
	[ "$(get vms 0 death walks 0 end)" = mapped ] &&
	[ "$(get vms 0 death walks 0 entries 3 name)" = PTE ] &&
	[ "$(get vms 0 death walks 1 end)" = not-present ]
result $? 'and in the JSON report'
[ "$(get vms 0 death instructions 0 guilty)" = false ] &&
	[ "$(get vms 0 death instructions 2 guilty)" = true ] &&
	[ "$(get vms 0 death instructions 2 address)" = "$(get vms 0 death address)" ] &&
	[ "$(get vms 0 death instructions 2 text)" = 'mov eax, dword ptr [rbx]' ]
result $? 'with the instructions'
run run "$deaths/not-present-protected.elf" --json "$json"
[ "$status" = 3 ] && grep -A2 '^  GDT selector 0x18 at 0x.*, named by the error code$' "$err" |
	grep -q '^    writable data, base 0x0, limit 0xffffffff, DPL 0, not present$'
result $? 'the descriptor that an error code names'
[ "$(get vms 0 death descriptors 1 role)" = error-code ] &&
	[ "$(get vms 0 death descriptors 1 index)" = 0x18 ] &&
	[ "$(get vms 0 death descriptors 1 present)" = false ]
result $? 'is in the JSON report'

# ----------------------------------------------------------------- step-replay
run run "$deaths/bad-read-long.elf" --step-replay --json "$json"
[ "$status" = 3 ] && grep -A2 '^  Executed again since its last exit, it died again' "$err" |
	grep -q '^    0x.*  bb 00 00 00 60  *mov ebx, 0x60000000$'
result $? '--step-replay shows what it executed last'
[ "$(grep -c '^  → 0x.*mov eax, dword ptr \[rbx\]$' "$err")" = 2 ]
result $? '… up to the instruction that failed'
[ "$(get vms 0 death steps end)" = exact ] &&
	[ "$(get vms 0 death steps last 0 text)" = 'mov ebx, 0x60000000' ] &&
	[ "$(get vms 0 death steps last 1 address)" = "$(get vms 0 death address)" ] &&
	[ "$(get vms 0 death steps last 1 bytes)" = 8b03 ] &&
	[ "$(get vms 0 death steps last 1 code_bits)" = 64 ]
result $? '… and in the JSON report'
awk '{ gsub(/[\200-\277]/, ""); if (length($0) > 80) bad = 1 } END { exit bad }' "$err"
result $? '… in no more than 80 columns'
"$report" balances "$json" 2>>"$err"
result $? '… and all sums add up'
cat >"$work/s.yaml" <<-END
	version: 1
	vms:
	  - {name: traced, image: $deaths/ud2-protected.elf, step_replay: true}
	  - {name: other, image: $deaths/ud2-protected.elf}
	expect: {traced: {outcome: dead}, other: {outcome: dead}}
END
run run "$work/s.yaml" --json "$json"
[ "$status" = 0 ] && [ "$(get vms 0 death steps end)" = exact ] &&
	[ "$(grep -c 'Executed again' "$err")" = 1 ] && ! get vms 1 death steps 2>/dev/null
result $? 'step_replay is for the VMs that have it'
run run neo-b.bin --step-replay --watchdog 100ms
[ "$status" = 3 ] && ! grep -q 'xecuted again' "$err"
result $? 'whose time was up has no last instruction'
# mov $0x8000, %bx; incw (%bx); incw (%bx); mov (%bx), %ax; mov %ax, 0x7000; cli; xor %ax, %ax; hlt
printf '\273\000\200\377\007\377\007\213\007\243\000\160\372\061\300\364' >"$work/twice.bin"
cat >"$work/s.yaml" <<-END
	version: 1
	vms: [{image: $work/twice.bin, step_replay: true}]
	regions:
	  - name: r
	    size: 4KiB
	    trapped: true
	    at: {twice: 0x8000}
	expect: {twice: {outcome: halted, memory: {0x7000: 2}}}
END
run run "$work/s.yaml" --quiet
[ "$status" = 0 ]
result $? 'an instruction that reads and writes a trapped region has two exits'
sed '/trapped/d' "$work/s.yaml" >"$work/t.yaml"
run run "$work/t.yaml" --quiet
# shellcheck disable=SC2016
says 2 "$work/t.yaml:6:17: region: VM \`twice\` has step_replay, and its snapshots have no shared \
memory; expected a trapped region, or no step_replay" 'memory that is shared and step_replay are at odds'
sed 's/, step_replay: true//' "$work/t.yaml" >"$work/u.yaml"
run run "$work/u.yaml" --quiet --step-replay
mentions 2 'u.yaml:6:17: region: VM `twice` has step_replay' '… and --step-replay as well'
run run "$work/u.yaml" --quiet
[ "$status" = 0 ]
result $? '… but not alone'

# ------------------------------------------------------------- what cannot be
# shellcheck disable=SC2016
timeout 20 sh -c 'ulimit -n 4 && exec "$@"' sh "$baton" run hello.bin --quiet \
	>"$out" 2>"$err" 3>&-
status=$?
[ "$status" = 4 ] && [ ! -s "$out" ] &&
	grep -q '^baton run: 1 VM needs [0-9]* file descriptors, and 0 are left; .*--nofile=' "$err"
result $? 'status 4: too few descriptors'
cat >"$work/s.yaml" <<-END
	version: 1
	vms: [{image: neo.bin}]
	devices: [{type: console, vm: neo}]
END
run run "$work/s.yaml" --quiet
[ "$status" = 2 ] && grep -q "^$work/s.yaml:3:11: " "$err"
result $? 'a port claimed twice is a fault of the scenario, at its place'

# ---------------------------------------------------------- exceptions astray
printf '\061\300\367\360' >"$work/divide.bin" # xor %ax, %ax; div %ax
run run "$work/divide.bin" --load 0x1000
[ "$status" = 3 ] && grep -q 'divide-error' "$err" && ! grep -q 'went astray' "$err"
result $? '--load: above the interrupt vectors, an exception is caught'
printf '\346\167' >"$work/port.bin" # out %al, $0x77
run run "$work/port.bin"
[ "$status" = 3 ] && grep -q 'unhandled-port' "$err" && grep -q 'went astray' "$err"
result $? 'an image on the interrupt vectors is told what that means'
run run "$work/port.bin" --bare
[ "$status" = 3 ] && ! grep -q 'went astray' "$err"
result $? '… but not if it asked for that'
printf '\373\364' >"$work/idle.bin" # sti; hlt
run run "$work/idle.bin" --json "$json"
[ "$status" = 0 ] && grep -q 'waits for an interrupt' "$err" && [ "$(get vms 0 waits_in)" = hlt ]
result $? 'an idle guest that nothing can wake is told so'

run run hello.bin --quiet --quantum 5ms --policy turns --burst 3
[ "$status" = 0 ] && [ "$(cat "$err")" = 'baton run: --quantum changes nothing: policy turns has none' ]
result $? 'an option to no effect is told'
rm -f "$json"
run run no-such.bin --json "$json"
[ "$status" = 2 ] && [ ! -e "$json" ]
result $? 'a run that is refused leaves no report'
cat >"$work/s.yaml" <<-END
	version: 1
	vms: [{image: hello.bin}]
	devices: [{type: console, vm: hello}]
END
run run "$work/s.yaml" --json "$json"
[ "$status" = 2 ] && [ ! -e "$json" ]
result $? '… nor when it is refused late'
echo old >"$json"
run run "$work/s.yaml" --json "$json"
[ "$status" = 2 ] && [ "$(cat "$json")" = old ]
result $? '… and an older report stays'
for i in 1 2 3 4 5 6 7 8; do echo 'a line that is longer than any report'; done >>"$json"
run run hello.bin --quiet --json "$json"
[ "$status" = 0 ] && [ "$(get end)" = done ]
result $? '… until a new one takes its place'

# -------------------------------------------------------------------- signals
# A loop that prints empty lines: mov $10, %al; 1: out %al, $0xe9; jmp 1b
printf '\260\012\346\351\353\374' >"$work/spam.bin"
: >"$out"
timeout 60 "$baton" run "$work/spam.bin" neo-b.bin --quiet --json "$json" >"$out" 2>"$err" &
child=$!
until [ -s "$out" ] || ! kill -0 $child; do
	sleep 0.1
done
# timeout passes the signal on.
kill -TERM $child
wait $child
status=$?
[ "$status" = 0 ] && [ "$(get end)" = stopped ]
result $? 'SIGTERM ends the run, which reports as usual'

{
	head -c 65536 /dev/zero # a pipe holds no more
	timeout 20 "$baton" run "$work/spam.bin" neo-b.bin --for 2s --quiet --json "$json"
	echo $? >"$work/status"
} 2>"$err" | {
	sleep 4
	cat >"$out"
}
status=$(cat "$work/status")
unread=$(($(get vms 0 exits total) + 65536 - $(wc -c <"$out")))
printed=$(get vms 0 exits total)
# It waited, unless this machine is so slow that there was room for all of it.
[ "$status" = 0 ] && [ "$(get wall_ns)" -lt 3000000000 ] &&
	{ [ "$(get vms 0 blocked_ns)" -gt 0 ] || [ "$printed" -lt 12288 ]; } &&
	[ "$(get vms 1 blocked_ns)" = 0 ] &&
	[ $unread -ge 0 ] && [ $unread -le 1 ] # the byte that waits for room
good=$?
wc -c <"$out" >"$work/size" && mv "$work/size" "$out" # all of it is no use
result $good 'who prints faster than anybody reads waits alone; nothing is lost'
{
	timeout 20 "$baton" run "$work/spam.bin" --for 10s --quiet
	echo $? >"$work/status"
} 2>"$err" | head -c 1 >"$out"
status=$(cat "$work/status")
[ "$status" = 2 ] && grep -q 'cannot write what the guests said: Broken pipe' "$err"
result $? 'when nobody reads any more, the run ends and says so'
{ timeout 20 "$baton" run hello.bin --quiet; } 2>/dev/full >"$out"
status=$?
[ "$status" = 0 ]
result $? 'nothing to say, nothing lost'
{ timeout 20 "$baton" run hello.bin; } 2>/dev/full >"$out"
status=$?
[ "$status" = 2 ]
result $? 'a report that cannot be written is an error'

{ timeout 20 "$baton" run hello.bin --quiet >/dev/full; } 2>"$err"
status=$?
[ "$status" = 2 ] && grep -q 'cannot write what the guests said' "$err"
result $? 'output that cannot be written is an error'
{ timeout 20 "$baton" run hello.bin --quiet --json /dev/full; } >"$out" 2>"$err"
status=$?
[ "$status" = 2 ] && grep -q 'cannot write the JSON report' "$err"
result $? 'and so is a report'

# ------------------------------------------------------- the kernel's own count
run run neo.bin morpheus.bin --for 100ms --kernel-exits --json "$work/report.json"
[ "$status" = 0 ] && grep -q "^  The kernel's own count, by" "$err"
result $? 'what the kernel counts stands in the report'
for vm in 0 1; do
	baton_exits=$(get vms $vm exits total)
	case $(get vms $vm kernel_exits source) in
	kvm) kernel_exits=$(get vms $vm kernel_exits stats exits) ;;
	module) kernel_exits=$(get vms $vm kernel_exits exits) ;;
	*) kernel_exits=0 ;;
	esac
	[ "$kernel_exits" -ge "$baton_exits" ] && [ "$baton_exits" -gt 0 ]
	result $? "VM $vm: the kernel counts no fewer than Baton does"
done
"$report" balances "$work/report.json" 2>"$err"
result $? "and Baton's own ledger balances as ever"
finish
