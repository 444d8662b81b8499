#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# load.sh BED - kmod/load in a test bed: it loads the module, and where the kernel does not
# let it, says why and what to do. Prints TAP.
#
# What builds the module stays here: there a stand-in hands over what was built.
set -u

bed=$1
root=$BATON_SOURCE_ROOT
linux=${BATON_BED_CACHE:-$root/build/testbed}/linux
work=$(mktemp -d "${TMPDIR:-/tmp}/baton-load.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
. "$root/testbed/linux.sh"
number=0 failed=0

# in_bed SCRIPT [OPTION]…: what it says, and its status, in a bed with kmod/load.
in_bed()
{
	printf '%s\n' 'mount -t securityfs none /sys/kernel/security' "$1" >"$work/script"
	shift
	"$root/testbed/run" "$@" --timeout 120 --file "$root/kmod/load:/kmod/load" \
		--file "$work/build:/kmod/build" --file "$work/kmod/baton_exits.ko:/baton_exits.ko" \
		--file "$work/script:/script" "$bed" -- sh /script >"$work/said" 2>&1
	status=$?
}

# says NAME STATUS WORD…: one test of what was said last.
says()
{
	name=$1 expected=$2
	shift 2
	number=$((number + 1))
	missing=
	for word; do
		grep -qF -- "$word" "$work/said" || missing="$missing '$word'"
	done
	if [ "$status" = "$expected" ] && [ -z "$missing" ]; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		echo "# status $status of $expected; missing:$missing; it said:"
		sed 's/^/# /' "$work/said"
		failed=1
	fi
}

linux_get "$linux" || exit 1
image=$(linux_image "$linux")
KCFLAGS=-g0 "$root/kmod/build" --kernel "${image##*/vmlinuz-}" "$work/kmod" >"$work/said" 2>&1
status=$?
says "the module is built" 0 baton_exits.ko
printf '#!/bin/sh\necho /baton_exits.ko\n' >"$work/build"
chmod +x "$work/build"

in_bed '/kmod/load profile=2022 scope=host && cat /proc/baton_exits/exits &&
	cat /sys/module/baton_exits/parameters/profile && rmmod baton_exits && echo unloaded'
says "it is loaded, with its parameters" 0 'profile 2022' 'scope host' "isa $bed" unloaded

in_bed '/kmod/load; /kmod/load'
says "a second one is told of the first" 1 'it is loaded already' 'rmmod baton_exits'

in_bed '/kmod/load profile=2023'
says "an unknown profile is told by the kernel's words" 1 \
	'profile=2023: expected off, log, 2020, 2021 or 2022' 'the kernel refused it'

in_bed '/kmod/load colour=blue'
says "an unknown parameter gets the usage" 2 'usage: kmod/load'

in_bed 'rmmod kvm-amd kvm-intel 2>/dev/null; /kmod/load'
says "without a vendor's KVM there is nothing to count" 1 \
	"this machine's KVM is neither kvm_intel nor kvm_amd"

in_bed '/kmod/load' --kernel-args lockdown=integrity
says "a locked-down kernel wants it signed" 1 'the kernel is locked down (Secure Boot)' \
	'switch Secure Boot off'

vendor=$([ "$bed" = svm ] && echo kvm-amd || echo kvm-intel)
mkdir "$work/stripped"
file=$(linux_module "$linux" "$vendor")
cp "$file" "$work/stripped/$vendor.ko" && strip --strip-unneeded "$work/stripped/$vendor.ko"
in_bed '/kmod/load' --modules "$work/stripped"
says "a vendor's module without symbols is named" 1 '_get_exit_info' 'were its symbols stripped'

in_bed 'echo 0 >/proc/sys/kernel/ftrace_enabled; /kmod/load'
says "without function tracing it says how to switch it on" 1 'sysctl kernel.ftrace_enabled=1'

echo "1..$number"
exit $failed
