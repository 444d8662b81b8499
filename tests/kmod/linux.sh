#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# linux.sh BED [CPUS] - in an ordinary Linux guest under QEMU, the program of the examples, the
# stock tool `cpuid` and the host agree on how often it left, and why; over QEMU's whole life
# so do the module and KVM's tracepoint. Prints TAP.
set -u

bed=$1 cpus=${2:-4}
root=$BATON_SOURCE_ROOT
. "$BATON_SOURCE_ROOT/tests/lib.sh"
. "$root/bench/linux/lib.sh"

# lines KIND: what the guest printed of a kind, before, tool or after.
lines()
{
	sed -n '/^guest begins/,/^guest ends/s/^'"$1"' //p' "$work/log"
}

boots()
{
	# On several processors of the AMD-V bed such a guest loses interrupts, and waits for ever.
	bed_cpus=1
	linux_needs cpuid:cpuid &&
		linux_guest "$bed" "$cpus" "$root/tests/kmod/linux-init" "$work" --take "$(command -v cpuid)" \
			--timeout 600 >"$work/log" 2>"$work/err"
	status=$?
	sed -i '/cpus requested ([0-9]*) exceeds/d' "$work/err"
	cat "$work/err"
	tail -n 30 "$work/log"
	[ "$status" = 0 ] && [ ! -s "$work/err" ] && grep -q '^guest ends' "$work/log"
}

# CODE NAME EXITS, and the sum as "all".
table()
{
	lines "$1" | awk '$1 == "all" { print "all all " $2; next } $4 ~ /^[0-9]+$/ { print $1, $2, $3 }'
}

# CODE EAX EBX ECX EDX of the tool's.
tool()
{
	lines tool | sed -n 's/^ *0x4ffffffe 0x\([0-9a-f]*\): eax=0x\([0-9a-f]*\) ebx=0x\([0-9a-f]*\) ecx=0x\([0-9a-f]*\) edx=0x\([0-9a-f]*\)$/\1 \2 \3 \4 \5/p' |
		while read -r code eax rest; do
			printf '%x %d %s\n' "0x$code" "0x$eax" "$rest"
		done
}

# The reasons are read one after the other, and the sum last.
adds_up()
{
	awk '{ print } $1 == "all" { all = $3; next } { sum += $3; n++ }
		END { exit !(n >= 5 && sum > 1000 && sum <= all && all < sum + 200) }' "$work/before"
}

in_between()
{
	awk 'FILENAME ~ /before/ { before[$1] = $3; next }
		FILENAME ~ /after/ { after[$1] = $3; next }
		$1 == "fff" { next }
		{ print "reason " $1 ": " before[$1] ", " $2 ", " after[$1]; n++ }
		$2 < before[$1] || $2 > after[$1] || $3 $4 $5 != "000000000000000000000000" { bad = 1 }
		before[$1] == after[$1] { same++ }
		END { exit bad || n < 5 || !same }' "$work/before" "$work/after" "$work/tool"
}

undefined()
{
	cat "$work/tool"
	grep -qx 'fff 0 00000000 00000000 ffffffff' "$work/tool"
}

# The host's last look at the VM, while the guest printed, is not behind the guest's last.
host_agrees()
{
	awk '$1 == "exits" && NF == 8 { print $2, $4 }' "$work/log" |
		awk 'FILENAME == "-" { host[$1] = $2; next }
			$1 != "all" { print "reason " $1 ": " $3 ", host " host[$1]; n++ }
			$1 != "all" && host[$1] < $3 { bad = 1 }
			END { exit bad || n < 5 }' - "$work/after"
}

# Over QEMU's whole life, with what the tracepoint did not see, as the module says.
all_agree()
{
	awk '$0 == "the end" { ended = 1 }
		!ended { next }
		$1 == "gone" { fast = $3 }
		$1 == "missed" { missed = $2 }
		$1 == "exits" && NF == 8 { module += $4; print "module " $2 " " $4 }
		$2 == "exit_reason:" && $5 == "hitcount:" { trace += $6; print "trace " $3 " " $6 }
		END { print module, trace, fast, missed
			exit !(module > 10000 && module == trace + fast && missed == 0) }' "$work/log"
}

ok "Debian boots under QEMU, with the module counting" boots
table before >"$work/before"
table after >"$work/after"
tool >"$work/tool"
ok "test.c: the reasons add up" adds_up
ok "cpuid counts what test.c counts before and after it, exactly where nothing happened" in_between
ok "cpuid: a reason that is not defined has EDX of ones" undefined
ok "the host has counted as much as the guest" host_agrees
ok "the module and the tracepoint have the same counts, for all of the guest's CPUs" all_agree
echo "1..$number"
exit $failed
