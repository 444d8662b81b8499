#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# play.sh BATON SOURCE - baton play, a line a command: who can be moved, what moves do, that they can be
# taken back, what a search from there finds, and that a schedule that was written can be replayed.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
tso="$labs/explore/peterson.yaml --memory tso"

# play "LINE ..." ARGUMENT ...: lines are separated by commas.
play()
{
	lines=$1
	shift
	echo "$lines" | tr , '\n' >"$work/lines"
	timeout 60 "$baton" play "$@" >"$out" 2>"$err" <"$work/lines"
	status=$?
}

# What stands behind the last command.
last()
{
	awk '/^> / { text = ""; next } { text = text $0 "\n" } END { printf "%s", text }' "$out"
}

# shows PATTERN NAME: the last state has it, and nothing was complained about.
shows()
{
	[ "$status" = 0 ] && [ ! -s "$err" ] && last | grep -q -- "$1"
	result $? "$2"
}

# shellcheck disable=SC2086,SC2016
{
play '' $tso
[ "$status" = 0 ] && grep -q '^    1  left   store 0x1 to memory+0x0  main peterson.c:25  s->wants\[me\] = 1;$' "$out" &&
	grep -q '^    2  right  store 0x1 to memory+0x4 ' "$out"
result $? 'where each VM stands, in words'
play 1 $tso
shows '^    A         on its way: 0x1 lands in memory+0x0' 'under tso a store is on its way'
last | grep -q '^  memory+0x0  0x0$'
result $? 'and not in memory'
play 1,A $tso
shows '^  memory+0x0  0x1  ← left, was 0x0$' 'it lands by the letter of its VM'
play 1 "$labs/explore/peterson.yaml"
shows '^  memory+0x0  0x1  ← left, was 0x0$' 'under sc it lands at once'
play 1,1,1 $tso
shows '^       left   call enter 0, once its stores have landed' 'who has to wait has no key'
play 1,1,1,1 $tso
mentions 2 'baton play: line 4: VM `left` cannot step now' 'and cannot be moved'
play 1,1,1,2,2,2 $tso
shows 'right: memory+0x0 → 0x0; it does not see the store of left, which is on its way' \
	'a load that misses a store says so'
play 1,1,1,2,2,2,A,A,1,B,B $tso
shows '^  left is in section 0$' 'who is in a section'
play 1,1,1,2,2,2,A,A,1,B,B,2 $tso
shows '^  VM `right` has died: The guest entered a section at' 'a death is told, with its sentence'
! last | grep -q '^    [12AB]  '
result $? 'and is the end'
play 1,1,1,2,2,2,A,A,1,B,B,2,1 $tso
mentions 2 'line 13: VM `left` cannot step now' 'nobody moves after it'

alarm=$labs/explore/alarm-look-first.yaml
play i,1 $alarm
mentions 2 'baton play: line 1: expected the number of a VM' 'whose timer fires has to be said'
play 'i 2' $alarm
mentions 2 'there are VMs 1 to 1' 'and has to be there'
play 'i 1' $alarm
mentions 2 'line 1: VM `sleeper` cannot be interrupted now' 'a timer that is not set does not fire'
play 1 $alarm
shows '^    1  sleeper  go on, unless it is interrupted: i  main alarm.c:28 ' 'where an interrupt may come'
play '1,interrupt 1' $alarm
shows '^       sleeper  wait for ever: there is no interrupt that could come' 'one that came too early'
last | grep -q 'deadlock: nobody can go on'
result $? 'after which nobody can go on'
play '1,i 1,l' $alarm
shows '^  2  sleeper  interrupt 3, before  main alarm.c:28' 'it is listed'
play '1,1,l' $alarm
shows '^  1  sleeper  sets its timer' 'where none comes nothing is listed'
! last | grep -q '^  2'
result $? '… though it is a move'
play 1,1,1,1,1,1 $alarm
shows '^    1  sleeper  be interrupted, by line 3  main alarm.c:29' 'in HLT it will be interrupted'
play '1,1,1,1,1,1,i 1' $alarm
shows 'all have ended, and nothing went wrong' 'and is'
play '1' "$labs/explore/called-off-not-let-in.yaml"
shows '^    1  machine  set its timer, which may fire first: i' 'a timer that is set anew may have fired'
play '1,i 1' "$labs/explore/called-off-not-let-in.yaml"
shows '^    1  machine  be interrupted, by line 7' 'and then its interrupt comes'
play 'i 1' "$labs/explore/peterson.yaml"
mentions 2 'VM `left` stands where no interrupt comes' 'who has no timer is not interrupted'
play '1,i 1,w '"$work/alarm" $alarm
run run "$alarm" --replay "$work/alarm" --quiet
[ "$status" = 0 ] && grep -q '2 moves as the schedule has them' "$err"
result $? 'a schedule with an interrupt can be replayed'

play 1,A,1,2,u,u,u $tso
cp "$out" "$work/there-and-back"
play 1 $tso
last >"$work/once"
awk '/^> / { text = ""; next } { text = text $0 "\n" } END { printf "%s", text }' "$work/there-and-back" |
	grep -v '^  r makes\|^  memory+0x[48]' >"$work/back"
grep -v '^  memory+0x[48]' "$work/once" | diff - "$work/back" >>"$err"
result $? 'moves that are taken back leave nothing behind'
play 'step 1,land 1,step 2,b,r 3' $tso
shows 'after 3 moves' 'from the beginning on they can be made again'
play '1,1,1,u 2,2,r' $tso
mentions 2 'line 6: no move is known from here' 'another move forgets them'
play 1,1,1,A,A,1,u $tso
[ "$(grep -c 'left is in section 0' "$out")" = 1 ] && ! last | grep -q 'in section'
result $? 'who has not entered yet is in no section'
play u $tso
mentions 2 'line 1: no move was made yet' 'at the beginning there is nothing to take back'

play s $tso
shows 'found, in 12 moves that r makes, one by one: VM `right` dies: The guest' 'a search from the beginning'
last | grep -q '^  r makes the next of 12 known moves: a step of left$'
result $? 'and its first move'
play '1,1,u 2,s' $tso
shows '^  r makes the next of 12 known moves: ' 'what was to be redone is forgotten'
play 1,1,1,s $tso
shows 'found, in 9 moves' 'and from further on'
play 1,1,1,s,r,r,r,r,r,r,r,r,r $tso
shows '^  VM `right` has died' 'what it finds can be made move by move'
play '1,1,1,s,r 8,s' $tso
shows 'found, in 1 move ' 'a search from there finds the rest of it'
play 1,A,1,A,s $tso
shows 'nothing can go wrong from here on: 145 states' 'or that there is nothing to be found any more'
play s "$labs/explore/peterson.yaml"
shows 'nothing can go wrong from here on: 114 states can come' 'a search that finds nothing'
play 1,1,1,1,s "$labs/explore/peterson.yaml"
shows 'nothing can go wrong from here on: [0-9][0-9] states can come' 'has less to look at further on'
play s,r,r,r,r "$labs/explore/bells-one.yaml"
shows '^  deadlock: nobody can go on' 'a deadlock is told'
last | grep -q '^       second  call wait 0, once it is woken'
result $? 'and who waits'

play 2,1,2,b,2,3 "$labs/explore/bells-one.yaml"
shows '^       first   call wait 0, once it is woken' 'to be looked at does not wake'

play 1,1,A,2,2,B "$labs/explore/litmus-sb.yaml" --memory tso
shows '^  all have ended, and nothing went wrong$' 'an end is told'
sed 's/tso: \[\[0, 0\], /tso: [/' "$labs/explore/litmus-sb.yaml" >"$work/sb.yaml"
play 1,1,2,2,A,B "$work/sb.yaml" --memory tso
shows 'the outcome 0 0 is none of those that may come out' 'and whether it may be'
play s "$work/sb.yaml" --memory tso
shows 'found, in 6 moves that r makes, one by one: all have ended, and the outcome' \
	'a search finds such an end'

play '1 1' "$labs/explore/buffer-last-stays.yaml"
shows 'last: producer: chooses 1 of 0 to 1' 'a choice is part of a move'
play 1,'1 2' "$labs/explore/buffer-last-stays.yaml"
mentions 2 'line 2: it chooses one of 0 to 1; expected "1 0", or another' 'and has to be one that there is'

play "1,1,2,A,w $work/schedule" $tso
shows "written; baton run .* --replay" 'a schedule is written'
run run "$labs/explore/peterson.yaml" --replay "$work/schedule"
mentions 0 '4 moves as the schedule has them' 'and can be replayed'
play "1,w $work/none/schedule" $tso
mentions 2 "line 2: cannot write $work/none/schedule: No such file or directory" 'or it is told why not'
play 1,2,l $tso
shows '^  2  right  memory+0x4 ← 0x1, on its way  main peterson.c:25' 'moves are listed'
play h $tso
shows '^  u  undo \[N\]' 'commands are listed'
play foo,3,C,'u x',q,foo $tso
grep -q 'line 1: "foo" is no command; h lists them' "$err" && grep -q 'line 2: there are VMs 1 to 2' "$err" &&
	grep -q 'line 3: there are VMs 1 to 2' "$err" && grep -q 'line 4: "x" is no number of moves' "$err" &&
	[ "$(wc -l <"$err")" = 4 ] && [ "$status" = 2 ]
result $? 'what is no command is told, and q ends'
}
run play
says 2 'baton play: nothing to play; expected a scenario or a lab, see baton play --help' 'it needs a scenario'
run play explore-peterson --memory pso
says 2 'baton play: --memory "pso" is unknown; expected sc or tso' 'it knows two memory models'
run play explore-petersen
says 2 'baton play: "explore-petersen" is no scenario, and no lab (did you mean "explore-peterson"?); baton lab lists them' \
	'it knows the labs'
finish
