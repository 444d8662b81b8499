#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# images.sh DIR - the guest images in DIR as files: the bytes and addresses that
# loaders rely on. It runs none of them.
dir=$1
test=0 failed=0

result() # STATUS NAME
{
	test=$((test + 1))
	if [ "$1" != 0 ]; then
		failed=1
		printf 'not '
	fi
	echo "ok $test - $2"
}

# The bytes of a file in hexadecimal, from $2, $3 of them.
bytes()
{
	od -An -v -tx1 ${2:+-j "$2" -N "$3"} "$1" 2>/dev/null | tr -d ' \n'
}

same_bytes() # IMAGE HEX
{
	[ "$(bytes "$dir/$1")" = "$2" ]
	result $? "$1 is these bytes: $2"
}

# A flat image begins with code at 0 and leaves 0x400 to 0x4ff alone, if it gets that far.
flat()
{
	[ "$(bytes "$1" 1024 256 | tr -d 0)" = '' ] && [ "$(bytes "$1" 0 1)" != '00' ]
	result $? "${1##*/} leaves 0x400 to 0x4ff free"
}

# One class, one machine, entered at OFFSET + 0x10000, which is loaded at 0x10000.
elf() # FILE CLASS OFFSET-BEFORE-0x10000
{
	header=$(readelf -hlW "$1")
	echo "$header" | grep -q "Class: *$2\$" &&
		echo "$header" | grep -q 'Type: *EXEC' &&
		echo "$header" | grep -q "Entry point address: *0x${3}10000\$" &&
		[ "$(echo "$header" | awk '$1 == "LOAD" { print $3, $4 }' | sed 's/0x0*/0x/g' |
			head -n 1)" = "0x${3}10000 0x10000" ]
	result $? "${1##*/} is $2, enters at 0x${3}10000, and lies at GPA 0x10000"
}

# Linear address and GPA of each loadable segment differ by OFFSET, so not in the low 28 bits.
one_offset()
{
	readelf -lW "$1" | awk '
		function low(address) { return substr(address, length(address) - 6) }
		$1 == "LOAD" { loads++; bad += low($3) != low($4) }
		END { exit bad || !loads }'
	result $? "${1##*/} keeps one offset in all segments"
}

no_surprises()
{
	readelf -lrdW "$1" | awk '/INTERP|DYNAMIC|TLS|R_(386|X86_64)_/ { bad = 1 } END { exit bad }'
	result $? "${1##*/} has no relocations, and no interpreter"
}

if ! command -v readelf >/dev/null; then
	echo '1..0 # SKIP readelf is not installed'
	exit 0
fi

same_bytes neo.bin 31c0e71040ebfb
same_bytes morpheus.bin 31c0e71148ebfb
same_bytes neo-b.bin 31c040ebfd
same_bytes morpheus-b.bin 31c048ebfd
for image in "$dir"/*.bin; do
	flat "$image"
done
for image in "$dir"/*.elf; do
	case $image in
	*-protected.elf) elf "$image" ELF32 '' ;;
	*-paged.elf) elf "$image" ELF32 c00 ;;
	*-long.elf) elf "$image" ELF64 ffffffff800 ;;
	*) result 1 "${image##*/} is named for its mode" ;;
	esac
	one_offset "$image"
	no_surprises "$image"
done
echo "1..$test"
exit $failed
