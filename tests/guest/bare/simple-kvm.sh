#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# simple-kvm.sh PROGRAM - one VM on KVM alone, in each mode, and without a KVM.
program=$1
test=0 failed=0

result() # STATUS NAME
{
	test=$((test + 1))
	if [ "$1" != 0 ]; then
		failed=1
		echo "$output" | sed 's/^/# /'
		printf 'not '
	fi
	echo "ok $test - $2"
}

skip() # NAME REASON
{
	test=$((test + 1))
	echo "ok $test - $1 # SKIP $2"
}

echo 1..6
for mode in real protected paged long; do
	name="$mode mode ends with 42 at 0x400 and in EAX"
	output=$("$program" $mode 2>&1)
	status=$?
	case $mode:$output in
	paged:*'exit reason 8'*)
		if [ -d /sys/module/kvm_pvm ]; then
			skip "$name" 'kvm-pvm has no 32-bit paging'
			continue
		fi
		;;
	esac
	[ $status = 0 ] && [ "$output" = "Hello 695!
2048
$mode mode: 42 at 0x400, EAX = 42" ]
	result $? "$name"
done

output=$("$program" virtual 2>&1)
[ $? = 2 ] && [ "$output" = 'usage: simple-kvm real|protected|paged|long' ]
result $? 'an unknown mode is refused'

name='without /dev/kvm it says what to do'
# shellcheck source=tests/hidden.sh
. "$BATON_SOURCE_ROOT/tests/hidden.sh"
if hidden true 2>/dev/null; then
	output=$(hidden "$program" real 2>&1)
	status=$?
	case $output in
	*/dev/kvm*'load kvm_intel or kvm_amd'*'No such file'*) [ $status = 4 ] ;;
	*) false ;;
	esac
	result $? "$name"
else
	skip "$name" 'only root can hide the device'
fi
exit $failed
