#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# in-step.sh BATON ABI - commands and options are the same ones in --help, in the
# manual and in the completion; environment and statuses are in the manual; so are
# all keys of a scenario, and no others, and, in the page ABI, all calls of a guest.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
man=$BATON_SOURCE_ROOT/man completion=$BATON_SOURCE_ROOT/cli/completion/baton
include=$BATON_SOURCE_ROOT/include/baton abi=$1

# One option or command a line, sorted.
sorted()
{
	tr -s ' \t' '\n' | grep . | LC_ALL=C sort -u
}

same() # FILE FILE NAME
{
	diff "$1" "$2" >"$out" 2>"$err"
	status=$?
	result $status "$3"
}

options_of_help() # COMMAND
{
	"$baton" help "$1" | sed -n 's/^  --\([a-z-]*\) .*/\1/p' | sorted
}

# The words of `local NAME='…'` in the completion, which may take several lines.
words_of_completion() # NAME
{
	awk -v begin="local $1='" '
		{ text = text $0 " " }
		END {
			text = substr(text, index(text, begin) + length(begin))
			print substr(text, 1, index(text, "\047") - 1)
		}' "$completion" | sed 's/--//g' | sorted
}

options_of_help run >"$work/help"
[ "$(wc -l <"$work/help")" -ge 10 ]
result $? 'run has options'
sed -n '/^The options override/,/^\.Sh SCENARIO/s/^\.It Fl -\([a-z-]*\).*/\1/p' "$man/baton-run.1" |
	sorted >"$work/man"
same "$work/help" "$work/man" 'the manual has the options of run'
words_of_completion run >"$work/completion"
same "$work/help" "$work/completion" 'the completion has the options of run'
options_of_help lab >"$work/lab"
same "$work/help" "$work/lab" 'lab has the options of run'

options_of_help doctor >"$work/help"
sed -n '/^\.It Cm doctor/,/^\.It Cm help/s/^\.It Fl -\([a-z]*\).*/\1/p' "$man/baton.1" |
	sorted >"$work/man"
same "$work/help" "$work/man" 'the manual has the options of doctor'
words_of_completion doctor >"$work/completion"
same "$work/help" "$work/completion" 'the completion has the options of doctor'

"$baton" help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | sorted >"$work/help"
sed -n '/^The commands are/,/^\.Sh ENV/s/^\.It Cm \([a-z]*\)/\1/p' "$man/baton.1" |
	sorted >"$work/man"
same "$work/help" "$work/man" 'the manual has the commands'
words_of_completion commands >"$work/completion"
same "$work/help" "$work/completion" 'the completion has the commands'

# An argument in the help is one in the manual.
"$baton" help run | sed -n 's/^  --\([a-z-]* [A-Z][A-Z]*\) .*/\1/p' | LC_ALL=C sort >"$work/help"
sed -n '/^The options override/,/^\.Sh SCENARIO/s/^\.It Fl -\([a-z-]*\) Ar \([A-Z]*\)/\1 \2/p' \
	"$man/baton-run.1" | LC_ALL=C sort >"$work/man"
same "$work/help" "$work/man" 'arguments have the same names'

# Every policy, mode and what can be shown is offered.
for word in share quantum turns script null real protected paged long exits none traffic \
	lines course json; do
	grep -qE "^\.Cm $word( |\$)" "$man/baton-run.1" && grep -qw "$word" "$completion"
	result $? "$word is in the manual and in the completion"
done

# "FILE TABLE KEY" for each row of a table of keys, and for each item of the manual's
# lists, which say in a comment of which table they are.
(cd "$BATON_SOURCE_ROOT" && awk '
	/^static const struct yaml_field [a-z_]*\[\]/ { sub(/\[.*/, "", $5); table = $5 }
	/^#define [A-Z_]*_FIELDS? / { table = $2 }
	match($0, /\{ "[a-z0-9_]+", [a-z]/) {
		split(substr($0, RSTART), part, "\"")
		print FILENAME, table, part[2]
	}' cli/scenario*.c cli/device*.[ch]) | LC_ALL=C sort >"$work/keys"
awk '/^\.\\" table / { table = $3 " " $4 }
	/^\.El/ { table = "" }
	table && /^\.It Cm / { print table, $3 }' "$man/baton-scenario.5" | LC_ALL=C sort >"$work/man"
[ "$(wc -l <"$work/keys")" -ge 70 ]
result $? 'scenarios have keys'
same "$work/keys" "$work/man" 'the manual has the keys of a scenario'

# Each item says whether it must be there or what holds if it is not, and how it looks.
awk '/^\.\\" table / { table = $3 " " $4; optional = table ~ /scenario_expect/ }
	/^\.It |^\.El/ {
		if (item && !(said && shown))
			print item
		item = shown = ""
		said = optional
	}
	table && /^\.It Cm / { item = table " " $3 }
	/^\.El/ { table = "" }
	/Required|^Default/ { said = 1 }
	/xample/ { shown = 1 }' "$man/baton-scenario.5" >"$work/unsaid"
: >"$work/nothing"
same "$work/nothing" "$work/unsaid" 'every key has a default or is required, and has an example'

# What the keys may be, where a word is meant.
sed -n 's/^BATON_CAUSE([A-Z0-9_]*, "\([a-z0-9-]*\)".*/\1/p' \
	"$include/causes.def" | sorted >"$work/causes"
sed -n '/^\.Ss Causes/,/^\.Sh/s/^\.Cm //p' "$man/baton-scenario.5" | tr -d ',.' | sorted >"$work/man"
same "$work/causes" "$work/man" 'the manual has the causes of death'
sed -n 's/^	\.name = "\([a-z]*\)",$/\1/p' "$BATON_SOURCE_ROOT"/cli/device_*.c | grep -vx course |
	sorted >"$work/types"
sed -n '/^\.Sh DEVICES/,/^\.Sh/s/^\.Ss \([a-z]*\)$/\1/p' "$man/baton-scenario.5" | sorted >"$work/man"
same "$work/types" "$work/man" 'the manual has the types of devices'

# What the documents name is there.
"$baton" lab | awk '{ print $1; if ($2 ~ /^[a-z]/) print $2 }' | sorted >"$work/labs"
grep -oh 'baton lab [a-z][a-z0-9-]*' "$BATON_SOURCE_ROOT"/README.md "$BATON_SOURCE_ROOT"/docs/*.md |
	sed 's/.* //' | sorted | comm -23 - "$work/labs" >"$out"
[ ! -s "$out" ]
result $? 'every lab that a document names is there'
(cd "$BATON_SOURCE_ROOT" && grep -oh '`[a-z_]*()`' ./*.md docs/*.md | tr -d '`()' | sorted |
	while read -r function; do
		grep -rqw "$function" src cli sim guest || echo "$function"
	done) >"$out"
[ ! -s "$out" ]
result $? 'every function that a document names is there'

# What a guest may rely on: every row, with its port, and every field of its struct.
sed -n 's/^BATON_CALL([A-Z]*, \([0-9]*\), \([a-z]*\), \([a-z]*\), \([0-9]\), .*/\1 \2 \3 \4/p' \
	"$include/hypercalls.def" | while read -r number name direction fields; do
	port=$(printf '0xBA%02X' "$number")
	echo "$name $port $direction" "$([ "$fields" = 0 ] || echo "struct $fields")"
done >"$work/calls"
grep -c '^BATON_CALL(' "$include/hypercalls.def" >"$work/rows"
awk '
	function flush() {
		if (name)
			print name, port, direction, fields ? "struct " fields : ""
		name = ""
		fields = 0
	}
	/^\.Sh CALLS/ { on = 1 }
	/^\.It Cm |^\.El/ { flush() }
	/^\.El/ { on = 0 }
	on && /^\.It Cm / { name = $3 }
	/^Port 0x/ { port = $2; direction = tolower($3); sub(/,/, "", port); sub(/\./, "", direction) }
	/^    baton_field / { sub(/;.*/, ""); fields += split($0, part, ",") }' "$abi" >"$work/man"
same "$work/calls" "$work/man" 'the manual has every call, its port and its fields'
[ "$(cat "$work/rows")" = "$(wc -l <"$work/calls")" ]
result $? 'no row of the calls was passed over'
sed -n 's/^BATON_COURSE_CALL([A-Z_0-9]*, \([a-z_0-9]*\), .*/\1/p' "$include/course.def" |
	sorted >"$work/calls"
awk '/^\.Sh THE CALLS/ { on = 1 } on && /^\.It Cm / && $4 == "" { print $3 }' "$abi" |
	grep -vx print8 | sorted >"$work/man"
same "$work/calls" "$work/man" 'the manual has the calls of courses'
# Its table has a map a column, the files have one a row.
sed -n 's/^BATON_COURSE_MAP([A-Z0-9]*, "\([a-z0-9]*\)", \(.*\))/\1 \2/p' "$include/course.def" |
	tr -d , >"$work/maps"
awk '/^\.It call Ta/ {
		for (i = 6; i <= NF; i++)
			if ($i != "Ta" && $i != "Cm")
				map[++maps] = $i
	}
	/^\.It Cm [a-z0-9_]* Ta / {
		for (i = 1; i <= maps; i++)
			map[i] = map[i] " " $(NF - 2 * (maps - i))
	}
	END { for (i = 1; i <= maps; i++) print map[i] }' "$abi" >"$work/man"
same "$work/maps" "$work/man" 'the manual has their ports by every map'

# The manual's examples are scenarios: without a KVM they get as far as asking for it.
for section in DESCRIPTION EXAMPLES; do
	sed -n "/^\.Sh $section/,/^\.Ed/p" "$man/baton-scenario.5" |
		sed -n '/^version/,/^\.Ed/p' | sed '/^\./d; s/\\(+-/±/' >"$work/$section.yaml"
	run run "$work/$section.yaml" --for 20ms --quiet
	[ -s "$work/$section.yaml" ] && [ $status != 2 ]
	result $? "the scenario under $section can be read"
done

if command -v mandoc >/dev/null; then
	# The manuals refer to one another, and are not installed yet.
	mandoc -T lint -W style "$man/baton.1" "$man/baton-run.1" "$man/baton-scenario.5" "$abi" |
		grep -v 'referenced manual not found' >"$out"
	[ ! -s "$out" ]
	result $? 'mandoc finds nothing to say about the manual'
else
	skip 'mandoc finds nothing to say about the manual' 'mandoc is not installed'
fi
if command -v bash >/dev/null; then
	# shellcheck disable=SC2016
	bash -c '. "$1"
		complete_at() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _baton; }
		complete_at baton ru; [ "${COMPREPLY[*]}" = run ] || exit 1
		complete_at baton run --pol; [ "${COMPREPLY[*]}" = --policy ] || exit 2
		complete_at baton run --policy sh; [ "${COMPREPLY[*]}" = share ] || exit 3
		complete_at "$2" lab matrix-a; [ "${COMPREPLY[*]}" = matrix-a ] || exit 4
		complete_at baton doctor --j; [ "${COMPREPLY[*]}" = --json ] || exit 5' \
		bash "$completion" "$baton" >"$out" 2>"$err"
	status=$?
	result $status 'the completion completes'
else
	skip 'the completion completes' 'bash is not installed'
fi
finish
