#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# explore-planted.sh BATON TABLE - the mistakes of the table, planted in the ring of the guests'
# library, are found, each within a minute; and none is found in the ring as it is.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
table=$1
limit=60

# verdict_is VERDICT MEMORY PRODUCER CONSUMER: that comes out with these images.
verdict_is()
{
	cat >"$work/spsc.yaml" <<-END
		version: 1
		vms:
		  - {name: producer, image: $3, mode: protected, argument: 4}
		  - {name: consumer, image: $4, mode: protected, argument: 4}
		regions:
		  - {name: memory, size: 4KiB, trapped: true, at: {producer: 0x40000, consumer: 0x40000}}
		devices:
		  - {type: doorbell, vms: [producer, consumer]}
		expect:
		  producer: {status: 810775338}
		  consumer: {status: 810775338}
	END
	run explore --quiet --memory "$2" "$work/spsc.yaml"
	grep -q "^$1 under $2" "$out"
}

for slots in 1 2; do
	for memory in sc tso; do
		verdict_is verified $memory "$BATON_GUESTS/spsc-put-$slots-protected.elf" \
			"$BATON_GUESTS/spsc-take-$slots-protected.elf"
		result $? "as it is, it is verified under $memory, with $slots slot(s)"
	done
done

grep -v '^#' "$table" >"$work/table"
result $? 'there are mistakes'
while IFS='|' read -r name function slots memory verdict what _; do
	put=$BATON_GUESTS/spsc-put-$slots-protected.elf
	take=$BATON_GUESTS/spsc-take-$slots-protected.elf
	image=$BATON_BUILD_ROOT/tests/cli/planted-$name.elf
	case $function in
	put) put=$image ;;
	take) take=$image ;;
	esac
	verdict_is "$verdict" "$memory" "$put" "$take"
	result $? "$what: $verdict under $memory"
	[ "$memory" = tso ] || continue
	verdict_is verified sc "$put" "$take"
	result $? "$what: no mistake under sc"
done <"$work/table"
finish
