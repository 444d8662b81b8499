# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# hidden.sh - for tests of what happens without /dev/kvm; to be sourced.

# hidden COMMAND...: with an empty /dev, in a mount namespace whose mounts reach nobody. In a
# chroot, whose / is no mount, /dev itself has to be one that can be made private.
# shellcheck disable=SC2016
hidden()
{
	if unshare -m true 2>/dev/null; then
		unshare -m sh -c 'mount -t tmpfs none /dev && exec "$@"' sh "$@"
	else
		unshare -m --propagation unchanged sh -c 'mount --make-rprivate /dev &&
			mount -t tmpfs none /dev && exec "$@"' sh "$@"
	fi
}
