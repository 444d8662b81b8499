#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# reasons.sh - exit_reasons.def against Linux: its names have the numbers that Linux gives
# them, and `handled` is what KVM's tables of handlers say. Needs Debian's linux-source and a
# compiler, and no KVM: the compiler reads the constants and the tables' left sides.
#
#   tests/kmod/reasons.sh [ARCHIVE]
set -u

root=${BATON_SOURCE_ROOT:-$(dirname -- "$0")/../..}
archive=${1:-/usr/src/linux-source-6.1.tar.xz}
cc=${CC:-cc}
work=$(mktemp -d "${TMPDIR:-/tmp}/baton-reasons.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
uapi=$work/arch/x86/include/uapi/asm
number=0 failed=0

# result NAME FILE: a test passes if the file of complaints is empty.
result()
{
	number=$((number + 1))
	if [ -s "$2" ]; then
		echo "not ok $number - $1"
		head -n 20 "$2" | sed 's/^/# /'
		failed=1
	else
		echo "ok $number - $1"
	fi
}

# table FILE NAME: the left sides of a table of handlers.
table()
{
	sed -n "/$2\[\]/,/^};/p" "$1" | sed -n 's/^[[:blank:]]*\[\(.*\)\][[:blank:]]*=[[:blank:]]*[a-z].*/\1/p'
}

# constants FILE PREFIX SUFFIX: what a header defines, without the two.
constants()
{
	sed -n "s/^#define[[:blank:]]*$2\([A-Z0-9_]*\)$3[[:blank:]].*/\1/p" "$1"
}

# VMX's and SVM's names, "NAME EXPRESSION". SVM's others are no reasons of a processor's.
names_vmx()
{
	constants "$uapi/vmx.h" EXIT_REASON_ '' | sed 's/.*/& EXIT_REASON_&/'
}

names_svm()
{
	constants "$uapi/svm.h" SVM_EXIT_ '' | grep -vxE 'EXCP_BASE|LAST_EXCP|SW|REASONS' | sed 's/.*/& SVM_EXIT_&/'
	constants "$uapi/kvm.h" '' _VECTOR | grep -x '..' | sed 's/.*/EXCP_& SVM_EXIT_EXCP_BASE + &_VECTOR/'
}

# compare ISA SOURCE TABLE: writes a program of $work/names and the table, and runs it.
compare()
{
	isa=$1
	table "$2" "$3" >"$work/handled"
	{
		cat <<-END
		#include <stdio.h>
		#include <stdbool.h>
		#include "$uapi/vmx.h"
		#include "$uapi/svm.h"
		#include "$uapi/kvm.h"
		struct reason { unsigned int number; const char *name; bool handled; };
		static const struct reason ours[] = {
		#define BATON_${isa}_REASON(number, name, handled, edition, text) { number, #name, handled },
		#include "exit_reasons.def"
		};
		static const struct reason theirs[] = {
		END
		sed 's/^\([^ ]*\) \(.*\)/	{ (unsigned int)(\2), "\1", false },/' "$work/names"
		cat <<-'END'
		};
		static const unsigned int handled[] = {
		END
		sed 's/$/,/' "$work/handled"
		cat "$work/program"
	} >"$work/$isa.c"
	: >"$work/complaints"
	if ! "$cc" -I"$root/include/baton" -o "$work/$isa" "$work/$isa.c" \
		2>"$work/complaints"; then
		result "$isa: a program of Linux's constants and tables" "$work/complaints"
		return
	fi
	"$work/$isa" names >"$work/complaints"
	result "$isa: $(wc -l <"$work/names") names have Linux's numbers" "$work/complaints"
	"$work/$isa" handled >"$work/complaints"
	result "$isa: $(wc -l <"$work/handled") handlers of KVM's are marked, and no other" "$work/complaints"
	"$work/$isa" order >"$work/complaints"
	result "$isa: numbers ascend, and none is there twice" "$work/complaints"
}

cat >"$work/program" <<'END'
};
#define COUNT(array) (sizeof(array) / sizeof(array[0]))

static void names(void)
{
	size_t i, j;

	if (COUNT(theirs) < 60)
		printf("only %zu constants were found\n", COUNT(theirs));
	for (i = 0; i < COUNT(theirs); i++) {
		for (j = 0; j < COUNT(ours) && __builtin_strcmp(ours[j].name, theirs[i].name); j++)
			;
		if (j == COUNT(ours))
			printf("%s, %#x, has no row\n", theirs[i].name, theirs[i].number);
		else if (ours[j].number != theirs[i].number)
			printf("%s is %#x in Linux, %#x in the row\n", theirs[i].name, theirs[i].number,
			       ours[j].number);
	}
}

static bool in_table(unsigned int number)
{
	size_t i;

	for (i = 0; i < COUNT(handled); i++)
		if (handled[i] == number)
			return true;
	return false;
}

static void handlers(void)
{
	size_t i, found = 0;

	for (i = 0; i < COUNT(ours); i++) {
		if (ours[i].handled != in_table(ours[i].number))
			printf("%s, %#x: the row says %d, KVM %d\n", ours[i].name, ours[i].number,
			       ours[i].handled, in_table(ours[i].number));
		found += in_table(ours[i].number);
	}
	if (found != COUNT(handled))
		printf("%zu of KVM's %zu handlers have a row\n", found, COUNT(handled));
}

static void order(void)
{
	size_t i;

	for (i = 1; i < COUNT(ours); i++)
		if (ours[i].number <= ours[i - 1].number)
			printf("%s, %#x, comes after %#x\n", ours[i].name, ours[i].number, ours[i - 1].number);
}

int main(int argc, char **argv)
{
	(argv[1][0] == 'n' ? names : argv[1][0] == 'h' ? handlers : order)();
	return argc != 2;
}
END

if ! [ -f "$archive" ]; then
	echo "ok 1 - exit_reasons.def and Linux # SKIP $archive is not there: apt-get install linux-source-6.1"
	echo 1..1
	exit 0
fi
if ! xz -dc "$archive" | tar -xf - -C "$work" --strip-components=1 --wildcards --no-wildcards-match-slash \
	'*/arch/x86/kvm/vmx/vmx.c' '*/arch/x86/kvm/svm/svm.c' \
	'*/arch/x86/include/uapi/asm/*.h' 2>"$work/log"; then
	result 'KVM is unpacked' "$work/log"
	echo 1..1
	exit 1
fi
names_vmx >"$work/names"
compare VMX "$work/arch/x86/kvm/vmx/vmx.c" kvm_vmx_exit_handlers
names_svm >"$work/names"
compare SVM "$work/arch/x86/kvm/svm/svm.c" svm_exit_handlers
echo "1..$number"
exit $failed
