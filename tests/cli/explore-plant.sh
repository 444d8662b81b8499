#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# explore-plant.sh TABLE NAME HEADER PROGRAM - prints a program with a mistake: the ring's header
# as the line NAME of the table changes it, and the program behind it, whose own copy of the
# header is then empty. A mistake that changes nothing is an error.
set -eu

while IFS='|' read -r name function _ _ _ _ mistake; do
	[ "$name" = "$2" ] || continue
	planted=$(sed "/^static.* spsc_$function(/,/^}/{ $mistake
}" "$3")
	if [ "$planted" = "$(cat "$3")" ]; then
		echo "$1: $name changes nothing of spsc_$function() in $3" >&2
		exit 1
	fi
	printf '%s\n' "$planted"
	cat "$4"
	exit
done <"$1"
echo "$1: there is no $2" >&2
exit 1
