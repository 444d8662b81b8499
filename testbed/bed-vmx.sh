# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # read by testbed/run, which sourced us
#
# bed-vmx.sh - an Intel VT-x machine: Bochs, which emulates VMX with EPT and
# unrestricted guests.
#
# Time in it is virtual: a second is so many instructions, however long they take
# here, and the next one at once if there is nothing to do. So times in it mean
# something, and repeat.
#
# It is slow, and much of a start-up would be checks that find nothing here: the
# kernel's self-tests of its cryptography, the modules' signatures, their types.

bed_programs='bochs grub-mkrescue xorriso mformat strip'
bed_packages='bochs bochsbios vgabios bochs-term grub-pc-bin grub-common xorriso mtools binutils'
bed_modules='irqbypass kvm kvm-intel'
# A triple fault ends Bochs; any other reset would start it anew. What init-vmx writes to
# lies behind iomem=. What comes of it would be said on the console with each NMI, and
# drown all else: so the kernel is silent, and its console is no serial port.
bed_cmdline='mitigations=off tsc=reliable nokaslr reboot=t iomem=relaxed loglevel=0'
bed_cmdline="$bed_cmdline cryptomgr.notests init_on_alloc=0"
bed_khz=200000
bed_slow=10
bed_noise='^=*$|^[0-9]+[ie]\[|^\([0-9]+\)|^Next at t=|^Bochs |Bochs x86 Emulator|Built from|Timestamp'

# bed_module FILE: puts a module into the form in which it is loaded.
bed_module()
{
	strip --strip-debug --remove-section=.BTF "$1" # functions keep their names
}

# "512", "512M" and "1G" in MiB.
bed_mib()
{
	case ${1%[MG]} in
	'' | *[!0-9]*) echo "memory of $1? Expected are 512M, 1G and the like" ;;
	*)
		case $1 in
		*G) echo $((${1%G} * 1024)) ;;
		*) echo "${1%M}" ;;
		esac
		return
		;;
	esac
	return 1
}

bed_wake()
{
	:
}

# bed_start KERNEL INITRD CMDLINE: becomes the emulator.
bed_start()
{
	cd "$tmp" || exit
	megs=$(bed_mib "$memory") || {
		echo "$megs"
		exit 1
	}
	mkdir -p disk/boot/grub
	cp "$1" disk/boot/linux && ln "$2" disk/boot/initrd || exit
	{
		printf 'linux /boot/linux '
		for word in $3; do
			quote "$word"
		done
		printf '\ninitrd /boot/initrd\nboot\n'
	} >disk/boot/grub/grub.cfg
	grub-mkrescue --directory=/usr/lib/grub/i386-pc --fonts= --locales= --themes= \
		-o disk.iso disk >grub.log 2>&1 || {
		cat grub.log
		exit 1
	}
	rm -r disk
	# Bochs's own debugger is compiled in, and waits for this word.
	echo continue >commands
	cat >bochsrc <<-END
	cpu: model=corei7_skylake_x, count=$cpus, ips=${bed_khz}000, reset_on_triple_fault=0
	clock: sync=none, time0=946684800
	megs: $megs
	romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
	vgaromimage: file=/usr/share/vgabios/vgabios-stdvga.bin
	vga: realtime=0, update_freq=1
	display_library: term, options="hideIPS"
	ata0-master: type=disk, path=disk.iso, mode=flat
	boot: disk
	com1: enabled=1, mode=file, dev=console
	com2: enabled=1, mode=file, dev=out
	com3: enabled=1, mode=file, dev=err
	com4: enabled=1, mode=file, dev=lines
	sound: driver=dummy
	speaker: enabled=0
	log: /dev/null
	panic: action=fatal
	error: action=ignore
	info: action=ignore
	debug: action=ignore
	END
	export TERM=dumb # its screen: a terminal of its own, at which nobody looks
	exec bochs -q -f bochsrc -rc commands
}

# bed_ended: Bochs ends with status 1 in any case; sets $how to 0 if it was the machine
# that ended, switched off or by a triple fault.
bed_ended()
{
	! grep -q -e 'ACPI control: soft power off' -e '3rd (.*) exception with no resolution' \
		"$tmp/emulator" || how=0
}
