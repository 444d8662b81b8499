#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# install.sh - what `meson install` puts down is whole: a program of its own
# builds against it through pkg-config, static and shared.
set -u
. "$BATON_SOURCE_ROOT/tests/lib.sh"
build=$BATON_BUILD_ROOT

# The prefix that the installed files believe in is under DESTDIR.
pc()
{
	PKG_CONFIG_LIBDIR=$(dirname "$(find "$work/root" -name baton.pc)") \
		PKG_CONFIG_SYSROOT_DIR=$work/root pkg-config "$@" baton
}

shared()
{
	# shellcheck disable=SC2046 # flags
	cc "$source/examples/embed.c" $(pc --cflags --libs) -o "$work/shared"
}

static()
{
	# shellcheck disable=SC2046 # flags
	cc -static "$source/examples/embed.c" $(pc --cflags) \
		"$(find "$work/root" -name libbaton.a)" -o "$work/static"
}

# Everything that the shared library exports is in our name space.
exports()
{
	nm -D --defined-only "$(find "$work/root" -name libbaton.so | head -n 1)" |
		awk '$3 !~ /^(baton_|BATON_)/ { print "exported: " $3; bad = 1 } END { exit bad }'
}

# Private names are not exported.
private()
{
	! nm -D --defined-only "$(find "$work/root" -name libbaton.so | head -n 1)" | grep baton__
}

needs_libc_only()
{
	readelf -d "$(find "$work/root" -name libbaton.so | head -n 1)" |
		awk '/NEEDED/ && !/libc\.so/ { print; bad = 1 } END { exit bad }'
}

has()
{
	[ -n "$(find "$work/root" -path "*$1")" ]
}

echo 1..12
ok "meson install" env DESTDIR="$work/root" meson install -C "$build" --no-rebuild --quiet
ok "a program builds against the shared library" shared
ok "a program builds against the static library" static
ok "every exported name is Baton's" exports
ok "no private name is exported" private
ok "the library needs libc and nothing else" needs_libc_only
ok "the command is installed" has /bin/baton
ok "guests are installed" has /share/baton/guest/neo.bin
ok "labs are installed" has /share/baton/labs/matrix/c.yaml
ok "the manual pages are installed" has /man1/baton-run.1
ok "the page that the build makes is installed" has /man7/baton-abi.7
ok "every public header is installed" has /include/baton/hypercalls.def
exit $failed
