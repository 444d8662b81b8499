/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.c - which instruction made the access that nobody served: KVM reports
 * some with RIP in front of the instruction, others with RIP behind it.
 */
#include "vm/scene.h"

typedef bool fits_fn(const struct baton__scene *s, const struct baton__insn *in, uint64_t rip);

/* Is it an OUT that makes this exit? */
static bool fits_out(const struct baton__scene *s, const struct baton__insn *in, uint64_t rip)
{
	const struct baton_exit *e = s->vcpu->exit;
	unsigned size = in->opcode & 1 ? (in->operand == 2 ? 2 : 4) : 1;

	if (in->map != 1 || size != e->size)
		return false;
	switch (in->opcode) {
	case 0xE6:
	case 0xE7:
		return (uint8_t)in->imm == e->addr;
	case 0xEE:
	case 0xEF:
	case 0x6E:
	case 0x6F:
		return (uint16_t)s->d->regs.rdx == e->addr;
	default:
		return false;
	}
}

/* Does it store, by a memory operand or on the stack, to the GPA of this exit? */
static bool fits_store(const struct baton__scene *s, const struct baton__insn *in, uint64_t rip)
{
	const struct baton_exit *e = s->vcpu->exit;
	unsigned size = in->opcode & 1 ? in->operand : 1;
	uint64_t mask = e->size >= 8 ? UINT64_MAX : (UINT64_C(1) << e->size * 8) - 1;
	bool push = in->map == 1 && ((in->opcode & 0xF8) == 0x50 || in->opcode == 0x68 ||
				     in->opcode == 0x6A || in->opcode == 0x9C ||
				     (in->opcode == 0xFF && (in->reg & 7) == 6));
	uint64_t at = push ? baton__scene_stack(s) : baton__scene_operand(s, in, rip);

	if (!push && !in->memory)
		return false;
	if (baton__walk(&s->vm->memory, &s->f.tables.paging, at).gpa != e->addr)
		return false;
	/* The commonest stores tell more: their size and, from a register, the value. */
	if (baton__insn_is(in, 1, 0x88) || baton__insn_is(in, 1, 0x89) ||
	    baton__insn_is(in, 1, 0xC6) || baton__insn_is(in, 1, 0xC7))
		if (size != e->size)
			return false;
	return !baton__insn_is(in, 1, 0x89) || (baton__reg(&s->d->regs, in->reg) & mask) == e->data;
}

/*
 * The offset of the instruction that ends at offset `end` and fits; the shortest,
 * as what stands before may look like a prefix. Or `end` itself if there is none.
 */
static uint64_t find_before(const struct baton__scene *s, uint64_t end, fits_fn *fits)
{
	uint8_t bytes[BATON__INSN_MAX];

	for (unsigned n = 1; n <= BATON__INSN_MAX; n++) {
		uint64_t rip = end - n;
		struct baton__insn in;

		if (baton__scene_read(s, s->d->cs_base + rip, bytes, n) != n)
			break;
		in = baton__decode(bytes, n, s->d->code_bits);
		if (in.length == n && fits(s, &in, rip))
			return rip;
	}
	return end;
}

/* Some KVMs report an OUT with RIP in front of it, some behind: completing it tells which. */
static void locate_out(struct baton__scene *s)
{
	struct baton_regs *r = &s->d->regs;
	bool moves = !baton__vcpu_complete(&s->vcpu->kvm) &&
		     s->vcpu->kvm.run->s.regs.regs.rip != r->rip;
	struct baton__insn in;
	uint64_t rip;

	if (moves)
		return;
	rip = find_before(s, r->rip, fits_out);
	in = baton__scene_insn(s, s->d->cs_base + r->rip);
	if (rip == r->rip && !(in.length && fits_out(s, &in, rip)))
		s->d->at_death = false;
	r->rip = rip;
}

/* A store reaches us when its instruction is over, on every KVM; a load before it is. */
static void locate_store(struct baton__scene *s)
{
	uint64_t rip = find_before(s, s->d->regs.rip, fits_store);

	if (rip == s->d->regs.rip)
		s->d->at_death = false;
	s->d->regs.rip = rip;
}

static void describe_port(struct baton__scene *s)
{
	const struct baton__bus *bus = &s->vm->ports;

	for (uint32_t i = 0; i < bus->count; i++) {
		const struct baton__claim *c = &bus->claims[i];

		if (c->last < s->vcpu->exit->addr)
			s->f.below = c;
		if (c->first > s->vcpu->exit->addr && !s->f.above)
			s->f.above = c;
	}
}

void baton__scene_access(struct baton__scene *s)
{
	enum baton_exit_kind kind = s->vcpu->exit->kind;
	bool port = kind == BATON_EXIT_IO_IN || kind == BATON_EXIT_IO_OUT;
	const struct baton__claim *claim =
		baton__bus_owner(port ? &s->vm->ports : &s->vm->mmio, s->vcpu->exit->addr);

	s->d->detail = s->vcpu->exit->addr;
	s->f.device = claim ? claim->name : NULL;
	if (port && !claim)
		describe_port(s);
	if (kind == BATON_EXIT_IO_OUT)
		locate_out(s);
	if (kind == BATON_EXIT_MMIO_WRITE)
		locate_store(s);
}
