#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# exits.sh BATON REPORT-JSON - `baton exits` over texts as the kernel module writes them: tables,
# JSON, CSV, differences, and what it refuses. Needs no KVM.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
report=$1
file=$work/exits

# module VMS...: a file of the module's, with these lines between its head and its end.
module()
{
	{
		printf 'baton_exits 1\nisa %s\ntsc_khz 2000000\nprofile off\nscope vm\nmissed %s\n' \
			"${isa:-svm}" "${missed:-0}"
		printf '%s\n' "$@"
		echo end
	} >"$file.new" && mv "$file.new" "$file"
}

# shows TEXT NAME: the last run went well, and stdout has a line like this, blanks apart.
shows()
{
	[ "$status" = 0 ] && tr -s ' ' <"$out" | grep -qF -- "$1"
	result $? "$2"
}

# --------------------------------------------------------------------- tables
module 'vm 2 4711 4 12 6000000000' \
	'exits 7b IOIO 1000 4000000 8000000000 0 0' \
	'exits 72 CPUID 3000 3000000 0 0 0' \
	'exits 78 HLT 1 1000 0 20000000000 6000000' \
	'vm 3 4712 1 0 0' \
	'gone 2 0 0' 'exits 72 CPUID 7 7000 0 0 0'
run exits --from "$file"
shows '4,008 exits since the module' 'the sum is there'
shows '2 4711 ? 4 4,001 99.8 %' 'a VM has a line'
shows '3 4712 ? 1 0 0.0 %' 'so has one without exits'
shows '2 gone 7 0.2 %' 'and those that are gone'
shows 'VM 2, ?, pid 4711: 3.00 s in the guest' 'cycles are time'
shows "12 of them were over before KVM's tracepoint" 'the fast path is told'
shows 'HLT 1 0.0 % 500 ns 0 10.0 s 3.00 ms' 'asleep and preempted are told'
shows 'most frequent: CPUID, least frequent: HLT' 'so are the most and the least frequent reason'
shows 'IOIO IN, OUT and their string forms' 'reasons are explained'
[ "$(awk '/^  This host/ { on = 1 } on && / %/ { print $1 }' "$out" | head -n 3 | tr '\n' ' ')" = \
	'CPUID IOIO HLT ' ]
result $? 'the most frequent reason stands first'
awk '{ gsub(/[\200-\277]/, ""); if (length($0) > 80) bad = 1 } END { exit bad }' "$out"
result $? 'nothing is wider than 80 columns'
awk '/ $/ { bad = 1 } END { exit bad }' "$out"
result $? 'no line ends with a blank'
run exits --from "$file" --vm 2
[ "$status" = 0 ] && ! grep -q 'This host\|gone' "$out" && grep -q 'VM 2' "$out"
result $? 'a VM can be chosen'
run exits --from "$file" --pid 4712
[ "$status" = 0 ] && grep -q '^  0 exits' "$out"
result $? 'a process can be chosen'
isa=vmx missed=5 module 'vm 1 1 1 0 0' 'exits a CPUID 3 1 1 1 1' 'exits 23 OTHER 1 1 1 1 1' 'gone 0 0 0'
run exits --from "$file"
shows 'Intel VMX' 'the other vendor'
shows '5 exits are in no count' 'what is missing is told'
shows 'OTHER number 0x23, which is not defined here' 'a number that nobody defines'
isa=none module 'gone 0 0 0'
run exits --from "$file"
shows 'no VM' 'a host without VMs'
run exits --reasons
shows '0x7b IOIO IN, OUT and their string forms' 'reasons of SVM are listed'
shows '48 EPT_VIOLATION nested paging' 'and of VMX'
shows '16 RDTSC * RDTSC' 'with a mark where KVM has no handler'
module 'vm 1 4711 1 0 6000000000' \
	'exits 401 AVIC_UNACCELERATED_ACCESS 9999999999 400000000000000 800000000000000 123456789123 7' \
	'gone 0 0 0'
run exits --from "$file"
awk '{ gsub(/[\200-\277]/, ""); if (length($0) > 80) bad = 1 } END { exit bad }' "$out"
result $? 'long names and large numbers stay within 80 columns'

# ---------------------------------------------------------------- for programs
module 'vm 2 4711 4 12 6000000000' 'exits 7b IOIO 1000 4000000 8000000000 0 2' \
	'gone 1 0 0' 'exits 72 CPUID 7 7000 0 0 0'
run exits --from "$file" --json -
cp "$out" "$work/json"
get()
{
	"$report" get "$work/json" "$@"
}
[ "$status" = 0 ] && [ "$(get version)$(get source)$(get isa)" = 1filesvm ]
result $? 'JSON has its version, source and vendor'
[ "$(get vms 0 id) $(get vms 0 pid) $(get vms 0 vcpus) $(get vms 0 guest_ns)" = '2 4711 4 3000000000' ]
result $? 'JSON has a VM'
[ "$(get vms 0 reasons 0 reason) $(get vms 0 reasons 0 code) $(get vms 0 reasons 0 count)" = \
	'IOIO 0x7b 1000' ] && [ "$(get vms 0 reasons 0 kvm_ns)" = 2000000 ] &&
	[ "$(get vms 0 reasons 0 user_ns)" = 4000000000 ]
result $? 'and its reasons'
[ "$(get host exits) $(get gone vms) $(get gone exits) $(get interval_ns)" = '1007 1 7 null' ]
result $? 'and sums'
run exits --from "$file" --csv -
[ "$status" = 0 ] && [ "$(sed 's/^[0-9]*,//; 1d' "$out")" = ',2,4711,"",4,IOIO,0x7b,1000,2000000,4000000000,0,1
,gone,,,,CPUID,0x72,7,3500,0,0,0' ]
result $? 'CSV has a line for each reason'
[ "$(awk -F , '{ print NF }' "$out" | sort -u)" = 13 ]
result $? 'and as many columns everywhere'
echo 'old and much longer than what comes now' >"$work/csv"
run exits --from "$file" --csv "$work/csv" --json "$work/json"
[ "$status" = 0 ] && head -n 1 "$work/csv" | grep -q ^unix_ns && [ "$(get version)" = 1 ] &&
	grep -q '1,007 exits' "$out"
result $? 'files get both, and stdout the tables'
cp "$work/csv" "$work/kept"
run exits --from "$work/nothing" --csv "$work/csv"
cmp -s "$work/csv" "$work/kept"
result $? 'without figures, a file stays as it was'

# ----------------------------------------------------------------- differences
module 'vm 1 10 1 0 0' 'exits 72 CPUID 100 200 0 0 0' 'vm 2 11 1 0 0' 'exits 78 HLT 50 50 0 0 0' \
	'gone 0 0 0'
# shellcheck disable=SC2016
run exits --from "$file" --delta -- sh -c 'mv "$1" "$2"; echo hello; exit 7' sh "$file.later" "$file"
[ "$status" = 1 ]
result $? 'a command that fails makes status 1'
before=$file.before
cp "$file" "$before"
module 'vm 1 10 1 0 0' 'exits 72 CPUID 107 20200 0 0 0' 'vm 3 12 1 0 0' 'exits 7b IOIO 5 1 1 1 1' \
	'gone 1 0 0' 'exits 78 HLT 53 50 0 0 0'
mv "$file" "$file.later"
cp "$before" "$file"
# shellcheck disable=SC2016
run exits --from "$file" --csv - --delta -- sh -c 'mv "$1" "$2"; echo hello' sh "$file.later" "$file"
[ "$status" = 0 ] && [ "$(cat "$err")" = hello ] &&
	[ "$(sed '1d; s/^[0-9]*,[0-9]*,//' "$out")" = '1,10,"",1,CPUID,0x72,7,10000,0,0,0
3,12,"",1,IOIO,0x7b,5,0,0,0,0
gone,,,,HLT,0x78,3,0,0,0,0' ]
result $? 'what happened while a command ran'
cp "$before" "$file"
run exits --from "$file" --delta 100ms
shows '0 exits in 1' 'what happened in a time'
run exits --from "$file" --delta -- "$work/none"
says 2 "baton exits: cannot run $work/none: No such file or directory; expected a command" \
	'a command that is not there'
# shellcheck disable=SC2016
run exits --from "$file" --delta -- sh -c 'kill -KILL $$'
[ "$status" = 1 ] && grep -q 'sh was ended by signal 9' "$err"
result $? 'a command that is killed is told'
module 'vm 1 10 1 0 0' 'exits 72 CPUID 7 1 0 0 0' 'gone 0 0 0'
cp "$file" "$file.later"
cp "$before" "$file"
# shellcheck disable=SC2016
run exits --from "$file" --delta -- sh -c 'mv "$1" "$2"' sh "$file.later" "$file"
shows 'Somebody let counts begin at 0 again meanwhile' 'a reset meanwhile is told'

# ---------------------------------------------------------------------- watch
cp "$before" "$file"
: >"$out"
"$baton" exits --from "$file" --watch=200ms --json "$work/json" --csv "$work/csv" \
	>"$out" 2>"$err" &
pid=$!
n=0
while [ "$(grep -c 'exits per second' "$out")" -lt 2 ] && [ $((n += 1)) -lt 300 ]; do sleep 0.1; done
module 'vm 1 10 1 0 0' 'exits 72 CPUID 100100 200 0 0 0' 'gone 0 0 0'
while ! grep -q 'CPUID  *[0-9][0-9,]* *100.0 %' "$out" && [ $((n += 1)) -lt 300 ]; do sleep 0.1; done
kill -TERM "$pid"
wait "$pid"
status=$?
[ "$status" = 0 ] && grep -q 'CPUID  *[0-9][0-9,]* *100.0 %' "$out" && [ ! -s "$err" ]
result $? 'rates come again and again, until SIGTERM, with status 0'
n=$(grep -c 'exits per second' "$out")
[ "$n" -ge 3 ] && [ "$(grep -c '"interval_ns":[1-9]' "$work/json")" -ge 2 ] &&
	[ "$(grep -c ^unix_ns "$work/csv")" = 1 ] && grep -q ',CPUID,0x72,100000,' "$work/csv"
result $? 'JSON has a line for each interval, CSV its names once'
"$baton" exits --from "$file" --watch 100ms 2>"$err" | head -n 1 >"$out"
grep -q 'cannot write the figures: Broken pipe' "$err"
result $? 'it ends when nobody reads any more'

# -------------------------------------------------------------------- refusals
time='expected a duration such as 500ms, 2s or 1min, from 100ms to 24h'
run exits --watch 99ms
says 2 "baton exits: --watch \"99ms\" is too small; $time" 'an interval that is too short'
run exits --watch=25h
says 2 "baton exits: --watch \"25h\" is too large; $time" 'an interval that is too long'
run exits --watch 5
says 2 "baton exits: --watch \"5\" has no unit; $time" 'an interval without unit'
run exits --delta sleep 1
says 2 "baton exits: --delta \"sleep\" is not a number; $time, or -- and a command" \
	'a command without --'
run exits --delta
says 2 'baton exits: --delta has no argument; expected TIME, or -- and a command' 'a delta of nothing'
run exits --delta 1s -- true
says 2 'baton exits: --delta has a time and a command; expected one of them' 'a delta of two things'
run exits --watch -- true
says 2 'baton exits: -- and a command without --delta; expected --delta -- COMMAND' \
	'a command that nothing wants'
run exits --watch --delta 1s
says 2 'baton exits: --watch and --delta; expected one of them' 'watch and delta'
run exits now
says 2 'baton exits: now is one argument too many; expected options, or --delta -- and a command' \
	'an argument too many'
run exits now --delta -- true
says 2 'baton exits: now is one argument too many; expected options, or --delta -- and a command' \
	'which ends the options'
run exits --wacht
says 2 'baton exits: option --wacht is unknown (did you mean "--watch"?); see baton exits --help' \
	'a mistyped option'
run exits -w
says 2 'baton exits: option -w is unknown; see baton exits --help' 'a short option'
run exits --vm 0
says 2 'baton exits: --vm "0" is too small; expected a whole number above 0' 'VM 0'
run exits --pid 4294967296
says 2 'baton exits: --pid "4294967296" is too large; expected a whole number above 0' 'a huge pid'
run exits --vm
says 2 'baton exits: --vm has no argument; expected ID' 'a missing argument'
run exits --json - --csv -
says 2 'baton exits: --json - and --csv -; expected one of them on stdout' 'two forms on stdout'
run exits --from "$file" --json /nowhere/at/all
says 2 'baton exits: cannot write /nowhere/at/all: No such file or directory' \
	'a file that cannot be written'
run exits --json "$work/json" --csv "$work/json" --from "$file"
says 2 'baton exits: --json and --csv have the same file; expected two' 'two forms in one file'
there="; baton exits --from $file lists those that there are"
run exits --from "$file" --vm 9
says 2 "baton exits: there is no VM with --vm 9$there" 'a VM that is not there'
run exits --from "$file" --pid 9 --vm 1
says 2 "baton exits: there is no VM with --vm 1 --pid 9$there" 'a VM of another process'
run exits --from "$file" --pid 9 --watch
says 2 "baton exits: there is no VM with --pid 9$there" 'nothing to watch'
run exits --from "$file" --pid 9 --delta -- touch "$work/ran"
[ ! -e "$work/ran" ]
says 2 "baton exits: there is no VM with --pid 9$there" 'no difference of nothing'
module 'vm 1 10 1 0 0' 'gone 0 0 0'
{ sleep 0.3; module 'gone 1 0 0'; } &
run exits --from "$file" --vm 1 --watch 100ms
wait
[ "$status" = 0 ] && grep -q 'the VM has ended: what it did last is among what is gone' "$err"
result $? 'a watch ends with its VM'
(exec >&-; "$baton" exits --from "$file" --json "$work/closed" 2>"$err")
"$report" get "$work/closed" version >"$out"
[ "$(cat "$out")" = 1 ]
result $? 'with stdout closed, JSON stays JSON'
run exits --from "$work/none"
says 2 "baton exits: $work/none: there is no such file" 'a copy that is not there'
mkfifo "$work/pipe"
run exits --from "$work/pipe"
says 2 "baton exits: $work/pipe: is a pipe or a device; expected a copy of /proc/baton_exits/exits" \
	'a pipe'
echo 'baton_exits 2' >"$file"
run exits --from "$file"
says 2 "baton exits: $file:1: its format is version 2; expected 1: the command and the module have \
to be of the same edition" 'another version'
module 'vm 1 10 1 0 0' 'gone 0 0 0'
sed '$d' "$file" >"$work/cut"
run exits --from "$work/cut"
says 2 "baton exits: $work/cut: it was cut off; expected \"end\" as its last line" 'a file that is cut off'
if [ -w /dev/full ]; then
	"$baton" exits --from "$file" >/dev/full 2>"$err"
	status=$?
	says 2 'baton exits: cannot write the figures: No space left on device' 'a full disk'
else
	skip 'a full disk' 'there is no /dev/full'
fi
finish
