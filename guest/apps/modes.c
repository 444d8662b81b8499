/* SPDX-License-Identifier: 0BSD */
/*
 * modes.c - "who am I": prints the registers that make up the processor's mode,
 * and checks that they are those of the mode for which it was built (SDM vol. 3,
 * 2.2 and 2.5; APM vol. 2, 3.1). The status is the number of the check that
 * failed, or 0.
 */
#include "guest.h"

#define CR0_PE   (1ul << 0)
#define CR0_PG   (1ul << 31)
#define CR4_PAE  (1ul << 5)
#define MSR_EFER 0xc0000080
#define EFER_LME (1ul << 8)
#define EFER_LMA (1ul << 10)

/* What the mode demands: segmented protection, page tables, 64-bit code. */
#if defined(GUEST_REAL)
enum { WANT_PE = 0, WANT_PG = 0, WANT_LONG = 0, WANT_CS = 0 };
#elif defined(GUEST_PROTECTED)
enum { WANT_PE = 1, WANT_PG = 0, WANT_LONG = 0, WANT_CS = 0x08 };
#elif defined(GUEST_PAGED)
enum { WANT_PE = 1, WANT_PG = 1, WANT_LONG = 0, WANT_CS = 0x08 };
#else
enum { WANT_PE = 1, WANT_PG = 1, WANT_LONG = 1, WANT_CS = 0x08 };
#endif

enum check { OK, BAD_PE, BAD_PG, BAD_PAE, BAD_LME, BAD_LMA, BAD_CS, BAD_CODE, BAD_STACK };

struct state {
	unsigned long cs, cr0, cr3, cr4, efer, code, stack;
};

static struct state read_state(void)
{
	struct state s;
	uint16_t cs;
	uint32_t low, high;

	__asm__ volatile("mov %%cs, %0" : "=r"(cs));
	__asm__ volatile("mov %%cr0, %0" : "=r"(s.cr0));
	__asm__ volatile("mov %%cr3, %0" : "=r"(s.cr3));
	__asm__ volatile("mov %%cr4, %0" : "=r"(s.cr4));
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
	s.cs = cs;
	s.efer = low; /* the upper half is reserved */

	/* Where we run: the return address of a call that only fetches it. */
#ifdef GUEST_LONG
	__asm__ volatile("call 1f\n1:\tpop %0" : "=r"(s.code));
	__asm__ volatile("mov %%rsp, %0" : "=r"(s.stack));
#else
	__asm__ volatile("calll 1f\n1:\tpopl %0" : "=r"(s.code));
	__asm__ volatile("movl %%esp, %0" : "=r"(s.stack));
#endif
	return s;
}

static void print_register(const char *name, unsigned long value)
{
	print(name);
	print_hex(value);
	print_char('\n');
}

/* Does a flag agree with what the mode wants? */
static int agrees(unsigned long value, unsigned long flag, int wanted)
{
	return !(value & flag) == !wanted;
}

/* Guest memory shows from GUEST_OFFSET on, and is at most 1 GiB. */
static int in_upper_copy(unsigned long linear)
{
	return linear - GUEST_OFFSET < (1ul << 30);
}

static enum check check_state(const struct state *s)
{
	if (!agrees(s->cr0, CR0_PE, WANT_PE))
		return BAD_PE;
	if (!agrees(s->cr0, CR0_PG, WANT_PG))
		return BAD_PG;
	if (!agrees(s->cr4, CR4_PAE, WANT_LONG))
		return BAD_PAE;
	if (!agrees(s->efer, EFER_LME, WANT_LONG))
		return BAD_LME;
	if (!agrees(s->efer, EFER_LMA, WANT_LONG))
		return BAD_LMA;
	if (s->cs != WANT_CS)
		return BAD_CS;
	if (!in_upper_copy(s->code))
		return BAD_CODE;
	if (!in_upper_copy(s->stack))
		return BAD_STACK;
	return OK;
}

int main(void)
{
	struct state s = read_state();

	print("mode  " GUEST_MODE "\n");
	print_register("CS    ", s.cs);
	print_register("CR0   ", s.cr0);
	print_register("CR3   ", s.cr3);
	print_register("CR4   ", s.cr4);
	print_register("EFER  ", s.efer);
	print_register("code  ", s.code);
	print_register("stack ", s.stack);
	return check_state(&s);
}
