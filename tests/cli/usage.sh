#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# usage.sh BATON - what the command answers before any VM exists. Needs no KVM.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"

# ---------------------------------------------------------------- the command
run
[ "$status" = 2 ] && grep -q '^usage: baton COMMAND' "$err" && [ ! -s "$out" ]
result $? 'without a command, the usage goes to stderr'
run help
[ "$status" = 0 ] && grep -q '^usage: baton COMMAND' "$out" && [ ! -s "$err" ]
result $? 'help goes to stdout'
run --version
[ "$status" = 0 ] && grep -Eq '^baton [0-9]+\.[0-9]+\.[0-9]+$' "$out"
result $? '--version'
for command in run lab exits doctor; do
	run help "$command"
	[ "$status" = 0 ] && grep -q "^usage: baton $command" "$out" && [ ! -s "$err" ]
	result $? "help $command"
	run "$command" --help
	[ "$status" = 0 ] && grep -q "^usage: baton $command" "$out"
	result $? "$command --help"
done
run rnu
says 2 'baton: command "rnu" is unknown (did you mean "run"?); see baton help' 'a mistyped command'
run frobnicate
says 2 'baton: command "frobnicate" is unknown; see baton help' 'an unknown command'
run help frobnicate
says 2 'baton: command "frobnicate" is unknown; see baton help' 'help for an unknown command'

for words in help --version 'lab' 'run --help' 'exits --reasons'; do
	# shellcheck disable=SC2086 # several words
	"$baton" $words >/dev/full 2>"$err"
	status=$?
	says 2 'baton: cannot write stdout: No space left on device' "$words cannot be written"
done

# -------------------------------------------------------------------- options
duration='expected a duration such as 500us, 10ms, 1.5s or 2min'
share='expected a whole number from 0 to 4294967296'
run run
says 2 'baton run: nothing to run; expected images or one scenario, see baton run --help' \
	'run of nothing'
run run --polcy share neo.bin
says 2 'baton run: option --polcy is unknown (did you mean "--policy"?); see baton run --help' \
	'a mistyped option'
run run --polcy=share neo.bin
says 2 'baton run: option --polcy is unknown (did you mean "--policy"?); see baton run --help' \
	'one with its argument'
run run --s 1 neo.bin
says 2 'baton run: option --s begins several, such as --schedule and --seed; see baton run --help' \
	'a beginning of several'
run run -q neo.bin
says 2 'baton run: option -q is unknown; see baton run --help' 'a short option'
run run neo.bin --quantum
says 2 'baton run: --quantum has no argument; expected TIME' 'a missing argument'
run run --quiet=yes neo.bin
says 2 'baton run: --quiet=yes has an argument; expected none' 'an argument too many'
run run --policy shrae neo.bin
list='expected share, quantum, turns, script or null (did you mean "share"?)'
says 2 "baton run: --policy \"shrae\" is unknown; $list" 'an unknown policy'
run run --quantum 0s neo.bin
says 2 "baton run: --quantum \"0s\" is too small; $duration" \
	'a quantum of 0'
run run --quantum 10 neo.bin
says 2 "baton run: --quantum \"10\" has no unit; $duration" \
	'a quantum without unit'
run run --for -1s neo.bin
says 2 "baton run: --for \"-1s\" is negative; $duration" \
	'a negative time'
run run --burst 0 neo.bin
says 2 'baton run: --burst "0" is too small; expected a whole number from 1 to 4294967295' \
	'a burst of 0'
run run --memory 4GiB neo.bin
size='expected a size such as 64KiB, 1MiB, 2GiB or plain bytes, from 64 KiB to 3 GiB'
says 2 "baton run: --memory \"4GiB\" is too large; $size" 'too much memory'
run run --memory 65537 neo.bin
says 2 'baton run: --memory "65537" is no multiple of 4 KiB; expected one' 'a part of a page'
run run --mode logn neo.bin
list='expected real, protected, paged or long (did you mean "long"?)'
says 2 "baton run: --mode \"logn\" is unknown; $list" 'an unknown mode'
run run --show exit neo.bin
list='expected none, exits, turns or traffic (did you mean "exits"?)'
says 2 "baton run: --show \"exit\" is unknown; $list" 'an unknown show'
run run --format jsno neo.bin
list='expected lines, course or json (did you mean "json"?)'
says 2 "baton run: --format \"jsno\" is unknown; $list" 'an unknown format'
run run --seed 1.5 neo.bin
says 2 'baton run: --seed "1.5" is not a whole number; expected a whole number' 'a broken seed'
run run --watchdog soon neo.bin
says 2 "baton run: --watchdog \"soon\" is not a number; $duration" \
	'a watchdog that is no time'
run run neo.bin --json /nowhere/at/all.json
says 2 'baton run: cannot write /nowhere/at/all.json: No such file or directory' \
	'a JSON report that cannot be written'
run doctor --jsno
says 2 'baton doctor: option --jsno is unknown; expected --json or --help' \
	'an option that doctor lacks'
run doctor now
says 2 'baton doctor: now is one argument too many; expected none' 'an argument that doctor lacks'

# ------------------------------------------------------------------ schedules
run run neo.bin --policy script
file="expected --schedule FILE, or a scenario's policy with \"file\""
says 2 "baton run: policy script has no schedule; $file" 'policy script without a schedule'
run run neo.bin --schedule "$work/turns.txt"
says 2 "baton run: --schedule \"$(echo "$work/turns.txt" | cut -c 1-40)\" is of no use to policy \
share; expected --policy script" 'a schedule for another policy'
run run neo.bin --policy script --schedule "$work/none.txt"
says 2 "baton run: schedule \"$work/none.txt\" cannot be read: No such file or directory; expected \
a file" 'a schedule that is not there'
mkfifo "$work/pipe"
run run neo.bin --policy script --schedule "$work/pipe"
says 2 "baton run: schedule \"$work/pipe\" is a pipe or a device; expected a regular file, which can \
be read twice" 'a schedule out of a pipe'
: >"$work/turns.txt"
run run neo.bin --policy script --schedule "$work/turns.txt"
says 2 "$work/turns.txt:1:1: no turn; expected at least one" 'an empty schedule'
printf '# Neo is 1\n12 2\n1 3' >"$work/turns.txt"
run run neo.bin morpheus.bin --policy script --schedule "$work/turns.txt"
says 2 "$work/turns.txt:3:3: \"3\" is no VM; expected a digit from 1 to 2" \
	'a turn of nobody, with its place'
printf '12;' >"$work/turns.txt"
run run neo.bin morpheus.bin --policy script --schedule "$work/turns.txt"
says 2 "$work/turns.txt:1:3: \";\" is no turn; expected a digit from 1 to 2, a blank, a comma, or # \
and a comment" 'something that is no turn, with its place'
cat >"$work/bad.yaml" <<-END
	version: 1
	policy: {name: script, file: none.txt}
	vms: [{image: neo.bin}]
END
run run "$work/bad.yaml"
says 2 "$work/bad.yaml:2:30: schedule \"$work/none.txt\" cannot be read: No such file or directory; \
expected a file" "a scenario's schedule that is not there"

# --------------------------------------------------------------------- images
run run neo.bin:-5
says 2 "baton run: neo.bin: share \"-5\" is negative; $share" \
	'a negative share'
run run neo.bin:0 morpheus.bin:0
says 2 'baton run: every share is 0; expected at least one above 0' 'nothing but shares of 0'
run run neo.bin:99999999999999999999
says 2 "baton run: neo.bin: share \"99999999999999999999\" is too large; $share" \
	'a share that overflows'
run run noe.bin
places="expected a file in ., or one of Baton's guests in $BATON_GUESTS"
says 2 "baton run: no image \"noe.bin\"; $places (did you mean \"neo.bin\"?)" 'a mistyped image'
BATON_GUESTS=$work/elsewhere
run run neo.bin
places="expected a file in ., or one of Baton's guests in $work/elsewhere"
says 2 "baton run: no image \"neo.bin\"; $places" \
	'BATON_GUESTS names the folder of guests'
unset BATON_GUESTS
run run noe.bin
mentions 2 "$BATON_BUILD_ROOT/guest (did you mean" 'without it, they are beside the program'
run run neo
mentions 2 'did you mean "neo.bin"?' 'a guest without its extension is understood'
run -h
[ "$status" = 0 ] && grep -q '^usage: baton COMMAND' "$out"
result $? '-h is --help'
run run -h
[ "$status" = 0 ] && grep -q '^usage: baton run' "$out"
result $? 'run -h is run --help'
run run a.yaml b.yaml
says 2 'baton run: a.yaml is not alone; expected one scenario, or images' 'two scenarios'

# ------------------------------------------------------------------ scenarios
run run nowhere.yaml
size='expected a scenario'
says 2 "nowhere.yaml: cannot be read: No such file or directory; $size" \
	'a scenario that is not there'
mkdir "$work/folder.yaml"
run run "$work/folder.yaml"
says 2 "$work/folder.yaml: cannot be read: Is a directory; $size" 'a folder instead of a scenario'
head -c 1048577 /dev/zero | tr '\0' '#' >"$work/large.yaml"
run run "$work/large.yaml"
says 2 "$work/large.yaml: cannot be read: File too large; $size of at most 1 MiB" 'a scenario that is far too long'
cat >"$work/bad.yaml" <<-END
	version: 1
	vms:
	  - {name: neo, image: neo.bin, share: -5}
END
run run "$work/bad.yaml"
says 2 "$work/bad.yaml:3:40: share \"-5\" is negative; $share" \
	'a fault in a scenario, with its place'
cat >"$work/bad.yaml" <<-END
	version: 1
	vms: [{name: neo, image: neo.bin}]
	devices: [{type: relay, vm: neo}]
END
run run "$work/bad.yaml"
list='expected console, doorbell, files, latch, handoff, batch, ring or section'
says 2 "$work/bad.yaml:3:18: device type \"relay\" is unknown; $list" 'an unknown device'
cat >"$work/bad.yaml" <<-END
	version: 1
	vms: [{name: neo, image: neo.bin, vcpus: 2}]
END
run run "$work/bad.yaml"
says 2 "$work/bad.yaml:2:42: vcpus is 2; a VM has one vCPU for now, expected 1" 'two vCPUs'

# ------------------------------------------------------------- without a KVM
# A mount namespace of our own has a /dev without /dev/kvm.
without_kvm()
{
	# shellcheck disable=SC2016
	hidden "$@" >"$out" 2>"$err"
	status=$?
}
export BATON_GUESTS="$BATON_BUILD_ROOT/guest"
if hidden true 2>"$err"; then
	without_kvm "$baton" run hello.bin
	[ "$status" = 4 ] && [ ! -s "$out" ] && grep -q /dev/kvm "$err" &&
		grep -q 'baton doctor' "$err"
	result $? 'status 4: no /dev/kvm'
	without_kvm "$baton" doctor
	[ "$status" = 4 ] && grep -q '^  fail     device  *no /dev/kvm' "$out" &&
		grep -q '→' "$out"
	result $? 'doctor says what is missing, and ends with status 4'
	without_kvm "$baton" doctor --json
	[ "$status" = 4 ] && grep -q '"usable": false' "$out"
	result $? 'so does doctor --json'
else
	for name in 'status 4: no /dev/kvm' 'doctor says what is missing, and ends with status 4' \
		'so does doctor --json'; do
		skip "$name" 'only root may mount another /dev'
	done
fi

# ----------------------------------------------------------------------- labs
run lab
names=$(awk '{ print $1 }' "$out")
files=$(cd "$labs" && find . -name '*.yaml' | sed 's|^\./||; s|/|-|; s|\.yaml$||' | LC_ALL=C sort)
[ "$status" = 0 ] && [ "$names" = "$files" ]
result $? 'lab lists all labs'
! grep -Ev '^ +[a-z0-9-]+ .*[A-Za-z]{3}' "$out"
result $? 'and what each shows'
run lab frobnicate
says 2 'baton lab: lab "frobnicate" is unknown; baton lab lists them' 'a lab that is none'
run lab matrix-d
mentions 2 'lab "matrix-d" is unknown (did you mean "matrix-a"?)' 'a mistyped lab'
run lab matrix-a matrix-b
says 2 'baton lab: matrix-b is one lab too many; expected one' 'two labs'
BATON_LABS=$work/none
run lab
says 2 "baton lab: no labs in $work/none; BATON_LABS can name another folder" 'no labs at all'
unset BATON_LABS
run lab
[ "$status" = 0 ] && [ "$(awk '{ print $1 }' "$out")" = "$files" ]
result $? 'without BATON_LABS, the labs are beside the program'
finish
