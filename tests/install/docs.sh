#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# docs.sh - the documents as pages: charts drawn, links that lead somewhere, a PDF.
set -u
. "$BATON_SOURCE_ROOT/tests/lib.sh"
docs=$BATON_BUILD_ROOT/docs

# Every document that readers are sent to has a page, in the list of pages.
all_pages()
{
	for document in "$source"/*.md "$source"/docs/*.md; do
		name=$(basename "$document" .md)
		[ "$name" != README ] || name=index
		[ -s "$docs/$name.html" ] || { echo "no page of $document"; return 1; }
		[ "$name" = HACKING ] || grep -q "href=\"$name.html\"" "$docs/index.html" ||
			{ echo "nothing leads to $name.html"; return 1; }
	done
}

# A link goes to another page, or out to the web.
links()
{
	cat "$docs"/*.html | grep -o 'href="[^"]*"' | sort -u | cut -d '"' -f 2 >"$work/links"
	[ -s "$work/links" ] || return 1
	while read -r link; do
		case $link in
		http*:* | '#'*) continue ;;
		esac
		[ -f "$docs/${link%%#*}" ] || { echo "nothing at $link"; return 1; }
	done <"$work/links"
}

# As many pictures as charts, with their words.
charts()
{
	for name in how-a-vm-runs architecture exits performance; do
		[ "$(grep -c '^```mermaid' "$source/docs/$name.md")" = "$(grep -c '<svg' "$docs/$name.html")" ] ||
			{ echo "charts are missing in $name.html"; return 1; }
	done
	grep -q '>17 enter the guest<' "$docs/how-a-vm-runs.html" &&
		grep -q '>the turn is over<' "$docs/how-a-vm-runs.html" &&
		! grep -q 'class="mermaid"' "$docs"/*.html
}

titles()
{
	grep -q '<title>How a VM runs</title>' "$docs/how-a-vm-runs.html"
}

# The PDF has what the page has, on several sheets.
pdf()
{
	pdftotext -layout "$docs/$1.pdf" "$work/text" && grep -q "$2" "$work/text" &&
		[ "$(pdfinfo "$docs/$1.pdf" | awk '/^Pages/ { print $2 }')" -gt 2 ]
}

# page CHART: a page with nothing but a chart.
page()
{
	printf '# Title\n\n```mermaid\n%s\n```\n' "$1" >"$work/page.md"
	pandoc --from=gfm --to=html5 --template "$source/docs/page.html" \
		--lua-filter "$source/docs/page.lua" --metadata pages=README \
		"$work/page.md" -o "$work/page.html"
}

drawn()
{
	page "$1" && grep -q '>x<' "$work/page.html" && grep -q '>y<' "$work/page.html" &&
		grep -q '<title>a&#45;&gt;b</title>' "$work/page.html" &&
		grep -q '<title>b&#45;&gt;c</title>' "$work/page.html"
}

# refused TEXT CHART: the build must not leave out what it cannot draw.
refused()
{
	text=$1
	! page "$2" 2>"$work/error" && grep "$text" "$work/error"
}

plotted()
{
	page "$1" && grep -q 'text-anchor="middle">b</text>' "$work/page.html" &&
		[ "$(grep -c '<rect' "$work/page.html")" = 3 ] &&
		grep -q 'y="150.0" width="165.3" height="110.0"' "$work/page.html" &&
		grep -q 'points="183.3,40.0 390.0,260.0 596.7,150.0"' "$work/page.html"
}

axes='xychart-beta
  x-axis "x" [a, b, c]
  y-axis "y" 0 --> 10'

echo 1..14
ok "every document is a page" all_pages
ok "every link leads somewhere" links
ok "every chart is a picture" charts
ok "a page has its title" titles
ok "how a VM runs, as a PDF" pdf how-a-vm-runs KVM_SET_USER_MEMORY_REGION
ok "first guests, as a PDF" pdf first-guests squarer
ok "an arrow of another kind is refused" refused 'an arrow is expected' "$(printf 'flowchart TD\n  a ==> b')"
ok "another kind of chart is refused" refused 'a chart begins with' 'pie'
ok "half a line is refused" refused 'a node is expected' "$(printf 'flowchart TD\n  a --> ')"
ok "a chart in one line is drawn" drawn "$(printf 'flowchart LR\n  a["x"] -->|y| b --> c')"
ok "figures are drawn to scale" plotted "$axes
  bar [5, 1, 2]
  line [10, 0, 5]"
ok "figures without an axis are refused" refused 'has an x-axis' "$(printf 'xychart-beta\n  bar [1, 2]')"
ok "what is no number is refused" refused 'is no number' "$axes
  bar [5, 1, many]"
ok "another kind of series is refused" refused 'no line of an xychart' "$axes
  pie [5, 1]"
exit $failed
