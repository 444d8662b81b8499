/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.c - what an exception left behind when it ran into the tripwire: the
 * registers as they were, in the form that the mode has for it.
 */
#include "vm/scene.h"
#include "vm/dispatch.h"

#define CR0_PE	 UINT64_C(1)
#define EFER_LMA (UINT64_C(1) << 10)

/* In the error code of a #GP: it is a gate of the IDT that is wrong. */
#define SEL_IDT 2u

/* What an exception pushed. */
struct frame {
	uint64_t ip, cs, flags, sp;
};

static void read_frame16(const struct baton__scene *s, struct frame *f)
{
	uint64_t sp = s->d->regs.rsp, base = s->segment[BATON__SS];

	f->ip = baton__scene_word(s, base + (sp & 0xFFFF), 2);
	f->cs = baton__scene_word(s, base + ((sp + 2) & 0xFFFF), 2);
	f->flags = baton__scene_word(s, base + ((sp + 4) & 0xFFFF), 2);
	f->sp = (sp & ~UINT64_C(0xFFFF)) | ((sp + 6) & 0xFFFF);
}

static void read_frame32(struct baton__scene *s, struct frame *f)
{
	uint64_t at = baton__scene_stack(s), sp = s->d->regs.rsp;

	if (baton__boot_has_error_code(s->d->vector)) {
		s->d->error_code = (uint32_t)baton__scene_word(s, at, 4);
		at += 4;
		sp += 4;
	}
	f->ip = baton__scene_word(s, at, 4);
	f->cs = baton__scene_word(s, at + 4, 4) & 0xFFFF;
	f->flags = baton__scene_word(s, at + 8, 4);
	f->sp = (uint32_t)(sp + 12);
	if (f->cs & 3) /* from an outer ring: its stack pointer was pushed as well */
		f->sp = baton__scene_word(s, at + 12, 4);
}

/* From the top of the IST stack: SS, RSP, RFLAGS, CS, RIP, and an error code if there is room. */
static void read_frame64(struct baton__scene *s, struct frame *f)
{
	baton_gpa_t top = baton__boot_ist_top(s->vm->layout.fixture);
	uint64_t words[6] = { 0 };

	baton__memory_read(&s->vm->memory, top - sizeof(words), words, sizeof(words));
	if ((s->d->regs.rsp & (BATON__PAGE - 1)) == BATON__PAGE - sizeof(words))
		s->d->error_code = (uint32_t)words[0];
	*f = (struct frame){ .ip = words[1], .cs = words[2], .flags = words[3], .sp = words[4] };
}

/* A double fault in mode paged: the task switch saved all registers (SDM vol. 3, 7.2.1). */
static void read_saved_task(struct baton__scene *s, struct frame *f)
{
	baton_gpa_t tss = baton__boot_saved_task(s->vm->layout.fixture);
	struct baton_regs *r = &s->d->regs;
	struct {
		uint32_t eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi, es, cs;
	} t;

	baton__memory_read(&s->vm->memory, tss + 32, &t, sizeof(t));
	*r = (struct baton_regs){ .rax = t.eax, .rbx = t.ebx, .rcx = t.ecx, .rdx = t.edx,
				  .rsi = t.esi, .rdi = t.edi, .rbp = t.ebp };
	*f = (struct frame){ .ip = t.eip, .cs = t.cs & 0xFFFF, .flags = t.eflags, .sp = t.esp };
}

/* Is it an INT of the vector that the error code names? One emulator counts 16 bytes per gate. */
static bool is_named_int(const struct baton__scene *s, uint64_t at)
{
	uint32_t error = s->d->error_code;
	uint8_t b[2];

	return baton__scene_read(s, at, b, 2) == 2 && b[0] == 0xCD &&
	       (b[1] == error >> 3 || b[1] == error >> 4);
}

/*
 * INT n, INT3, INTO and INT1 leave RIP behind themselves; faults leave it in front.
 * An INT n without a gate is a fault, but not everywhere is RIP put back for it.
 */
static unsigned length_of_trap(const struct baton__scene *s, uint64_t rip)
{
	unsigned vector = (unsigned)s->d->vector;
	uint8_t b[2];

	if (vector == 13 && s->d->error_code & SEL_IDT)
		return !is_named_int(s, rip) && is_named_int(s, rip - 2) ? 2 : 0;
	if (baton__scene_read(s, rip - 2, b, 2) != 2)
		return 0;
	if (b[0] == 0xCD &&
	    (b[1] == vector || (vector == BATON__ANY_VECTOR && b[1] >= BATON__VECTORS)))
		return 2;
	if ((vector == 1 && b[1] == 0xF1) || (vector == 3 && b[1] == 0xCC) ||
	    (vector == 4 && b[1] == 0xCE))
		return 1;
	return 0;
}

void baton__scene_frame(struct baton__scene *s)
{
	struct baton_death *d = s->d;
	struct baton__segment cs;
	struct frame f;

	d->vector = baton__dispatch_tripped(s->vcpu);
	if (!(d->cr0 & CR0_PE))
		read_frame16(s, &f);
	else if (d->efer & EFER_LMA)
		read_frame64(s, &f);
	else if (s->sregs.tr.selector == BATON__SEL_DF_TSS)
		read_saved_task(s, &f);
	else
		read_frame32(s, &f);
	if (d->vector == 14)
		d->cr2 = s->f.cr2;
	d->regs.rip = f.ip;
	d->regs.rsp = f.sp;
	d->regs.rflags = f.flags;
	cs = baton__segment(&s->f.tables, (uint16_t)f.cs);
	d->cs = f.cs;
	d->cs_base = cs.base;
	d->code_bits = cs.bits;
	d->regs.rip -= length_of_trap(s, d->cs_base + d->regs.rip);
}
