/* SPDX-License-Identifier: Apache-2.0 */
/*
 * autopsy.c - the facts of a death, in the order in which they follow from one
 * another: registers, the guilty address, the code there, what that code meant
 * to do, and what stood around it. The verdict is judge.c's.
 */
#include "vm/autopsy.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "vm/scene.h"
#include "vm/steps.h"

#define EFER_LMA (UINT64_C(1) << 10)

const char *baton_death_name(enum baton_death_kind kind)
{
	static const char *const names[] = { "shutdown", "tripwire", "fail_entry", "internal_error",
					     "port", "mmio", "watchdog", "fault", "exit" };

	return (unsigned)kind < BATON_DEATH_KINDS ? names[kind] : "unknown";
}

/* -------------------------------------------------------------- registers */

/*
 * Has this KVM reset the vCPU? It then stands where a processor begins (SDM vol.
 * 3, 9.1.4). CR0's cache bits are left as they were by some.
 */
static bool was_reset(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	const uint64_t cache_bits = UINT64_C(0x60000000);

	return r->rip == 0xFFF0 && s->cs.selector == 0xF000 && s->cs.base == 0xFFFF0000 &&
	       (s->cr0 & ~cache_bits) == 0x10;
}

unsigned baton__code_bits(const struct kvm_sregs *s)
{
	if (s->cs.l && s->efer & EFER_LMA)
		return 64;
	return s->cs.db ? 32 : 16;
}

struct baton__tables baton__autopsy_tables(const struct baton__memory *memory,
					   const struct kvm_sregs *r)
{
	struct baton__tables tables = {
		.memory = memory,
		.paging = { r->cr0, r->cr3, r->cr4, r->efer },
		.gdt = r->gdt.base,
		.gdt_limit = r->gdt.limit,
		.idt = r->idt.base,
		.idt_limit = r->idt.limit,
	};

	if (!r->ldt.unusable) {
		tables.ldt = r->ldt.base;
		tables.ldt_limit = r->ldt.limit;
	}
	return tables;
}

/* The state as it is, if this KVM left it. */
static void take_state(struct baton__scene *s)
{
	const struct kvm_sregs *r = &s->sregs;
	const uint64_t bases[] = { r->es.base, r->cs.base, r->ss.base,
				   r->ds.base, r->fs.base, r->gs.base };
	struct baton_death *d = s->d;

	memcpy(s->segment, bases, sizeof(bases));
	d->has_sregs = true;
	d->cs = r->cs.selector;
	d->cs_base = r->cs.base;
	d->cr0 = r->cr0;
	d->cr3 = r->cr3;
	d->cr4 = r->cr4;
	d->efer = r->efer;
	d->code_bits = baton__code_bits(r);
	s->f.cr2 = r->cr2;
	s->f.tables = baton__autopsy_tables(&s->vm->memory, r);
}

/* The state as it was when the guest began: the best there is if this KVM lost it. */
static void take_first_state(struct baton__scene *s)
{
	static const unsigned bits[] = { 16, 32, 32, 64 };
	const struct baton_vm *vm = s->vm;

	s->f.lost = true;
	s->f.tables = baton__boot_tables(vm->mode, &vm->layout,
					 !vm->tripwire && vm->mode != BATON_MODE_REAL);
	s->d->code_bits = bits[vm->mode];
}

static void take_registers(struct baton__scene *s)
{
	const struct kvm_regs *now = &s->vcpu->kvm.run->s.regs.regs;
	bool shutdown = s->d->kind == BATON_DEATH_SHUTDOWN;
	bool known = !baton__vcpu_get_sregs(&s->vcpu->kvm, &s->sregs);

	const struct baton__steps *steps = s->vm->steps;

	s->d->regs = s->vcpu->regs;
	if (!known || (shutdown && was_reset(&s->sregs, now))) {
		if (steps && steps->end == BATON_STEPS_EXACT) {
			s->sregs = steps->sregs;
			take_state(s);
			memcpy(&s->d->regs, &steps->regs, sizeof(s->d->regs));
			s->stepped = true;
		} else {
			take_first_state(s);
		}
	} else {
		take_state(s);
		if (shutdown)
			memcpy(&s->d->regs, now, sizeof(s->d->regs));
	}
	s->f.tables.memory = &s->vm->memory;
	s->d->at_death = !s->f.lost;
}

const char *baton_steps_end_name(enum baton_steps_end end)
{
	static const char *const names[] = { "none", "exact", "other", "long", "failed" };

	return (unsigned)end < BATON_STEPS_ENDS ? names[end] : "unknown";
}

/* ---------------------------------------------------------------- the code */

/* Is that a call whose return address is `back` and which may have gone to `target`? */
static uint64_t call_before(const struct baton__scene *s, uint64_t back, uint64_t target)
{
	uint8_t bytes[8];

	for (unsigned n = 2; n <= 7; n++) {
		struct baton__insn in;

		if (baton__scene_read(s, s->d->cs_base + back - n, bytes, n) != n)
			continue;
		in = baton__decode(bytes, n, s->d->code_bits);
		if (in.length != n)
			continue;
		if (baton__insn_is_group(&in, 1, 0xFF, 2) ||
		    (baton__insn_is(&in, 1, 0xE8) && back + (uint64_t)in.imm == target))
			return s->d->cs_base + back - n;
	}
	return 0;
}

/* How the guest came to an address that is no code: by a call, or through a register. */
static void find_the_way(struct baton__scene *s)
{
	static const char *const names[][16] = {
		{ "EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI" },
		{ "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8", "R9", "R10", "R11",
		  "R12", "R13", "R14", "R15" },
	};
	bool wide = s->d->code_bits == 64;
	uint64_t back = baton__scene_word(s, baton__scene_stack(s), s->d->code_bits / 8);

	if (back)
		s->f.caller = call_before(s, back, s->d->regs.rip);
	for (unsigned i = 0; i < (wide ? 16u : 8u) && s->d->regs.rip; i++)
		if (baton__reg(&s->d->regs, i) == s->d->regs.rip)
			s->f.holder = names[wide][i];
}

/* Where a branch leads, as far as registers and memory tell. */
static void find_target(struct baton__scene *s)
{
	const struct baton__insn *in = &s->f.insn;
	uint64_t rip = s->d->regs.rip, target;
	bool relative = (in->map == 1 && ((in->opcode & 0xF0) == 0x70 || in->opcode == 0xE8 ||
					  in->opcode == 0xE9 || in->opcode == 0xEB)) ||
			(in->map == 2 && (in->opcode & 0xF0) == 0x80);
	unsigned word = s->d->code_bits == 64 ? 8 : in->operand;

	if (!in->length)
		return;
	if (relative)
		target = rip + in->length + (uint64_t)in->imm;
	else if (baton__insn_is(in, 1, 0xC3))
		target = baton__scene_word(s, baton__scene_stack(s), s->d->code_bits / 8);
	else if (!baton__insn_is_group(in, 1, 0xFF, 2) && !baton__insn_is_group(in, 1, 0xFF, 4))
		return;
	else if (in->memory)
		target = baton__scene_word(s, baton__scene_operand(s, in, rip), word);
	else
		target = baton__reg(&s->d->regs, in->rm);
	s->f.branches = true;
	s->f.target = s->d->cs_base + target;
}

static void describe_code(struct baton__scene *s)
{
	struct baton__facts *f = &s->f;
	struct baton_death *d = s->d;
	uint8_t zeroes[sizeof(d->code)] = { 0 };

	f->insn = baton__decode(d->code, d->code_size, d->code_bits);
	f->zeroes = d->code_size == sizeof(d->code) && !memcmp(d->code, zeroes, sizeof(zeroes));
	if (f->lost)
		return;
	if (f->fetch != BATON_WALK_MAPPED || f->zeroes)
		find_the_way(s);
	if (baton__insn_is(&f->insn, 1, 0xCD)) {
		f->has_number = true;
		f->number = (uint8_t)f->insn.imm;
	}
	if (f->insn.length && f->insn.memory) {
		f->has_operand = true;
		f->operand = baton__scene_operand(s, &f->insn, d->regs.rip);
		f->operand_end = baton__walk(&s->vm->memory, &f->tables.paging, f->operand).end;
	}
	find_target(s);
}

/*
 * If nothing is mapped any more where the guest goes on, the write of CR3
 * directly before is the one to blame: the guilty address moves back to it.
 */
static void step_back_to_cr3(struct baton__scene *s)
{
	uint64_t rip = s->d->regs.rip;
	uint8_t b[4] = { 0 };

	if (baton__scene_read_code(s, s->d->cs_base + rip - 4, b, 4) != 4)
		return;
	if (b[1] != 0x0F || b[2] != 0x22 || (b[3] & 0xF8) != 0xD8)
		return;
	rip -= s->d->code_bits == 64 && (b[0] & 0xF0) == 0x40 ? 4 : 3;
	s->d->regs.rip = rip;
	s->f.cr3_writer = s->d->cs_base + rip;
}

static void locate(struct baton__scene *s)
{
	struct baton_death *d = s->d;
	struct baton__facts *f = &s->f;

	if (d->kind == BATON_DEATH_TRIPWIRE)
		baton__scene_frame(s);
	else if (d->kind == BATON_DEATH_PORT || d->kind == BATON_DEATH_MMIO ||
		 d->kind == BATON_DEATH_FAULT)
		baton__scene_access(s);
	d->address = d->cs_base + d->regs.rip;
	f->fetch = baton__walk(&s->vm->memory, &f->tables.paging, d->address).end;
	if (!f->lost && (f->fetch == BATON_WALK_NOT_PRESENT || f->fetch == BATON_WALK_NO_TABLE)) {
		step_back_to_cr3(s);
		d->address = d->cs_base + d->regs.rip;
	}
	d->code_size = (uint32_t)baton__scene_read_code(s, d->address, d->code, sizeof(d->code));
	describe_code(s);
	if (d->vector == BATON__ANY_VECTOR)
		d->vector = f->has_number ? f->number : -1;
}

/* ------------------------------------------------------------- what else */

static void describe_state(struct baton__scene *s)
{
	struct baton__facts *f = &s->f;
	struct baton__segment cs;
	uint8_t page[BATON__PAGE];

	/* Before its last instruction CR2 is that of an older fault: what was it going to touch? */
	if (s->stepped)
		f->cr2 = f->has_operand ? f->operand :
					  baton__scene_stack(s) - s->d->code_bits / 8;
	f->cr2_end = baton__walk(&s->vm->memory, &f->tables.paging, f->cr2).end;
	f->push_end = baton__walk(&s->vm->memory, &f->tables.paging,
				  baton__scene_stack(s) - s->d->code_bits / 8).end;
	f->idt_usable = baton__gate_usable(&f->tables, 8);
	cs = baton__segment(&f->tables, (uint16_t)s->d->cs);
	f->cs_usable = cs.usable && cs.code;
	if (s->vm->mode == BATON_MODE_PROTECTED &&
	    !baton__memory_read(&s->vm->memory, s->vm->layout.limit, page, sizeof(page)))
		for (size_t i = 0; i < sizeof(page); i++)
			f->guard_touched |= page[i];
}

static void describe_time(struct baton__scene *s)
{
	const struct baton__looks *l = &s->vcpu->looks;

	s->f.quiet_ns = s->vcpu->quiet_ns;
	s->f.kicks = l->count;
	s->f.moved = l->moved;
	s->f.low = s->d->cs_base + l->low;
	s->f.high = s->d->cs_base + l->high;
}

/* A vCPU that was forked, or taken back, may wait in an exit that it has not had itself. */
static void take_last_exits(struct baton__scene *s)
{
	const struct baton_vcpu *v = s->vcpu;
	uint64_t first = v->exits > BATON_LAST_EXITS ? v->exits - BATON_LAST_EXITS : 0;
	enum baton_death_kind kind = s->d->kind;

	if (!v->exits && (kind == BATON_DEATH_FAULT || kind == BATON_DEATH_PORT || kind == BATON_DEATH_MMIO))
		s->d->last[s->d->last_count++] = *v->exit;
	for (uint64_t i = first; i < v->exits; i++)
		s->d->last[s->d->last_count++] = v->last[i % BATON_LAST_EXITS];
}

/*
 * Did the steps end where everything else says that it died? A guest that takes single
 * steps itself goes another way when somebody else does.
 */
static bool steps_agree(const struct baton__scene *s, const struct baton__steps *steps)
{
	const struct baton_step *last = &steps->last[(steps->count - 1) % BATON_STEPS];

	return s->f.cr3_writer || (steps->count && last->address == s->d->address);
}

static void take_steps(struct baton__scene *s)
{
	const struct baton__steps *steps = s->vm->steps;
	uint64_t first;

	if (!steps)
		return;
	s->d->steps_end = steps->end;
	if (steps->end == BATON_STEPS_EXACT && !steps_agree(s, steps))
		s->d->steps_end = BATON_STEPS_OTHER;
	if (s->d->steps_end != BATON_STEPS_EXACT)
		return;
	first = steps->count > BATON_STEPS ? steps->count - BATON_STEPS : 0;
	for (uint64_t i = first; i < steps->count; i++)
		s->d->steps[s->d->step_count++] = steps->last[i % BATON_STEPS];
}

static void find_suspect(struct baton__scene *s)
{
	struct baton__witness w = {
		.tables = s->f.tables,
		.regs = s->d->regs,
		.bits = s->d->code_bits,
		.regs_known = true,
		.paging32 = s->vm->paging32,
	};

	/* The last exit is the death; the one before may have been a read, with a result. */
	if (s->d->last_count > 1) {
		enum baton_exit_kind kind = s->d->last[s->d->last_count - 2].kind;

		w.regs_known = kind != BATON_EXIT_IO_IN && kind != BATON_EXIT_MMIO_READ;
	}
	s->f.suspect = baton__suspect(&w);
}

static void collect(struct baton__scene *s, struct baton_vcpu *vcpu, enum baton_death_kind kind,
		    struct baton_death *d)
{
	*s = (struct baton__scene){ .vcpu = vcpu, .vm = vcpu->vm, .d = d };
	d->kind = kind;
	d->vector = -1;
	d->tripwire = vcpu->vm->tripwire;
	if (kind == BATON_DEATH_EXIT)
		d->detail = vcpu->exit->reason;
	if (kind == BATON_DEATH_INTERNAL_ERROR || kind == BATON_DEATH_FAIL_ENTRY)
		d->detail = vcpu->exit->data;
	s->f.mode = s->vm->mode;
	s->f.layout = s->vm->layout;
	s->f.memory = s->vm->memory.size;
	s->f.paging32 = s->vm->paging32;
	take_last_exits(s);
	take_registers(s);
	locate(s);
	describe_state(s);
	describe_time(s);
	baton__scene_evidence(s);
	take_steps(s);
	if (s->f.lost)
		find_suspect(s);
}

bool baton__autopsy_asks_paging32(struct baton_vcpu *vcpu, enum baton_death_kind kind)
{
	struct baton_death d = { 0 };
	struct baton__scene s;

	if (kind != BATON_DEATH_SHUTDOWN && kind != BATON_DEATH_TRIPWIRE)
		return false;
	collect(&s, vcpu, kind, &d);
	return s.f.lost ? s.f.suspect.asks_paging32 : baton__insn_is_group(&s.f.insn, 2, 0x22, 0);
}

void baton__autopsy(struct baton_vcpu *vcpu, enum baton_death_kind kind, const char *why,
		    uint64_t at_ns)
{
	struct baton_death *d = calloc(1, sizeof(*d));
	struct baton__scene s;

	if (!d)
		return;
	collect(&s, vcpu, kind, d);
	s.f.why = why;
	d->at_ns = at_ns;
	baton__judge(&s.f, d);
	vcpu->vm->death = d;
}
