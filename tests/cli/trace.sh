#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# trace.sh BATON REPORT SAMPLE - baton trace over traces made by hand: what it prints, and
# what it says of files and options that are none. Runs anywhere.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
report=$1 sample=$2
"$sample" "$work" || exit 1

get()
{
	"$report" get "$work/figures.json" "$@"
}

# ------------------------------------------------------------------ for people
run trace "$work/whole"
[ "$status" = 0 ] && [ ! -s "$err" ] && grep -q 'policy quantum, quantum 10 ms, burst 1, seed 1, 2 VMs' "$out" &&
	grep -q '37 records, 0 lost' "$out"
result $? 'the header is told'
grep -q 'run *11,518,300 ' "$out" && grep -q 'wall *12,' "$out" && grep -q 'It balances' "$out"
result $? 'the ledger is rebuilt, and balances'
grep -q 'neo *1\.50 ms *11\.5 ms *10\.0 ms' "$out"
result $? 'the longest overrun is told'
run trace "$work/whole" --vm morpheus
[ "$status" = 0 ] && grep -q 'morpheus *2 ' "$out" && ! grep -q 'neo' "$out"
result $? '--vm shows one VM alone'
run trace "$work/whole" --summary
[ "$status" = 0 ] && grep -q 'It balances' "$out" && ! grep -q 'Turns\|Exits' "$out"
result $? '--summary is the header and the ledger'
run trace "$work/lossy"
[ "$status" = 0 ] && grep -q 'cannot balance: 3 records are missing' "$out" && grep -q '^ *unknown ' "$out"
result $? 'lost records are owned up to, and their time is nobody'"'s"
run trace "$work/uncharged"
[ "$status" = 1 ] && grep -q 'does not balance: turns were charged other' "$out"
result $? 'what does not balance is said, with status 1'
timeout 10 "$baton" trace /dev/stdin <"$work/whole" >"$out" 2>"$err"
status=$?
[ "$status" = 0 ] && grep -q 'It balances' "$out"
result $? 'a trace may come from a pipe'

# --------------------------------------------------------------------- records
run trace "$work/whole" --list
[ "$status" = 0 ] && [ "$(wc -l <"$out")" = 38 ] && grep -q '9000000 ns  neo io_out port 0x10, 2 bytes, 0x1234' "$out"
result $? '--list prints every record'
run trace "$work/whole" --list --kind pick --vm neo
[ "$status" = 0 ] && [ "$(wc -l <"$out")" = 3 ] && [ "$(grep -c 'pick *neo for 10' "$out")" = 3 ]
result $? '--kind and --vm choose records'
run trace "$work/whole" --list --kind io_in
[ "$status" = 0 ] && [ "$(wc -l <"$out")" = 1 ] && grep -q 'run .*morpheus io_in' "$out"
result $? '--kind takes a kind of exit, too'
run trace "$work/whole" --list --from 12ms --to 1s --kind idle
[ "$status" = 0 ] && [ "$(wc -l <"$out")" = 1 ]
result $? '--from and --to choose by time since the first reading'
run trace "$work/whole" --list --from 100ns --to 600ns
[ "$status" = 0 ] && [ "$(wc -l <"$out")" = 4 ] && [ "$(grep -c 'idle\|wake\|pick' "$out")" = 4 ]
result $? '--from is the first moment, --to the one after the last'
run trace "$work/whole" --list --from 0 --to 100ns
[ "$status" = 0 ] && [ "$(wc -l <"$out")" = 3 ] && [ "$(grep -c 'add\|open' "$out")" = 3 ]
result $? '0 needs no unit'
run trace "$work/whole" --csv -
[ "$status" = 0 ] && [ "$(wc -l <"$out")" = 39 ] && [ "$(head -n 1 "$out")" = at_ns,kind,entity,vm,detail,size,a,b,what ] &&
	grep -qx '5009000600,run,0,neo,io_out,2,4294967312,4660,' "$out"
result $? '--csv writes every record'
run trace "$work/whole" --csv - --kind pick --vm morpheus
[ "$status" = 0 ] && [ "$(wc -l <"$out")" = 3 ] && [ "$(grep -c ',pick,1,morpheus,' "$out")" = 2 ]
result $? 'or those that are chosen'
# Its table has two VMs, and there is room for another.
{
	head -c 28 "$work/whole"
	printf '\003'
	tail -c +30 "$work/whole"
} >"$work/roomy"
run trace "$work/roomy" --list --vm 2
[ "$status" = 0 ] && [ ! -s "$out" ]
result $? 'a VM that may have joined later goes by its number'
run trace "$work/roomy" --list --vm 3
says 2 "baton trace: $work/roomy has no VM \"3\"" 'one beyond the last is none'

# --------------------------------------------------------------- labels and calls
run trace "$work/labelled" --list
[ "$status" = 0 ] && [ "$(wc -l <"$out")" = 39 ] && grep -q ' neo io_out port 0xba14: label$' "$out" &&
	grep -q '^ *0.009000600  label  *neo "begins to "sort", 1,000 numbers of 32 bits"$' "$out"
result $? 'a label is listed on one line, and the call that it came by is named'
run trace "$work/labelled" --list --kind label
[ "$status" = 0 ] && [ "$(wc -l <"$out")" = 1 ]
result $? '--kind finds labels'
run trace "$work/labelled" --csv -
[ "$status" = 0 ] && [ "$(wc -l <"$out")" = 40 ] && grep -qx '5009000600,run,0,neo,io_out,4,4295014932,4660,label' "$out" &&
	grep -qx '5009000600,label,0,neo,42,0,0,0,"begins to ""sort"", 1,000 numbers of 32 bits"' "$out"
result $? 'in CSV it is quoted'
run trace "$work/labelled"
[ "$status" = 0 ] && grep -q '40 records, 0 lost' "$out" && grep -q 'It balances' "$out" &&
	grep -A 3 'Calls' "$out" | grep -q ' neo *label *1$'
result $? 'calls are counted'
run trace "$work/labelled" --json -
cp "$out" "$work/figures.json"
[ "$status" = 0 ] && [ "$(get vms 0 exits by_call label)" = 1 ] && [ "$(get records)" = 40 ]
result $? 'in JSON, too'
run trace "$work/whole"
[ "$status" = 0 ] && ! grep -q 'Calls' "$out"
result $? 'where there are none they have no table'

# ------------------------------------------------------------------------ JSON
run trace "$work/whole" --json "$work/figures.json" --csv "$work/records.csv"
[ "$status" = 0 ] && grep -q 'It balances' "$out" && "$report" balances "$work/figures.json" &&
	[ "$(get version)" = 1 ] && [ "$(get balances)" = true ] && [ "$(get whole)" = true ] &&
	[ "$(get records)" = 37 ] && [ "$(get vms 1 name)" = morpheus ] && [ "$(get vms 1 mode)" = long ] &&
	[ "$(get overruns 0 charged_ns)" = 11500700 ] && [ "$(wc -l <"$work/records.csv")" = 39 ]
result $? 'the figures as JSON add up, beside the tables'
run trace "$work/lossy" --json -
cp "$out" "$work/figures.json"
[ "$status" = 0 ] && [ "$(get balances)" = false ] && [ "$(get lost)" = 3 ] &&
	[ "$(get imbalance)" = 'records are missing' ] && [ "$(get ledger unknown_ns)" -gt 0 ]
result $? 'and say what is lost'

# ------------------------------------------------------------------- bad files
size=$(wc -c <"$work/whole")
head -c $((size - 40)) "$work/whole" >"$work/cut"
run trace "$work/cut"
says 2 "baton trace: $work/cut is cut off at byte $((size - 40)), within a record; what is shown is of the 36 records before" \
	'a cut file is told with its place'
grep -q 'run *11,518,300 ' "$out"
result $? 'and what comes before is shown'
head -c $((size - 32)) "$work/whole" >"$work/cut"
run trace "$work/cut" --json "$work/figures.json"
mentions 2 'after a record: it has no end' 'a file without an end is cut off'
[ "$(get whole)" = false ] && get wrong | grep -q 'cut off'
result $? 'the JSON says so, too'
run trace "$BATON_SOURCE_ROOT/README.md"
says 2 "baton trace: $BATON_SOURCE_ROOT/README.md is no trace: it does not begin with BATONTRC" \
	'another file is no trace'
{
	head -c 12 "$work/whole"
	printf '\003'
	tail -c +14 "$work/whole"
} >"$work/newer"
run trace "$work/newer"
says 2 "baton trace: $work/newer has version 3 at byte 12; this baton reads 1 to 2" \
	'a newer version is refused'
{
	head -c 700 "$work/whole"
	printf '\377\377\377\377\377\377\377\377\377\377'
	tail -c +711 "$work/whole"
} >"$work/damaged"
run trace "$work/damaged" --summary
mentions 2 'is damaged: the record at byte ' 'a damaged record is told with its place'
: >"$work/empty"
run trace "$work/empty"
mentions 2 'is empty; expected a trace' 'an empty file is none'
run trace "$work/missing"
says 2 "baton trace: cannot read $work/missing: No such file or directory" 'a file that is not there'
run trace "$work"
mentions 2 'cannot be read at byte 0: Is a directory' 'a folder is no trace'

# -------------------------------------------------------------------- bad words
run trace
mentions 2 'nothing to read; expected the file of a trace' 'no file'
run trace "$work/whole" again
says 2 'baton trace: again is one file too many; expected one' 'two files'
run trace "$work/whole" --vm nio
says 2 "baton trace: $work/whole has no VM \"nio\" (did you mean \"neo\"?)" 'a VM that is not there'
run trace "$work/whole" --list --kind pik
mentions 2 '--kind "pik" is unknown (did you mean "pick"?)' 'a kind that is none'
run trace "$work/whole" --kind pick
mentions 2 'expected --list or --csv with them' 'records are chosen, but not shown'
run trace "$work/whole" --from 1ms
mentions 2 'expected --list or --csv with them' 'nor by a time to begin'
run trace "$work/whole" --to 1ms
mentions 2 'expected --list or --csv with them' 'nor by one to end'
run trace "$work/whole" --list --from 2s --to 1s
mentions 2 '--from is not before --to' 'a time that is none'
run trace "$work/whole" --list --from 1s --to 1s
mentions 2 '--from is not before --to' 'an empty one'
run trace "$work/whole" --list --from soon
mentions 2 '--from "soon"' 'a word that is no time'
run trace "$work/whole" --list --csv -
mentions 2 'are all for stdout; expected one of them' 'two outputs on stdout'
run trace "$work/whole" --json - --csv -
mentions 2 'are all for stdout; expected one of them' 'and two others'
run trace "$work/whole" --json "$work/both" --csv "$work/both"
says 2 'baton trace: --json and --csv have the same file; expected two' 'two outputs in one file'
[ ! -e "$work/both" ]
result $? 'which is not made'
run trace "$work/whole" --summary --list
mentions 2 '--list and --summary' 'a summary has no list'
run trace "$work/whole" --json /nowhere/x
mentions 2 'cannot write /nowhere/x' 'a file that cannot be written'
run trace "$work/whole" --csv /nowhere/x
mentions 2 'cannot write /nowhere/x' 'records that cannot'
for form in json csv; do
	run trace "$work/whole" --$form /dev/full
	says 2 'baton trace: cannot write /dev/full: No space left on device' "no room for --$form"
done
{ timeout 10 "$baton" trace "$work/whole" --list >/dev/full; } 2>"$err"
status=$?
mentions 2 'cannot write stdout' 'output that cannot be written is an error'
finish
