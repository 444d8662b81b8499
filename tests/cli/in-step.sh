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

# options COMMAND LEAST SECTION: its options, LEAST of them at least, are the same ones in --help,
# in the completion and, before SECTION, in its manual page. They stay in $work/help.
options()
{
	options_of_help "$1" >"$work/help"
	[ "$(wc -l <"$work/help")" -ge "$2" ]
	result $? "$1 has options"
	sed -n "/^The options [ao]/,/^\.Sh $3/s/^\.It Fl -\([a-z-]*\).*/\1/p" "$man/baton-$1.1" |
		sorted >"$work/man"
	same "$work/help" "$work/man" "the manual has the options of $1"
	words_of_completion "$1" >"$work/completion"
	same "$work/help" "$work/completion" "the completion has the options of $1"
}

options run 10 SCENARIO
options_of_help lab >"$work/lab"
same "$work/help" "$work/lab" 'lab has the options of run'

options exits 9 TABLES
"$baton" help exits | sed -n 's/^  --\([a-z-]* [[A-Z][]A-Z]*\) .*/\1/p' | tr -d '[]' |
	LC_ALL=C sort >"$work/help"
sed -n '/^The options are/,/^\.Sh TABLES/{
	s/^\.It Fl -\([a-z-]*\) \(Op \)*Ar \([A-Z]*\).*/\1 \3/p
	}' "$man/baton-exits.1" | LC_ALL=C sort >"$work/man"
same "$work/help" "$work/man" 'arguments of exits have the same names'

# Every member of its JSON object and every column of its CSV.
grep -oh '"[a-z_]*"' "$BATON_SOURCE_ROOT/cli/exits_json.c" | tr -d '"' | sorted >"$work/members"
sed -n '/^\.Sh JSON/,/^\.Sh EXIT/p' "$man/baton-exits.1" | grep '^\.\(Cm\|It Cm\) ' | tr -d ',.' |
	sed 's/^\(It \)*Cm //' | sorted >"$work/man"
same "$work/members" "$work/man" 'the manual has the members of the JSON of exits'
"$baton" exits --from "$BATON_SOURCE_ROOT/tests/fuzz/corpus/exits/module-svm" --csv - |
	head -n 1 | tr ',' ' ' | sorted >"$work/columns"
sed -n '/^\.Sh CSV/,/^\.Ed/p' "$man/baton-exits.1" | sed -n '/^unix_ns,/,/^\.Ed/p' | grep -v '^\.' |
	tr ',' ' ' | sorted >"$work/man"
same "$work/columns" "$work/man" 'and the columns of its CSV'

options trace 9 TABLES
"$baton" help trace | sed -n 's/^  --\([a-z-]* [A-Z][A-Z]*\) .*/\1/p' | LC_ALL=C sort >"$work/help"
sed -n '/^The options are/,/^\.Sh TABLES/s/^\.It Fl -\([a-z-]*\) Ar \([A-Z]*\).*/\1 \2/p' \
	"$man/baton-trace.1" | LC_ALL=C sort >"$work/man"
same "$work/help" "$work/man" 'arguments of trace have the same names'
grep -oh '"[a-z_0-9]*"' "$BATON_SOURCE_ROOT/cli/trace_json.c" | tr -d '"' | sorted >"$work/members"
sed -n '/^\.Sh JSON/,/^\.Sh CSV/p' "$man/baton-trace.1" | grep '^\.\(Cm\|It Cm\) ' | tr -d ',.;' |
	sed 's/^\(It \)*Cm //' | sorted >"$work/man"
same "$work/members" "$work/man" 'the manual has the members of the JSON of trace'
sed -n 's/^BATON_TRACE([A-Z]*, [0-9]*, "\([a-z]*\)".*/\1/p' "$include/trace.def" | sorted >"$work/kinds"
sed -n '/^\.Sh KINDS/,/^\.Sh JSON/s/^\.It Cm //p' "$man/baton-trace.1" | tr -d ',' | sorted >"$work/man"
same "$work/kinds" "$work/man" 'and the kinds of record'

# docs/trace.md has the rows of trace.def, and the fields of trace.h where they are.
awk -F'"' '/^BATON_TRACE\(/ {
		split($1, part, /[ ,]+/)
		row = "| " part[2] " |"
		for (i = 2; i <= 12; i += 2)
			row = row " " $i ($i == "" ? "|" : " |")
		print row
	}' "$include/trace.def" >"$work/rows"
grep '^| [0-9]* | [a-z]* | ' "$BATON_SOURCE_ROOT/docs/trace.md" >"$work/doc"
same "$work/rows" "$work/doc" 'docs/trace.md has the kinds of record'
awk '
	/^struct baton_trace_(record|header|vm) \{/ { within = 1; offset = 0; next }
	/^\}/ { within = 0 }
	within && match($0, /^\t(uint(8|16|32|64)_t|char) [a-z_, ]*(\[[A-Z_0-9a-z +]*\])?;/) {
		line = substr($0, 2, RLENGTH - 2)
		size = line ~ /^char/ ? 1 : substr(line, 5) / 8
		count = 1
		if (match(line, /\[.*\]/)) {
			count = substr(line, RSTART + 1)
			count = count ~ /POLICY/ ? 32 : count ~ /NAME/ ? 64 : count + 0
			line = substr(line, 1, RSTART - 1)
		}
		sub(/^[a-z0-9_]* /, "", line)
		fields = split(line, field, /, /)
		for (i = 1; i <= fields; i++) {
			print offset, size * count, field[i]
			offset += size * count
		}
	}' "$include/trace.h" >"$work/fields"
[ "$(wc -l <"$work/fields")" = 26 ]
result $? 'the header file has the fields of a trace'
sed -n 's/^| \([0-9]*\) | \([0-9]*\) | `\([a-z_]*\)` |.*/\1 \2 \3/p' "$BATON_SOURCE_ROOT/docs/trace.md" |
	LC_ALL=C sort >"$work/doc"
LC_ALL=C sort -o "$work/fields" "$work/fields"
same "$work/fields" "$work/doc" 'docs/trace.md has them where they are'
options explore 9 VERDICTS
"$baton" help explore | sed -n 's/^  --\([a-z-]* [A-Z][A-Z]*\) .*/\1/p' | LC_ALL=C sort >"$work/help"
sed -n '/^The options are/,/^\.Sh VERDICTS/s/^\.It Fl -\([a-z-]*\) Ar \([A-Z]*\).*/\1 \2/p' \
	"$man/baton-explore.1" | LC_ALL=C sort >"$work/man"
same "$work/help" "$work/man" 'arguments of explore have the same names'
grep -oh '"[a-z_0-9]*"' "$BATON_SOURCE_ROOT/cli/explore_json.c" | tr -d '"' | sorted >"$work/members"
sed -n '/^\.Sh JSON/,/^\.Sh EXIT/p' "$man/baton-explore.1" | grep '^\.\(Cm\|It Cm\) ' | tr -d ',.;' |
	sed 's/^\(It \)*Cm //' | sorted >"$work/man"
same "$work/members" "$work/man" 'the manual has the members of the JSON of explore'
sed -n '/^const char \*verdict_name/,/^}/p' "$BATON_SOURCE_ROOT/explore/search.c" | grep -o '"[a-z ]*"' |
	tr -d '"' >"$work/verdicts"
sed -n '/^\.Sh VERDICTS/,/^\.El/s/^\.It Cm //p' "$man/baton-explore.1" >"$work/man"
same "$work/verdicts" "$work/man" 'and the verdicts'
options play 2 COMMANDS
"$baton" help play | awk '
	/^Keys/ { on = 1; next }
	on && NF { print $1, $2, $3 ~ /^\[?[A-Z]+\]?$/ ? $3 : "" }' | tr -d '[]' | LC_ALL=C sort >"$work/help"
[ "$(wc -l <"$work/help")" -ge 11 ]
result $? 'play has commands'
sed -n '/^\.Sh COMMANDS/,/^\.Sh EXIT/s/^\.It Cm \(.\) , \([a-z]*\)\( Op\)*\( Ar\)*\( *[A-Z]*\)$/\1 \2\5/p' \
	"$man/baton-play.1" | sed 's/^\(. [a-z]*\)$/\1 /' | LC_ALL=C sort >"$work/man"
same "$work/help" "$work/man" 'the manual has the commands of play'
options sim 15 TABLES
grep -oh '"[a-z_0-9]*"' "$BATON_SOURCE_ROOT/cli/sim_json.c" | tr -d '"' | sorted >"$work/members"
sed -n '/^\.Sh JSON/,/^\.Sh EXIT/p' "$man/baton-sim.1" | grep '^\.\(Cm\|It Cm\) ' | tr -d ',.' |
	sed 's/^\(It \)*Cm //' | sorted | grep -vx share >"$work/man"
grep -vx share "$work/members" | diff - "$work/man" >"$out" 2>"$err"
status=$?
result $status 'the manual has the members of the JSON of sim'

options_of_help doctor >"$work/help"
sed -n '/^\.It Cm doctor/,/^\.It Cm help/s/^\.It Fl -\([a-z]*\).*/\1/p' "$man/baton.1" |
	sorted >"$work/man"
same "$work/help" "$work/man" 'the manual has the options of doctor'
words_of_completion doctor >"$work/completion"
same "$work/help" "$work/completion" 'the completion has the options of doctor'

options snapshot 10 JSON
grep -oh '"[a-z_0-9]*"' "$BATON_SOURCE_ROOT/cli/snapshot_show.c" | tr -d '"' | sorted >"$work/members"
sed -n '/^\.Sh JSON/,/^\.Sh EXIT/p' "$man/baton-snapshot.1" | grep '^\.\(Cm\|It Cm\) ' | tr -d ',.;' |
	sed 's/^\(It \)*Cm //' | sorted >"$work/man"
same "$work/members" "$work/man" 'the manual has the members of the JSON of snapshot'

# docs/snapshots.md has the structs of a file, and their fields where they are.
awk '
	BEGIN {
		size["uint8_t"] = 1; size["char"] = 1; size["uint32_t"] = 4; size["uint64_t"] = 8
		size["kvm_regs"] = 144; size["kvm_sregs"] = 312; size["kvm_debugregs"] = 128
		size["kvm_vcpu_events"] = 64; size["kvm_xcrs"] = 392
		size["baton__file_write"] = 24; size["baton__file_place"] = 24
	}
	/^struct baton__(leaf|file_[a-z]*) \{/ {
		name = $2
		sub(/baton__(file_)*/, "", name)
		within = name != "memory" && name != "saved" && name != "kept"
		offset = 0
		next
	}
	/^\}/ { within = 0 }
	within && /^\t[a-z].*;/ {
		sub(/;.*/, "")
		sub(/struct /, "")
		fields = split($0, field, /[\t ,]+/)
		for (i = 3; i <= fields; i++) {
			count = 1
			if (match(field[i], /\[.*\]/)) {
				count = substr(field[i], RSTART + 1) + 0
				field[i] = substr(field[i], 1, RSTART - 1)
			}
			print name, offset, size[field[2]] * count, field[i]
			offset += size[field[2]] * count
		}
	}' "$BATON_SOURCE_ROOT/src/kvm/leaves.h" "$BATON_SOURCE_ROOT/src/host/file.h" |
	LC_ALL=C sort >"$work/fields"
[ "$(wc -l <"$work/fields")" -ge 45 ]
result $? 'the header files have the fields of a snapshot'
sed -n 's/^| \([a-z]*\) | \([0-9]*\) | \([0-9]*\) | `\([a-z0-9_]*\)` |.*/\1 \2 \3 \4/p' \
	"$BATON_SOURCE_ROOT/docs/snapshots.md" | LC_ALL=C sort >"$work/doc"
same "$work/fields" "$work/doc" 'docs/snapshots.md has them where they are'

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
	mandoc -T lint -W style "$man/baton.1" "$man/baton-exits.1" "$man/baton-explore.1" "$man/baton-play.1" \
		"$man/baton-run.1" "$man/baton-scenario.5" \
		"$man/baton-sim.1" "$man/baton-snapshot.1" "$man/baton-trace.1" "$abi" |
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
		complete_at baton doctor --j; [ "${COMPREPLY[*]}" = --json ] || exit 5
		complete_at baton sim --sw; [ "${COMPREPLY[*]}" = --sweep ] || exit 7
		complete_at baton explore --memory t; [ "${COMPREPLY[*]}" = tso ] || exit 8
		complete_at baton play --m; [ "${COMPREPLY[*]}" = --memory ] || exit 10
		complete_at "$2" explore explore-peterson-f; [ "${COMPREPLY[*]}" = explore-peterson-fence ] || exit 9
		complete_at baton exits --w; [ "${COMPREPLY[*]}" = --watch ] || exit 6' \
		bash "$completion" "$baton" >"$out" 2>"$err"
	status=$?
	result $status 'the completion completes'
else
	skip 'the completion completes' 'bash is not installed'
fi
finish
