/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture.c - completes what is pending at a vCPU, saves it, and puts it back.
 */
#include "vm/capture.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "base/arith.h"
#include "base/hash.h"
#include "kvm/exit.h"

#define DRAIN_MAX 16 /* exits of one instruction: KVM splits an access in two at most */

/* ------------------------------------------------------------ what is pending */

/* Is the exit in kvm_run a write of one element? Its data are in `exit` then. */
static bool is_write(const struct baton_exit *exit)
{
	return (exit->kind == BATON_EXIT_IO_OUT || exit->kind == BATON_EXIT_MMIO_WRITE) &&
	       exit->count <= 1;
}

static bool is_read(const struct baton_exit *exit)
{
	return exit->kind == BATON_EXIT_IO_IN || exit->kind == BATON_EXIT_MMIO_READ;
}

/* The write in kvm_run is noted, to be served when its turn comes. */
static void note_standing(struct baton_vcpu *vcpu, const struct baton_exit *exit)
{
	struct baton__standing *s = &vcpu->standing;
	const struct kvm_run *run = vcpu->kvm.run;

	s->exits[s->count].reason = run->exit_reason;
	s->exits[s->count].data = exit->data;
	memcpy(s->exits[s->count].detail, &run->io, sizeof(s->exits[0].detail));
	s->count++;
}

/*
 * Completing an access may lead to the next one of its instruction: a read to its write,
 * half of a write to the other half. A write may be completed before it is served.
 */
int baton__vcpu_settle(struct baton_vcpu *vcpu)
{
	struct baton_exit exit;
	int error;

	if (vcpu->standing.last)
		return -EAGAIN;
	if (vcpu->blocked_in_access && vcpu->exit->count > 1)
		return -EAGAIN;
	if (vcpu->blocked_in_access && is_read(vcpu->exit))
		return 0;
	while ((error = baton__vcpu_complete(&vcpu->kvm)) == -EPROTO) {
		baton__exit_decode(vcpu->kvm.run, 0, &exit);
		if (exit.kind == BATON_EXIT_DEBUG) { /* it was stepped, and is over */
			baton__vm_note_regs(vcpu);
			return 0;
		}
		if (!is_write(&exit) || vcpu->standing.count == BATON__STANDING) {
			vcpu->standing.last = true;
			return -EAGAIN;
		}
		note_standing(vcpu, &exit);
	}
	if (!error)
		baton__vm_note_regs(vcpu); /* some KVMs report a write with RIP in front of it */
	return error;
}

int baton__vcpu_drain(struct baton_vcpu *vcpu)
{
	int error = -EPROTO;

	for (int i = 0; i < DRAIN_MAX && error == -EPROTO; i++)
		error = baton__vcpu_complete(&vcpu->kvm);
	return error;
}

/* Port data lie where KVM puts them, too. (KVM API, section 5; asm/kvm.h.) */
#define PORT_DATA (KVM_PIO_PAGE_OFFSET * BATON__PAGE)

void baton__standing_decode(const struct baton__standing *s, uint32_t i, struct baton_exit *exit)
{
	struct kvm_run run = { 0 };

	*exit = (struct baton_exit){ .reason = s->exits[i].reason, .count = 1 };
	memcpy(&run.io, s->exits[i].detail, sizeof(s->exits[i].detail));
	if (exit->reason == KVM_EXIT_IO) {
		exit->kind = BATON_EXIT_IO_OUT;
		exit->addr = run.io.port;
		exit->size = run.io.size;
		exit->data = s->exits[i].data;
	} else {
		exit->kind = BATON_EXIT_MMIO_WRITE;
		exit->addr = run.mmio.phys_addr;
		exit->size = (uint8_t)run.mmio.len;
		exit->data = baton__load(run.mmio.data, exit->size);
	}
}

void baton__standing_add(struct baton__standing *s, const struct baton_exit *write)
{
	struct kvm_run run = { 0 };

	if (write->kind == BATON_EXIT_IO_OUT) {
		run.io.direction = KVM_EXIT_IO_OUT;
		run.io.port = (uint16_t)write->addr;
		run.io.size = write->size;
		run.io.count = 1;
		run.io.data_offset = PORT_DATA;
		s->exits[s->count].reason = KVM_EXIT_IO;
	} else {
		run.mmio.phys_addr = write->addr;
		run.mmio.len = write->size;
		run.mmio.is_write = 1;
		baton__store(run.mmio.data, write->data, write->size);
		s->exits[s->count].reason = KVM_EXIT_MMIO;
	}
	s->exits[s->count].data = write->data;
	memcpy(s->exits[s->count].detail, &run.io, sizeof(s->exits[0].detail));
	s->count++;
}

/* --------------------------------------------------------------------- whole */

/* Does the vCPU stand behind the write that waits? */
static bool is_settled(const struct baton__capture *c)
{
	return c->blocked && c->exit.kind != BATON_EXIT_DEBUG;
}

int baton__capture_take(struct baton__capture *c, struct baton_vcpu *vcpu)
{
	int error = baton__vcpu_settle(vcpu);

	if (!error)
		error = baton__state_save(&vcpu->kvm, &c->state);
	if (error)
		return error;
	c->blocked = vcpu->blocked_in_access && !is_read(vcpu->exit);
	c->asked = c->blocked && vcpu->blocked_in_element;
	c->idle = vcpu->idle;
	c->irq_lines = vcpu->irq_lines;
	c->exit = *vcpu->exit;
	c->standing = vcpu->standing;
	vcpu->settled = is_settled(c);
	return 0;
}

void baton__capture_restore(const struct baton__capture *c, struct baton_vcpu *vcpu)
{
	struct baton_vm *vm = vcpu->vm;

	*vcpu = (struct baton_vcpu){
		.vm = vm, .kvm = vcpu->kvm, .exit = &vcpu->last[BATON_LAST_EXITS - 1],
		.wake_at_ns = UINT64_MAX,
		.blocked_in_access = c->blocked, .blocked_in_element = c->asked,
		.standing = c->standing, .irq_lines = c->irq_lines, .idle = c->idle,
		.inputs = vcpu->inputs + 1, .settled = is_settled(c),
	};
	*vcpu->exit = c->exit;
	memcpy(&vcpu->regs, &c->state.regs, sizeof(vcpu->regs));
	vm->outcome = BATON_RUNNING;
	vm->status = 0;
	vm->unwatched = false;
}

uint64_t baton__capture_hash(const struct baton__capture *c)
{
	uint64_t hash = baton__state_hash(&c->state);
	const uint64_t waits[] = {
		c->irq_lines, c->idle, c->blocked, c->standing.count,
		c->blocked ? c->exit.addr : 0, c->blocked ? c->exit.data : 0,
		c->blocked ? c->exit.size : 0,
	};

	hash = baton__hash(hash, waits, sizeof(waits));
	return baton__hash(hash, c->standing.exits, c->standing.count * sizeof(c->standing.exits[0]));
}
