#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# course.sh - kmod/course/build, where it must give up: it says why and leaves no module.
# Nothing is compiled here; agree.sh does.
set -u

root=$BATON_SOURCE_ROOT
work=$(mktemp -d "${TMPDIR:-/tmp}/baton-course.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
number=0 failed=0
out=$work/out

# build ARGUMENT…: sets $status; what was said is in $work/said.
build()
{
	"$root/kmod/course/build" "$@" >"$work/stdout" 2>"$work/said" </dev/null
	status=$?
}

# says STATUS NAME TEXT…: it ended so, said the texts, and there is no module.
says()
{
	wanted=$1 name=$2 good=1
	shift 2
	for text; do
		grep -qF -- "$text" "$work/said" || good=0
	done
	[ "$status" = "$wanted" ] && [ ! -s "$work/stdout" ] && [ ! -e "$out/kvm.ko" ] || good=0
	number=$((number + 1))
	if [ $good = 1 ]; then
		echo "ok $number - $name"
		return
	fi
	failed=1
	echo "not ok $number - $name"
	echo "# exit status $status, expected $wanted and $*"
	sed 's/^/# /' "$work/said"
}

skip()
{
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

finish()
{
	echo "1..$number"
	exit $failed
}

build --nonesuch
says 2 'an unknown option is misuse' 'unknown option --nonesuch' '--help'
build --kernel
says 2 'an option without its value' '--kernel needs a value'
build --kernel linux "$out"
says 2 'a name that is no kernel of Debian' '--kernel linux: expected a name like'
build a b
says 2 'two folders' "'b' is one too many"
build --kernel 6.1.0-1-none-amd64 "$out"
says 3 'headers that are not installed' 'not everything is installed. On Debian:' \
	'apt-get install --no-install-recommends linux-headers-6.1.0-1-none-amd64'
build --kernel 5.99.0-1-none-amd64 "$out"
says 3 'nor the source' ' linux-source-5.99'

kernel=''
for folder in /lib/modules/6.1.*/build; do
	[ -f "$folder/include/generated/package.h" ] || continue
	kernel=${folder#/lib/modules/}
	kernel=${kernel%/build}
	version=$(sed -n 's/.*Debian \(.*\)"/\1/p' "$folder/include/generated/package.h")
done
if [ -z "$kernel" ]; then
	skip 'sources that do not fit' 'no headers of a Linux 6.1 of Debian are installed'
	finish
fi

# archive VERSION: what a source looks like; its KVM is what is in $work/src.
archive()
{
	mkdir -p "$work/src/linux/virt/kvm" "$work/src/linux/arch/x86/kvm"
	printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = %s\n' $(echo "$1" | tr . ' ') >"$work/src/linux/Makefile"
	tar -C "$work/src" -cJf "$work/linux.tar.xz" linux
}

build --kernel "$kernel" --source "$work/nonesuch" "$out"
says 1 'an archive that is not there' "there is no $work/nonesuch"
echo text >"$work/text"
build --kernel "$kernel" --source "$work/text" "$out"
says 1 'an archive that is none' 'has no KVM that could be unpacked'
archive 6.1.7
build --kernel "$kernel" --source "$work/linux.tar.xz" "$out"
says 1 'a source of another version' 'is Linux 6.1.7,' "linux-headers-$kernel is $version"

archive "${version%%-*}"
build --kernel "$kernel" --source "$work/linux.tar.xz" "$out"
says 1 'no file that the patch is for' "course.patch does not apply to $version:" 'a file is missing: cpuid.c'

# Files that have the lines which the patch takes out, and nothing but blank ones before.
awk -v dir="$work/src/linux/arch/x86/kvm" '
	/^--- / { file = dir "/" $2; line = 0; system("mkdir -p $(dirname " file ")"); printf "" >file; next }
	/^@@ / { at = substr($2, 2) + 0; while (line < at - 1) { print "" >file; line++ } next }
	/^-/ { print substr($0, 2) >file; line++ }
	END { for (i = 0; i < 9; i++) print "" >file }' "$root/kmod/course/course.patch"
archive "${version%%-*}"
build --kernel "$kernel" --source "$work/linux.tar.xz" "$out"
says 1 'lines would come to the wrong places' "course.patch does not fit $version:" \
	'svm/svm.c: "	course_exited(" is not behind "x86_spec_ctrl_restore_host("'
sed -i 's/VM_EXIT_REASON/VM_EXIT_RAISIN/' "$work/src/linux/arch/x86/kvm/vmx/vmx.c"
archive "${version%%-*}"
build --kernel "$kernel" --source "$work/linux.tar.xz" "$out"
says 1 'a line that the patch takes out is another' "course.patch does not apply to $version:" 'vmx/vmx.c: Hunk #2 FAILED'

: >"$work/file"
build --kernel "$kernel" --source "$work/linux.tar.xz" "$work/file/out"
says 1 'a folder that cannot be made' "the folder $work/file/out cannot be written"
mkdir "$work/a b"
build --kernel "$kernel" --source "$work/linux.tar.xz" "$work/a b"
says 1 'a folder that make cannot work in' "make cannot work in '$work/a b'"

mkdir "$work/bin"
printf '#!/bin/sh\necho 6.1.1-1\n' >"$work/bin/dpkg-query"
chmod +x "$work/bin/dpkg-query"
if [ -f /usr/src/linux-source-6.1.tar.xz ]; then
	PATH=$work/bin:$PATH build --kernel "$kernel" "$out"
	says 3 'packages of two versions' \
		"linux-source-6.1 is 6.1.1-1, linux-headers-$kernel is $version" "apt-get install linux-source-6.1=$version"
else
	skip 'packages of two versions' 'linux-source-6.1 is not installed'
fi
finish
