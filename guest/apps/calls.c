/* SPDX-License-Identifier: 0BSD */
/*
 * calls.c - each of Baton's own calls that needs no file, once, and whether what
 * it gives can be true. Status: 0, or the number of the first that cannot.
 */
#include "guest.h"

static const char text[] = "All in one exit.\n";

int main(void)
{
	struct baton_call_exits before, after;
	uint64_t begin, end;

	if (baton_version() != BATON_ABI_VERSION)
		return 1;
	if (baton_argument() != 4294967295u)
		return 2;
	before = baton_exits();
	if (before.total != 3 || before.in != 2 || before.out != 1)
		return 3;
	baton_print(text, sizeof(text) - 1);
	after = baton_exits();
	if (after.total != before.total + 2 || after.in != before.in || after.out != before.out + 2)
		return 4;
	begin = baton_time_ns();
	baton_sleep_us(1000);
	end = baton_time_ns();
	if (end - begin < 1000000)
		return 5;
	baton_yield();
	baton_label("the clock is right");
	if (baton_random() == baton_random())
		return 6;
	for (int i = 0; i < 20; i++)
		if (baton_choose(3) > 2)
			return 7;
	BATON_ASSERT(end > begin);
	return 0;
}
