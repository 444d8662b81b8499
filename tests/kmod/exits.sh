#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# exits.sh - builds the kernel module for a test bed's kernel and runs its tests there.
# Prints their TAP.
#
#   exits.sh BED PROGRAM
set -u

root=${BATON_SOURCE_ROOT:?}
bed=$1 program=$2
cache=${BATON_BED_CACHE:-$root/build/testbed}
. "$root/testbed/linux.sh"

bail()
{
	echo "Bail out! $*"
	exit 1
}

linux_get "$cache/linux" || bail "no kernel for the bed"
image=$(linux_image "$cache/linux")
module=$(KCFLAGS=-g0 "$root/kmod/build" --kernel "${image##*/vmlinuz-}" \
	"$BATON_BUILD_ROOT/kmod-$bed") ||
	bail "the module cannot be built"
# Bochs divides its one thread among the processors, so there two are for the long check, with
# the bed's NMIs: without them, four did not get through the first test in 20 minutes.
cpus=4 args=preempt=full
if [ "$bed" = vmx ]; then
	cpus=1 args="$args bed.nmi=off"
	[ -z "${BATON_TEST_LONG:-}" ] || cpus=2 args="preempt=full log_buf_len=16M"
fi
# The module of the vendor that this machine is not from.
case $bed in svm) other=kvm-intel ;; *) other=kvm-amd ;; esac
exec "$root/testbed/run" --cpus $cpus --timeout 0 --file "$module" \
	--file "$(linux_module "$cache/linux" $other):/$other.ko" \
	--env CMOCKA_MESSAGE_OUTPUT=TAP ${BATON_TEST_LONG:+--env "BATON_TEST_LONG=$BATON_TEST_LONG"} \
	--kernel-args "$args" \
	"$bed" -- "$program" "$module"
