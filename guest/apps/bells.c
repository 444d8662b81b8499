/* SPDX-License-Identifier: 0BSD */
/*
 * bells.c - one VM rings for two others, which wait. The argument says which VM it is: 0
 * rings, 1 and 2 wait. Status: 0.
 *
 * A bell that has been rung remembers it until somebody waits, but it remembers one ring,
 * not how many. With ONE_BELL the two wait for the same one. If it was rung twice before
 * anybody waited, the first who comes has both rings, and the second sleeps for ever.
 */
#include "guest.h"

#define WAITING 2

#ifdef ONE_BELL
#define BELL_OF(vm) 0
#else
#define BELL_OF(vm) (vm)
#endif

int main(void)
{
	uint32_t me = baton_argument();

	if (me) {
		baton_wait(BELL_OF(me));
		return 0;
	}
	for (uint32_t vm = 1; vm <= WAITING; vm++)
		baton_ring(BELL_OF(vm));
	return 0;
}
