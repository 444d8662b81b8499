/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.c - the way to the exact instruction.
 *
 * Between its last input (an exit, an interrupt, a write by the host) and its death nothing
 * reached the guest from outside, so that a clone which goes on from there does the same,
 * unless it reads the time. That way may be long: it is gone in strides first, each of which
 * begins at a new snapshot; when the rest takes no more than moments, it is gone in single
 * steps. No clone asks for an interrupt window: where the VM did, none opened, or there
 * would be an exit.
 */
#include "host/steps.h"

#include <errno.h>

#include "base/arith.h"
#include "base/clock.h"
#include "host/host.h"
#include "vm/autopsy.h"
#include "vm/snapshot.h"
#include "vm/steps.h"
#include "vm/walk.h"

#define STRIDE_NS     UINT64_C(4000000) /* the first; each is twice the last */
#define STRIDE_MIN_NS UINT64_C(30000)
#define SHORT_NS      UINT64_C(150000) /* a way that is gone in steps */
#define TRIALS	      12	       /* entering a new clone takes time itself */
#define STEPS_MAX     1000000
#define PATIENCE_NS   UINT64_C(20000000000)

/* ------------------------------------------------------------ the snapshot */

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
 * Takes the VM's snapshot anew, of its own vCPU or a clone's, which was interrupted or
 * has an exit behind it. 1: done. 0: it is in the tripwire, too late. Or an error.
 */
static int renew(struct baton_vm *vm, struct baton__vcpu *vcpu, const struct baton__memory *memory)
{
	struct kvm_sregs sregs;
	int error = baton__vcpu_get_sregs(vcpu, &sregs);

	if (!error && tripped(vm, sregs.cs.base + vcpu->run->s.regs.regs.rip))
		return 0;
	if (!error)
		error = baton__snapshot_take(vm->snapshot, vcpu, memory);
	return error ? error : 1;
}

static uint64_t inputs(const struct baton_vm *vm)
{
	return vm->vcpu.exits + vm->vcpu.inputs + 1;
}

bool baton__steps_due(const struct baton_vm *vm)
{
	return vm->steps && vm->steps->as_of != inputs(vm);
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

struct walk {
	struct baton_host *host;
	struct baton_vm *vm;
	struct baton__clone clone;
	bool cloned;
	uint64_t end_ns; /* of patience */
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
	error = baton__clone_create(&w->host->system, w->vm->snapshot, NULL, &w->clone);
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

/* One stride. 1: it got on, and so does the snapshot. 0: it has met its end. Or an error. */
static int go(struct walk *w, uint64_t ns)
{
	int error = stride(w, ns);

	if (!error)
		return ended_alike(w) ? 0 : -ECANCELED;
	return error == -EINTR ? renew(w->vm, &w->clone.vcpu, &w->clone.memory) : error;
}

/* Brings the snapshot near to the death. 0, -ETIME, -ECANCELED (another end) or an error. */
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
	const struct kvm_sregs *r = &s->sregs;
	const struct baton__paging paging = { r->cr0, r->cr3, r->cr4, r->efer };
	struct baton_step *step = &s->last[s->count % BATON_STEPS];

	*step = (struct baton_step){ .address = address };
	step->code_bits = (uint8_t)baton__code_bits(r);
	step->code_size = (uint8_t)baton__walk_read(&w->clone.memory, &paging, address, step->code,
						    sizeof(step->code));
}

/* The rest of the way. */
static int step(struct walk *w, struct baton__steps *s)
{
	int error = baton__state_step(&w->clone.vcpu);

	s->regs = w->vm->snapshot->state.regs;
	s->sregs = w->vm->snapshot->state.sregs;
	while (!error) {
		uint64_t address = s->sregs.cs.base + s->regs.rip;

		if (tripped(w->vm, address))
			return w->vm->vcpu.exit->kind == BATON_EXIT_HLT ? 0 : -ECANCELED;
		if (s->count == STEPS_MAX || impatient(w))
			return -ETIME;
		note(w, s, address);
		error = stride(w, PATIENCE_NS);
		if (error == -EINTR) {
			error = 0;
			continue;
		}
		if (error)
			break;
		s->count++;
		if (w->clone.vcpu.run->exit_reason != KVM_EXIT_DEBUG)
			return ended_alike(w) ? 0 : -ECANCELED;
		s->regs = w->clone.vcpu.run->s.regs.regs;
		error = baton__vcpu_get_sregs(&w->clone.vcpu, &s->sregs);
	}
	return error;
}

void baton__steps_replay(struct baton_host *host, struct baton_vm *vm)
{
	struct walk w = { .host = host, .vm = vm, .end_ns = baton__clock_now() + PATIENCE_NS };
	struct baton__steps *s = vm->steps;
	int error = begin_clone(&w);

	if (!error)
		error = approach(&w);
	if (!error)
		error = step(&w, s);
	s->end = !error		       ? BATON_STEPS_EXACT :
		 error == -ETIME      ? BATON_STEPS_LONG :
		 error == -ECANCELED ? BATON_STEPS_OTHER :
				       BATON_STEPS_FAILED;
	end_clone(&w);
}
