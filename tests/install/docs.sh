#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# docs.sh - the documents as pages: charts drawn, links that lead somewhere, a PDF.
set -u
docs=$BATON_BUILD_ROOT/docs
source=$BATON_SOURCE_ROOT
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=0

# ok NAME COMMAND…: one test.
ok()
{
	what=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/log" 2>&1; then
		echo "ok $number - $what"
	else
		echo "not ok $number - $what"
		sed 's/^/# /' "$work/log"
		failed=1
	fi
}

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
	for name in how-a-vm-runs architecture; do
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

echo 1..10
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
exit $failed
