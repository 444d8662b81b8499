# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # read by testbed/run, which sourced us
#
# bed-svm.sh - an AMD-V machine: QEMU's software SVM, without help of this
# machine's KVM.
#
# Several processors take turns on one thread of the emulator's: on threads of their own,
# its SVM loses track of memory, and guests run away or the kernel dies.
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

# bed_start KERNEL INITRD CMDLINE: becomes the emulator.
bed_start()
{
	threads=
	[ "$cpus" -le 1 ] || threads=,thread=single
	exec qemu-system-x86_64 -no-user-config -nodefaults -display none -no-reboot \
		-M q35 -accel "tcg$threads" -cpu EPYC,+svm,+npt -m "$memory" -smp "$cpus" \
		-kernel "$1" -initrd "$2" -append "$3" \
		-chardev "file,id=console,path=$tmp/console" \
		-chardev "file,id=out,path=$tmp/out" \
		-chardev "file,id=err,path=$tmp/err" \
		-chardev "file,id=lines,path=$tmp/lines" \
		-device isa-serial,chardev=console,iobase=0x3f8,irq=4 \
		-device isa-serial,chardev=out,iobase=0x2f8,irq=3 \
		-device isa-serial,chardev=err,iobase=0x3e8,irq=5 \
		-device isa-serial,chardev=lines,iobase=0x2e8,irq=7
}
