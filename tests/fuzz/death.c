/* SPDX-License-Identifier: Apache-2.0 */
/*
 * death.c - fuzz target: any guest, and what is said of its death.
 *
 * The input is a guest's life, as KVM would show it: registers, bytes that it
 * wrote, exits and kicks, one after another, until an exit is its last or the
 * watchdog comes. From there on it is the real thing: note, dispatch, autopsy.
 * The vCPU is replaced: by the functions at the end, which do what vcpu.c does.
 *
 * With clang, `ninja tests/fuzz/fuzz-death` builds it for libFuzzer:
 *	build/tests/fuzz/fuzz-death CORPUS tests/fuzz/corpus/death
 * Everywhere else replay.c runs it over the corpus, as a test.
 */
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/autopsy.h"
#include "vm/decode.h"
#include "vm/dispatch.h"
#include "vm/hypercall.h"
#include "vm/tables.h"

#define MEMORY	 (UINT64_C(64) << 10)
#define LOAD	 UINT64_C(0x1000)
#define PORT	 0x10	     /* of a device that refuses */
#define GPA	 (MEMORY * 2) /* its page */
#define DATA_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct guest {
	struct kvm_run run; /* first: the vCPU knows only this */
	uint8_t data[DATA_MAX]; /* of a port */
	struct kvm_sregs sregs;
	uint64_t completed; /* RIP once a pending access is completed */
	char words[200];    /* longer than a sentence has room for, with others */
	struct baton_vm vm;
	const uint8_t *at, *end; /* of the input */
};

/* -------------------------------------------------------------- the input */

/* A little-endian number; zeroes follow the input's end. */
static uint64_t take(struct guest *g, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && g->at < g->end; i++)
		value |= (uint64_t)*g->at++ << (8 * i);
	return value;
}

/* Any number, or an address near to where something lies: by luck few are found. */
static uint64_t take_number(struct guest *g)
{
	const struct baton__layout *l = &g->vm.layout;
	const uint64_t places[] = { LOAD, l->limit, l->stack_end, l->stack_top, l->tables,
				    l->fixture, MEMORY, 0 };
	unsigned how = (unsigned)take(g, 1);
	uint64_t value = places[how & 7];

	if (how & 0x80)
		return take(g, 8);
	if (how & 8)
		value += l->alias;
	return value + (uint64_t)(int16_t)take(g, 2);
}

/* ---------------------------------------------------------------- the guest */

static void set_register(struct guest *g)
{
	struct kvm_regs *r = &g->run.s.regs.regs;
	__u64 *const regs[] = { &r->rip, &r->rsp, &r->rax, &r->rbx, &r->rcx, &r->rdx,
				&r->rsi, &r->rdi, &r->rbp, &r->r8,  &r->r9,  &r->r10,
				&r->r11, &r->r12, &r->r13, &r->r14, &r->r15, &r->rflags };
	size_t which = take(g, 1) % (sizeof(regs) / sizeof(regs[0]));

	*regs[which] = take_number(g);
}

static void set_control(struct guest *g)
{
	struct kvm_sregs *s = &g->sregs;
	__u64 *const controls[] = { &s->cr0, &s->cr2, &s->cr3, &s->cr4, &s->efer, &s->gdt.base,
				    &s->idt.base };
	size_t which = take(g, 1) % (sizeof(controls) / sizeof(controls[0]));

	*controls[which] = take_number(g);
}

static void set_limits(struct guest *g)
{
	g->sregs.gdt.limit = (uint16_t)take(g, 2);
	g->sregs.idt.limit = (uint16_t)take(g, 2);
}

static void set_segment(struct guest *g)
{
	struct kvm_sregs *s = &g->sregs;
	struct kvm_segment *const segments[] = { &s->cs, &s->ss, &s->ds, &s->es,
						 &s->fs, &s->gs, &s->tr };
	unsigned which = (unsigned)take(g, 1);
	struct kvm_segment *segment = segments[(which & 7) % 7];

	segment->db = which >> 6 & 1;
	segment->l = which >> 7;
	segment->selector = (uint16_t)take(g, 2);
	segment->base = take_number(g);
}

/* A copy of its own for each size, so that a sanitizer sees a read behind the end. */
static struct baton__insn decode(const uint8_t *bytes, size_t size, unsigned bits)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct baton__insn in;

	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	in = baton__decode(copy, size, bits);
	free(copy);
	return in;
}

/* An instruction has one length: all of these bytes are needed, and those behind are not. */
static void check_decode(const uint8_t *bytes, size_t size, unsigned bits)
{
	struct baton__insn in = decode(bytes, size, bits);

	if (!in.length)
		return;
	if (in.length > size || in.length > BATON__INSN_MAX)
		abort();
	if (in.segment >= BATON__SEGMENTS || in.reg > 15 || in.rm > 15 || in.scale > 3)
		abort();
	if (in.base < BATON__NO_REG || in.base > BATON__RIP || in.index < BATON__NO_REG ||
	    in.index > 15)
		abort();
	if (decode(bytes, in.length, bits).length != in.length ||
	    decode(bytes, in.length - 1u, bits).length)
		abort();
}

/* Bytes that the guest wrote, mostly code. */
static void write_bytes(struct guest *g)
{
	baton_gpa_t to = take_number(g);
	size_t size = take(g, 1) % 32, left = (size_t)(g->end - g->at);

	if (size > left)
		size = left;
	check_decode(g->at, size, 16);
	check_decode(g->at, size, 32);
	check_decode(g->at, size, 64);
	baton__memory_write(&g->vm.memory, to, g->at, size);
	g->at += size;
}

/* ---------------------------------------------------------------- its exits */

static void report_port(struct guest *g, unsigned how)
{
	g->run.exit_reason = KVM_EXIT_IO;
	g->run.io.direction = how & 1 ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
	g->run.io.size = (uint8_t)(how & 2 ? 1 : how & 4 ? 2 : 4);
	g->run.io.count = 1 + (how >> 3 & 3);
	g->run.io.port = (uint16_t)take(g, 2);
	g->run.io.data_offset = offsetof(struct guest, data);
	for (unsigned i = 0; i < g->run.io.size; i++)
		g->data[i] = (uint8_t)take(g, 1);
}

/* There is no slot above memory; below it KVM reports no access. */
static void report_mmio(struct guest *g, unsigned how)
{
	uint64_t gpa = take_number(g);

	g->run.exit_reason = KVM_EXIT_MMIO;
	g->run.mmio.is_write = how & 1;
	g->run.mmio.len = 1u << (how >> 1 & 3);
	g->run.mmio.phys_addr = gpa < MEMORY ? gpa + GPA : gpa;
	for (unsigned i = 0; i < g->run.mmio.len; i++)
		g->run.mmio.data[i] = (uint8_t)take(g, 1);
}

/* Some KVMs reset a vCPU that is shut down. */
static void report_shutdown(struct guest *g, unsigned how)
{
	g->run.exit_reason = KVM_EXIT_SHUTDOWN;
	if (!(how & 1))
		return;
	g->run.s.regs.regs = (struct kvm_regs){ .rip = 0xFFF0, .rflags = 2 };
	g->sregs = (struct kvm_sregs){ .cs = { .selector = 0xF000, .base = 0xFFFF0000 },
				       .cr0 = 0x60000010 };
}

static void report(struct guest *g)
{
	unsigned how = (unsigned)take(g, 1);

	switch (how & 7) {
	case 0:
		report_port(g, how >> 3);
		break;
	case 1:
		report_mmio(g, how >> 3);
		break;
	case 2:
		g->run.exit_reason = KVM_EXIT_HLT;
		break;
	case 3:
		report_shutdown(g, how >> 3);
		break;
	case 4:
		g->run.exit_reason = KVM_EXIT_INTERNAL_ERROR;
		g->run.internal.suberror = how >> 3;
		break;
	case 5:
		g->run.exit_reason = KVM_EXIT_FAIL_ENTRY;
		g->run.fail_entry.hardware_entry_failure_reason = take(g, 4);
		break;
	default:
		g->run.exit_reason = (uint32_t)take(g, 1);
		if (g->run.exit_reason == KVM_EXIT_IO || g->run.exit_reason == KVM_EXIT_MMIO)
			g->run.exit_reason = KVM_EXIT_UNKNOWN;
		g->run.hw.hardware_exit_reason = take(g, 1);
		break;
	}
	/* Where RIP is once an access is completed: on some KVMs only then behind it. */
	g->completed = g->run.s.regs.regs.rip + (how >> 6 & 1);
}

/* Goes on to the guest's next exit or kick, or to the input's end. Returns whether it died. */
static bool go_on(struct guest *g)
{
	struct baton_vcpu *vcpu = &g->vm.vcpu;

	switch (take(g, 1) & 7) {
	case 0:
		set_control(g);
		return false;
	case 1:
		set_limits(g);
		return false;
	case 2:
		set_segment(g);
		return false;
	case 3:
		write_bytes(g);
		return false;
	case 4:
		vcpu->quiet_ns += take(g, 2) << 16;
		baton__vm_note_kick(vcpu);
		return false;
	case 5:
		report(g);
		baton__vm_note_exit(vcpu, vcpu->exits);
		return baton__dispatch(vcpu, vcpu->exits) == BATON__NEXT_FAULT;
	default:
		set_register(g);
		return false;
	}
}

/* ------------------------------------------------------------------- checks */

static void check_walk(const struct guest *g, const struct baton__paging *paging, uint64_t at)
{
	uint8_t bytes[24], before[sizeof(bytes)];
	struct baton_walk w = baton__walk(&g->vm.memory, paging, at);
	bool leads = w.end == BATON_WALK_MAPPED || w.end == BATON_WALK_UNBACKED;
	size_t n;

	if (w.count > BATON_WALK_LEVELS || (w.end == BATON_WALK_MAPPED) != (leads && w.gpa < MEMORY))
		abort();
	if (w.count && w.end != BATON_WALK_NO_TABLE && w.entries[w.count - 1].at >= MEMORY)
		abort();
	if (leads && (w.gpa ^ at) % BATON__PAGE)
		abort();
	memset(bytes, 0xA5, sizeof(bytes));
	memcpy(before, bytes, sizeof(bytes));
	n = baton__walk_read(&g->vm.memory, paging, at, bytes, sizeof(bytes));
	if (n > sizeof(bytes) || memcmp(bytes + n, before + n, sizeof(bytes) - n))
		abort();
	if (n && (w.end != BATON_WALK_MAPPED || bytes[0] != g->vm.memory.base[w.gpa]))
		abort();
	if (!n && w.end == BATON_WALK_MAPPED)
		abort();
}

static void check_tables(const struct guest *g)
{
	const struct kvm_sregs *s = &g->sregs;
	const struct baton__tables t = {
		.memory = &g->vm.memory, .paging = { s->cr0, s->cr3, s->cr4, s->efer },
		.gdt = s->gdt.base, .gdt_limit = s->gdt.limit,
		.idt = s->idt.base, .idt_limit = s->idt.limit,
	};

	for (unsigned i = 0; i < 16; i++)
		check_walk(g, &t.paging, baton__reg(&g->vm.vcpu.regs, i));
	check_walk(g, &t.paging, g->vm.vcpu.regs.rip);
	check_walk(g, &t.paging, s->cr2);
	for (unsigned vector = 0; vector < BATON__VECTORS; vector++) {
		struct baton__segment segment = baton__segment(&t, (uint16_t)(vector * 8));

		if (segment.bits != 16 && segment.bits != 32 && segment.bits != 64)
			abort();
		if (baton__gate_usable(&t, vector) && s->idt.limit < vector * 4 + 3)
			abort();
	}
}

/* One line of plain text, with a full stop, and without gaps that were not filled. */
static void check_text(const char *text, size_t size)
{
	const char *end = memchr(text, 0, size);

	if (!end || end - text < 10 || end[-1] != '.')
		abort();
	if (strpbrk(text, "[]{}?")) {
		fprintf(stderr, "%s\n", text);
		abort();
	}
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			abort();
}

static void check_death(const struct guest *g, enum baton_death_kind kind)
{
	const struct baton_death *d = g->vm.death;

	if (!d || d->kind != kind || (unsigned)d->cause >= BATON_CAUSES)
		abort();
	check_text(d->sentence, sizeof(d->sentence));
	check_text(d->advice, sizeof(d->advice));
	if (d->vector < -1 || d->vector > 255 || d->code_size > sizeof(d->code))
		abort();
	if (d->code_bits != 16 && d->code_bits != 32 && d->code_bits != 64)
		abort();
	if (d->last_count > BATON_LAST_EXITS || d->last_count > g->vm.vcpu.exits)
		abort();
}

/* ------------------------------------------------------------- life and death */

static enum baton_verdict refuse(void *state, struct baton_access *a)
{
	a->why = state;
	return a->data & 1 ? BATON_RESUME : BATON_FAULT;
}

static void create(struct guest *g)
{
	const struct baton__claim port = { .first = PORT, .last = PORT, .serve = refuse,
					   .state = "it does so always", .name = "refusal" };
	const struct baton__claim page = { .first = GPA, .last = GPA + BATON__PAGE - 1,
					   .serve = refuse, .state = g->words, .name = g->words };
	const struct baton__placement image = { .entry = LOAD, .first = LOAD, .end = LOAD + 1 };
	unsigned how = (unsigned)take(g, 1);
	struct baton_vm *vm = &g->vm;

	memset(g->words, 'w', sizeof(g->words) - 1);
	vm->mode = (enum baton_mode)(how & 3);
	vm->tripwire = !(how & 4);
	vm->paging32 = how & 8 ? -1 : (how & 16) != 0;
	vm->layout = baton__boot_layout(vm->mode, MEMORY);
	vm->memory = (struct baton__memory){ .base = calloc(1, MEMORY), .size = MEMORY, .fd = -1 };
	vm->vcpu = (struct baton_vcpu){ .vm = vm, .exit = &vm->vcpu.last[BATON_LAST_EXITS - 1],
				       .kvm.run = &g->run };
	if (!vm->memory.base || baton__bus_claim(&vm->ports, &port, NULL) ||
	    baton__bus_claim(&vm->mmio, &page, NULL) || baton__hypercall_attach(vm, NULL) ||
	    baton__boot(&vm->vcpu.kvm, &vm->memory, vm->mode, !vm->tripwire, &image, NULL))
		abort();
	memcpy(&vm->vcpu.regs, &g->run.s.regs.regs, sizeof(vm->vcpu.regs));
}

static void destroy(struct guest *g)
{
	free(g->vm.death);
	baton__bus_fini(&g->vm.ports);
	baton__bus_fini(&g->vm.mmio);
	free(g->vm.memory.base);
	free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct guest *g = calloc(1, sizeof(*g));
	enum baton_death_kind kind = BATON_DEATH_WATCHDOG;
	struct baton__fault *fault;

	if (!g)
		abort();
	g->at = bytes;
	g->end = bytes + size;
	create(g);
	fault = &g->vm.vcpu.fault;
	while (g->at < g->end)
		if (go_on(g)) {
			kind = fault->kind;
			break;
		}
	check_tables(g);
	baton__autopsy_asks_paging32(&g->vm.vcpu, kind);
	baton__autopsy(&g->vm.vcpu, kind, kind == BATON_DEATH_FAULT ? fault->why : NULL, size);
	check_death(g, kind);
	destroy(g);
	return 0;
}

/* ------------------------------------------------------------------ the vCPU */

static struct guest *guest_of(const struct baton__vcpu *vcpu)
{
	return (struct guest *)vcpu->run;
}

int baton__vcpu_get_sregs(const struct baton__vcpu *vcpu, struct kvm_sregs *sregs)
{
	*sregs = guest_of(vcpu)->sregs;
	return 0;
}

int baton__vcpu_set_sregs(struct baton__vcpu *vcpu, const struct kvm_sregs *sregs)
{
	guest_of(vcpu)->sregs = *sregs;
	return 0;
}

int baton__vcpu_get_regs(const struct baton__vcpu *vcpu, struct kvm_regs *regs)
{
	*regs = vcpu->run->s.regs.regs;
	return 0;
}

int baton__vcpu_set_regs(struct baton__vcpu *vcpu, const struct kvm_regs *regs)
{
	vcpu->run->s.regs.regs = *regs;
	return 0;
}

int baton__vcpu_complete(struct baton__vcpu *vcpu)
{
	vcpu->run->s.regs.regs.rip = guest_of(vcpu)->completed;
	return 0;
}

/* Only baton__vm_create() and its counterpart would call these. */
int baton__vcpu_create(const struct baton__system *system, const struct baton__machine *machine,
		       uint32_t id, struct baton_diag *diag, struct baton__vcpu *vcpu)
{
	abort();
}

void baton__vcpu_destroy(struct baton__vcpu *vcpu)
{
	abort();
}

void baton__vcpu_release(struct baton__vcpu *vcpu, struct baton__unmap *unmap)
{
	abort();
}
