# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# linux.sh - the kernel of the beds: Debian's cloud kernel, fetched by its
# package name, checked by apt, unpacked and never installed. Fetched once;
# whoever wants a newer one removes the folder.

linux_package=linux-image-cloud-amd64

# linux_image DIR: the kernel's image in it.
linux_image()
{
	set -- "$1"/boot/vmlinuz-*
	[ -f "$1" ] && echo "$1"
}

# linux_module DIR NAME: the path of a module in it.
linux_module()
{
	find "$1/lib/modules" "$1/usr/lib/modules" -name "$2.ko*" 2>/dev/null | head -n 1
}

# linux_get DIR: puts a kernel into DIR unless there is one.
linux_get()
{
	linux_image "$1" >/dev/null && return
	if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
		cat >&2 <<-EOF
		testbed: there is no kernel in $1, and this is not a Debian that could fetch one.
		testbed: Get the package linux-image-…-cloud-amd64 from packages.debian.org, and unpack it:
		testbed:     mkdir -p $1 && ar p PACKAGE.deb data.tar.xz | tar -xJ -C $1
		EOF
		return 1
	fi

	# The package itself is empty and depends on the one of the day.
	package=$(apt-cache depends "$linux_package" 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
	if [ -z "$package" ]; then
		echo "testbed: apt knows no package $linux_package: run \"apt-get update\" as root first" >&2
		return 1
	fi

	mkdir -p "$(dirname -- "$1")"
	linux_tmp=$(mktemp -d "$1.XXXXXX")
	echo "testbed: fetching Debian's kernel, $package (27 MB, once)" >&2
	if ! (cd "$linux_tmp" && linux_download "$package") >"$linux_tmp/log" 2>&1 ||
		! dpkg-deb -x "$linux_tmp"/linux-image-*.deb "$linux_tmp/root" 2>>"$linux_tmp/log"; then
		echo "testbed: that failed:" >&2
		sed 's/^/    /' "$linux_tmp/log" >&2
		rm -rf "$linux_tmp"
		return 1
	fi
	# Whoever else fetched it in the meantime was first, and that is as good.
	mv -T "$linux_tmp/root" "$1" 2>/dev/null || :
	rm -rf "$linux_tmp"
	linux_image "$1" >/dev/null
}

# As root, apt would hand the download to a user who may not write here.
linux_download()
{
	if [ "$(id -u)" = 0 ]; then
		apt-get -q -o APT::Sandbox::User=root download "$1"
	else
		apt-get -q download "$1"
	fi
}
