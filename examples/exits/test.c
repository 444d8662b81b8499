/* SPDX-License-Identifier: 0BSD */
/*
 * test.c - run it inside a Linux guest: how often that VM has left, by the processor's
 * reasons, and how many cycles its host's kernel took. CPUID needs no privilege.
 *
 *     gcc -I include -o test examples/exits/test.c && ./test
 */
#include <inttypes.h>
#include <stdio.h>

#include "../../guest/lib/exitstats.h"

int main(void)
{
	const struct exit_profile *p = exit_profile();

	if (!p) {
		fprintf(stderr, "The host does not tell: is its module baton_exits loaded, with a profile?\n");
		return 1;
	}
	printf("%6s %-26s %12s %18s\n", "reason", p->name, "exits", "cycles");
	for (const struct exit_reason *r = exit_reasons(); r->name; r++) {
		struct exit_cpuid count = exit_cpuid(p->of, r->number);

		if (count.edx == BATON_EXIT_UNDEFINED || !count.eax)
			continue;
		printf("%6" PRIx32 " %-26s %12" PRIu32, r->number, r->name, count.eax);
		if (p->of_cycles)
			printf(" %18" PRIu64, exit_cycles(exit_cpuid(p->of_cycles, r->number)));
		printf("  %s\n", r->text);
	}
	printf("%6s %-26s %12" PRIu32 " %18" PRIu64 "\n", "", "all", exit_cpuid(p->all, 0).eax,
	       exit_cycles(exit_cpuid(p->all_cycles, 0)));
	return 0;
}
