#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# explore-html.sh BATON SOURCE - the page of `baton explore --html`: what is in it, that it needs no other
# file, and that no text of others becomes part of the page.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
page=$work/page.html

# has PATTERN: so many lines of the page have it.
has()
{
	grep -c -- "$1" "$page"
}

# Every element that is not void is closed, and closed in order. Quotes have no < or > in them.
is_closed()
{
	sed '/<style>/,/<\/style>/d; /<script>/,/<\/script>/d' "$page" | tr '\n' ' ' |
		sed 's/</\n</g' | awk '
		/^<!/ || /^<(meta|br)[ >]/ { next }
		/^<\// { sub(/^<\//, ""); sub(/>.*/, ""); if (open[depth--] != $0) wrong = wrong " /" $0; next }
		/^</ { sub(/^</, ""); sub(/[ >].*/, ""); open[++depth] = $0 }
		END { if (depth || wrong) { print depth, wrong; exit 1 } }' >&2
}

# All rows of the schedule have as many cells as it has columns.
is_even()
{
	awk '/<table class="moves/ { on = 1 } /<\/table>/ { on = 0 }
		on { row = row $0 }
		on && /<\/tr>/ {
			cells = gsub(/<(td|th)[ >]/, "", row)
			if (row !~ /colspan/ && columns && cells != columns)
				exit wrong = 1
			if (!columns)
				columns = cells
			row = ""
		}
		END { exit wrong || !columns }' "$page"
}

run explore "$labs/explore/peterson.yaml" --memory tso --quiet --html "$page"
[ "$status" = 0 ] && [ "$(has '<tr class="move"')" = 13 ] && grep -q 'violated under tso, in 12 moves' "$page"
result $? 'a row for each move, and the state before'
is_closed 2>"$err"
result $? 'what is opened is closed'
is_even
result $? 'each row has all columns'
grep -q '<code>while (s-&gt;wants\[other\] &amp;&amp; s-&gt;turn == other)</code>' "$page"
result $? 'a move has its line of source'
grep -q '<p class="at">main, peterson.c:47 by guest.h:[0-9]*</p>' "$page" &&
	grep -q '<code>baton_enter(0);</code>' "$page"
result $? 'what is inlined has the line that calls it'
[ "$(has 'class="mono new">memory+0x[048] ← [01] <small>new')" = 4 ] &&
	[ "$(has 'class="gone mono">memory+0x[048] ← [01] <small>lands')" = 4 ]
result $? 'stores enter queues and land'
[ "$(has 'does not see the store of left')" = 1 ]
result $? 'a load that misses a store says so'
sed -n '/id="move-8"/,/<\/tr>/p' "$page" | tail -n 1 >"$out"
grep -q '>1</span></td><td class="word"><span class="mono">0</span></td><td class="word wrote v0"><span class="mono">1</span><small>by left<br>was 0<' "$out"
result $? 'memory is as the move leaves it, and what changed is marked'
[ "$(has 'and dies')" = 1 ] && [ "$(has '<span class="state">in section 0')" = 3 ]
result $? 'who is in a section, and who dies'
! sed 's/Content-Security-Policy//' "$page" | grep -iE 'https?:|src=|href=|url\(|@import'
result $? 'it needs no other file'

run explore "$labs/explore/count-no-lock.yaml" --memory tso --quiet --html "$page"
[ "$status" = 0 ] && grep -q 'load(&amp;s-&gt;count.word) == TIMES' "$page" && ! grep -q 'load(&s' "$page"
result $? 'what a guest says is escaped'
[ "$(has 'from its own store that is on its way')" -gt 3 ]
result $? 'a load from its own queue says so'
sed 's/tso: \[\[0, 0\], /tso: [/' "$labs/explore/litmus-sb.yaml" >"$work/a<i>&\"b.yaml"
run explore "$work/a<i>&\"b.yaml" --memory tso --html "$page"
[ "$status" = 1 ] && ! grep -q '<i>' "$page" && grep -q '<h1>a&lt;i&gt;&amp;&quot;b</h1>' "$page" && is_closed
result $? 'the name of a file is escaped'
grep -q '<tr class="wrong"><td>0</td><td>0</td><td>1</td><td>no: not among' "$page"
result $? 'outcomes have a table'

run explore "$labs/explore/test-then-set.yaml" --html "$page"
[ "$status" = 0 ] && ! grep -q 'class="queue' "$page" && is_closed && is_even
result $? 'under sc there are no queues'
run explore "$labs/explore/handler-lock-on.yaml" --html "$page"
[ "$status" = 0 ] && grep -q 'class="verb">interrupt</span> <span class="mono">line 0, before<' "$page" &&
	grep -q 'class="verb">timer</span> <span class="mono">is set<' "$page" && is_closed && is_even
result $? 'an interrupt has a card'
grep -q 'id="move-9"' "$page" && ! grep -q 'id="move-2"' "$page"
result $? 'where none comes there is no row'
run explore "$labs/explore/peterson.yaml" --html "$page"
[ "$status" = 0 ] && grep -q 'verified under sc' "$page" && ! grep -q '<script>\|class="moves' "$page" && is_closed
result $? 'where there is no schedule, there is a page'

run explore "$labs/explore/peterson.yaml" --html -
[ "$status" = 0 ] && [ "$(head -n 1 "$out")" = '<!DOCTYPE html>' ] && [ "$(tail -n 1 "$out")" = '</html>' ]
result $? '--html - claims stdout'
run explore "$labs/explore/peterson.yaml" --html - --json -
says 2 'baton explore: --json and --html cannot both go to stdout' 'two cannot'
run explore "$labs/explore/peterson.yaml" --html "$work/none/page.html"
says 2 "baton explore: cannot write $work/none/page.html: No such file or directory" \
	'a file that cannot be made is told at once'
run explore "$labs/explore/peterson.yaml" --html /dev/full
says 2 'baton explore: cannot write /dev/full: No space left on device' 'what cannot be written is told'
finish
