#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# images.sh BATON - images that are refused, with the reason, before anything runs.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"

# refused IMAGE WORD NAME [OPTION ...]: status 2, one line that has the word, no guest output.
refused()
{
	image=$1 word=$2 name=$3
	shift 3
	run run "$image" --quiet "$@"
	[ "$status" = 2 ] && [ "$(wc -l <"$err")" = 1 ] && [ ! -s "$out" ] &&
		grep -qi -- "$word" "$err" && grep -q "^baton run: " "$err"
	result $? "$name"
}

long=$BATON_GUESTS/answer-long.elf

: >"$work/empty.bin"
refused "$work/empty.bin" empty 'an empty image'
head -c 40 "$long" >"$work/header.elf"
refused "$work/header.elf" trunc 'an ELF file that ends within its header'
head -c 100 "$long" >"$work/table.elf"
refused "$work/table.elf" trunc 'an ELF file that ends within its program headers'
head -c 300 "$long" >"$work/segment.elf"
refused "$work/segment.elf" '\(trunc\|end\|beyond\)' 'an ELF file that ends within a segment'
refused answer-long.elf '\(ELF64\|64-bit\)' 'a 64-bit image in protected mode' --mode protected
refused answer-protected.elf '\(ELF32\|32-bit\)' 'a 32-bit image in long mode' --mode long
head -c 70000 /dev/zero >"$work/large.bin"
refused "$work/large.bin" memory 'an image that is larger than memory' --memory 64KiB
head -c 64 "$long" | dd bs=1 count=18 2>/dev/null >"$work/machine.elf"
printf '\267\000' >>"$work/machine.elf" # e_machine: AArch64
tail -c +21 "$long" >>"$work/machine.elf"
refused "$work/machine.elf" '\(machine\|x86\)' 'an image for another processor'

cat >"$work/s.yaml" <<-END
	version: 1
	vms:
	  - {name: good, image: hello.bin}
	  - {name: bad, image: empty.bin}
END
run run "$work/s.yaml"
[ "$status" = 2 ] && grep -q "^$work/s.yaml:4:5: " "$err" && [ ! -s "$out" ]
result $? 'a bad image beside a good one: nothing is started, and the place is named'
cat >"$work/s.yaml" <<-END
	version: 1
	vms: [{name: high, image: hello.bin, load: 0x200000}]
END
run run "$work/s.yaml"
[ "$status" = 2 ] && grep -q "^$work/s.yaml:2:7: " "$err" && grep -q memory "$err"
result $? 'an image that would be loaded outside of memory'
finish
