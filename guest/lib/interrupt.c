/* SPDX-License-Identifier: 0BSD */
/*
 * interrupt.c - vectors for the interrupt lines, in each mode.
 * (SDM vol. 3: real mode 20.1.4, gates 6.11 and 6.14.1.)
 */
#include "interrupt.h"

#define STUB_BYTES 8

extern const char interrupt_stubs[];
void interrupt_dispatch(unsigned line);

static interrupt_fn *take;

void interrupt_dispatch(unsigned line)
{
	take(line);
}

static uintptr_t stub(unsigned line)
{
	return (uintptr_t)interrupt_stubs + line * STUB_BYTES;
}

#ifdef GUEST_REAL

extern volatile uint32_t interrupt_vectors[]; /* placed by the linker script */

static void set_vectors(void)
{
	for (unsigned line = 0; line < BATON_IRQ_LINES; line++)
		interrupt_vectors[line] = stub(line); /* segment 0 */
}

#else

#define EXCEPTIONS 32

struct gate {
	uint16_t offset_low, selector;
	uint16_t type; /* present, ring 0, interrupt gate; above it the IST, which is 0 */
	uint16_t offset_middle;
#ifdef GUEST_LONG
	uint32_t offset_high, reserved;
#endif
};

struct table {
	uint16_t limit;
	uintptr_t base;
} __attribute__((packed));

static struct gate gates[EXCEPTIONS + BATON_IRQ_LINES];

/* The exceptions' gates are copied from the table that is in use. */
static void set_vectors(void)
{
	struct table table;
	const struct gate *old;
	uint16_t selector;

	__asm__ volatile("sidt %0; mov %%cs, %1" : "=m"(table), "=r"(selector));
	old = (const struct gate *)table.base;
	for (unsigned v = 0; v < EXCEPTIONS && (v + 1) * sizeof(*old) <= table.limit + 1u; v++)
		gates[v] = old[v];
	for (unsigned line = 0; line < BATON_IRQ_LINES; line++)
		gates[BATON_IRQ_VECTOR + line] = (struct gate){
			.offset_low = (uint16_t)stub(line),
			.selector = selector,
			.type = 0x8E00,
			.offset_middle = (uint16_t)(stub(line) >> 16),
#ifdef GUEST_LONG
			.offset_high = (uint32_t)(stub(line) >> 32),
#endif
		};
	table.limit = sizeof(gates) - 1;
	table.base = (uintptr_t)gates;
	__asm__ volatile("lidt %0" : : "m"(table));
}

#endif

void interrupts_install(interrupt_fn *handler)
{
	take = handler;
	set_vectors();
}
