/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcpu.c - vCPUs that run scripts. Replaces src/kvm/vcpu.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "baton/baton.h"
#include "kvm/state.h"
#include "kvm/stats.h"
#include "kvm/vcpu.h"
#include "vm/vm.h"
#include "world.h"

#define RUN_SIZE    8192
#define DATA_OFFSET 4096
#define POISON	    0xA5
#define RFLAGS_IF   0x200u

/* The fake's own memory is not the library's: it must not be counted. */
void *__real_calloc(size_t n, size_t size);
void __real_free(void *block);

/* ---------------------------------------------------------------- scripts */

struct fake_exit fake_spin(void)
{
	return (struct fake_exit){ .ns = FAKE_NEVER };
}

struct fake_exit fake_outs(uint64_t ns, uint16_t port, uint8_t size, uint32_t count,
			   const void *data)
{
	return (struct fake_exit){ .ns = ns, .reason = KVM_EXIT_IO, .addr = port, .size = size,
				   .count = count, .out = true, .many = data };
}

struct fake_exit fake_out(uint64_t ns, uint16_t port, uint8_t size, uint64_t data)
{
	struct fake_exit e = fake_outs(ns, port, size, 1, NULL);

	e.data = data;
	return e;
}

struct fake_exit fake_ins(uint64_t ns, uint16_t port, uint8_t size, uint32_t count)
{
	return (struct fake_exit){ .ns = ns, .reason = KVM_EXIT_IO, .addr = port, .size = size,
				   .count = count };
}

struct fake_exit fake_in(uint64_t ns, uint16_t port, uint8_t size)
{
	return fake_ins(ns, port, size, 1);
}

struct fake_exit fake_store(uint64_t ns, uint64_t gpa, uint8_t size, uint64_t data)
{
	return (struct fake_exit){ .ns = ns, .reason = KVM_EXIT_MMIO, .addr = gpa, .size = size,
				   .count = 1, .out = true, .data = data };
}

struct fake_exit fake_load(uint64_t ns, uint64_t gpa, uint8_t size)
{
	return (struct fake_exit){ .ns = ns, .reason = KVM_EXIT_MMIO, .addr = gpa, .size = size,
				   .count = 1 };
}

struct fake_exit fake_hlt(uint64_t ns)
{
	return (struct fake_exit){ .ns = ns, .reason = KVM_EXIT_HLT };
}

struct fake_exit fake_other(uint64_t ns, uint32_t reason, uint64_t detail)
{
	return (struct fake_exit){ .ns = ns, .reason = reason, .data = detail };
}

struct fake_exit fake_error(uint64_t ns, int error)
{
	return (struct fake_exit){ .ns = ns, .error = error };
}

/* ------------------------------------------------------------- life cycle */

static struct fake_vcpu *find(const struct baton__vcpu *vcpu)
{
	if (vcpu->fd < 0 || vcpu->fd >= VCPUS_MAX || !fake_world.vcpus[vcpu->fd].used)
		fake_broken("a vCPU that does not exist");
	return &fake_world.vcpus[vcpu->fd];
}

struct fake_vcpu *fake_vcpu(struct baton_vm *vm)
{
	return find(&vm->vcpu.kvm);
}

int baton__vcpu_create(const struct baton__system *system, const struct baton__machine *machine,
		       uint32_t id, struct baton_diag *diag, struct baton__vcpu *vcpu)
{
	int error = fake_call(FAKE_VCPU_CREATE), n = fake_world.free_from;
	struct fake_vcpu *v;

	(void)system, (void)machine, (void)id;
	if (error)
		return baton__diag(diag, error, "vcpu", "the fake fails on purpose");
	while (n < VCPUS_MAX && fake_world.vcpus[n].used)
		n++;
	if (n == VCPUS_MAX)
		fake_broken("too many vCPUs");
	fake_world.free_from = n + 1;
	v = &fake_world.vcpus[n];
	*v = (struct fake_vcpu){ .used = true, .run = __real_calloc(1, RUN_SIZE) };
	v->regs.rflags = 2;
	v->sregs.cr0 = 0x60000010;
	v->sregs.apic_base = 0xFEE00900; /* boot must hand back what it does not set */
	v->run->exit_reason = 0xDEAD;
	*vcpu = (struct baton__vcpu){ .fd = n, .run = v->run, .run_size = RUN_SIZE };
	fake.live.vcpus++;
	return 0;
}

static void forget(struct fake_vcpu *v)
{
	__real_free(v->run);
	*v = (struct fake_vcpu){ 0 };
}

void baton__vcpu_destroy(struct baton__vcpu *vcpu)
{
	forget(find(vcpu));
	fake.live.vcpus--;
	if (vcpu->fd < fake_world.free_from)
		fake_world.free_from = vcpu->fd;
}

/* Its run area is no mapping. */
void baton__vcpu_release(struct baton__vcpu *vcpu, struct baton__unmap *unmap)
{
	(void)unmap;
	baton__vcpu_destroy(vcpu);
}

void fake_forget_vcpus(void)
{
	for (int i = 0; i < VCPUS_MAX; i++)
		if (fake_world.vcpus[i].used)
			forget(&fake_world.vcpus[i]);
}

/* --------------------------------------------------------------- KVM_RUN */

static bool is_read(const struct fake_exit *e)
{
	return (e->reason == KVM_EXIT_IO || e->reason == KVM_EXIT_MMIO) && !e->out;
}

static void *data_of(struct fake_vcpu *v)
{
	return v->plan.reason == KVM_EXIT_MMIO ? (char *)v->run->mmio.data :
						 (char *)v->run + DATA_OFFSET;
}

/* The instruction that exited is finished, with what the host put there for it. */
static void complete(struct fake_vcpu *v)
{
	size_t bytes = (size_t)v->plan.size * v->plan.count, same = 0;
	const unsigned char *data = data_of(v);

	if (!v->pending)
		return;
	v->pending = false;
	if (!is_read(&v->plan))
		return;
	while (same < bytes && data[same] == POISON)
		same++;
	if (bytes > 1 && same == bytes)
		fake.unprovided++;
	if (v->got)
		v->got(v, data, bytes);
}

static void report(struct fake_vcpu *v)
{
	const struct fake_exit *e = &v->plan;
	size_t bytes = (size_t)e->size * e->count;
	struct kvm_run *run = v->run;

	if (bytes > RUN_SIZE - DATA_OFFSET)
		fake_broken("more string data than KVM ever reports");
	run->exit_reason = e->reason;
	switch (e->reason) {
	case KVM_EXIT_IO:
		run->io.direction = e->out ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
		run->io.size = e->size;
		run->io.port = (uint16_t)e->addr;
		run->io.count = e->count;
		run->io.data_offset = DATA_OFFSET;
		break;
	case KVM_EXIT_MMIO:
		run->mmio.phys_addr = e->addr;
		run->mmio.len = e->size;
		run->mmio.is_write = e->out;
		break;
	case KVM_EXIT_FAIL_ENTRY:
		run->fail_entry.hardware_entry_failure_reason = e->data;
		return;
	case KVM_EXIT_INTERNAL_ERROR:
		run->internal.suberror = (uint32_t)e->data;
		return;
	case KVM_EXIT_SHUTDOWN:
		if (fake.resets) {
			v->regs = (struct kvm_regs){ .rip = 0xFFF0, .rflags = 2 };
			v->sregs = (struct kvm_sregs){ .cr0 = 0x60000010, .cs.selector = 0xF000,
						       .cs.base = 0xFFFF0000 };
		}
		return;
	default:
		run->hw.hardware_exit_reason = e->data;
		return;
	}
	if (e->many)
		memcpy(data_of(v), e->many, bytes);
	else if (e->out)
		memcpy(data_of(v), &e->data, bytes);
	else
		memset(data_of(v), POISON, bytes);
	v->pending = true;
}

static struct fake_exit plan(struct fake_vcpu *v)
{
	bool paging32 = (v->sregs.cr0 >> 31) && !(v->sregs.efer >> 8 & 1);

	if (v->next)
		return v->next(v);
	return paging32 && fake.no_paging32 ? fake_other(0, KVM_EXIT_SHUTDOWN, 0) : fake_hlt(0);
}

static bool kicked(const struct fake_vcpu *v)
{
	bool interrupted = fake_interrupted();

	return fake_deliverable(v->masked ? &v->blocked : &fake.mask) || interrupted;
}

/* Lets the guest run to `until` at most. True if it got there, false if a signal came first. */
static bool go_on(struct fake_vcpu *v, uint64_t until)
{
	while (!kicked(v)) {
		uint64_t from = fake.now_ns, next = fake_next_event();
		bool there;

		if (until == FAKE_NEVER && next == FAKE_NEVER)
			fake_broken("nothing will ever end this KVM_RUN");
		there = fake_go(until, true);
		v->ran_ns += fake.now_ns - from;
		if (v->plan.ns != FAKE_NEVER)
			v->plan.ns -= fake.now_ns - from;
		/* An exit at the very time of a signal comes first, then the signal is pending. */
		if (there || (fake.now_ns == until && next == until))
			return true;
	}
	return false;
}

static bool takes_interrupts(const struct fake_vcpu *v)
{
	return v->regs.rflags & RFLAGS_IF && !v->shadow && !v->interrupt;
}

/* The queued interrupt, where the guest can take it. */
static void deliver(struct fake_vcpu *v)
{
	uint32_t vector = v->interrupt;

	if (!vector)
		return;
	if (!(v->regs.rflags & RFLAGS_IF))
		fake_broken("an interrupt that the guest cannot take");
	v->interrupt = 0; /* the handler takes no time, and its IRET puts IF back */
	if (v->took)
		v->took(v, vector);
}

/* 0: an exit. -EINTR: a signal. */
static int enter(struct fake_vcpu *v)
{
	bool more = v->pending && v->plan.more, out = v->pending && v->plan.reason == KVM_EXIT_IO && v->plan.out;
	uint64_t end, middle;

	complete(v);
	if (more) {
		v->plan = plan(v);
		report(v);
		return 0;
	}
	if (out && v->stepping) { /* KVM ends a step there; but not behind a store to MMIO */
		v->run->exit_reason = KVM_EXIT_DEBUG;
		return 0;
	}
	if (v->run->immediate_exit || kicked(v))
		return -EINTR;
	deliver(v);
	v->shadow = false;
	if (!v->planned) {
		v->plan = plan(v);
		v->planned = true;
	}
	if (v->run->request_interrupt_window && takes_interrupts(v)) {
		v->run->exit_reason = KVM_EXIT_IRQ_WINDOW_OPEN;
		return 0;
	}
	if (v->stepping && v->plan.ns) {
		fake_go(fake.now_ns + 1, true);
		v->plan.ns -= v->plan.ns != FAKE_NEVER;
		v->regs.rip++;
		v->run->exit_reason = KVM_EXIT_DEBUG;
		if (v->stepped)
			v->stepped(v);
		return 0;
	}
	end = v->plan.ns > FAKE_NEVER - fake.now_ns ? FAKE_NEVER : fake.now_ns + v->plan.ns;
	/* Half-way somebody may interfere. */
	middle = end == FAKE_NEVER ? fake.now_ns : fake.now_ns + v->plan.ns / 2;
	if (!go_on(v, middle))
		return -EINTR;
	fake_tick();
	if (!go_on(v, end))
		return -EINTR;
	v->planned = false;
	v->shadow = v->shadow && v->plan.reason != KVM_EXIT_HLT; /* which is done */
	v->began.plan = v->plan;
	v->began.regs = v->regs;
	v->regs.rip++;
	if (v->plan.error)
		return v->plan.error;
	report(v);
	return 0;
}

int baton__vcpu_run(struct baton__vcpu *vcpu)
{
	struct fake_vcpu *v = find(vcpu);
	int error = fake_call(FAKE_RUN);

	if (error)
		return error;
	v->entries += !v->run->immediate_exit;
	error = enter(v);
	if (!error)
		v->exits++;
	else if (error == -EINTR)
		v->kicks++;
	v->run->s.regs.regs = v->regs;
	v->run->if_flag = !!(v->regs.rflags & RFLAGS_IF);
	v->run->ready_for_interrupt_injection = takes_interrupts(v);
	/* The way back to the caller. */
	fake_tick();
	return error;
}

int baton__vcpu_complete(struct baton__vcpu *vcpu)
{
	int error;

	vcpu->run->immediate_exit = 1;
	error = baton__vcpu_run(vcpu);
	vcpu->run->immediate_exit = 0;
	return error == -EINTR ? 0 : error ? error : -EPROTO;
}

/* ------------------------------------------------------------- the others */

int baton__vcpu_signal_mask(struct baton__vcpu *vcpu, const sigset_t *blocked)
{
	struct fake_vcpu *v = find(vcpu);
	int error = fake_call(FAKE_VCPU_MASK);

	if (error)
		return error;
	v->blocked = *blocked;
	v->masked = true;
	return 0;
}

int baton__vcpu_interrupt(struct baton__vcpu *vcpu, uint32_t vector)
{
	struct fake_vcpu *v = find(vcpu);
	int error = fake_call(FAKE_INTERRUPT);

	if (error)
		return error;
	if (!takes_interrupts(v))
		fake_broken("an interrupt out of time");
	v->interrupt = vector;
	return 0;
}

int baton__vcpu_get_regs(const struct baton__vcpu *vcpu, struct kvm_regs *regs)
{
	int error = fake_call(FAKE_GET_REGS);

	if (!error)
		*regs = find(vcpu)->regs;
	return error;
}

int baton__vcpu_set_regs(struct baton__vcpu *vcpu, const struct kvm_regs *regs)
{
	struct fake_vcpu *v = find(vcpu);
	int error = fake_call(FAKE_SET_REGS);

	if (error)
		return error;
	if (v->pending)
		fake_broken("registers set while an access is pending");
	v->regs = *regs;
	v->first_rip = regs->rip;
	return 0;
}

int baton__vcpu_get_sregs(const struct baton__vcpu *vcpu, struct kvm_sregs *sregs)
{
	int error = fake_call(FAKE_GET_SREGS);

	if (!error)
		*sregs = find(vcpu)->sregs;
	return error;
}

int baton__vcpu_set_sregs(struct baton__vcpu *vcpu, const struct kvm_sregs *sregs)
{
	int error = fake_call(FAKE_SET_SREGS);

	if (!error)
		find(vcpu)->sregs = *sregs;
	return error;
}

/* ------------------------------------------------------------------ state */

/* What the fake's vCPU is besides registers; it travels where x87 and the like would. */
struct luggage {
	struct fake_exit (*next)(struct fake_vcpu *);
	void (*got)(struct fake_vcpu *, const void *, size_t);
	void (*took)(struct fake_vcpu *, uint32_t);
	void (*stepped)(struct fake_vcpu *);
	void *state;
	struct fake_exit plan;
	bool planned;
	uint32_t interrupt;
};
_Static_assert(sizeof(struct luggage) <= sizeof(struct kvm_xsave), "there is room");

int baton__state_save(const struct baton__vcpu *vcpu, struct baton__vcpu_state *state)
{
	const struct fake_vcpu *v = find(vcpu);
	struct luggage luggage;
	int error = fake_call(FAKE_STATE_SAVE);

	memset(&luggage, 0, sizeof(luggage)); /* states that are the same are so byte by byte */
	luggage.next = v->next;
	luggage.got = v->got;
	luggage.took = v->took;
	luggage.stepped = v->stepped;
	luggage.state = v->state;
	luggage.planned = v->planned;
	luggage.interrupt = v->interrupt;
	if (v->planned)
		luggage.plan = v->plan;

	fake_advance(fake.saving_ns);
	if (error)
		return error;
	if (v->pending && !is_read(&v->plan))
		fake_broken("a state saved while a write is pending");
	*state = (struct baton__vcpu_state){ .regs = v->regs, .sregs = v->sregs };
	if (v->pending) { /* a read stands at its instruction, and is executed again */
		state->regs = v->began.regs;
		luggage.plan = v->began.plan;
		luggage.planned = true;
		luggage.plan.ns = 0;
	}
	state->events.interrupt.injected = v->interrupt != 0;
	state->events.interrupt.nr = (uint8_t)v->interrupt;
	memcpy(&state->xsave, &luggage, sizeof(luggage));
	return 0;
}

static int load(struct fake_vcpu *v, const struct baton__vcpu_state *state)
{
	struct luggage luggage;
	int error = fake_call(FAKE_STATE_LOAD);

	if (error)
		return error;
	if (v->pending)
		fake_broken("a state loaded while an access is pending");
	memcpy(&luggage, &state->xsave, sizeof(luggage));
	v->regs = state->regs;
	v->sregs = state->sregs;
	v->next = luggage.next;
	v->got = luggage.got;
	v->took = luggage.took;
	v->stepped = luggage.stepped;
	v->state = luggage.state;
	v->plan = luggage.plan;
	v->planned = luggage.planned;
	v->interrupt = luggage.interrupt;
	v->run->ready_for_interrupt_injection = 0;
	v->run->cr8 = state->sregs.cr8;
	return 0;
}

int baton__state_load(struct baton__vcpu *vcpu, const struct baton__vcpu_state *state,
		      const struct baton__vcpu_state *known)
{
	struct fake_vcpu *v = find(vcpu);

	if (known && (v->entries || memcmp(&known->regs, &v->regs, sizeof(v->regs))))
		fake_broken("a vCPU that is not what it is known to be");
	return load(v, state);
}

int baton__state_reset(struct baton__vcpu *vcpu, const struct baton__vcpu_state *state)
{
	return load(find(vcpu), state);
}

int baton__state_step(struct baton__vcpu *vcpu, bool on)
{
	int error = fake_call(FAKE_STATE_STEP);

	if (!error)
		find(vcpu)->stepping = on;
	return error;
}

/* ------------------------------------------------------------- statistics */

/* Two figures: exits, and something that is as of now. */
int baton__vcpu_stats(const struct baton__vcpu *vcpu, struct baton_kvm_stat *stats, uint32_t room,
		      uint32_t *count)
{
	const struct baton_kvm_stat all[] = {
		{ .name = "exits", .grows = true, .value = find(vcpu)->exits },
		{ .name = "guest_mode" },
	};
	int error = fake_call(FAKE_STATS);

	*count = 0;
	if (error)
		return error;
	for (; *count < 2; ++*count)
		if (*count < room)
			stats[*count] = all[*count];
	return 0;
}
