# SPDX-License-Identifier: Apache-2.0
#
# tap.awk - judges what one test program printed and how it ended. Reads its
# TAP, writes a line "STATUS<tab>TEST<tab>REASON" per test; STATUS is pass, fail
# or skip. What concerns the program as a whole has the test name "(program)".
# A program that crashes, is late, prints no TAP, prints less or more than its
# plan, or contradicts its results with its exit status has failed.
#
# Variables: code (exit status, as the shell has it), late (it was killed after
# so many seconds; 0: it was not).
#
# Of TAP it leaves out: TODO, nesting, version lines, YAML blocks.

function result(status, test, reason)
{
	gsub(/\t/, " ", reason)
	if (status == "fail")
		failed++
	printf "%s\t%s\t%s\n", status, test, reason
}

function program(reason)
{
	result("fail", "(program)", reason)
}

# The test that was read last is complete when the next one begins: what a
# failed test has to say comes after it.
function finish()
{
	if (name == "")
		return
	if (state == "fail" && reason == "")
		reason = after == "" ? "no reason given" : after
	if (state == "skip" && reason == "") {
		state = "fail"
		reason = "skipped without a reason"
	}
	result(state, name, reason)
	name = ""
}

# Comments belong to the test before them, as the reason of a failure. But
# cmocka says "not ok N # SKIP name", after print_message("# reason").
/^#/ {
	text = $0
	sub(/^#[ \t]*/, "", text)
	if (text != "") {
		rest = after
		last = text
		after = after == "" ? text : after "; " text
	}
	next
}

/^1\.\.[0-9]+/ {
	if (planned)
		program("a second plan; one group of tests per program")
	planned = 1
	plan = substr($1, 4) + 0
	if (plan == 0) {
		text = $0
		if (sub(/^.*#[ \t]*[Ss][Kk][Ii][Pp][ \t]*/, "", text) && text != "")
			result("skip", "(program)", text)
		else
			program("an empty plan without a reason")
	}
	next
}

/^(not )?ok([ \t]|$)/ {
	cmocka_skip = $0 ~ /^not ok.*#[ \t]*SKIP/
	if (cmocka_skip)
		after = rest
	finish()
	after = ""
	rest = ""
	reason = ""
	state = $1 == "ok" ? "pass" : "fail"
	text = $0
	sub(/^(not )?ok[ \t]*/, "", text)
	count++
	if (match(text, /^[0-9]+/)) {
		number = substr(text, 1, RLENGTH) + 0
		text = substr(text, RLENGTH + 1)
		if (number != count)
			program("test " number " where " count " was due")
	}
	sub(/^[ \t]*(-[ \t]*)?/, "", text)
	name = text
	if (match(text, /(^|[ \t])#[ \t]*[Ss][Kk][Ii][Pp]/)) {
		name = substr(text, 1, RSTART - 1)
		reason = substr(text, RSTART + RLENGTH)
		sub(/^[ \t]+/, "", reason)
		if (cmocka_skip) {
			name = reason
			reason = last
		}
		state = "skip"
	}
	last = ""
	sub(/[ \t]+$/, "", name)
	if (name == "") {
		program("test " count " has no name")
		name = "(test " count ")"
	}
	if (seen[name]++)
		program("two tests are called \"" name "\"")
	next
}

/^Bail out!/ {
	text = $0
	sub(/^Bail out![ \t]*/, "", text)
	program("bailed out: " text)
}

END {
	finish()
	done = count == 0 ? "it began" : "test " count + 0
	if (late > 0)
		program("no end within " late " s; killed after " done)
	else if (code > 128)
		program("killed by signal " code - 128 " after " done)
	else if (!planned && !count)
		program("printed no TAP; exit status " code)
	else if (!planned)
		program("printed no plan")
	else if (count < plan)
		program("ended after " count + 0 " of " plan " tests; exit status " code)
	else if (count > plan)
		program(count " tests, but a plan for " plan)
	else if (code != 0 && !failed)
		program("exit status " code ", although no test failed")
}
