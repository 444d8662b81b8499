# SPDX-License-Identifier: Apache-2.0
#
# verdict.awk - adds up the result lines of tests/run. Says what was skipped and
# why, what failed, and what was skipped wherever it was run; the last line is
# "N passed, N failed, N skipped". Exit status 0 if something ran, nothing
# failed, and each test was run somewhere.
#
# With -v narrowed=1, when only some of the KVMs were asked for, what was skipped on
# all of those is listed and counts as a skip: another KVM may yet run it.
#
# A program that was skipped as a whole was run somewhere if one of its tests was.

BEGIN { FS = "\t" }

$2 == "start" { next }

{
	n[$2]++
	program = $3
	sub(/: .*/, "", program)
}

$2 == "skip" {
	if (!(($1, $4) in why)) {
		why[$1, $4] = 1
		reason[++reasons] = $4
		where[reasons] = $1
	}
	times[$1, $4]++
	if (!($3 in skipped)) {
		skipped[$3] = program
		order[++skips] = $3
	}
}

$2 == "fail" {
	text = length($4) > 160 ? substr($4, 1, 160) " …" : $4
	failure[++failures] = sprintf("%-7s %s: %s", $1, $3, text)
}

$2 != "skip" {
	ran[$3] = 1
	ran[program ": (program)"] = 1
}

END {
	if (reasons)
		print "Skipped"
	for (i = 1; i <= reasons; i++)
		printf "  %-7s %s (%d)\n", where[i], reason[i], times[where[i], reason[i]]

	for (i = 1; i <= skips; i++)
		if (!(order[i] in ran)) {
			if (!nowhere++)
				print "Skipped on every KVM that was tried" (narrowed ? "" : ": this counts as a failure")
			print "  " order[i]
		}

	if (failures)
		print "Failed"
	for (i = 1; i <= failures; i++)
		print "  " failure[i]

	if (!n["pass"] && !n["fail"])
		print "Nothing was tested"
	printf "%d passed, %d failed, %d skipped\n", n["pass"], n["fail"], n["skip"]
	exit n["pass"] == 0 || n["fail"] > 0 || (nowhere > 0 && !narrowed)
}
