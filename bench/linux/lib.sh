# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # $root is the source's, set by whoever sources this
#
# lib.sh - an ordinary Linux guest under QEMU in a test bed, with the module counting.

. "$root/testbed/linux.sh"

# linux_needs PROGRAM:PACKAGE…: says what is missing, and fails.
linux_needs()
{
	for need; do
		command -v "${need%%:*}" >/dev/null || {
			echo "no ${need%%:*}: on Debian, apt-get install ${need#*:}" >&2
			return 1
		}
	done
}

# linux_take FOLDER PROGRAM…: programs and their shared libraries for a root of its own.
linux_take()
{
	to=$1
	shift
	for program; do
		ldd "$program" 2>/dev/null | grep -o '/[^ ]*' || :
		echo "$program"
	done | sort -u | while read -r file; do
		mkdir -p "$to${file%/*}"
		cp -L "$file" "$to$file"
	done
}

# linux_guest BED CPUS INIT WORK [--take PROGRAM]… [OPTION of testbed/run]…: boots Debian's kernel
# under QEMU in the bed BED, both with so many CPUS; $bed_cpus, if it is set, is the bed's. The
# guest's first process is the script INIT; it has busybox, and examples/exits/test.c as
# `exits`. On stdout, what `inside` prints. WORK is for files.
linux_guest()
{
	bed=$1 cpus=$2 init=$3 work=$4
	shift 4
	linux_needs qemu-system-x86_64:qemu-system-x86 busybox:busybox-static gcc:gcc cpio:cpio || return
	mkdir -p "$work/root/bin"
	while [ "${1:-}" = --take ]; do
		linux_take "$work/root" "$2"
		shift 2
	done
	cp "$(command -v busybox)" "$work/root/bin/"
	gcc -O2 -static -I "$root/include" -o "$work/root/bin/exits" "$root/examples/exits/test.c" &&
		cp "$init" "$work/root/init" || return
	(cd "$work/root" && find . | cpio -o -H newc --quiet) >"$work/guest.cpio" || return

	linux=${BATON_BED_CACHE:-$root/build/testbed}/linux
	linux_get "$linux" || return
	image=$(linux_image "$linux")
	module=$(KCFLAGS=-g0 "$root/kmod/build" --kernel "${image##*/vmlinuz-}" "$work/kmod") || return
	# Linux lets interrupts in by itself: the Intel bed's NMIs would be exits like any other.
	"$root/testbed/run" "$@" --kernel-args bed.nmi=off --cpus "${bed_cpus:-$cpus}" --memory 1G --file "$module:/linux/baton_exits.ko" \
		--file "$image:/linux/vmlinuz" --file "$work/guest.cpio:/linux/guest.cpio" \
		--file "$(command -v qemu-system-x86_64)" --tree /usr/share/seabios --tree /usr/share/qemu \
		"$bed" -- "$root/bench/linux/inside" /linux 256 "$cpus"
}
