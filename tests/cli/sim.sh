#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# sim.sh BATON TRACED - baton sim: its options, what repeats, a million VMs, workloads of a
# scenario and of a trace, and decisions made again. Needs no KVM, and looks at no clock.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
traced=$1

# number NAME: the first integer of that name in the last --json.
number()
{
	sed -n "s/^ *\"$1\": \([0-9]*\),*\$/\1/p" "$work/json" | head -n 1
}

sim()
{
	run sim --json "$work/json" "$@"
}

cat >"$work/mix.yaml" <<-END
	version: 1
	policy: {name: share, quantum: 10ms}
	for: 2s
	vms:
	  - {name: batch, share: 3, workload: cpu}
	  - {name: web, workload: {run: 1ms..5ms, sleep: 10ms..100ms, exit: 50us}}
	  - {name: job, workload: {work: 30ms}, arrives: 1s}
	  - {name: guest, workload: {leaves: 500ms}}
	  - {workload: mixed}
END

# ---------------------------------------------------------------------- a run
sim "$work/mix.yaml"
[ "$status" = 0 ] && [ ! -s "$err" ] &&
	grep -q '5 VMs on a virtual clock, policy share, quantum 10 ms, seed 1' "$out"
result $? 'a scenario without images is simulated'
grep -q '^  job *1 .* 30.000 ms ' "$out"
result $? 'a VM ends when its work is done'
[ "$(number lag_ns)" -le "$(number lag_allowed_ns)" ] && [ "$(number lag_later_ns)" -gt 0 ] &&
	[ "$(number lag_later_ns)" -le "$(number lag_later_allowed_ns)" ]
result $? 'lag is within what is allowed'
cp "$work/json" "$work/first"
sim "$work/mix.yaml" && cmp -s "$work/json" "$work/first"
result $? 'the same seed gives the same JSON'
sim "$work/mix.yaml" --seed 2 && [ "$status" = 0 ] && ! cmp -s "$work/json" "$work/first"
result $? 'another seed gives another'
run sim "$work/mix.yaml" --json -
[ "$status" = 0 ] && cmp -s "$out" "$work/first"
result $? '--json - leaves stdout to the JSON'
sim "$work/mix.yaml" --progress
[ "$status" = 0 ] && [ ! -s "$err" ] && cmp -s "$work/json" "$work/first"
result $? '--progress shows nothing where nobody watches, and changes nothing'

sim "$work/mix.yaml" --vms 1000 --for 5s
[ "$status" = 0 ] && [ "$(number count)" = 1000 ] && [ "$(number now_ns)" -ge 5000000000 ] &&
	[ "$(grep -c '"vms": 200,' "$work/json")" = 5 ]
result $? '--vms makes so many of the mix, --for ends it'
sim --vms 10 --policy quantum --quantum 1ms --for 100ms
[ "$status" = 0 ] && [ "$(number turns)" = 100 ] && grep -q '"lag_allowed_ns": null' "$work/json"
result $? '--policy and --quantum override'
printf 'version: 1\nvms: [{workload: {exit: 1ms}}, {workload: {exit: 1ms}}]\n' >"$work/exits.yaml"
sim "$work/exits.yaml" --policy turns --for 70ms && one=$(number turns)
sim "$work/exits.yaml" --policy turns --burst 7 --for 70ms
[ "$status" = 0 ] && grep -q 'policy turns, burst 7' "$out" && [ "$one" = 70 ] && [ "$(number turns)" = 10 ]
result $? '--burst is for turns'
sim --vms 4 --overrun 2ms --for 1s
[ "$status" = 0 ] && [ "$(number overrun_ns)" = 2000000 ] && [ "$(number lag_allowed_ns)" = 12000000 ]
result $? '--overrun makes slices end late'
sim --vms 4 --overrun 0..50us,3ms/20 --for 10s
[ "$status" = 0 ] && [ "$(number overrun_ns)" = 3000000 ] &&
	sed -n '/"turn":/,/}/s/.*"p90_ns": \([0-9]*\),/\1/p' "$work/json" | awk '{ exit !($1 < 11000000) }'
result $? 'and now and then very late'
sim --vms 100 --weights random:5..5 && lag=$(number lag_ns)
sim --vms 100
[ "$status" = 0 ] && [ "$(number lag_ns)" = "$lag" ]
result $? 'weights that are all alike are like none'
sim --vms 100 --weights random:5
[ "$status" = 0 ] && [ "$(number lag_ns)" = "$lag" ]
result $? 'and so is one weight'
sim --vms 100
cp "$work/json" "$work/first"
sim --vms 100 --weights random
[ "$status" = 0 ] && ! cmp -s "$work/json" "$work/first"
result $? '--weights draws them'
cp "$work/json" "$work/first"
sim --vms 100 --weights random:1..1000
[ "$status" = 0 ] && cmp -s "$work/json" "$work/first"
result $? 'from 1 to 1000'

# ------------------------------------------------------------------- numbers
sim --sweep 2,10,100,1000 --weights random --overrun 0..50us
[ "$status" = 0 ] && [ "$(grep -cE '"count": (2|10|100|1000),' "$work/json")" -ge 4 ] &&
	[ "$(grep -cE '^ +[0-9,]+ +[0-9,]+ ' "$out")" = 4 ]
result $? '--sweep has a row for each number'
sed -n 's/^ *"lag_ns": \([0-9]*\),/\1/p' "$work/json" >"$work/lags"
sed -n 's/^ *"lag_allowed_ns": \([0-9]*\),/\1/p' "$work/json" | paste -d ' ' "$work/lags" - |
	awk '{ bad += $1 > $2; n++ } END { exit bad || n != 4 }'
result $? 'and lag is within what is allowed in each'
limit=280
sim --vms 1000000 --weights random --for 1s
limit=60
[ "$status" = 0 ] && [ "$(number count)" = 1000000 ] && [ "$(number turns)" = 100 ] &&
	[ "$(number bytes_per_vm)" -le 320 ] && grep -q '[0-9] bytes per VM' "$out"
result $? 'a million VMs, at 320 bytes each at most'

# -------------------------------------------------------------------- traces
for policy in share quantum turns null; do
	"$traced" $policy "$work/trace" >"$work/wanted" || exit 1
	run sim --redo "$work/trace"
	decisions='[1-9][0-9]+ decisions'
	[ $policy != null ] || decisions='1 decision' # whose turn has no end
	[ "$status" = 0 ] && grep -Eqx "$decisions, all the same" "$out"
	result $? "every decision of $policy is made again"
done
"$traced" share "$work/trace" >"$work/wanted"
record=$("$traced" share "$work/tampered" tampered)
run sim --redo "$work/tampered"
[ "$status" = 1 ] && grep -q 'recorded: [a-z]* for 10000001 ns$' "$out" &&
	grep -q 'now:      [a-z]* for 10000000 ns$' "$out"
result $? 'a decision that was tampered with is told'
byte=$((96 + 4 * 80 + record * 32))
grep -qx "$work/tampered: record $record, before byte $byte: decision 40 differs" "$out"
result $? 'with its place'
"$traced" turns "$work/tampered" exits >/dev/null
run sim --redo "$work/tampered"
[ "$status" = 1 ] && grep -q 'decision 40 differs$' "$out" &&
	grep -q 'recorded: [a-z]*, 4 exits$' "$out" && grep -q 'now:      [a-z]*, 3 exits$' "$out"
result $? 'so is one that was for other exits'
whole='expected the trace of a whole run'
stray="record $record, which gives the turn to a VM that is not there"
"$traced" share "$work/stray" stray >/dev/null
run sim --redo "$work/stray"
says 2 "baton sim: $work/stray has $stray; $whole" 'a record that cannot be is refused'
sed 's/share/shore/' "$work/trace" >"$work/shore"
run sim --redo "$work/shore"
says 2 "baton sim: $work/shore is of a policy that this baton does not have; $whole" \
	'a policy that is unknown, too'
"$traced" share "$work/unset" unset >/dev/null
run sim --redo "$work/unset"
says 2 "baton sim: $work/unset has settings that its policy refuses; $whole" \
	'and settings that are none'
"$traced" share "$work/cut" cut >/dev/null
run sim --redo "$work/cut"
says 2 "baton sim: $work/cut is cut off: it has no end; expected the trace of a whole run" \
	'a trace without an end is refused'
run sim --from "$work/cut"
says 2 "baton sim: $work/cut is cut off: it has no end; expected the trace of a whole run" \
	'as a source of workloads, too'
"$traced" share "$work/lossy" lossy >/dev/null
run sim --redo "$work/lossy"
says 2 "baton sim: $work/lossy lacks records; expected the trace of a whole run" \
	'one with a gap is refused'
run sim --from "$work/lossy"
mentions 2 'that says that some are missing' 'as a source of workloads it is, too'
run sim --redo "$work/mix.yaml"
mentions 2 'is no trace' 'and so is what is no trace'
run sim --redo "$work/none"
says 2 "baton sim: cannot read $work/none: No such file or directory" 'or not there'

sim --from "$work/trace"
sed -n '/"vms": \[/,$p' "$work/json" | grep '^ *"\(turns\|cpu_ns\)":' | tr -d ' ' >"$work/got"
[ "$status" = 0 ] && [ -s "$work/got" ] && cmp -s "$work/got" "$work/wanted"
result $? 'under its own policy a trace comes out as it was, turn by turn'
grep -q '^  sleepy ' "$out"
result $? 'its VMs keep their names'
sim --from "$work/trace" --policy quantum --quantum 2ms
sed -n '/"vms": \[/,$p' "$work/json" | grep '^ *"\(turns\|cpu_ns\)":' | tr -d ' ' >"$work/got"
[ "$status" = 0 ] && ! cmp -s "$work/got" "$work/wanted" && grep -q '^  brief .* 77.000 ms ' "$out"
result $? 'and under another one differently'

# ------------------------------------------------------------------ pictures
if command -v gnuplot >/dev/null; then
	run sim "$work/mix.yaml" --plot "$work/lag.svg"
	[ "$status" = 0 ] && grep -q '<svg' "$work/lag.svg" && grep -q 'allowed' "$work/lag.svg" &&
		grep -q 'virtual time' "$work/lag.svg"
	result $? 'lag over time is drawn'
	run sim --sweep 2,10 --plot "$work/sweep.svg" --policy quantum
	[ "$status" = 0 ] && grep -q '<svg' "$work/sweep.svg" && grep -q '>VMs<' "$work/sweep.svg" &&
		! grep -q 'allowed' "$work/sweep.svg"
	result $? 'and over numbers of VMs, with what is allowed where something is'
	run sim --vms 2 --plot "$work/lag.png"
	[ "$status" = 0 ] && head -c 4 "$work/lag.png" | grep -q PNG
	result $? 'a picture may be a PNG'
	run sim --vms 2 --plot "$work/none/lag.svg"
	says 2 "baton sim: cannot write $work/none/lag.svg: No such file or directory" \
		'a picture that cannot be written'
else
	skip 'lag over time is drawn' 'gnuplot is not installed'
fi
mkdir "$work/empty"
(
	PATH=$work/empty
	"$baton" sim --vms 2 --plot "$work/other.png" >"$out" 2>"$err"
)
status=$?
says 4 'baton sim: --plot needs gnuplot, which cannot be started; in Debian it is in the package gnuplot-nox' \
	'without gnuplot the package is named'
[ ! -e "$work/other.png" ]
result $? 'and nothing is written'

# -------------------------------------------------------------------- errors
refused() # TEXT NAME ARGUMENT ...
{
	text=$1 name=$2
	shift 2
	run sim "$@"
	says 2 "baton sim: $text" "$name"
}

refused 'nothing to simulate; expected a scenario, --from, --vms or --sweep, see baton sim --help' 'nothing'
refused 'option --vmss is unknown (did you mean "--vms"?); see baton sim --help' 'an unknown option' --vmss
refused 'option -v is unknown; see baton sim --help' 'an unknown letter' -v
refused '--vms has no argument; expected N' 'a missing argument' --vms
refused '--progress=1 has an argument; expected none' 'an argument too many' --progress=1
refused 'b is one argument too many; expected one scenario' 'two scenarios' a b
refused '--vms "0" is too small; expected a whole number' 'no VM' --vms 0
refused '--vms "1000000000" is too large; expected a whole number' 'too many' --vms 1000000000
times='expected a duration such as 500us, 10ms, 1.5s or 2min'
refused "--quantum \"0s\" is too small; $times" 'no quantum' --quantum 0s --vms 1
refused "--for \"0s\" is too small; $times" 'no time' --for 0s --vms 1
refused '--burst "0" is too small; expected a whole number' 'no burst' --burst 0 --vms 1
refused '--burst "4294967296" is too large; expected a whole number' 'a burst that is too large' \
	--burst 4294967296 --vms 1
refused '--policy "shar" is unknown; expected share, quantum, turns or null (did you mean "share"?)' \
	'an unknown policy' --policy shar --vms 1
refused '--policy "script" goes by a file; expected share, quantum, turns or null' \
	'a policy that is none here' --policy script --vms 1
weights='expected random, or random:LOW..HIGH with numbers from 0 to 4294967296'
refused "--weights \"none\" is unknown; $weights" 'weights that are none' --weights none --vms 1
refused "--weights \"random:9..2\" ends before it begins; $weights" 'weights the wrong way round' \
	--weights random:9..2 --vms 1
refused "--weights \"random:1..4294967297\" is out of range; $weights" 'too large a weight' \
	--weights random:1..4294967297 --vms 1
refused "--weights \"random:0\" is out of range; $weights" 'nothing but weights of 0' \
	--weights random:0 --vms 1
overrun='times such as 0..50us, or 0..50us,1ms..5ms/1000: the latter once in 1000 turns'
refused "--overrun \"1ms,2ms\" does not say how rare; expected $overrun" 'an overrun without a rarity' \
	--overrun 1ms,2ms --vms 1
refused "--overrun \"1ms,2ms/0\" is out of range; expected $overrun" 'or of none' --overrun 1ms,2ms/0 --vms 1
refused "--overrun \"1ms,2ms/4294967296\" is out of range; expected $overrun" \
	'or of one that never comes' --overrun 1ms,2ms/4294967296 --vms 1
sweep='expected numbers of VMs such as 2,10,100'
refused "--sweep \"2,,3\" is not a number; $sweep" 'a hole in a sweep' --sweep 2,,3
refused "--sweep \"2,0\" is too small; $sweep" 'a sweep to nothing' --sweep 2,0
refused "--sweep \"2,100000001\" is too large; $sweep" 'a sweep that goes too far' \
	--sweep 2,100000001
row=1,1,1,1,1,1,1,1
rows=$row,$row,$row,$row,$row,$row,$row,$row
run sim --sweep $rows --for 1ms
[ "$status" = 0 ]
result $? 'a sweep has up to 64 rows'
refused "--sweep \"$(echo $rows,1 | cut -c 1-60)\" is too long; $sweep" 'and no more' \
	--sweep $rows,1
refused '--plot "lag.gif" is no kind of picture; expected FILE.svg or FILE.png' 'another picture' \
	--plot lag.gif --vms 1
refused '--vms and --sweep; expected one of them' 'two numbers' --vms 1 --sweep 2
refused '--from and a scenario; expected one of them' 'two sources' --from x "$work/mix.yaml"
refused '--redo decides a traced run and nothing else; expected --redo TRACE alone' 'two tasks' --redo x y
refused '--redo decides a traced run and nothing else; expected --redo TRACE alone' 'two traces' \
	--redo x --from y
other='expected no other option; for another policy see --from'
for option in '--policy quantum' '--quantum 1ms' '--burst 2' '--for 1s' '--seed 0' \
	'--weights random' '--overrun 1ms' '--overrun 0s,0s/9' '--vms 1' '--sweep 1' '--json -' \
	'--plot x.svg'; do
	# shellcheck disable=SC2086 # two words
	refused "--redo takes all that it needs from the trace; $other" \
		"a redo with $option" --redo x $option
done
refused 'cannot read none: No such file or directory' 'no trace' --from none
run sim --vms 2 --json "$work/none/x"
says 2 "baton sim: cannot write $work/none/x: No such file or directory" 'a report that cannot be written'
run sim --vms 2 --json /dev/full
says 2 'baton sim: cannot write /dev/full: No space left on device' 'nor one that has no room'
"$baton" sim --vms 2 >/dev/full 2>"$err"
status=$?
says 2 'baton sim: cannot write the tables: No space left on device' 'tables that cannot be written'

printf 'version: 1\nvms:\n  - {workload: {run: 1ms..x}}\n' >"$work/bad.yaml"
run sim "$work/bad.yaml"
mentions 2 "$work/bad.yaml:3:22: run \"1ms..x\" is" 'a fault of a scenario has its place'
printf 'version: 1\npolicy: {name: script, file: x}\nvms:\n  - {share: 1}\n' >"$work/script.yaml"
run sim "$work/script.yaml"
says 2 "$work/script.yaml:2:9: policy script goes by a file; expected share, quantum, turns or null, here or with --policy" \
	'a schedule is refused'
run sim "$work/script.yaml" --policy quantum
[ "$status" = 0 ]
result $? 'unless another policy is wanted'
run sim --help
[ "$status" = 0 ] && grep -q '^usage: baton sim' "$out"
result $? 'there is help'
finish
