# SPDX-License-Identifier: Apache-2.0
#
# abi.awk - fills baton-abi(7) in: awk -f abi.awk abi.h hypercalls.def course.def TEMPLATE.
#
# In the template, a line @calls@, @course_calls@, @course_maps@ or @defines PREFIX@ becomes
# the rows of that list, and @NAME@ within a line the value that abi.h defines. Rows of a
# .def may take several lines. Other input than these four forms is passed over, but a
# name that the template asks for and nothing defines is an error.

function hex(number,    text, digit)
{
	do {
		digit = number % 16
		text = substr("0123456789ABCDEF", digit + 1, 1) text
		number = (number - digit) / 16
	} while (number > 0)
	return "0x" text
}

# mawk knows no strtonum().
function value_of_hex(text,    value, i)
{
	for (i = 3; i <= length(text); i++)
		value = value * 16 + index("0123456789ABCDEF", toupper(substr(text, i, 1))) - 1
	return value
}

function trim(text)
{
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	return text
}

# For text lines of mdoc: a sentence, which begins in upper case.
function sentence(text)
{
	return toupper(substr(text, 1, 1)) substr(text, 2) "."
}

# What stands between the parentheses of `row`, into part[1..], of which summaries, in
# quotes, are the last and may hold commas. Returns how many there are.
function split_row(row,    open, quote, count, i)
{
	open = index(row, "(")
	row = substr(row, open + 1, length(row) - open - 1)
	quote = 0
	if (row ~ /[^"]"$/ && row !~ /^[A-Z0-9]*, "/) {
		quote = index(row, "\"")
		summary = substr(row, quote + 1, length(row) - quote - 1)
		row = substr(row, 1, quote - 1)
		sub(/, *$/, "", row)
	}
	count = split(row, part, ",")
	for (i = 1; i <= count; i++) {
		part[i] = trim(part[i])
		gsub(/"/, "", part[i])
	}
	return count
}

# ------------------------------------------------------------------ what is read

FILENAME ~ /\.def$/ && (row != "" || /^BATON_[A-Z_]*\(/) {
	row = row (row == "" ? "" : " ") trim($0)
	if (row !~ /\)$/)
		next
	split_row(row)
	if (row ~ /^BATON_CALL\(/) {
		calls++
		call_number[calls] = part[2]
		call_name[calls] = part[3]
		call_direction[calls] = part[4]
		call_fields[calls] = part[5] + 0
		call_summary[calls] = summary
	} else if (row ~ /^BATON_COURSE_CALL\(/) {
		course_calls++
		course_name[course_calls] = part[2]
		course_direction[course_calls] = part[3]
		course_summary[course_calls] = summary
	} else {
		maps++
		map_name[maps] = part[2]
		map_print8[maps] = part[3]
		for (i = 1; i <= course_calls; i++)
			map_port[maps, i] = part[3 + i]
	}
	row = ""
	next
}

FILENAME ~ /\.h$/ && /^#define BATON_[A-Z_]*[ \t]+[0-9]/ {
	text = $0
	sub(/^#define [A-Z_]*[ \t]+/, "", text)
	comment = ""
	if (match(text, /\/\*.*\*\//)) {
		comment = trim(substr(text, RSTART + 2, RLENGTH - 4))
		text = substr(text, 1, RSTART - 1)
	}
	defines++
	define_name[defines] = $2
	define[$2] = trim(text)
	define_comment[$2] = comment
	next
}

FILENAME ~ /\.h$/ && /^struct baton_call_[a-z]* \{$/ {
	inside = $2
	sub(/baton_call_/, "", inside)
}

FILENAME ~ /\.h$/ {
	if (inside != "") {
		text = $0
		sub(/^\t/, "    ", text)
		gsub(/[ \t]+\/\*/, " /*", text)
		struct[inside] = struct[inside] text "\n"
		if (text ~ /^};/)
			inside = ""
	}
	next
}

FILENAME ~ /\.def$/ {
	next
}

# ------------------------------------------------------------------ the template

function print_call(i,    name, port)
{
	name = call_name[i]
	port = hex(value_of_hex(define["BATON_CALL_BASE"]) + call_number[i])
	print ".It Cm " name
	if (!call_fields[i]) {
		print "Port " port ", " toupper(call_direction[i]) "."
		print sentence(call_summary[i])
		return
	}
	if (!(name in struct))
		missing("struct baton_call_" name)
	print "Port " port ", " toupper(call_direction[i]) " of the address of:"
	print ".Bd -literal"
	printf "%s", struct[name]
	print ".Ed"
	print ".Pp"
	print sentence(call_summary[i])
}

function print_maps(    i, k, line)
{
	line = ".It call Ta direction"
	for (k = 1; k <= maps; k++)
		line = line " Ta Cm " map_name[k]
	print line
	line = ".It Cm print8 Ta OUT8"
	for (k = 1; k <= maps; k++)
		line = line " Ta " map_print8[k]
	print line
	for (i = 1; i <= course_calls; i++) {
		line = ".It Cm " course_name[i] " Ta "
		line = line (course_direction[i] == "both" ? "IN, OUT" : toupper(course_direction[i]))
		for (k = 1; k <= maps; k++)
			line = line " Ta " map_port[k, i]
		print line
	}
}

function missing(what)
{
	print "abi.awk: " FILENAME ":" FNR ": nothing defines " what >"/dev/stderr"
	failed = 1
	exit 1
}

/^@calls@$/ {
	for (i = 1; i <= calls; i++)
		print_call(i)
	next
}

/^@course_calls@$/ {
	for (i = 1; i <= course_calls; i++) {
		print ".It Cm " course_name[i]
		print sentence(course_summary[i])
	}
	next
}

/^@course_maps@$/ {
	print_maps()
	next
}

/^@defines [A-Z_]*@$/ {
	prefix = substr($2, 1, length($2) - 1)
	for (i = 1; i <= defines; i++) {
		if (index(define_name[i], prefix) != 1)
			continue
		print ".It Dv " define_name[i]
		print define[define_name[i]] \
			(define_comment[define_name[i]] == "" ? "" : ": " define_comment[define_name[i]])
	}
	next
}

{
	while (match($0, /@[A-Z_0-9]+@/)) {
		name = substr($0, RSTART + 1, RLENGTH - 2)
		if (!(name in define))
			missing(name)
		$0 = substr($0, 1, RSTART - 1) define[name] substr($0, RSTART + RLENGTH)
	}
	print
}

END {
	if (!failed && !(calls && course_calls && maps && defines)) {
		print "abi.awk: a list is empty" >"/dev/stderr"
		exit 1
	}
}
