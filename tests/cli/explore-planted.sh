#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# explore-planted.sh BATON CC [OPTION ...] - mistakes in the ring of the guests' library are found,
# each within a minute: they are planted in copies of guest/lib/spsc.h, whose programs are
# built with the options (those of protected mode) and explored. The ring as it is passes the same.
# shellcheck source=tests/cli/lib.sh
. "$BATON_SOURCE_ROOT/tests/cli/lib.sh"
guest=$BATON_SOURCE_ROOT/guest
limit=60

if ! command -v "$1" >/dev/null; then
	skip 'mistakes in the ring of the library are found' "no compiler here: $1"
	finish
fi

# build CC [OPTION ...]: the programs with the ring in $work, which comes before the library's.
build()
{
	for app in spsc-put spsc-take; do
		"$@" "-DSPSC_CAPACITY=$slots" -iquote "$work" "$guest/lib/start.S" "$guest/apps/$app.c" \
			"$guest/lib/console.c" -o "$work/$app.elf" 2>"$err" || return 1
	done
}

scenario()
{
	cat <<-END
		version: 1
		vms:
		  - {name: producer, image: $work/spsc-put.elf, mode: protected, argument: 4}
		  - {name: consumer, image: $work/spsc-take.elf, mode: protected, argument: 4}
		regions:
		  - {name: memory, size: 4KiB, trapped: true, at: {producer: 0x40000, consumer: 0x40000}}
		devices:
		  - {type: doorbell, vms: [producer, consumer]}
		expect:
		  producer: {status: 810775338}
		  consumer: {status: 810775338}
	END
}

# verdict_is VERDICT MEMORY
verdict_is()
{
	run explore --quiet --memory "$2" "$work/spsc.yaml"
	grep -q "^$1 under $2" "$out"
}

scenario >"$work/spsc.yaml"
for slots in 1 2; do
	cp "$guest/lib/spsc.h" "$work/spsc.h"
	build "$@"
	result $? "the ring with $slots slot(s) is built as it is"
	for memory in sc tso; do
		verdict_is verified $memory
		result $? "as it is, it is verified under $memory, with $slots slot(s)"
	done
done

# Name; the function, put or take; the slots and the memory model with which it is found; the
# verdict; the mistake.
planted=0
while IFS='|' read -r name function slots memory verdict mistake; do
	sed "/^static.* spsc_$function(/,/^}/{ $mistake }" "$guest/lib/spsc.h" >"$work/spsc.h" &&
		! cmp -s "$work/spsc.h" "$guest/lib/spsc.h" && build "$@"
	result $? "$name: it can be planted, and compiles"
	verdict_is "$verdict" "$memory"
	result $? "$name: $verdict under $memory"
	planted=$((planted + 1))
	[ "$memory" = tso ] || continue
	verdict_is verified sc
	result $? "$name: no mistake under sc"
done <<'END'
no fence when an item was put|put|2|tso|deadlock|s/spsc_fence();//;
no fence when one was taken|take|2|tso|deadlock|s/spsc_fence();//;
the index is published before the item|put|1|sc|violated|/ring->items/d; s/spsc_fence();/ring->items[head % SPSC_CAPACITY] = item; &/;
the slot is given back before it is read|take|1|sc|violated|/item = ring->items/d; s/return item/return ring->items[tail % SPSC_CAPACITY]/; s/, item;/;/;
nobody is woken when there is an item|put|1|sc|deadlock|s/baton_ring(.*)/(void)0/;
nobody is woken when there is room|take|1|sc|deadlock|s/baton_ring(.*)/(void)0/;
it is full with an item more|put|1|sc|violated|s/ring->tail == SPSC_CAPACITY/ring->tail == SPSC_CAPACITY + 1/;
it is full with an item less|put|2|sc|deadlock|s/ring->tail == SPSC_CAPACITY/ring->tail == SPSC_CAPACITY - 1/;
it is empty with an item less|take|1|sc|violated|s/ring->head == tail/ring->head + 1 == tail/;
the other end is looked at before the item is counted|put|2|sc|deadlock|s/ring->head = head + 1;/uint32_t seen = ring->tail; &/; s/ring->tail == head)/seen == head)/;
the count is not looked at again after waiting|put|1|sc|violated|s/while/if/;
what was counted before waiting is believed|put|1|sc|deadlock|s/while (head - ring->tail/uint32_t tail = ring->tail; while (head - tail/;
it waits at its own bell|take|1|sc|deadlock|s/SPSC_ITEMS_IN/SPSC_ROOM/;
the slots are counted from one by who takes|take|2|sc|violated|s/tail % SPSC_CAPACITY/(tail + 1) % SPSC_CAPACITY/;
END
[ "$planted" -ge 10 ] && [ "$failed" = 0 ]
result $? 'mistakes in the ring of the library are found'
finish
