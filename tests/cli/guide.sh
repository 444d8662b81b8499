#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# guide.sh BATON - docs/first-guests.md does what it says. A block behind a line that
# is a name in backticks and a colon is that file; another block of sh is run, and the
# block of text behind it is what it prints. Without a KVM guests are built, not run.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"

mkdir "$work/guide" "$work/blocks" "$work/bin"
awk -v files="$work/guide" -v blocks="$work/blocks" '
	/^`[a-z.A-Z]*`:$/ { name = substr($0, 2, length($0) - 3); next }
	/^```[a-z]/ {
		kind = substr($0, 4)
		if (name != "")
			to = files "/" name
		else
			to = blocks "/" sprintf("%02d", kind == "text" ? runs : ++runs) "." kind
		printf "" >to
		name = ""
		next
	}
	/^```$/ { close(to); to = ""; next }
	to { print >to }' "$BATON_SOURCE_ROOT/docs/first-guests.md"
ln -s "$baton" "$work/bin/baton"
BATON=$BATON_SOURCE_ROOT
PATH=$work/bin:$PATH
export BATON PATH
cd "$work/guide" || exit 1

# Without a KVM a block is run without its lines that begin with the command.
built=
"$baton" doctor >"$out" 2>"$err" || built=.built
[ "$(find "$work/blocks" -name '*.sh' | wc -l)" -ge 5 ]
result $? 'the guide has commands'
for block in "$work"/blocks/*.sh; do
	if [ "$built" ]; then
		grep -v '^baton' "$block" >"$block$built"
		sh -e "$block$built" >"$out" 2>"$err"
	else
		sh -e "$block" >"$out" 2>"$err" && cmp -s "${block%.sh}.text" "$out"
	fi
	status=$?
	result $status "it goes as the guide says: $(head -n 1 "$block" | cut -c 1-40)"
done
finish
