# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # read by testbed/run, which sourced us
#
# bed-svm.sh - an AMD-V machine: QEMU's software SVM, without help of this
# machine's KVM.
#
# Several processors take turns on one thread of the emulator's: on threads of their own,
# its SVM loses track of memory, and guests run away or the kernel dies.
#
# Now and then that emulator loses an interrupt: its devices note one in a word that VMRUN and
# #VMEXIT change without a lock. Where it was the timer's, nothing ever interrupts a
# guest that goes round and round again, and the machine stands still. Any other interrupt
# brings the lost one along; so a key is pressed every other second.
#
# Four serial ports, each with an interrupt line of its own: on shared lines the
# kernel would poll. The emulator's warnings about processor features that TCG
# lacks stay in its log.

bed_programs=qemu-system-x86_64
bed_packages=qemu-system-x86
bed_modules='irqbypass kvm kvm-amd'
bed_cmdline='console=ttyS0 mitigations=off tsc=reliable'
bed_khz='' # this machine's clock, whatever that is
bed_slow=1
bed_noise="warning: TCG doesn't support"

bed_module()
{
	:
}

bed_ended()
{
	:
}

bed_wake()
{
	[ ! -p "$tmp/monitor.in" ] || echo "sendkey shift" 1<>"$tmp/monitor.in"
}

# bed_start KERNEL INITRD CMDLINE: becomes the emulator.
bed_start()
{
	threads=
	[ "$cpus" -le 1 ] || threads=,thread=single
	[ -p "$tmp/monitor.in" ] || mkfifo "$tmp/monitor.in"
	: >"$tmp/monitor.out"
	exec qemu-system-x86_64 -no-user-config -nodefaults -display none -no-reboot \
		-M q35 -accel "tcg$threads" -cpu EPYC,+svm,+npt -m "$memory" -smp "$cpus" \
		-kernel "$1" -initrd "$2" -append "$3" \
		-chardev "file,id=console,path=$tmp/console" \
		-chardev "file,id=out,path=$tmp/out" \
		-chardev "file,id=err,path=$tmp/err" \
		-chardev "file,id=lines,path=$tmp/lines" \
		-chardev "pipe,id=monitor,path=$tmp/monitor" -mon chardev=monitor \
		-device isa-serial,chardev=console,iobase=0x3f8,irq=4 \
		-device isa-serial,chardev=out,iobase=0x2f8,irq=3 \
		-device isa-serial,chardev=err,iobase=0x3e8,irq=5 \
		-device isa-serial,chardev=lines,iobase=0x2e8,irq=7
}
