# SPDX-License-Identifier: Apache-2.0
#
# report.jq - what bench/run shows of its JSON: --arg form table, markdown, compare, or points
# (for a picture); for compare, --slurpfile old FILE.

# A number with so many decimals; of a thousand and more, none, and commas.
def decimals($d):
	if . == null then "-"
	elif fabs >= 1000 then (round | tostring | gsub("(?<a>[0-9])(?=([0-9]{3})+$)"; "\(.a),"))
	else (. * pow(10; $d) | round) as $n | ($n | fabs | tostring) as $t
		| (("0" * ($d + 1 - ($t | length))) // "") + $t
		| (if $n < 0 then "-" else "" end)
			+ (if $d > 0 then .[:-$d] + "." + .[-$d:] else . end)
	end;
def decimals_of: {"x": 3, "points": 3, "M/s": 2, "k/s": 1, "count": 1, "bytes": 0}[.] // 3;
def pad($n): . + ((" " * ($n - length)) // "");
def left($n): ((" " * ($n - length)) // "") + .;

def place: {"none": "no KVM", "native": "KVM", "svm": "AMD-V bed", "vmx": "Intel bed",
	"sim": "simulated"}[.] // .;
def samples: if .samples == null then "" elif .samples < (.wanted // .samples)
	then "\(.samples) of \(.wanted)" else "\(.samples)" end;
def goal: if .goal == null then "-" else .goal | sub("(?<s>[<>]=)(?<n>.*)"; "\(.s) \(.n)") end;
def figures: (.unit | decimals_of) as $d
	| [.value, .p10, .p90] | map(if . == null then "-" else decimals($d) end);
def remark: [if .floor_ns == null or .unit == "M/s" then empty
		elif .more_ns < 0 then "\(-.more_ns | decimals(0)) ns less than \(.floor_ns | decimals(0))"
		else "\(.more_ns | decimals(0)) ns more over \(.floor_ns | decimals(0))" end, if .where == "sim" and .baton then "no ratio" else empty end, .note // empty]
	| join("; ");

def conditions: .kvm as $kvm | [
	"\(.date), commit \(.commit)\(if .changed then " and changes" else "" end)",
	"\(.cpus) of \(.cpu), Linux \(.kernel), load \(.load | map(tostring) | join(" ")) at the start, "
		+ "\(.load_end | map(tostring) | join(" ")) at the end",
	if $kvm.where == "native" then "KVM: this machine's\(if ($kvm.module // "") == "" then ", which is no module" else ", " + $kvm.module end)"
	elif $kvm.where == "none" then "KVM: none; \($kvm.why)"
	else "KVM: in the test bed \($kvm.where)\(if $kvm.why then ", since " + $kvm.why else "" end)" end,
	if .quick then "quick: few pairs, short times; a glance, no measurement" else empty end];

def shares: .rows[] | select(.baton and .baton.lag_ms != null);
def sides: [.baton, .linux] | map(if . == null or .skipped then null else . end);
def side($key; $d): sides | map(if . == null then "-" else .[$key] | decimals($d) end);

def table:
	(conditions[], "~: the goal lies between p10 and p90"), "",
	("\("row" | pad(18)) \("median" | left(9)) \("p10" | left(9)) \("p90" | left(9)) \("of" | left(8))"
		+ "  \("goal" | pad(8)) \("" | pad(6)) \("where" | pad(9)) what"),
	(.rows[] | figures as $f
		| if .skipped then "\(.name | pad(18)) skipped: \(.skipped)"
		else "\(.name | pad(18)) \($f[0] | left(9)) \($f[1] | left(9)) \($f[2] | left(9)) "
			+ "\(samples | left(8))  \(goal | pad(8)) \(.verdict | pad(6)) \(.where | place | pad(9)) "
			+ .what + (remark | if . == "" then "" else " (\(.))" end) end),
	(if [shares] == [] then empty else "",
		"largest lag, share error, error of progress: VMs under Baton, processes under Linux, slices of \([shares][0].slice_ms) ms",
		("\("" | pad(18)) \("lag ms" | left(9)) \("Linux" | left(9)) \("points" | left(9)) \("Linux" | left(9))"
			+ " \("progress" | left(9)) \("Linux" | left(9)) \("late ms" | left(9)) \("Linux" | left(9))  VMs; Linux's slice"),
		(shares | side("lag_ms"; 2) as $l | side("error_points"; 3) as $e
			| side("progress_points"; 3) as $p | side("late_p99_ms"; 2) as $w
			| "\(.name | pad(18)) " + ($l + $e + $p + $w | map(left(9)) | join(" "))
				+ "  \(.where | place); \(if .linux.skipped then .linux.skipped
					elif .linux.slice_is_ours then "the same" else "its own" end)") end);

# The largest of each five; where nobody looked, the one before.
def twentieths: [range(0; 100; 5) as $i | .[$i:$i + 5] | max]
	| reduce .[] as $x ([]; . + [$x // last // 0]);

def markdown:
	"Measured with `bench/run\(if .quick then " --quick" else "" end) --json FILE`:", "",
	(conditions[] | "- \(.)"), "- ~: the goal lies between the 10th and the 90th percentile", "",
	"| row | what | median | p10 to p90 | of | goal | | where |", "|-|-|-|-|-|-|-|-|",
	(.rows[] | figures as $f
		| if .skipped then "| `\(.name)` | \(.what) | | | | \(goal) | skipped: \(.skipped) | |"
		else "| `\(.name)` | \(.what) | \($f[0]) | \($f[1]) to \($f[2]) | \(samples) | \(goal) | "
			+ ([if .verdict[:6] == "missed" then "**missed**\(.verdict[6:])" elif .verdict == "-" then empty else .verdict end,
				(remark | select(. != ""))] | join(": ")) + " | \(.where | place) |" end),
	(if [shares] == [] then empty else "",
		"| mix | lag, ms: Baton | Linux | share error, points: Baton | Linux | progress, points: Baton | Linux | wake-up late, p99, ms: Baton | Linux | VMs |",
		"|-|-|-|-|-|-|-|-|-|-|",
		(shares | side("lag_ms"; 2) as $l | side("error_points"; 3) as $e
			| side("progress_points"; 3) as $p | side("late_p99_ms"; 2) as $w
			| "| `\(.name)` | " + ($l + $e + $p + $w | join(" | ")) + " | \(.where | place) |"),
		(shares | select(.name | IN("share-cpu-10", "share-mixed-10")) | select(.linux.curve_ms)
			| .seconds as $s | ([.baton.curve_ms, .linux.curve_ms] | map(twentieths)) as $c
			| "", "```mermaid", "xychart-beta",
			"    title \"\(.name): largest lag over time; bars: VMs under Baton (\(.where | place)), line: processes under Linux\"",
			"    x-axis \"seconds\" 0 --> \($s)",
			"    y-axis \"ms\" 0 --> \($c | flatten | max | . * 1.1 + 0.5 | ceil)",
			"    bar [\($c[0] | map(decimals(2)) | join(", "))]",
			"    line [\($c[1] | map(decimals(2)) | join(", "))]", "```") end);

# Worse or better by more than either run's spread?
def change($old): ($old.value - .value | fabs) as $by
	| if $by <= ([$old.p90 - $old.p10, .p90 - .p10] | max) then "within the spread"
	elif (.value < $old.value) == (.better == "lower") then "better" else "worse" end;

def compare($old):
	(["cpu", "kernel"][] as $key | select($old[$key] != .[$key])
		| "different \($key): \($old[$key]), then \(.[$key])"),
	"\("row" | pad(18)) \("old" | left(10)) \("spread" | left(10)) \("new" | left(10)) \("spread" | left(10))",
	(.rows[] | .name as $name | (.unit | decimals_of) as $d
		| ($old.rows | map(select(.name == $name and .value != null)) | first) as $was
		| "\($name | pad(18)) " + if $was == null and .value == null then "in neither"
			elif $was == null then "only in the new" elif .value == null then "only in the old"
			elif $was.where != .where then "was measured elsewhere: \($was.where | place), now \(.where | place)"
			else ([$was.value, $was.p90 - $was.p10, .value, .p90 - .p10] | map(decimals($d) | left(10)) | join(" "))
				+ "  " + change($was) end);

# Lines "panel's title <tab> seconds <tab> Baton <tab> Linux", panels apart.
def points:
	shares | select(.linux.curve_ms) | .seconds as $s
	| (.name + if .where == "native" then "" else ", VMs: " + (.where | place) end) as $name
	| ([.baton.curve_ms, .linux.curve_ms] | transpose | to_entries[]
		| [$name, (.key + 0.5) / 100 * $s, .value[]] | @tsv), "", "";

if .version != 1 then error("the file is of another version: \(.version)")
elif $form == "table" then table
elif $form == "markdown" then ($ARGS.named.only | split(" ") | map(select(. != ""))) as $only
	| .rows |= map(select($only == [] or (([.name, .group] - $only) | length < 2))) | markdown
elif $form == "points" then points
else compare($ARGS.named.old[0]) end
