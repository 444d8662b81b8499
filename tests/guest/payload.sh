#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# payload.sh PROGRAM - the guest that its program carries runs.
output=$("$1" 2>&1)
status=$?
echo 1..1
[ $status = 0 ] && [ "$output" = 'Hello from inside the executable.
halted, status 42; 42 at GPA 0x400; 61 bytes of guest' ] || {
	echo "$output" | sed 's/^/# /'
	printf 'not '
}
echo 'ok 1 - the payload runs, prints and halts with 42'
