# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # variables of testbed/run, which sourced us
#
# pack.sh - what a bed's machine finds when it starts. Two archives, one behind
# the other: the base, which is kept, with busybox, the modules and init; and
# the files of this run, whose modules win. Both are plain cpio: unpacking costs
# more than reading.

# pack_cpio DIR: its contents as an archive on stdout.
pack_cpio()
{
	(cd "$1" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet)
}

# pack_base FILE: makes the base archive unless it is there and up to date.
pack_base()
{
	busybox=$(command -v busybox)
	image=$(linux_image "$cache/linux")
	[ -z "$(find "$here" "$busybox" "$image" -newer "$1" 2>&1)" ] && return
	if ldd "$busybox" >/dev/null 2>&1; then
		say "$busybox is not static: install busybox-static"
		return 1
	fi

	stage=$tmp/base
	mkdir -p "$stage/bin" "$stage/modules" "$stage/root" "$stage/tmp" \
		"$stage/dev" "$stage/proc" "$stage/sys"
	cp "$here/init" "$stage/init"
	chmod 755 "$stage/init"
	[ ! -e "$here/init-$bed" ] || cp "$here/init-$bed" "$stage/init-bed"
	for name in $bed_modules; do
		module=$(linux_module "$cache/linux" "$name")
		case $module in
		*.ko) cat "$module" ;;
		*.xz) xz -dc "$module" ;;
		*.zst) zstd -dc "$module" ;;
		*) false ;;
		esac >"$stage/modules/$name.ko" && bed_module "$stage/modules/$name.ko" || {
			say "the kernel in $cache/linux has no module $name that could be unpacked"
			return 1
		}
		echo "$name" >>"$stage/modules/order"
	done
	for name in $("$busybox" --list-full); do
		mkdir -p "$stage/${name%/*}"
		ln -sf /bin/busybox "$stage/$name"
	done
	rm -f "$stage/bin/busybox"
	cp "$busybox" "$stage/bin/busybox"
	pack_cpio "$stage" >"$1.$$" && mv "$1.$$" "$1"
}

# pack_files LIST ROOT: copies what the list names, a line "SRC<tab>DST" each,
# below ROOT, and the shared libraries that the programs among it need.
pack_files()
{
	tab=$(printf '\t')
	: >"$tmp/programs"
	while IFS=$tab read -r src dst; do
		mkdir -p "$2${dst%/*}"
		if [ -d "$src" ]; then
			mkdir -p "$2$dst"
			cp -RL "$src/." "$2$dst/"
			find -L "$src" -type f -perm -100 >>"$tmp/programs"
		else
			cp -L "$src" "$2$dst"
			echo "$src" >>"$tmp/programs"
		fi || return
	done <"$1"
	[ -s "$tmp/programs" ] || return 0

	# ldd complains of scripts and static programs; they need nothing.
	tr '\n' '\0' <"$tmp/programs" | xargs -0 ldd >"$tmp/ldd" 2>/dev/null || :
	if grep -q 'not found' "$tmp/ldd"; then
		say "shared libraries that are missing here, too:"
		grep 'not found' "$tmp/ldd" | sort -u >&2
		return 1
	fi
	sed -n 's/^.* => \(\/.*\) (0x.*/\1/p; s/^[[:space:]]*\(\/.*\) (0x.*/\1/p' "$tmp/ldd" |
		sort -u >"$tmp/libraries"
	if [ -s "$tmp/libraries" ] && [ -f /etc/ld.so.cache ]; then
		echo /etc/ld.so.cache >>"$tmp/libraries"
	fi
	while read -r src; do
		[ -e "$2$src" ] && continue
		mkdir -p "$2${src%/*}"
		cp -L "$src" "$2$src" || return
	done <"$tmp/libraries"
}
