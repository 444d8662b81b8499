/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver.c - what a processor does at an interrupt, from outside: pushes where it was, and
 * goes to the handler. KVM would do it at its next entry, and run on; so nobody could stop at
 * the handler's first instruction. (SDM vol. 3: real mode 20.1.4, gates 6.12.1, long mode 6.14.2.)
 *
 * And what it does at IRET, which some KVMs cannot single-step, as the flags that it brings back
 * end the stepping; and at PUSHF, which would store the trap flag of the stepping. (SDM vol. 2.)
 */
#include "vm/deliver.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "base/arith.h"
#include "vm/autopsy.h"
#include "vm/bus.h"
#include "vm/decode.h"
#include "vm/tables.h"
#include "vm/walk.h"

#define CR0_PE	 UINT64_C(1)
#define CR0_WP	 (UINT64_C(1) << 16)
#define CR4_SMAP (UINT64_C(1) << 21)
#define EFER_LMA (UINT64_C(1) << 10)

#define RFLAGS_TF (UINT64_C(1) << 8)
#define RFLAGS_IF (UINT64_C(1) << 9)
#define RFLAGS_NT (UINT64_C(1) << 14)
#define RFLAGS_RF (UINT64_C(1) << 16)
#define RFLAGS_VM (UINT64_C(1) << 17)
#define RFLAGS_AC (UINT64_C(1) << 18)

#define PTE_A 0x20u
#define PTE_D 0x40u

/* Those that IRET brings back in ring 0: but for TF, which is the stepping's. */
#define RETURNED_16 UINT64_C(0x7ED5)
#define RETURNED    (RETURNED_16 | RFLAGS_RF | RFLAGS_AC | UINT64_C(0x380000))

/* Types of gates: bits 40 to 43. Bit 0 of those with a handler: interrupts stay on. */
#define GATE_16 0x6
#define GATE_32 0xE
#define GATE_TRAP 1u

/* What is pushed, and how. */
struct push {
	uint64_t words[5]; /* as they lie on the stack, from its new top on */
	unsigned count, size;
	uint64_t base, mask; /* of the stack's segment, and of its pointer */
};

/* The page that an address leads to; `count` 0: there are no tables, or not all of the way is there. */
static struct baton_walk way_to(struct baton_vcpu *vcpu, const struct kvm_sregs *s, uint64_t linear)
{
	const struct baton__tables tables = baton__autopsy_tables(&vcpu->vm->memory, s);
	struct baton_walk walk = baton__walk(tables.memory, &tables.paging, linear);

	if (walk.end != BATON_WALK_MAPPED)
		walk.count = 0;
	return walk;
}

static bool is_served(struct baton_vcpu *vcpu, const struct kvm_sregs *s, uint64_t linear)
{
	const struct baton_walk walk = way_to(vcpu, s, linear);

	return walk.end == BATON_WALK_MAPPED && baton__bus_owner(&vcpu->vm->mmio, walk.gpa);
}

/* Does a frame from there on not go round, and is it no device's, nor a trapped region's? */
static bool is_plain(struct baton_vcpu *vcpu, const struct kvm_sregs *s, const struct push *p, uint64_t sp)
{
	uint64_t last = sp + p->count * p->size - 1;

	return last <= p->mask && !is_served(vcpu, s, p->base + sp) && !is_served(vcpu, s, p->base + last);
}

static int get(struct baton_vcpu *vcpu, struct kvm_sregs *s, struct kvm_regs *r)
{
	int error = baton__vcpu_get_sregs(&vcpu->kvm, s);

	return error ? error : baton__vcpu_get_regs(&vcpu->kvm, r);
}

/* In real mode CS may be another one. */
static int put(struct baton_vcpu *vcpu, const struct kvm_sregs *s, const struct kvm_regs *r)
{
	int error = s->cr0 & CR0_PE ? 0 : baton__vcpu_set_sregs(&vcpu->kvm, s);

	if (!error)
		error = baton__vcpu_set_regs(&vcpu->kvm, r);
	if (!error)
		memcpy(&vcpu->regs, r, sizeof(vcpu->regs));
	return error;
}

/* The top of PAE has flags of no kind. (SDM vol. 3, 4.4.) */
static unsigned first_with_flags(const struct baton_walk *walk)
{
	return walk->levels == 3;
}

/* May the guest write there, in the ring in which it is? (SDM vol. 3, 4.6.1.) */
static bool may_write(const struct baton_walk *walk, const struct kvm_sregs *s, const struct kvm_regs *r)
{
	bool writable = true, user = true;

	if (!walk->count)
		return true;
	for (unsigned i = first_with_flags(walk); i < walk->count; i++) {
		writable = writable && walk->entries[i].writable;
		user = user && walk->entries[i].user;
	}
	if (s->ss.dpl == 3)
		return user && writable;
	if (user && s->cr4 & CR4_SMAP && !(r->rflags & RFLAGS_AC))
		return false;
	return writable || !(s->cr0 & CR0_WP);
}

/* As a processor does: each entry on the way was used, and the page was written. (SDM vol. 3, 4.8.) */
static void note_write(struct baton_vcpu *vcpu, const struct baton_walk *walk)
{
	for (unsigned i = first_with_flags(walk); i < walk->count; i++) {
		const struct baton_walk_entry *e = &walk->entries[i];
		uint8_t flags = (uint8_t)(e->value | PTE_A | (i + 1 == walk->count ? PTE_D : 0));

		if (flags != (uint8_t)e->value)
			baton__memory_write(&vcpu->vm->memory, e->at, &flags, sizeof(flags));
	}
}

static int push(struct baton_vcpu *vcpu, const struct kvm_sregs *s, const struct push *p, struct kvm_regs *r)
{
	uint64_t size = p->count * p->size, sp = (r->rsp - size) & p->mask;
	struct baton_walk first = way_to(vcpu, s, p->base + sp);
	struct baton_walk last = way_to(vcpu, s, p->base + sp + size - 1);
	uint8_t bytes[sizeof(p->words)];
	int error;

	if (!is_plain(vcpu, s, p, sp))
		return -ENOTSUP;
	if (!may_write(&first, s, r) || !may_write(&last, s, r))
		return -EFAULT;
	for (unsigned i = 0; i < p->count; i++)
		baton__store((char *)bytes + i * p->size, p->words[i], p->size);
	r->rsp = (r->rsp & ~p->mask) | sp;
	error = baton_vcpu_write(vcpu, p->base + sp, bytes, size);
	if (error)
		return error;
	note_write(vcpu, &first);
	note_write(vcpu, &last);
	return 0;
}

/* Through a vector of real mode: another segment is another base, and no more. */
static int real_frame(const struct baton_descriptor *d, struct kvm_sregs *s, struct push *p)
{
	if (d->kind != BATON_DESCRIPTOR_VECTOR)
		return -EFAULT;
	p->size = 2;
	p->mask = 0xFFFF;
	s->cs.selector = d->selector;
	s->cs.base = (uint64_t)d->selector << 4;
	return 0;
}

/* Through a gate to the segment that runs already: then no descriptor has to be loaded. */
static int gate_frame(const struct baton_descriptor *d, const struct kvm_sregs *s, struct push *p)
{
	unsigned type = d->type & ~GATE_TRAP;

	if (d->kind != BATON_DESCRIPTOR_GATE || !d->present)
		return -EFAULT;
	if (d->selector != s->cs.selector || d->ist || (type != GATE_16 && type != GATE_32))
		return -ENOTSUP;
	if (s->efer & EFER_LMA && !s->cs.l)
		return -ENOTSUP;
	p->size = type == GATE_16 ? 2 : 4;
	p->mask = s->ss.db ? UINT32_MAX : 0xFFFF;
	return 0;
}

/* SS and RSP are pushed in long mode even if they stay as they are; segments have no base. */
static void widen(const struct kvm_sregs *s, struct kvm_regs *r, struct push *p)
{
	p->words[3] = r->rsp;
	p->words[4] = s->ss.selector;
	p->count = 5;
	p->size = 8;
	p->mask = UINT64_MAX;
	p->base = 0;
	r->rsp &= ~UINT64_C(15);
}

int baton__deliver(struct baton_vcpu *vcpu, unsigned vector)
{
	struct baton__tables tables;
	struct baton_descriptor d;
	struct kvm_sregs s;
	struct kvm_regs r;
	struct push p;
	uint64_t off = RFLAGS_TF | RFLAGS_RF | RFLAGS_IF;
	bool real;
	int error = get(vcpu, &s, &r);

	if (error)
		return error;
	real = !(s.cr0 & CR0_PE);
	tables = baton__autopsy_tables(&vcpu->vm->memory, &s);
	d = baton__descriptor(&tables, BATON_TABLE_IDT, (uint16_t)vector);
	p = (struct push){ .words = { r.rip, s.cs.selector, r.rflags }, .count = 3, .base = s.ss.base };
	error = real ? real_frame(&d, &s, &p) : gate_frame(&d, &s, &p);
	if (!error && s.efer & EFER_LMA)
		widen(&s, &r, &p);
	if (!error)
		error = r.rflags & RFLAGS_VM ? -ENOTSUP : push(vcpu, &s, &p, &r);
	if (error)
		return error;
	if (real)
		off |= RFLAGS_AC;
	else
		off = (off | RFLAGS_NT) & ~(d.type & GATE_TRAP ? RFLAGS_IF : 0);
	r.rflags &= ~off;
	r.rip = p.size == 2 ? (uint16_t)d.offset : d.offset;
	error = put(vcpu, &s, &r);
	if (error)
		return error;
	vcpu->idle = false;
	vcpu->settled = !vcpu->blocked_in_access;
	return 0;
}

/* Where the way back leads: in real mode anywhere; else to the segments that there are. */
static int go_back(const struct push *p, struct kvm_sregs *s, struct kvm_regs *r)
{
	uint64_t flags = p->words[2], mask = p->size == 2 ? RETURNED_16 : RETURNED;

	if (!(s->cr0 & CR0_PE)) {
		s->cs.selector = (uint16_t)p->words[1];
		s->cs.base = (p->words[1] & 0xFFFF) << 4;
	} else if ((uint16_t)p->words[1] != s->cs.selector || s->cs.selector & 3 ||
		   (flags & RFLAGS_VM && p->size != 2) || r->rflags & RFLAGS_NT) {
		return -ENOTSUP;
	}
	if (p->count == 5) {
		if ((uint16_t)p->words[4] != s->ss.selector)
			return -ENOTSUP;
		r->rsp = p->words[3];
	} else {
		r->rsp = (r->rsp & ~p->mask) | ((r->rsp + p->count * p->size) & p->mask);
	}
	r->rip = p->words[0];
	r->rflags = (r->rflags & ~(mask | RFLAGS_TF)) | (flags & mask);
	return 0;
}

static int execute_iret(struct baton_vcpu *vcpu, unsigned size)
{
	uint8_t bytes[sizeof(((struct push *)0)->words)];
	struct kvm_sregs s;
	struct kvm_regs r;
	struct push p;
	uint64_t sp, wide;
	int error = get(vcpu, &s, &r);

	if (error)
		return error;
	wide = s.efer & EFER_LMA;
	if (wide ? size != 8 || !s.cs.l : size == 8)
		return -ENOTSUP;
	p = (struct push){ .count = wide ? 5 : 3, .size = size, .base = wide ? 0 : s.ss.base };
	p.mask = wide ? UINT64_MAX : s.ss.db ? UINT32_MAX : 0xFFFF;
	sp = r.rsp & p.mask;
	if (!is_plain(vcpu, &s, &p, sp))
		return -ENOTSUP;
	error = baton_vcpu_read(vcpu, p.base + sp, bytes, p.count * p.size);
	for (unsigned i = 0; i < p.count && !error; i++)
		p.words[i] = baton__load(bytes + i * p.size, (uint8_t)p.size);
	if (!error)
		error = go_back(&p, &s, &r);
	return error ? error : put(vcpu, &s, &r);
}

static int execute_pushf(struct baton_vcpu *vcpu, unsigned size, unsigned length, unsigned bits)
{
	struct push p = { .count = 1, .size = size };
	struct kvm_sregs s;
	struct kvm_regs r;
	int error = get(vcpu, &s, &r);

	if (error)
		return error;
	if (r.rflags & RFLAGS_VM)
		return -ENOTSUP;
	p.words[0] = r.rflags & ~(RFLAGS_TF | RFLAGS_RF);
	p.base = bits == 64 ? 0 : s.ss.base;
	p.mask = bits == 64 ? UINT64_MAX : s.ss.db ? UINT32_MAX : 0xFFFF;
	error = push(vcpu, &s, &p, &r);
	if (error)
		return error;
	r.rip += length;
	if (bits != 64)
		r.rip &= bits == 32 ? UINT32_MAX : 0xFFFF;
	r.rflags &= ~RFLAGS_RF;
	return put(vcpu, &s, &r);
}

bool baton__execute(struct baton_vcpu *vcpu, const struct baton__code *c)
{
	struct baton__insn n = baton__decode(c->bytes, c->size > 0 ? (size_t)c->size : 0, c->bits);
	const uint8_t lock = 0xF0;

	if (!n.length || memchr(c->bytes, lock, n.length))
		return false;
	if (baton__insn_is(&n, 1, 0xCF))
		return !execute_iret(vcpu, n.operand);
	if (!baton__insn_is(&n, 1, 0x9C))
		return false;
	return !execute_pushf(vcpu, c->bits == 64 && n.operand == 4 ? 8 : n.operand, n.length, c->bits);
}
