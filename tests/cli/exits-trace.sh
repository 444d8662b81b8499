#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# exits-trace.sh BATON REPORT-JSON - `baton exits` on a machine that has a KVM and not the module:
# by tracefs, or in words.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
report=$1
instances=/sys/kernel/tracing/instances
guests=''

none_left()
{
	[ -z "$(find "$instances" -mindepth 1 -maxdepth 1 -name 'baton-*')" ]
}

trap '[ -z "$guests" ] || kill "$guests" 2>/dev/null; rm -rf "$work"' EXIT
if [ -e /proc/baton_exits/exits ]; then
	skip 'tracefs counts' 'the module baton_exits is loaded'
elif [ -e /sys/module/kvm_pvm ]; then
	run exits
	[ "$status" = 4 ] && grep -q 'baton_exits is not loaded' "$err" &&
		grep -q 'it is for kvm_intel and kvm_amd' "$err" &&
		grep -q "without the processor's virtualization" "$err" &&
		grep -q 'baton run --kernel-exits' "$err" && [ ! -s "$out" ]
	result $? 'it says what is missing, and ends with status 4'
elif [ ! -d "$instances" ] || [ "$(id -u)" != 0 ]; then
	run exits
	[ "$status" = 4 ] && grep -q '→' "$err" && [ ! -s "$out" ]
	result $? 'it says what is missing, and ends with status 4'
else
	run exits --json - --delta -- "$baton" run neo.bin:70 morpheus.bin:30 --for 500ms --quiet
	cp "$out" "$work/json"
	[ "$status" = 0 ] && [ "$("$report" get "$work/json" source)" = tracefs ] &&
		[ "$("$report" get "$work/json" vms 0 process)" = baton ] &&
		[ "$("$report" get "$work/json" vms 0 vcpus)" = 1 ] &&
		[ "$("$report" get "$work/json" missed)" = 0 ]
	result $? 'a process that is over by then has its name'
	name=$("$report" get "$work/json" vms 0 reasons 0 reason)
	count=$("$report" get "$work/json" vms 0 reasons 0 count)
	case $name in IO_INSTRUCTION | IOIO) [ "$count" -gt 100 ] ;; *) false ;; esac
	result $? 'ports are the most frequent reason of guests that use ports'
	none_left
	result $? 'its instance is removed'

	"$baton" run neo.bin --for 600s --quiet 2>/dev/null >&2 &
	guests=$!
	run exits --pid "$guests"
	[ "$status" = 0 ] && grep -q 'counted by tracefs' "$out" && grep -q "pid $guests" "$out" &&
		grep -q 'tracefs counts from now on, for 1 s' "$err"
	result $? 'by itself it counts for a second'
	run exits --vm 1
	mentions 4 'tracefs does not tell the VMs of a process apart' 'VMs of a process are not told apart'
	for signal in TERM HUP QUIT; do
		: >"$out"
		"$baton" exits --watch 200ms >"$out" 2>"$err" &
		pid=$!
		n=0
		until grep -q 'exits per second' "$out" || [ $((n += 1)) -gt 300 ]; do sleep 0.1; done
		ls "$instances" >"$work/while"
		kill -$signal $pid
		wait $pid
		status=$?
		[ "$status" = 0 ] && grep -q baton "$out" && none_left &&
			grep -qx "baton-$pid-0" "$work/while"
		result $? "SIG$signal ends it, and its instance"
	done
	: >"$out"
	"$baton" exits --watch 200ms >"$out" 2>"$err" &
	pid=$!
	n=0
	until grep -q 'exits per second' "$out" || [ $((n += 1)) -gt 300 ]; do sleep 0.1; done
	"$baton" exits --delta 200ms >"$work/other" 2>&1
	[ -d "$instances/baton-$pid-0" ] && grep -q "pid $guests" "$work/other"
	result $? 'two at a time leave one another alone'
	kill -KILL $pid
	wait $pid 2>/dev/null
	run exits --delta 100ms
	[ "$status" = 0 ] && none_left
	result $? 'what one left that was killed, the next removes'
	kill "$guests"
	wait "$guests"
	guests=''
	run exits --delta 100ms
	[ "$status" = 0 ] && grep -q 'no VM' "$out"
	result $? 'nobody runs'
fi
finish
