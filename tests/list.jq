# SPDX-License-Identifier: Apache-2.0
#
# list.jq - turns what `meson introspect --tests` knows into the list that
# tests/run reads; see there for the columns. A test is called by its first
# suite and its name. $build is the build's folder: as with meson, tests start
# there unless they say otherwise.

def suites: [.suite[] | sub("^[^:]*:"; "")];

.[]
| suites as $suites
| [
	(if .name | contains("/") then .name else "\($suites[0])/\(.name)" end),
	($suites | join(",")),
	.timeout,
	(.workdir // $build),
	"env \([.env | to_entries[] | "\(.key)=\(.value)"] + .cmd | @sh)"
  ]
| map(tostring)
| join("\t")
