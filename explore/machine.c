/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.c - what a VM meets on its way from one node to the next.
 */
#include "machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "baton/abi.h"

#define CHOICES	    64
#define CODE_MAX    15

/* ------------------------------------------------------------------- accesses */

/* It stands at an access, and goes no further. */
static enum baton_gate_verdict hold(struct machine *v, const struct node *next)
{
	v->next = *next;
	v->held = true;
	v->acts = false;
	return BATON_GATE_HOLD;
}

static enum baton_gate_verdict lose(struct machine *v, const char *why)
{
	return hold(v, &(struct node){ .kind = NODE_LOST, .why = why });
}

/* The trapped region that the VM has there, among those that are explored; or NULL. */
static const struct trap *trap_at(const struct machine *v, baton_gpa_t gpa)
{
	for (size_t i = 0; i < v->traps->count; i++) {
		const struct trap *t = &v->traps->items[i];

		if (t->vm == v->number && gpa >= t->gpa && gpa - t->gpa < t->size)
			return t;
	}
	return NULL;
}

static enum baton_gate_verdict hold_shared(struct machine *v, const struct baton_access *a)
{
	const struct trap *t = trap_at(v, a->addr);
	struct node next = {
		.kind = a->write ? NODE_WRITE : NODE_READ, .size = a->size, .data = a->write ? a->data : 0,
	};

	if (!t)
		return lose(v, "a region that it shares is not among those that are explored");
	next.region = (uint16_t)t->region;
	next.offset = (uint32_t)(a->addr - t->gpa);
	if (next.offset % 8 + a->size > 8)
		return lose(v, "an access to shared memory crosses a boundary of eight bytes, and is "
			       "no single access");
	return hold(v, &next);
}

static enum baton_gate_verdict hold_choice(struct machine *v, const struct baton_access *a)
{
	struct baton_call_choose call;
	struct node next = { .kind = NODE_CHOOSE, .port = a->addr };

	if (!access_choice(a, &call))
		return BATON_GATE_PASS; /* it dies of that */
	if (!call.of || call.of > CHOICES)
		return lose(v, "it chooses among more than 64 possibilities, or none");
	next.data = call.of;
	return hold(v, &next);
}

static enum baton_gate_verdict hold_timer(struct machine *v, const struct baton_access *a)
{
	struct baton_call_timer call;

	if (!access_timer(a, &call))
		return BATON_GATE_PASS; /* likewise */
	return hold(v, &(struct node){ .kind = NODE_TIMER, .port = a->addr,
				       .data = timer_set_ways(&v->timer) });
}

/* Nobody sees it, but stores that are on their way land first. */
static enum baton_gate_verdict hold_own(struct machine *v, const struct baton_access *a)
{
	return hold(v, &(struct node){ .kind = NODE_FENCE, .port = a->addr, .writes = a->write });
}

/* The next access. */
static enum baton_gate_verdict meet(struct machine *v, const char *device, const struct baton_access *a)
{
	const char *why = NULL;

	switch (access_sort(device, a, &why)) {
	case ACCESS_SHARED:
		return hold_shared(v, a);
	case ACCESS_CALL:
		return hold(v, &(struct node){ .kind = NODE_CALL, .size = a->size, .port = a->addr,
					       .data = a->write ? a->data : 0, .writes = a->write });
	case ACCESS_CHOICE:
		return hold_choice(v, a);
	case ACCESS_TIMER:
		return hold_timer(v, a);
	case ACCESS_FOREIGN:
		return lose(v, why);
	case ACCESS_DROPPED:
		return v->fences ? hold_own(v, a) : BATON_GATE_DONE;
	default:
		return v->fences ? hold_own(v, a) : BATON_GATE_PASS;
	}
}

static void choose(const struct machine *v, const struct baton_access *a)
{
	struct baton_call_choose call;

	if (baton_vm_read(a->vm, a->data, &call, sizeof(call)))
		return;
	call.choice = v->answer;
	baton_vm_write(a->vm, a->data, &call, sizeof(call));
}

/* Is it the access at which the VM stood? */
static bool is_same(const struct machine *v, const char *device, const struct baton_access *a)
{
	const struct node *n = v->at;
	const struct trap *t;
	bool region = !strcmp(device, "region");
	bool writes = n->kind == NODE_WRITE || n->kind == NODE_CHOOSE || n->kind == NODE_TIMER || n->writes;

	if (a->write != writes)
		return false;
	if (n->kind == NODE_CALL || n->kind == NODE_CHOOSE || n->kind == NODE_TIMER || n->kind == NODE_FENCE)
		return a->addr == n->port;
	t = region ? trap_at(v, a->addr) : NULL;
	return t && t->region == n->region && a->addr == t->gpa + n->offset && a->size == n->size;
}

/* The access at which it stood gets its answer. */
static enum baton_gate_verdict answer(struct machine *v, const char *device, struct baton_access *a)
{
	struct baton_call_timer call;
	const char *why;

	v->answered = true;
	if (!is_same(v, device, a))
		return lose(v, "an instruction makes several accesses, and there is no way back between them");
	switch (v->at->kind) {
	case NODE_READ:
		a->data = v->answer;
		v->atomic = v->at->atomic;
		return BATON_GATE_DONE;
	case NODE_CHOOSE:
		choose(v, a);
		return BATON_GATE_DONE;
	case NODE_TIMER:
		if (access_timer(a, &call))
			timer_set(&v->timer, &call, (unsigned)v->answer);
		return BATON_GATE_DONE;
	case NODE_CALL:
		v->asked_device = true;
		a->resumed = v->answer;
		return BATON_GATE_PASS;
	case NODE_FENCE:
		return access_sort(device, a, &why) == ACCESS_DROPPED ? BATON_GATE_DONE : BATON_GATE_PASS;
	default:
		return BATON_GATE_DONE;
	}
}

/* Who asks without having to move has been woken, wherever it happens to stand. */
static enum baton_gate_verdict stay(struct machine *v)
{
	v->woken = true;
	return BATON_GATE_HOLD;
}

enum baton_gate_verdict machine_meet(struct machine *v, const char *device, struct baton_access *a)
{
	if (!v->acts)
		return stay(v);
	if (!v->answered)
		return answer(v, device, a);
	if (v->atomic && a->write && !strcmp(device, "region")) {
		v->atomic = false;
		v->stores = true;
		v->store = a->data;
		return BATON_GATE_DONE;
	}
	return meet(v, device, a);
}

/* --------------------------------------------------------------- instructions */

/* The instruction before which it stands. */
struct instruction {
	uint8_t code[CODE_MAX];
	size_t size;
	unsigned bits;
};

static bool read_instruction(struct machine *v, struct instruction *n)
{
	int size = baton_vcpu_code(baton_vm_vcpu(v->vm), n->code, sizeof(n->code), &n->bits);

	v->error = size < 0 ? size : 0;
	n->size = size < 0 ? 0 : (size_t)size;
	return size >= 0;
}

/* One before which it may, or has to, wait; nobody else sees it. */
static enum baton_gate_verdict meet_instruction(struct machine *v, const struct instruction *n)
{
	bool is_new = !v->at || v->moved;

	if (is_new && timer_is_open(&v->timer, baton_vm_regs(v->vm), n->code, n->size, n->bits))
		return hold(v, &(struct node){ .kind = v->timer.raised ? NODE_TAKE : NODE_OPEN,
					       .data = v->timer.raised ? timer_ways(&v->timer) : 2 });
	if (v->at && v->at->kind == NODE_FENCE && !v->moved)
		return BATON_GATE_PASS;
	if (v->fences && access_is_fence(n->code, n->size, n->bits))
		return hold(v, &(struct node){ .kind = NODE_FENCE });
	/* HLT wants to be passed, which some KVMs else step over. */
	return n->size && *n->code == 0xF4 ? BATON_GATE_DONE : BATON_GATE_PASS;
}

/* Has it answered for the node at which it stood? */
static bool is_on_its_way(struct machine *v, const struct instruction *n)
{
	bool access;

	if (!v->at || v->moved)
		return true;
	access = (v->at->kind != NODE_FENCE || v->at->port) && v->at->kind != NODE_OPEN;
	v->moved = access ? v->answered :
			    access_has_left(&v->spot, baton_vm_regs(v->vm), n->code, n->size, v->answered);
	v->answered = v->answered || !access;
	return v->answered;
}

enum baton_gate_verdict machine_meet_instruction(struct machine *v)
{
	struct instruction n;

	if (!v->acts)
		return stay(v);
	if (!read_instruction(v, &n))
		return lose(v, "its code cannot be read");
	return is_on_its_way(v, &n) ? meet_instruction(v, &n) : BATON_GATE_PASS;
}

/* ---------------------------------------------------------------------- moving */

int machine_begin(struct machine *v)
{
	v->node = NO_NODE;
	v->acts = v->answered = true;
	v->steps = v->fences;
	return baton_vm_step(v->vm, v->fences);
}

/* Once its timer is set, it is stepped for ever: to stop that anywhere confuses some KVMs. */
int machine_watch(struct machine *v, const struct node *n)
{
	bool steps = v->steps || v->fences || n->kind == NODE_TIMER || timer_may(&n->timer);
	int error = v->steps == steps ? 0 : baton_vm_step(v->vm, steps);

	v->steps = steps;
	return error;
}

/*
 * At a node where it is interrupted. Where there is no handler, or no stack, it dies of that, and
 * KVM is to show how.
 */
static int interrupt(struct machine *v)
{
	unsigned line = timer_take(&v->timer, v->at->kind == NODE_TAKE ? (unsigned)v->answer : 0);
	int error = baton_vcpu_deliver(baton_vm_vcpu(v->vm), BATON_IRQ_VECTOR + line);

	v->answered = v->moved = true;
	v->dies = error == -EFAULT;
	if (v->dies) {
		baton_vcpu_interrupt(baton_vm_vcpu(v->vm), line);
		v->steps = false;
		error = baton_vm_step(v->vm, false);
	}
	if (error == -ENOTSUP) {
		lose(v, "it is interrupted, and its stack is in a trapped region, or the vector leads to another "
			"segment or stack");
		error = 0;
	}
	return error;
}

static bool is_interrupted(const struct node *n, uint64_t answer)
{
	return n->kind == NODE_TAKE || (n->kind == NODE_OPEN && answer);
}

int machine_go(struct machine *v, const struct node *at, uint64_t answer)
{
	const struct baton_regs *regs = baton_vm_regs(v->vm);

	v->at = at;
	v->answer = answer;
	v->spot = (struct access_spot){ at->rip, regs->rsp, regs->rcx };
	v->acts = true;
	v->error = 0;
	v->answered = v->moved = v->asked_device = v->atomic = v->held = v->stores = v->dies = false;
	baton_vcpu_wake(baton_vm_vcpu(v->vm));
	return is_interrupted(at, answer) ? interrupt(v) : 0;
}

void machine_stop(struct machine *v)
{
	v->acts = false;
	v->at = NULL;
}

bool machine_is_blocked(const struct machine *v)
{
	struct baton_vm_stats stats;

	baton_vm_stats(v->vm, &stats);
	return v->asked_device && !v->held && stats.outcome == BATON_BLOCKED &&
	       stats.waits_in != BATON_EXIT_KINDS && stats.waits_in != BATON_EXIT_HLT;
}

bool machine_has_ended(const struct machine *v)
{
	struct baton_vm_stats stats;

	baton_vm_stats(v->vm, &stats);
	return stats.outcome == BATON_HALTED || stats.outcome == BATON_DEAD;
}

/* -------------------------------------------------------------------- looking */

/* A read that a write of the same instruction follows, or a plain one. */
static int look_at_code(struct machine *v)
{
	struct instruction n;

	if (read_instruction(v, &n))
		v->next.atomic = access_is_atomic(n.code, n.size, n.bits);
	return v->error;
}

/* Are page tables of a walk in a trapped region? KVM reads none there: it dies, or hangs. */
static bool has_shared_tables(const struct machine *v, const struct baton_walk *walk)
{
	for (uint32_t k = 0; walk->levels && k < walk->count; k++)
		if (trap_at(v, walk->entries[k].at))
			return true;
	return false;
}

static int lose_tables(struct machine *v)
{
	v->next.why = "its page tables are in a trapped region, where KVM reads none";
	return 0;
}

/* Of a death, that of the guest's own making or of what cannot be explored. */
static int look_at_death(struct machine *v)
{
	const struct baton_death *found = baton_vm_death(v->vm);
	struct baton_death *death;

	if (!found) /* there was no memory for it */
		return -ENOMEM;
	if (has_shared_tables(v, &found->walks[0]) || has_shared_tables(v, &found->walks[1]))
		return lose_tables(v);
	if (found->kind == BATON_DEATH_INTERNAL_ERROR) {
		v->next.why = "KVM gives up: in a trapped region it executes no code, and not every "
			      "instruction can access one";
		return 0;
	}
	death = malloc(sizeof(*death));
	if (!death)
		return -ENOMEM;
	*death = *found;
	v->next.kind = NODE_DEAD;
	v->next.death = death;
	return 0;
}

/* It has not come to an access: it has ended, or does not get on. */
static int look_at_end(struct machine *v, enum baton_run_end end)
{
	struct baton_vm_stats stats;
	struct baton_walk walk;

	baton_vm_stats(v->vm, &stats);
	v->next = (struct node){ .kind = NODE_LOST };
	switch (stats.outcome) {
	case BATON_HALTED:
		v->next.kind = NODE_ENDED;
		v->next.data = stats.status;
		return 0;
	case BATON_DEAD:
		return look_at_death(v);
	case BATON_BLOCKED: /* in HLT, as no device has it wait */
		v->next.kind = timer_may(&v->timer) ? NODE_TAKE : NODE_IDLE;
		v->next.data = timer_may(&v->timer) ? timer_ways(&v->timer) : 0;
		v->next.halted = true;
		return 0;
	default:
		if (!baton_vcpu_walk(baton_vm_vcpu(v->vm), baton_vm_regs(v->vm)->rip, &walk) &&
		    has_shared_tables(v, &walk))
			return lose_tables(v);
		v->next.why = end == BATON_RUN_STOPPED ? "it was stopped" :
			      "it computes for five seconds without an access that others can see";
		return 0;
	}
}

int machine_look(struct machine *v, enum baton_run_end end)
{
	struct baton_vm_stats stats;
	int error;

	if (v->error)
		return v->error;
	baton_vm_stats(v->vm, &stats);
	if (v->dies && stats.outcome != BATON_DEAD)
		lose(v, "it is interrupted without a handler, or a stack, and goes on all the same");
	error = v->held ? 0 : look_at_end(v, end);
	if (!error && v->next.kind == NODE_READ)
		error = look_at_code(v);
	return error;
}
