#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# bench.sh - bench/run: its table of rows, what it refuses, what it writes, and what it makes
# of two files. No figure is compared to a goal here: speed is never tested.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"

bench=$BATON_SOURCE_ROOT/bench/run
run()
{
	"$bench" "$@" >"$out" 2>"$err"
	status=$?
}

refuses() # MESSAGE NAME ARGUMENT…
{
	expected="bench/run: $1; see bench/run --help"
	name=$2
	shift 2
	run "$@"
	[ ! -s "$out" ]
	says 2 "$expected" "$name"
}

run --list
rows=$(sed -n '/^#/d; s/|.*//p' "$BATON_SOURCE_ROOT/bench/rows")
[ "$status" = 0 ] && [ "$(sed '1d; /^$/,$d; s/ .*//' "$out")" = "$rows" ]
result $? '--list shows all rows, in order'
[ -z "$(printf '%s\n' "$rows" | sort | uniq -d)" ]
result $? 'each row has a name of its own'
! sed '/^#/d' "$BATON_SOURCE_ROOT/bench/rows" | grep -Evq \
	'^[a-z0-9-]+\|[a-z]+\|(kvm|many|-)\|([<>]=[0-9.]+|-)\|(x|count|bytes|points|M/s|k/s)\|[^|]+$'
result $? 'each row is well-formed'

# Were one of these not refused, the rows would be listed, and nothing measured.
refuses 'unknown argument --quik' 'an unknown option' --quik --list
refuses 'unknown argument exit' 'an argument too many' exit --list
refuses 'no row or group is called "exti"' 'an unknown row' --only exti --list
refuses 'no row or group is called "exi"' 'the beginning of one' --only exi --list
refuses 'no row or group is called "ex.t"' 'a row is a name, not a pattern' --only ex.t --list
refuses '--only needs a value' 'an option without its value' --only
refuses 'no test bed is called "tcg": expected svm or vmx' 'an unknown bed' --testbed tcg --list
refuses '--picture needs two values' 'a picture that goes nowhere' --picture a.json

if ! command -v jq >/dev/null; then
	skip 'files of figures' 'there is no jq'
	finish
fi
refuses "$work/none.json cannot be read" 'a file that is not there' --compare "$work/none.json" "$work/none.json"
echo '{"version": 2, "rows": []}' >"$work/new.json"
refuses "$work/new.json is no JSON of bench/run, version 1" 'a file of another version' \
	--markdown "$work/new.json"
echo 'not JSON' >"$work/new.json"
refuses "$work/new.json is no JSON of bench/run, version 1" 'a file that is no JSON' \
	--compare "$work/new.json" "$work/new.json"

# ---------------------------------------------------------------- two files
# row NAME VALUE P10 P90 BETTER WHERE
row()
{
	printf '{"name":"%s","group":"g","where":"%s","goal":null,"unit":"x","what":"w","better":"%s",' \
		"$1" "$6" "$5"
	printf '"value":%s,"p10":%s,"p90":%s,"samples":3,"verdict":"-"}' "$2" "$3" "$4"
}

file() # CPU ROW…
{
	printf '{"version":1,"date":"d","commit":"c","changed":false,"cpu":"%s","cpus":1,"kernel":"k",' "$1"
	printf '"load":[0,0,0],"load_end":[0,0,0],"quick":false,"kvm":{"where":"svm","why":null},"rows":['
	shift
	printf '%s' "$1"
	shift
	printf ',%s' "$@"
	printf ']}\n'
}

change() # ROW WORDS NAME
{
	grep -q "^$1 .*$2\$" "$out"
	result $? "$3"
}

file x "$(row less 2 1.9 2.1 lower svm)" "$(row near 2 1.5 2.5 lower svm)" \
	"$(row wide 2 2 2 lower svm)" "$(row rate 2 1.9 2.1 higher svm)" "$(row gone 2 2 2 lower svm)" \
	"$(row moved 2 2 2 lower svm)" >"$work/old.json"
file y "$(row less 1 0.9 1.1 lower svm)" "$(row near 1.5 1.5 1.5 lower svm)" \
	"$(row wide 1.5 1 2 lower svm)" "$(row rate 1 0.9 1.1 higher svm)" "$(row fresh 2 2 2 lower svm)" \
	"$(row moved 2 2 2 lower native)" >"$work/new.json"
run --compare "$work/old.json" "$work/new.json"
[ "$status" = 0 ]
result $? 'two files are compared'
change less better 'a difference beyond both spreads'
change near 'within the spread' "one within the old's spread"
change wide 'within the spread' "one within the new's spread"
change rate worse 'a rate that fell'
change fresh 'only in the new' 'a row that the old had not'
change moved 'was measured elsewhere: AMD-V bed, now KVM' 'a row from another KVM'
grep -q '^different cpu: x, then y$' "$out"
result $? 'that the machines differ is said'
run --markdown "$work/new.json"
[ "$status" = 0 ] && grep -qF '| `less` | w | 1.000 | 0.900 to 1.100 | 3 | - |  | AMD-V bed |' "$out"
result $? '--markdown makes a table'
run --only near --markdown "$work/new.json"
says 2 'bench/run: no row or group is called "near"; see bench/run --help' 'of rows that there are'
run --only exit --markdown "$work/new.json"
[ "$status" = 0 ] && grep -q '^| row' "$out" && ! grep -q '^| `' "$out"
result $? 'and of no others'
# The row `exit` is of the group `turns`, as `turn` is; `create` is of `lives`.
file x "$(row exit 1 1 1 lower svm)" "$(row turn 1 1 1 lower svm)" "$(row create 1 1 1 lower svm)" |
	sed 's/"exit","group":"g"/"exit","group":"turns"/
		s/"turn","group":"g"/"turn","group":"turns"/
		s/"create","group":"g"/"create","group":"lives"/' >"$work/some.json"
for only in 'turn:turn' 'turns:exit turn' 'create --only exit:exit create' \
	'lives --only turn:turn create'; do
	# shellcheck disable=SC2086 # --only may come again
	run --only ${only%:*} --markdown "$work/some.json"
	shown=$(sed -n 's/^| `\([a-z]*\)`.*/\1/p' "$out" | paste -s -d ' ' -)
	[ "$status" = 0 ] && [ "$shown" = "${only#*:}" ]
	result $? "--only ${only%:*} chooses ${only#*:}"
done

# ----------------------------------------------------------- a measurement
# Of what is built, by a copy that cannot build: tests run side by side.
mkdir -p "$work/tree/build" "$work/tree/bin"
cp -R "$BATON_SOURCE_ROOT/bench" "$BATON_SOURCE_ROOT/tools" "$work/tree/"
ln -s "$BATON_BUILD_ROOT/bench" "$BATON_BUILD_ROOT/baton" "$work/tree/build/"
: >"$work/tree/build/build.ninja"
printf '#!/bin/sh\nexit "${NINJA:-0}"\n' >"$work/tree/bin/ninja"
chmod +x "$work/tree/bin/ninja"
PATH=$work/tree/bin:$PATH
bench=$work/tree/bench/run
run --quick --only memory --only exits-none
[ "$status" = 2 ]
result $? 'one wrong row among right ones is refused'
run --quick --only memory --only instructions-trace --testbed svm --json "$work/figures.json"
[ "$status" = 0 ] && grep -q '^memory  .* no KVM ' "$out"
result $? 'a row that needs no KVM is measured, and no bed is started'
jq -e '
	def number: type == "number";
	def text: type == "string" and . != "";
	.version == 1 and (.date | test("^20..-..-..T..:..:..Z$")) and (.commit | text)
	and (.cpu | type == "string") and (.cpus | number) and (.kernel | text)
	and (.load | length == 3 and all(number)) and (.load_end | length == 3 and all(number))
	and (.kvm.where == "svm") and .quick == true and (.rows | length == 2)
	and (.rows | all((.name | text) and (.group | text) and (.what | text) and (.unit | text)
		and (.where | text) and (.better == "lower" or .better == "higher")
		and ((.goal == null) or (.goal | test("^[<>]=[0-9.]+$")))
		and if has("skipped") then .skipped | text
			else (.value | number) and .p10 <= .value and .value <= .p90
				and (.samples | number) and (.verdict | text) end))' \
	"$work/figures.json" >"$work/schema" 2>&1
result $? 'the JSON is as documented'
jq -e '.rows[1] | .name == "memory" and (has("skipped") | not)' "$work/figures.json" >/dev/null
result $? 'and has the figure'
jq -e '.rows[0] | .name == "instructions-trace"' "$work/figures.json" >/dev/null
result $? 'rows come in the order of the table'
run --only memory --json /nowhere/at/all.json
mentions 2 '/nowhere/at/all.json cannot be written' 'JSON that cannot be written, before anything is measured'
NINJA=1
export NINJA
run --only memory
mentions 4 'bench/run: the build failed' 'a build that fails'
finish
