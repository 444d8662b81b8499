#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# example - examples/fork.c: each question is answered by the same fork, reset.
#
#	example.sh PROGRAM
set -u

expected='7 * 1800030000 = 4010275408 (modulo 2^32), after 2 exits
12 * 1800030000 = 125523520 (modulo 2^32), after 2 exits
7 * 1800030000 = 4010275408 (modulo 2^32), after 2 exits'
echo 1..1
if got=$("$1" 7 12 7 2>&1) && [ "$got" = "$expected" ]; then
	echo 'ok 1 - a fork answers as often as it is reset'
else
	echo 'not ok 1 - a fork answers as often as it is reset'
	echo "$got" | sed 's/^/# /'
	exit 1
fi
