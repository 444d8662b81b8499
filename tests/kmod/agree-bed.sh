#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# agree-bed.sh BATON MODULE - in a test bed whose KVM is that of kmod/course: it, the
# MODULE baton_exits and KVM's tracepoint count the same. Prints TAP.
#
# Counts are compared over an interval at whose ends no VM exists, so nothing may differ, not
# by one. In Linux 6.1, what KVM's fast path handles passes the tracepoint, too.
set -u

baton=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/baton-agree.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
course=/sys/module/kvm/parameters
module=/proc/baton_exits
traced=/sys/kernel/tracing/instances/agree
event=$traced/events/kvm/kvm_exit
number=0 failed=0
vendor=$(cd /sys/module && ls -d kvm_*)

# result STATUS NAME [FILE…]: one test; 0 is good. The files follow a failure.
result()
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
		return
	fi
	echo "not ok $number - $2"
	failed=1
	shift 2
	for file; do
		sed "s/^/# ${file##*/}: /" "$file"
	done
}

same()
{
	cmp -s "$1" "$2"
	result $? "$3" "$1" "$2"
}

# ------------------------------------------------------------------- counters

# Each leaves "CODE COUNT" lines, sorted, with the sum as `total`, in a file.

# course_since SNAPSHOT: what course_exits has grown by.
course_since()
{
	cat "$course/course_exits" >"$work/now"
	[ "$(tail -n 1 "$work/now")" = end ] || echo 'cut off'
	awk 'NR == FNR { before[$1] = $2; next }
		$1 != "end" && $2 != before[$1] { print $1, $2 - before[$1] }' "$1" "$work/now" | sort
}

# Of all VMs, living and gone; they were reset before.
module_counts()
{
	awk '$1 == "exits" { n[$2] += $4; all += $4 }
		$1 == "missed" && $2 { print "missed", $2 }
		END { for (code in n) print code, n[code]; print "total", all + 0 }' "$module/exits" | sort
}

trace_counts()
{
	sed -n 's/^{ exit_reason: *\([0-9]*\) } hitcount: *\([0-9]*\).*/\1 \2/p; s/^ *Dropped: *\([1-9].*\)/dropped \1/p' \
		"$event/hist" | awk '
		$1 == "dropped" { print; next }
		{ printf "%x %d\n", $1, $2; all += $2 }
		END { print "total", all + 0 }' | sort
}

# ---------------------------------------------------------------------- tests

# agree NAME COMMAND…: all count the same while it runs.
agree()
{
	name=$1
	shift
	cat "$course/course_exits" >"$work/before"
	echo reset >"$module/control"
	echo 'hist:keys=exit_reason:clear' >>"$event/trigger"
	"$@" >"$work/out" 2>"$work/err" </dev/null
	result $? "$name runs" "$work/err" "$work/out"
	course_since "$work/before" >"$work/course"
	module_counts >"$work/module"
	trace_counts >"$work/trace"
	same "$work/course" "$work/module" "$name: kmod/course and baton_exits count the same"
	same "$work/course" "$work/trace" "$name: kmod/course and the tracepoint count the same"
	grep -v '^total' "$work/module" | grep -q .
	result $? "$name: there is something to count"
	echo "# $name: $(tr '\n' ' ' <"$work/course")"
	adds_up
	cycles_each
}

# The rows are the total.
adds_up()
{
	awk '$1 == "total" { exits = $2; cycles = $3; next }
		$1 != "end" { n += $2; c += $3 }
		END { exit !(n == exits && c == cycles) }' "$course/course_exits"
	result $? "$name: rows of kmod/course add up" "$course/course_exits"
}

# For people: cycles per exit, which differ as the two begin and end elsewhere.
cycles_each()
{
	awk 'FILENAME == ARGV[1] { n[$1] = $2; c[$1] = $3; next }
		FILENAME == ARGV[2] { n[$1] = $2 - n[$1]; c[$1] = $3 - c[$1]; next }
		$1 == "exits" { kvm[$2] += $5 }
		END { for (code in n) if (n[code] > 0 && code != "total")
			printf "#   %-4s course %9d, baton_exits %9d cycles each\n", code,
				c[code] / n[code], kvm[code] / n[code] }' \
		"$work/before" "$work/now" "$module/exits" | sort
}

# A lab of shares, which a busy machine may miss: 1 says so, and does not matter here.
shares()
{
	"$baton" lab matrix-c-90-10 --for 2s
	[ $? -le 1 ]
}

# Two of them at once, with four VMs on two processors.
at_once()
{
	shares >"$work/first" 2>&1 &
	"$baton" lab emu-ring6
	status=$?
	wait $! || { cat "$work/first" && return 1; }
	return $status
}

# Baton's report finds each of its VMs among those that the module knows.
beside_its_own()
{
	"$baton" lab emu-ring6 --kernel-exits --json "$work/json" >"$work/out" 2>"$work/err"
	result $? '--kernel-exits runs' "$work/err"
	[ "$(grep -c '"kernel_exits": {' "$work/json")" = 2 ] && ! grep -q 'could not be found' "$work/err"
	result $? '--kernel-exits: the module has both VMs' "$work/err"
}

# ------------------------------------------------------------------- leaves

# A number as four bytes for printf.
word()
{
	printf '\\%03o\\%03o\\%03o\\%03o' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}

# guest LEAF CODE…: a guest in real mode asks for each, prints the four registers, a line each.
guest()
{
	leaf=$1
	shift
	for code; do
		# mov eax, LEAF; mov ecx, CODE; cpuid; and each register to port 0xEA
		printf "\\146\\270$(word "$leaf")\\146\\271$(word "$code")\\017\\242"
		printf '\146\347\352\146\211\330\146\347\352\146\211\310\146\347\352\146\211\320\146\347\352'
	done >"$work/guest.bin"
	printf '\364' >>"$work/guest.bin" # hlt
	"$baton" run --quiet "$work/guest.bin" 2>"$work/err" |
		awk '{ printf "%s%s", $1, NR % 4 ? " " : "\n" }'
}

# answers PROFILE LEAF CODE…: course and module answer alike. The reasons must be such as no
# guest leaves for.
answers()
{
	profile=$1 leaf=$2
	shift 2
	echo "$profile" >$course/course
	guest "$leaf" "$@" >"$work/course"
	echo off >$course/course
	echo "$profile" >/sys/module/baton_exits/parameters/profile
	guest "$leaf" "$@" >"$work/module"
	echo off >/sys/module/baton_exits/parameters/profile
	[ "$(wc -l <"$work/course")" = $# ]
	result $? "$profile: a guest asks leaf $leaf $# times" "$work/err"
	same "$work/course" "$work/module" "$profile: leaf $leaf: the same answers to both"
}

# count REASON: course_exits now.
count()
{
	awk -v code="$1" '$1 == code { n = $2 } END { print n + 0 }' "$course/course_exits"
}

leaves()
{
	# Undefined; without a handler; handled, and not seen; defined since 2022 only; none.
	case $vendor in
	kvm_amd) codes='0xa6 0x1 0x7d 0xa5 0x3ff 0x404' cpuid=72 ;;
	kvm_intel) codes='35 3 9 70 78 65535' cpuid=a ;;
	esac
	for ask in 2020:0x4FFFFFFE 2021:0x4FFFFFFD 2021:0x4FFFFFFC 2022:0x4FFFFFFE 2022:0x4FFFFFFF; do
		# shellcheck disable=SC2086 # a list
		answers "${ask%:*}" "${ask#*:}" $codes 0xffffffff
	done
	sed -n '1,2p;4p' "$work/course" | tr '\n' ',' >"$work/got"
	printf '0 0 0 4294967295,0 0 0 0,0 0 0 0,' >"$work/wanted"
	same "$work/wanted" "$work/got" '2022: undefined is all ones in EDX, unhandled is 0'

	# The guest's own CPUIDs, of which it has made one more each time.
	echo 2022 >$course/course
	cpuids=$(count $cpuid)
	guest 0x4FFFFFFE 0x$cpuid 0x$cpuid 0x$cpuid >"$work/got"
	printf '%d 0 0 0\n' $((cpuids + 1)) $((cpuids + 2)) $((cpuids + 3)) >"$work/wanted"
	same "$work/wanted" "$work/got" '2022: a guest reads how many CPUIDs it has made'
	before=$(count total)
	guest 0x4FFFFFFC 0 >"$work/got"
	read -r eax ebx ecx edx <"$work/got"
	[ "$eax" -gt "$before" ] && [ "$eax" -le "$(count total)" ] && [ "$ebx $ecx $edx" = '0 0 0' ]
	result $? '2022: the total of all exits' "$work/got"
	guest 0x4FFFFFFF 0x$cpuid >"$work/got"
	read -r eax ebx ecx edx <"$work/got"
	cycles=$(awk -v code=$cpuid '$1 == code { print $3 }' "$course/course_exits")
	[ "$eax $edx" = '0 0' ] && [ $((ebx << 32 | ecx)) -gt 0 ] && [ $((ebx << 32 | ecx)) -le "$cycles" ]
	result $? '2022: the cycles of a reason, in two halves' "$work/got"
	echo off >$course/course

	guest 0x4FFFFFFE 0x3ff >"$work/got"
	! grep -q 4294967295 "$work/got"
	result $? 'off: there is no such leaf' "$work/got"
	echo 2023 2>/dev/null >$course/course
	[ "$(cat $course/course)" = off ]
	result $? 'a profile that is none is refused'
}

[ -e "$course/course_exits" ] && insmod "$2" 2>"$work/err" && mkdir "$traced" &&
	echo 'hist:keys=exit_reason' >"$event/trigger"
result $? 'the KVM of kmod/course, with baton_exits, in the bed' "$work/err"
if [ $failed = 0 ]; then
	agree emu-ring6 "$baton" lab emu-ring6
	agree matrix-c-90-10 shares
	agree modes-paged "$baton" lab modes-paged
	agree 'two at once' at_once
	beside_its_own
	leaves

	rmdir "$traced"
	rmmod baton_exits && rmmod "$vendor" && rmmod kvm
	result $? 'all can be unloaded'
fi
echo "1..$number"
exit $failed
