/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge.c - the rules, from the most telling to the least. The first that
 * applies is the verdict. Each is a few facts that belong together; the words
 * stand in causes.def. (SDM vol. 3, 6.15; KVM API, section 5.)
 */
#include "vm/judge.h"

#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#include "baton/abi.h"
#include "vm/phrase.h"

#define CR0_PE	     UINT64_C(1)
#define CR0_PG	     (UINT64_C(1) << 31)
#define CR4_OSFXSR   (UINT64_C(1) << 9)
#define EFER_LME     (UINT64_C(1) << 8)
#define MSR_EFER     0xC0000080

/* Bits of a page fault's error code; of a selector's. */
#define PF_PRESENT  1u
#define PF_RESERVED 8u
#define SEL_IDT	    2u

/* A null pointer with an offset still lies in the first page. */
#define NULL_PAGE 0x1000

#define NEAR_STACK 64

/* The parts of causes.def, by cause. */
static const struct {
	const char *name, *sentence, *advice;
} causes[] = {
#define BATON_CAUSE(id, name, sentence, advice) { name, sentence, advice },
#include "baton/causes.def"
#undef BATON_CAUSE
};

const char *baton_cause_name(enum baton_cause cause)
{
	return causes[(unsigned)cause < BATON_CAUSES ? cause : BATON_CAUSE_UNKNOWN].name;
}

typedef const struct baton__facts facts;
typedef const struct baton_death death;

/* ------------------------------------------------- what the guest asked for */

static bool is_port(facts *f, death *d)
{
	return d->kind == BATON_DEATH_PORT;
}

/* The port, and what was written to it; both are 0 if it was no OUT. */
static bool is_call(death *d, uint64_t call, uint64_t below)
{
	const struct baton_exit *e = d->last_count ? &d->last[d->last_count - 1] : NULL;

	return d->kind == BATON_DEATH_FAULT && e && e->kind == BATON_EXIT_IO_OUT && e->size == 4 &&
	       e->addr == call && e->data < below;
}

static bool is_asserted(facts *f, death *d)
{
	return is_call(d, BATON_CALL_ASSERT, UINT64_MAX);
}

/* Another number is no section at all. */
static bool is_exclusion(facts *f, death *d)
{
	return is_call(d, BATON_CALL_ENTER, BATON_SECTIONS);
}

static bool is_refused(facts *f, death *d)
{
	return d->kind == BATON_DEATH_FAULT;
}

static bool is_unserved(facts *f, death *d)
{
	return d->kind == BATON_DEATH_EXIT;
}

static bool is_fail_entry(facts *f, death *d)
{
	return d->kind == BATON_DEATH_FAIL_ENTRY;
}

static bool is_mmio(facts *f, death *d)
{
	return d->kind == BATON_DEATH_MMIO;
}

/* Is that address so near to the stack pointer that it was a push, a pop, a call or a return? */
static bool near_stack(facts *f, death *d, uint64_t address)
{
	uint64_t rsp = d->cr0 & CR0_PE ? d->regs.rsp : d->regs.rsp & 0xFFFF;

	if (d->code_bits != 64) {
		rsp = (uint32_t)rsp;
		address = (uint32_t)address;
	}
	return !f->has_operand && address - rsp + NEAR_STACK < 2 * NEAR_STACK;
}

static bool is_bad_stack(facts *f, death *d)
{
	if (is_mmio(f, d))
		return near_stack(f, d, d->detail);
	if (d->vector == 14)
		return f->cr2_end != BATON_WALK_MAPPED && near_stack(f, d, f->cr2);
	return d->vector == 8 && f->push_end != BATON_WALK_MAPPED;
}

/* --------------------------------------------------------- lost execution */

/* Is that linear address in the page under the stack that the guest was given? */
static bool in_guard(const facts *f, uint64_t linear)
{
	const struct baton__layout *l = &f->layout;

	return linear - l->limit < l->stack_end - l->limit ||
	       (l->alias && linear - l->alias - l->limit < l->stack_end - l->limit);
}

static bool is_stack_overflow(facts *f, death *d)
{
	bool faulted = d->vector == 14 || d->vector == 8 || d->kind == BATON_DEATH_SHUTDOWN ||
		       d->kind == BATON_DEATH_INTERNAL_ERROR;
	uint64_t rsp = d->regs.rsp;

	if (f->mode == BATON_MODE_REAL)
		return false;
	if (faulted && f->cr2_end != BATON_WALK_MAPPED && in_guard(f, f->cr2))
		return true;
	/* Without paging nothing stops it; but nobody else has a reason to write there. */
	return f->mode == BATON_MODE_PROTECTED && f->guard_touched && rsp < f->layout.stack_end;
}

/*
 * Did it go on behind all that an image can fill, into what boot.c keeps there?
 * Straight on through zeroes, which are instructions: no branch leads there.
 */
static bool is_past_end(facts *f, death *d)
{
	const struct baton__layout *l = &f->layout;
	uint64_t size = l->fixture + BATON__PAGE - l->limit;

	if (f->mode == BATON_MODE_REAL || !d->at_death || d->kind == BATON_DEATH_WATCHDOG)
		return false;
	return d->address - l->limit < size ||
	       (l->alias && d->address - l->alias - l->limit < size);
}

static bool is_bad_cr3(facts *f, death *d)
{
	return d->kind != BATON_DEATH_TRIPWIRE &&
	       (f->fetch == BATON_WALK_NO_TABLE ||
		(f->fetch == BATON_WALK_NOT_PRESENT && f->cr3_writer));
}

static bool is_canonical(uint64_t address)
{
	return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

static bool is_non_canonical_rip(facts *f, death *d)
{
	if (f->fetch == BATON_WALK_NON_CANONICAL)
		return true;
	return (d->vector == 13 || d->kind == BATON_DEATH_SHUTDOWN) && d->code_bits == 64 &&
	       f->branches && !is_canonical(f->target);
}

static bool is_jump_into_void(facts *f, death *d)
{
	return f->fetch != BATON_WALK_MAPPED;
}

/* A store that is over has brought RIP there, but nothing was executed yet. */
static bool is_zeroes(facts *f, death *d)
{
	return f->zeroes && d->at_death;
}

/* -------------------------------------------------------------------- time */

static bool is_jump_to_self(facts *f, death *d)
{
	return d->kind == BATON_DEATH_WATCHDOG && f->branches && f->target == d->address;
}

/* Two looks found the same registers at an instruction that cannot but fault. */
static bool is_stuck(facts *f, death *d)
{
	bool faults = f->has_number || baton__insn_is(&f->insn, 1, 0xCC) ||
		      baton__insn_is(&f->insn, 2, 0x0B) ||
		      (f->has_operand && f->operand_end > BATON_WALK_UNBACKED);

	return d->kind == BATON_DEATH_WATCHDOG && f->kicks > 1 && !f->moved && faults;
}

static bool is_watchdog(facts *f, death *d)
{
	return d->kind == BATON_DEATH_WATCHDOG;
}

/* ------------------------------------------------- the processor's state */

static bool is_protection(facts *f, death *d)
{
	return d->kind == BATON_DEATH_TRIPWIRE && d->vector == 13;
}

static bool is_no_paging32(facts *f, death *d)
{
	return f->paging32 == 0 && d->at_death && !(d->efer & EFER_LME) &&
	       baton__insn_is_group(&f->insn, 2, 0x22, 0) &&
	       baton__reg(&d->regs, f->insn.rm) & CR0_PG;
}

static bool is_bad_control(facts *f, death *d)
{
	return is_protection(f, d) && baton__insn_is(&f->insn, 2, 0x22);
}

static bool is_bad_msr(facts *f, death *d)
{
	return is_protection(f, d) &&
	       (baton__insn_is(&f->insn, 2, 0x30) || baton__insn_is(&f->insn, 2, 0x32));
}

static bool is_bad_efer(facts *f, death *d)
{
	return is_bad_msr(f, d) && f->insn.opcode == 0x30 && (uint32_t)d->regs.rcx == MSR_EFER;
}

static bool is_triple_fault(facts *f, death *d)
{
	return d->kind == BATON_DEATH_SHUTDOWN;
}

static bool is_bad_gdt(facts *f, death *d)
{
	return is_triple_fault(f, d) && !f->cs_usable;
}

static bool is_no_idt(facts *f, death *d)
{
	return is_triple_fault(f, d) && !f->idt_usable;
}

/* --------------------------------------------------------------- exceptions */

static bool is_int(facts *f, death *d)
{
	return d->kind == BATON_DEATH_TRIPWIRE && f->has_number &&
	       (d->vector == f->number || (d->vector == 13 && d->error_code & SEL_IDT));
}

/*
 * Nobody asked for that gate: an interrupt from outside. In real mode all vectors but
 * the exceptions' end in one stub.
 */
static bool is_no_irq_handler(facts *f, death *d)
{
	if (d->kind != BATON_DEATH_TRIPWIRE || f->has_number)
		return false;
	return d->vector == BATON__ANY_VECTOR || baton__phrase_irq_line(d) >= 0;
}

/* The BIOS's services: INT 10h to 1Ah. */
static bool is_bios(facts *f, death *d)
{
	return is_int(f, d) && !(d->cr0 & CR0_PE) && f->number >= 0x10 && f->number <= 0x1A;
}

/* Instructions of the second map and beyond that use XMM registers, by opcode and prefix. */
static bool uses_sse(const struct baton__insn *in)
{
	uint8_t op = in->opcode;

	if (in->map == 5)
		return true;
	if (in->map != 2)
		return in->map > 2 && (op & 0xF0) != 0xF0;
	if ((op >= 0x10 && op <= 0x17) || (op >= 0x28 && op <= 0x2F) ||
	    (op >= 0x50 && op <= 0x5F) || op == 0xC2 || op == 0xC6)
		return true;
	return (in->prefix66 || in->rep) &&
	       ((op >= 0x60 && op <= 0x7F) || op == 0xC4 || op == 0xC5 || op >= 0xD0);
}

static bool is_sse_off(facts *f, death *d)
{
	return d->vector == 6 && uses_sse(&f->insn) &&
	       (f->insn.map == 5 || !(d->cr4 & CR4_OSFXSR));
}

static bool is_non_canonical(facts *f, death *d)
{
	return (d->vector == 13 || d->vector == 12) && f->has_operand &&
	       f->operand_end == BATON_WALK_NON_CANONICAL;
}

/* Loads of segment registers, and far branches: they may also be refused with a null selector. */
static bool is_bad_selector(facts *f, death *d)
{
	const struct baton__insn *in = &f->insn;

	return d->vector == 13 &&
	       (d->error_code || baton__insn_is(in, 1, 0x8E) || baton__insn_is(in, 1, 0xEA));
}

static bool is_bad_page_entry(facts *f, death *d)
{
	return d->vector == 14 && d->error_code & PF_RESERVED;
}

static bool is_not_allowed(facts *f, death *d)
{
	return d->vector == 14 && d->error_code & PF_PRESENT;
}

static bool is_null_pointer(facts *f, death *d)
{
	return d->vector == 14 && f->cr2 < NULL_PAGE;
}

/* ---------------------------------------------------------------- KVM's own */

static bool is_internal(death *d, uint64_t suberror)
{
	return d->kind == BATON_DEATH_INTERNAL_ERROR && d->detail == suberror;
}

static bool is_not_emulated(facts *f, death *d)
{
	return is_internal(d, KVM_INTERNAL_ERROR_EMULATION);
}

static bool is_not_delivered(facts *f, death *d)
{
	return is_internal(d, KVM_INTERNAL_ERROR_DELIVERY_EV);
}

static bool is_kvm_error(facts *f, death *d)
{
	return d->kind == BATON_DEATH_INTERNAL_ERROR;
}

/* -------------------------------------------------------------------- rules */

static const struct rule {
	bool (*applies)(facts *f, death *d);
	enum baton_cause cause;
} rules[] = {
	{ is_port, BATON_CAUSE_UNHANDLED_PORT },
	{ is_asserted, BATON_CAUSE_ASSERTION },
	{ is_exclusion, BATON_CAUSE_EXCLUSION },
	{ is_refused, BATON_CAUSE_REFUSED },
	{ is_unserved, BATON_CAUSE_UNSERVED_EXIT },
	{ is_fail_entry, BATON_CAUSE_FAIL_ENTRY },

	{ is_past_end, BATON_CAUSE_RAN_PAST_END },
	{ is_stack_overflow, BATON_CAUSE_STACK_OVERFLOW },
	{ is_bad_stack, BATON_CAUSE_BAD_STACK },
	{ is_no_paging32, BATON_CAUSE_NO_PAGING32 },
	{ is_bad_cr3, BATON_CAUSE_BAD_CR3 },
	{ is_non_canonical_rip, BATON_CAUSE_NON_CANONICAL_RIP },
	{ is_jump_into_void, BATON_CAUSE_JUMP_INTO_VOID },
	{ is_zeroes, BATON_CAUSE_RAN_INTO_ZEROES },
	{ is_mmio, BATON_CAUSE_UNHANDLED_MMIO },

	{ is_jump_to_self, BATON_CAUSE_JUMP_TO_SELF },
	{ is_stuck, BATON_CAUSE_STUCK },
	{ is_watchdog, BATON_CAUSE_ENDLESS_LOOP },

	{ is_not_emulated, BATON_CAUSE_NOT_EMULATED },
	{ is_not_delivered, BATON_CAUSE_NOT_DELIVERED },
	{ is_kvm_error, BATON_CAUSE_KVM_ERROR },

	{ is_bad_gdt, BATON_CAUSE_BAD_GDT },
	{ is_no_idt, BATON_CAUSE_NO_IDT },
	{ is_triple_fault, BATON_CAUSE_TRIPLE_FAULT },

	{ is_bios, BATON_CAUSE_NO_BIOS },
	{ is_int, BATON_CAUSE_NO_GATE },
	{ is_no_irq_handler, BATON_CAUSE_NO_IRQ_HANDLER },
	{ is_bad_efer, BATON_CAUSE_BAD_EFER },
	{ is_bad_msr, BATON_CAUSE_BAD_MSR },
	{ is_bad_control, BATON_CAUSE_BAD_CONTROL },
	{ is_sse_off, BATON_CAUSE_SSE_OFF },
	{ is_non_canonical, BATON_CAUSE_NON_CANONICAL },
	{ is_bad_selector, BATON_CAUSE_BAD_SELECTOR },
	{ is_bad_page_entry, BATON_CAUSE_BAD_PAGE_ENTRY },
	{ is_not_allowed, BATON_CAUSE_NOT_ALLOWED },
	{ is_null_pointer, BATON_CAUSE_NULL_POINTER },
};

/* What an exception means when no rule knew better. */
static enum baton_cause cause_of_vector(int vector)
{
	static const enum baton_cause known[BATON__VECTORS] = {
		[0] = BATON_CAUSE_DIVIDE_ERROR,	  [1] = BATON_CAUSE_DEBUG_TRAP,
		[3] = BATON_CAUSE_BREAKPOINT,	  [6] = BATON_CAUSE_INVALID_OPCODE,
		[7] = BATON_CAUSE_FPU_OFF,	  [8] = BATON_CAUSE_DOUBLE_FAULT,
		[10] = BATON_CAUSE_BAD_TSS,	  [11] = BATON_CAUSE_NOT_PRESENT,
		[12] = BATON_CAUSE_STACK_SEGMENT, [13] = BATON_CAUSE_GENERAL_PROTECTION,
		[14] = BATON_CAUSE_NOT_MAPPED,
	};

	if (vector < 0)
		return BATON_CAUSE_UNKNOWN;
	if (vector >= BATON__VECTORS || known[vector] == BATON_CAUSE_UNKNOWN)
		return BATON_CAUSE_EXCEPTION;
	return known[vector];
}

static enum baton_cause judge(const struct baton__facts *f, const struct baton_death *d)
{
	if (f->lost)
		return f->suspect.cause == BATON_CAUSE_UNKNOWN ? BATON_CAUSE_TRIPLE_FAULT :
								  f->suspect.cause;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].applies(f, d))
			return rules[i].cause;
	return cause_of_vector(d->vector);
}

/* A sentence has a capital and a full stop; what was only guessed says so first. */
static void write_sentence(const struct baton__facts *f, struct baton_death *d)
{
	static const char guess[] = "most likely (this KVM lost the registers; the guest was last "
				    "seen at {last}) ";
	size_t room = sizeof(d->sentence) - 1, n = 0;
	const char *text = causes[d->cause].sentence;

	if (f->lost && f->suspect.cause != BATON_CAUSE_UNKNOWN) {
		baton__phrase(guess, f, d, d->sentence, room);
		n = strlen(d->sentence);
	}
	baton__phrase(text, f, d, d->sentence + n, room - n);
	if (d->sentence[0] >= 'a' && d->sentence[0] <= 'z')
		d->sentence[0] = (char)(d->sentence[0] - 'a' + 'A');
	strcat(d->sentence, ".");
}

void baton__judge(const struct baton__facts *f, struct baton_death *d)
{
	d->cause = judge(f, d);
	write_sentence(f, d);
	baton__phrase(causes[d->cause].advice, f, d, d->advice, sizeof(d->advice));
}
