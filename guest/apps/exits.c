/* SPDX-License-Identifier: 0BSD */
/*
 * exits.c - how often this guest has left, by the processor's reasons, and how many cycles
 * its host's kernel took: read by CPUID. Status 1: the host does not tell.
 */
#include "exitstats.h"
#include "guest.h"

static void print_cycles(uint64_t cycles)
{
	print_hex((unsigned long)(cycles >> 32));
	print_char(' ');
	print_hex((unsigned long)(cycles & 0xffffffff));
}

static void print_row(const struct exit_profile *p, const struct exit_reason *reason)
{
	struct exit_cpuid count = exit_cpuid(p->of, reason->number);

	if (!count.eax || count.edx == BATON_EXIT_UNDEFINED)
		return;
	print_hex(reason->number);
	print_char(' ');
	print(reason->name);
	print(": ");
	print_unsigned(count.eax);
	if (p->of_cycles) {
		print(" exits, cycles ");
		print_cycles(exit_cycles(exit_cpuid(p->of_cycles, reason->number)));
	}
	print_char('\n');
}

int main(void)
{
	const struct exit_profile *p = exit_profile();

	if (!p) {
		print("The host does not tell: is its module baton_exits loaded, with a profile?\n");
		return 1;
	}
	print("profile ");
	print(p->name);
	print(", all: ");
	print_unsigned(exit_cpuid(p->all, 0).eax);
	print(" exits, cycles ");
	print_cycles(exit_cycles(exit_cpuid(p->all_cycles, 0)));
	print_char('\n');
	for (const struct exit_reason *reason = exit_reasons(); reason->name; reason++)
		print_row(p, reason);
	return 0;
}
