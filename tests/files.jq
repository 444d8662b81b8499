# SPDX-License-Identifier: Apache-2.0
#
# files.jq - which files the tests of the suite `kvm` need in a bed: themselves,
# their arguments, what their `depends:` builds, and the command. Input: what
# `meson introspect --tests` says; $targets: what `--targets` says; $build: the
# build's folder. Output: a path per line; it names no file if it was made of an
# argument that is a word.

($targets[0] | map({(.id): .filename}) | add) as $built
| [
	(.[]
	 | select(any(.suite[]; endswith(":kvm")))
	 | (.depends[] | $built[.] // [] | .[]), .cmd[]),
	($targets[0][] | select(.name == "baton" and .type == "executable") | .filename[])
  ]
| unique[]
| select(endswith(".a") | not)
| if startswith("/") then . else "\($build)/\(.)" end
