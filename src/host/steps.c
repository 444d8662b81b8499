/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.c - the way to the exact instruction.
 *
 * Between its last input (an exit, an interrupt, a write by the host) and its death nothing
 * reached the guest from outside, so that a clone which goes on from there does the same,
 * unless it reads the time. That way may be long: it is gone in strides first, each of which
 * begins at a new photo; when the rest takes no more than moments, it is gone in single
 * steps. No clone asks for an interrupt window: where the VM did, none opened, or there
 * would be an exit.
 */
#include "host/steps.h"

#include <errno.h>
#include <string.h>

#include "base/arith.h"
#include "base/clock.h"
#include "host/host.h"
#include "vm/autopsy.h"
#include "vm/photo.h"
#include "vm/steps.h"

#define STRIDE_NS     UINT64_C(4000000) /* the first; each is twice the last */
#define STRIDE_MIN_NS UINT64_C(30000)
#define SHORT_NS      UINT64_C(150000) /* a way that is gone in steps */
#define TRIALS	      12	       /* entering a new clone takes time itself */
#define STEPS_FIRST   1000 /* at once: most guests die soon, and then all of the way is known */
#define STEPS_MAX     1000000
#define PATIENCE_NS   UINT64_C(20000000000)

static const uint8_t hlt = 0xF4;

/* ------------------------------------------------------------ the photo */

/*
 * Has an exception led to the HLT of a tripwire's stub, or just past it? Not every KVM
 * reports that as an exit when it steps.
 */
static bool tripped(const struct baton_vm *vm, uint64_t address)
{
	baton_gpa_t fixture = vm->layout.fixture;

	return vm->tripwire && (baton__boot_tripwire(fixture, address) >= 0 ||
				baton__boot_tripwire(fixture, address - 1) >= 0);
}

/*
 * Takes the VM's photo anew, of its own vCPU or a clone's, which was interrupted or
 * has an exit behind it. 1: done. 0: it is in the tripwire, too late. Or an error.
 */
static int renew(struct baton_vm *vm, struct baton__vcpu *vcpu, const struct baton__memory *memory)
{
	struct kvm_sregs sregs;
	int error = baton__vcpu_get_sregs(vcpu, &sregs);

	if (!error && tripped(vm, sregs.cs.base + vcpu->run->s.regs.regs.rip))
		return 0;
	if (!error)
		error = baton__photo_take(vm->photo, vcpu, memory);
	return error ? error : 1;
}

static uint64_t inputs(const struct baton_vm *vm)
{
	return vm->vcpu.exits + vm->vcpu.inputs + 1;
}

bool baton__steps_due(const struct baton_vm *vm)
{
	return vm->steps->as_of != inputs(vm);
}

int baton__steps_prepare(struct baton_vm *vm)
{
	int result = renew(vm, &vm->vcpu.kvm, &vm->memory);

	vm->steps->as_of = inputs(vm);
	if (result == -EPROTO)
		return 1;
	return result < 0 ? result : 0;
}

/* ------------------------------------------------------------------ clones */

#define STOPS (BATON__VECTORS + 2) /* as many as place_stops() asks for */

struct walk {
	struct baton_host *host;
	struct baton_vm *vm;
	struct baton__clone clone;
	bool cloned;
	uint64_t end_ns; /* of patience */

	/* HLTs in the clone's memory, with what they stand in place of. */
	struct stop {
		uint64_t linear;
		baton_gpa_t gpa;
		uint8_t byte;
	} stops[STOPS];
	unsigned stop_count;
};

static void end_clone(struct walk *w)
{
	if (w->cloned)
		baton__clone_destroy(&w->clone);
	w->cloned = false;
}

/* A new clone: one that has met its end is not entered again. */
static int begin_clone(struct walk *w)
{
	int error;

	end_clone(w);
	error = baton__clone_create(&w->host->system, w->vm->photo, NULL, &w->clone);
	if (error)
		return error;
	w->cloned = true;
	return baton__vcpu_signal_mask(&w->clone.vcpu, &w->host->run_mask);
}

/* Enters for so long at most. 0: an exit. -EINTR: the time is over, or nearly so. */
static int stride(struct walk *w, uint64_t ns)
{
	int error;

	baton__kick_by(&w->host->kick, baton__min(baton__clock_now() + ns, w->end_ns));
	error = baton__vcpu_run(&w->clone.vcpu);
	if (error == -EINTR)
		baton__kick_consume(&w->host->kick);
	return error;
}

static bool impatient(const struct walk *w)
{
	return baton__clock_now() >= w->end_ns || atomic_load(&w->host->kick.stop);
}

static bool ended_alike(const struct walk *w)
{
	return w->clone.vcpu.run->exit_reason == w->vm->vcpu.exit->reason;
}

/* One stride. 1: it got on, and so does the photo. 0: it has met its end. Or an error. */
static int go(struct walk *w, uint64_t ns)
{
	int error = stride(w, ns);

	if (!error)
		return ended_alike(w) ? 0 : -ECANCELED;
	return error == -EINTR ? renew(w->vm, &w->clone.vcpu, &w->clone.memory) : error;
}

/* Brings the photo near to the death. 0, -ETIME, -ECANCELED (another end) or an error. */
static int approach(struct walk *w)
{
	uint64_t stride_ns = STRIDE_NS;

	for (int trial = 0; trial < TRIALS;) {
		uint64_t begin = baton__clock_now();
		int error = go(w, stride_ns);
		uint64_t took = baton__clock_now() - begin;

		if (error == 1) {
			if (impatient(w))
				return -ETIME;
			if (!trial)
				stride_ns *= 2;
			continue;
		}
		if (!error)
			error = begin_clone(w);
		if (error || took < SHORT_NS)
			return error;
		stride_ns = took / 4 > STRIDE_MIN_NS ? took / 4 : STRIDE_MIN_NS;
		trial++;
	}
	return 0;
}

/* Notes the instruction that is next, in the clone's memory as it is now. */
static void note(const struct walk *w, struct baton__steps *s, uint64_t address)
{
	const struct baton__tables tables = baton__autopsy_tables(&w->clone.memory, &s->sregs);
	struct baton_step *step = &s->last[s->count % BATON_STEPS];

	*step = (struct baton_step){ .address = address };
	step->code_bits = (uint8_t)baton__code_bits(&s->sregs);
	step->code_size = (uint8_t)baton__walk_read(tables.memory, &tables.paging, address, step->code,
						    sizeof(step->code));
}

/* Puts a HLT where the handler of a vector begins, if the guest has one of its own. */
static void add_stop(struct walk *w, const struct baton__tables *tables, unsigned vector,
		     baton_gpa_t current)
{
	const unsigned task_gate = 5;
	struct baton__memory *memory = &w->clone.memory;
	struct stop stop;
	struct baton_descriptor gate;
	struct baton_walk walk;

	if (!baton__gate_usable(tables, vector))
		return;
	gate = baton__descriptor(tables, BATON_TABLE_IDT, (uint16_t)vector);
	if (gate.kind == BATON_DESCRIPTOR_GATE && gate.type == task_gate)
		return;
	stop.linear = baton__segment(tables, gate.selector).base + gate.offset;
	walk = baton__walk(memory, &tables->paging, stop.linear);
	stop.gpa = walk.gpa;
	if (tripped(w->vm, stop.linear) || walk.end != BATON_WALK_MAPPED || stop.gpa == current)
		return;
	if (baton__memory_read(memory, stop.gpa, &stop.byte, 1))
		return;
	baton__memory_write(memory, stop.gpa, &hlt, 1);
	w->stops[w->stop_count++] = stop;
}

/*
 * A handler is entered without the trap flag, and would run to its end. So those that the
 * next instruction may lead to begin with a HLT while it is executed: the handler of the
 * interrupt on its way, of INT n, and of each exception.
 */
static void place_stops(struct walk *w, const struct baton__steps *s)
{
	const struct kvm_vcpu_events *events = &w->vm->photo->state.events;
	const struct baton_step *step = &s->last[s->count % BATON_STEPS];
	const struct baton__tables tables = baton__autopsy_tables(&w->clone.memory, &s->sregs);
	baton_gpa_t current = baton__walk(tables.memory, &tables.paging, step->address).gpa;

	if (!s->count && events->interrupt.injected)
		add_stop(w, &tables, events->interrupt.nr, current);
	if (step->code_size > 1 && step->code[0] == 0xCD)
		add_stop(w, &tables, step->code[1], current);
	for (unsigned vector = 0; vector < BATON__VECTORS; vector++)
		add_stop(w, &tables, vector, current);
}

/* Has the clone met one of them? It stands behind it then. */
static bool stopped(const struct walk *w, uint64_t address)
{
	for (unsigned i = 0; i < w->stop_count; i++)
		if (w->stops[i].linear + 1 == address)
			return true;
	return false;
}

/* The last one first, since two may share a handler; unless the guest has written there. */
static void lift_stops(struct walk *w)
{
	struct baton__memory *memory = &w->clone.memory;
	uint8_t byte;

	while (w->stop_count) {
		const struct stop *stop = &w->stops[--w->stop_count];

		if (!baton__memory_read(memory, stop->gpa, &byte, 1) && byte == hlt)
			baton__memory_write(memory, stop->gpa, &stop->byte, 1);
	}
}

/* Has the clone got on? Some KVMs report a step that they had not the time to make. */
static bool same(const struct kvm_regs *a, const struct kvm_regs *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/*
 * Executes one instruction; where it leads to a handler, it ends there. 1: the next one
 * stands in `s`. 0: it has met its end. -EINTR: it is still to be executed. Or an error.
 */
static int step(struct walk *w, struct baton__steps *s)
{
	const struct baton_step *noted = &s->last[s->count % BATON_STEPS];
	/* An end, with or without an exit: see tripped(). */
	bool halts = noted->code_size && noted->code[0] == hlt;
	struct baton__vcpu *vcpu = &w->clone.vcpu;
	uint32_t reason;
	int error;

	place_stops(w, s);
	error = baton__state_step(vcpu, true);
	if (!error)
		error = stride(w, PATIENCE_NS);
	reason = vcpu->run->exit_reason;
	if (!error && (reason == KVM_EXIT_DEBUG || reason == KVM_EXIT_HLT)) {
		struct kvm_regs regs = vcpu->run->s.regs.regs;
		struct kvm_sregs sregs;
		bool met;

		error = baton__vcpu_get_sregs(vcpu, &sregs);
		met = !error && stopped(w, sregs.cs.base + regs.rip);
		if (met) {
			regs.rip--;
			error = baton__vcpu_set_regs(vcpu, &regs);
		}
		if (!error && (met || (reason == KVM_EXIT_DEBUG && !halts))) {
			error = same(&s->regs, &regs) ? -EINTR : 1;
			s->regs = regs;
			s->sregs = sregs;
		}
	}
	lift_stops(w);
	if (error >= 0)
		s->count++;
	return error ? error : reason == w->vm->vcpu.exit->reason ? 0 : -ECANCELED;
}

/* The rest of the way, if it takes no more steps than that. 0, -ETIME, -ECANCELED or an error. */
static int follow(struct walk *w, struct baton__steps *s, uint64_t most)
{
	int result = 1;

	s->count = 0;
	s->regs = w->vm->photo->state.regs;
	s->sregs = w->vm->photo->state.sregs;
	while (result == 1 || result == -EINTR) {
		uint64_t address = s->sregs.cs.base + s->regs.rip;

		if (tripped(w->vm, address))
			return w->vm->vcpu.exit->kind == BATON_EXIT_HLT ? 0 : -ECANCELED;
		if (s->count == most || impatient(w))
			return -ETIME;
		note(w, s, address);
		result = step(w, s);
	}
	return result;
}

void baton__steps_replay(struct baton_host *host, struct baton_vm *vm)
{
	struct walk w = { .host = host, .vm = vm, .end_ns = baton__clock_now() + PATIENCE_NS };
	struct baton__steps *s = vm->steps;
	int error = begin_clone(&w);

	if (!error)
		error = follow(&w, s, STEPS_FIRST);
	if (error == -ETIME && !(error = begin_clone(&w))) {
		error = approach(&w);
		if (!error)
			error = follow(&w, s, STEPS_MAX);
	}
	s->end = !error		       ? BATON_STEPS_EXACT :
		 error == -ETIME      ? BATON_STEPS_LONG :
		 error == -ECANCELED ? BATON_STEPS_OTHER :
				       BATON_STEPS_FAILED;
	end_clone(&w);
}
