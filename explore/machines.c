/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machines.c - drives a host through its gate, and keeps what came of it.
 */
#include "machines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "baton/abi.h"
#include "memory.h"
#include "plains.h"
#include "store.h"

#define PATIENCE_NS UINT64_C(5000000000) /* between two accesses */
#define CHOICES	   64
#define CODE_MAX   15

/* One VM, where it is, and what the gate is to do with it. */
struct machine {
	struct baton_vm *vm;
	uint32_t node;	  /* where it stands; NO_NODE: nobody knows */
	struct memory memory;
	struct timer timer;
	bool steps; /* the gate is asked for its instructions */

	bool acts;	  /* it may go on to its next access */
	bool answered;	  /* the access at which it stood is done … */
	bool moved;	  /* … and it is not there any more */
	bool asked_device; /* that was by its device */
	bool dies;	  /* of an interrupt */
	bool atomic;	  /* its next access is the write to the read that it got */
	int error;	  /* of finding out what that is */
	bool held;	  /* at the next access, … */
	struct node next; /* … which is this */
	const struct node *at;
	uint64_t answer;
	bool stores;
	uint64_t store;
};

struct machines {
	struct baton_gate gate;
	bool fences; /* NODE_FENCE is wanted */
	struct baton_host *host;
	uint32_t count;
	struct machine vms[MACHINES_MAX];
	uint32_t first[MACHINES_MAX];
	uint32_t first_devices;
	struct machines_place *places;
	size_t place_count;

	struct automaton automaton;
	struct memories memories;
	struct store captures, names; /* names: what a node is, once */
	uint32_t *named; /* the node of each name */
	size_t named_room;
	struct plains plains;
	void *capture;
	uint64_t woken;
	struct machines_figures figures;
};

/* --------------------------------------------------------------------- gate */

static struct machine *machine_of(struct machines *m, const struct baton_vm *vm)
{
	uint32_t i = 0;

	while (m->vms[i].vm != vm)
		i++;
	return &m->vms[i];
}

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

static enum baton_gate_verdict hold_shared(struct machines *m, struct machine *v,
					   const struct baton_access *a)
{
	const struct machines_place *p = m->places;
	uint32_t vm = (uint32_t)(v - m->vms);
	struct node next = {
		.kind = a->write ? NODE_WRITE : NODE_READ, .size = a->size, .data = a->write ? a->data : 0,
	};

	while (p->vm != vm || a->addr < p->gpa || a->addr - p->gpa >= p->size)
		if (++p == m->places + m->place_count)
			return lose(v, "a region that it shares is not among those that are explored");
	next.region = (uint16_t)p->region;
	next.offset = (uint32_t)(a->addr - p->gpa);
	if (next.offset % 8 + a->size > 8)
		return lose(v, "an access to shared memory crosses a boundary of eight bytes, and is "
			       "no single access");
	return hold(v, &next);
}

static enum baton_gate_verdict hold_choice(struct machine *v, const struct baton_access *a)
{
	struct baton_call_choose call;
	struct node next = { .kind = NODE_CHOOSE, .port = a->addr };

	if (a->size != 4 || !a->write || baton_vm_read(a->vm, a->data, &call, sizeof(call)))
		return BATON_GATE_PASS; /* it dies of that */
	if (!call.of || call.of > CHOICES)
		return lose(v, "it chooses among more than 64 possibilities, or none");
	next.data = call.of;
	return hold(v, &next);
}

static bool read_timer(const struct baton_access *a, struct baton_call_timer *call)
{
	return a->size == 4 && a->write && !baton_vm_read(a->vm, a->data, call, sizeof(*call)) &&
	       call->line < BATON_IRQ_LINES;
}

static enum baton_gate_verdict hold_timer(struct machine *v, const struct baton_access *a)
{
	struct baton_call_timer call;

	if (!read_timer(a, &call))
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
static enum baton_gate_verdict meet(struct machines *m, struct machine *v, const char *device,
				    const struct baton_access *a)
{
	const char *why = NULL;

	switch (access_sort(device, a, &why)) {
	case ACCESS_SHARED:
		return hold_shared(m, v, a);
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
		return m->fences ? hold_own(v, a) : BATON_GATE_DONE;
	default:
		return m->fences ? hold_own(v, a) : BATON_GATE_PASS;
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
static bool is_same(const struct machines *m, const struct machine *v, const char *device,
		    const struct baton_access *a)
{
	const struct node *n = v->at;
	bool region = !strcmp(device, "region");
	bool writes = n->kind == NODE_WRITE || n->kind == NODE_CHOOSE || n->kind == NODE_TIMER || n->writes;

	if (a->write != writes)
		return false;
	if (n->kind == NODE_CALL || n->kind == NODE_CHOOSE || n->kind == NODE_TIMER || n->kind == NODE_FENCE)
		return a->addr == n->port;
	for (const struct machines_place *p = m->places; region && p < m->places + m->place_count; p++)
		if (p->vm == n->vm && p->region == n->region && a->addr == p->gpa + n->offset)
			return a->size == n->size;
	return false;
}

/* The access at which it stood gets its answer. */
static enum baton_gate_verdict answer(const struct machines *m, struct machine *v, const char *device,
				      struct baton_access *a)
{
	struct baton_call_timer call;
	const char *why;

	v->answered = true;
	if (!is_same(m, v, device, a))
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
		if (read_timer(a, &call))
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
static enum baton_gate_verdict stay(struct machines *m, const struct machine *v)
{
	m->woken |= UINT64_C(1) << (v - m->vms);
	return BATON_GATE_HOLD;
}

static enum baton_gate_verdict gate_access(void *context, const char *device,
					   struct baton_access *a)
{
	struct machines *m = context;
	struct machine *v = machine_of(m, a->vm);

	if (!v->acts)
		return stay(m, v);
	if (!v->answered)
		return answer(m, v, device, a);
	if (v->atomic && a->write && !strcmp(device, "region")) {
		v->atomic = false;
		v->stores = true;
		v->store = a->data;
		return BATON_GATE_DONE;
	}
	return meet(m, v, device, a);
}

/*
 * Has it made the instruction before which it was held? Some KVMs report a step that they have not
 * made, and a jump to itself leads nowhere else.
 */
static bool has_moved(const struct machine *v, const uint8_t *code, size_t size)
{
	return baton_vm_regs(v->vm)->rip != v->at->rip ||
	       (v->answered && access_is_jump_to_itself(code, size));
}

/* An instruction before which it may, or has to, wait; nobody else sees it. */
static enum baton_gate_verdict meet_instruction(struct machines *m, struct machine *v, bool is_new,
						const uint8_t *code, size_t size, unsigned bits)
{
	if (is_new && timer_is_open(&v->timer, baton_vm_regs(v->vm), code, size, bits))
		return hold(v, &(struct node){ .kind = v->timer.raised ? NODE_TAKE : NODE_OPEN,
					       .data = v->timer.raised ? timer_ways(&v->timer) : 2 });
	if (m->fences && access_is_fence(code, size, bits))
		return hold(v, &(struct node){ .kind = NODE_FENCE });
	/* HLT wants to be passed, which some KVMs else step over. */
	return *code == 0xF4 ? BATON_GATE_DONE : BATON_GATE_PASS;
}

static enum baton_gate_verdict gate_step(void *context, struct baton_vm *vm)
{
	struct machines *m = context;
	struct machine *v = machine_of(m, vm);
	uint8_t code[CODE_MAX];
	unsigned bits;
	int size;

	if (!v->acts)
		return stay(m, v);
	size = baton_vcpu_code(baton_vm_vcpu(vm), code, sizeof(code), &bits);
	if (size < 0) {
		v->error = size;
		return lose(v, "its code cannot be read");
	}
	if (v->at && !v->moved) {
		bool access = (v->at->kind != NODE_FENCE || v->at->port) && v->at->kind != NODE_OPEN;

		v->moved = access ? v->answered : has_moved(v, code, (size_t)size);
		v->answered = v->answered || !access;
		if (!v->answered || (v->at->kind == NODE_FENCE && !v->moved))
			return BATON_GATE_PASS;
	}
	return size > 0 ? meet_instruction(m, v, !v->at || v->moved, code, (size_t)size, bits) :
			  BATON_GATE_PASS;
}

/* ---------------------------------------------------------------------- nodes */

static int fail(struct baton_diag *diag, int error, const struct machine *v, const char *what)
{
	return baton_diag_set(diag, error, baton_vm_name(v->vm), "%s: %s", what, strerror(-error));
}

/*
 * What a node is: two with the same are one. The access belongs to it: an instruction that
 * makes several stands at each of them with the same registers.
 */
struct name {
	uint64_t capture, data, port;
	uint32_t vm, memory, kind, region, offset, size, timer, unused;
};

static uint32_t find_named(struct machines *m, const struct name *name, const struct node *node)
{
	bool is_new;
	uint32_t number = store_add(&m->names, name, sizeof(*name), &is_new);

	if (number == STORE_NONE || !is_new)
		return number == STORE_NONE ? NO_NODE : m->named[number];
	if (number >= m->named_room) {
		size_t room = m->named_room ? 2 * m->named_room : 64;
		uint32_t *named = realloc(m->named, room * sizeof(*named));

		if (!named)
			return NO_NODE;
		m->named = named;
		m->named_room = room;
	}
	return m->named[number] = automaton_add_node(&m->automaton, node);
}

/* A read that a write of the same instruction follows, or a plain one. */
static int look_at_code(struct machine *v)
{
	uint8_t code[CODE_MAX];
	unsigned bits;
	int size = baton_vcpu_code(baton_vm_vcpu(v->vm), code, sizeof(code), &bits);

	if (size > 0)
		v->next.atomic = access_is_atomic(code, (size_t)size, bits);
	return size < 0 ? size : 0;
}

static bool is_shared(const struct machines *m, uint32_t vm, baton_gpa_t gpa)
{
	for (const struct machines_place *p = m->places; p < m->places + m->place_count; p++)
		if (p->vm == vm && gpa >= p->gpa && gpa - p->gpa < p->size)
			return true;
	return false;
}

/* Are page tables of a walk in a trapped region? KVM reads none there: it dies, or hangs. */
static bool has_shared_tables(const struct machines *m, uint32_t vm, const struct baton_walk *walk)
{
	for (uint32_t k = 0; walk->levels && k < walk->count; k++)
		if (is_shared(m, vm, walk->entries[k].at))
			return true;
	return false;
}

static int lose_tables(struct machine *v)
{
	v->next.why = "its page tables are in a trapped region, where KVM reads none";
	return 0;
}

/* Of a death, that of the guest's own making or of what cannot be explored. */
static int look_at_death(const struct machines *m, struct machine *v)
{
	const struct baton_death *found = baton_vm_death(v->vm);
	uint32_t vm = (uint32_t)(v - m->vms);
	struct baton_death *death;

	if (!found) /* there was no memory for it */
		return -ENOMEM;
	if (has_shared_tables(m, vm, &found->walks[0]) || has_shared_tables(m, vm, &found->walks[1]))
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
static int look_at_end(const struct machines *m, struct machine *v, enum baton_run_end end)
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
		return look_at_death(m, v);
	case BATON_BLOCKED: /* in HLT, as no device has it wait */
		v->next.kind = timer_may(&v->timer) ? NODE_TAKE : NODE_IDLE;
		v->next.data = timer_may(&v->timer) ? timer_ways(&v->timer) : 0;
		v->next.halted = true;
		return 0;
	default:
		if (!baton_vcpu_walk(baton_vm_vcpu(v->vm), baton_vm_regs(v->vm)->rip, &walk) &&
		    has_shared_tables(m, (uint32_t)(v - m->vms), &walk))
			return lose_tables(v);
		v->next.why = end == BATON_RUN_STOPPED ? "it was stopped" :
			      "it computes for five seconds without an access that others can see";
		return 0;
	}
}

/* Who has ended, or is lost, does not go on, and nobody goes back there. */
static bool can_be_loaded(const struct node *n)
{
	return n->kind != NODE_ENDED && n->kind != NODE_DEAD && n->kind != NODE_LOST;
}

/* Where the VM stands now, as a node. 0 or -errno. */
static int note(struct machines *m, struct machine *v, enum baton_run_end end,
		struct baton_diag *diag)
{
	struct name name = { .vm = (uint32_t)(v - m->vms) };
	struct node *n = &v->next;
	size_t size = baton_capture_size();
	int error = v->error ? v->error : v->held ? 0 : look_at_end(m, v, end);

	if (!error && n->kind == NODE_READ)
		error = look_at_code(v);
	if (!error)
		error = memory_look(&m->memories, &v->memory);
	if (error)
		return fail(diag, error, v, "it cannot be looked at");
	n->vm = (uint8_t)name.vm;
	n->rip = baton_vm_regs(v->vm)->rip;
	n->capture = n->memory = STORE_NONE;
	if (can_be_loaded(n)) {
		error = baton_capture_take(baton_vm_vcpu(v->vm), m->capture);
		if (error == -EAGAIN)
			*n = (struct node){ .kind = NODE_LOST, .vm = n->vm, .rip = n->rip,
					    .why = "an instruction makes several accesses" };
		else if (error)
			return fail(diag, error, v, "it cannot be captured");
	}
	if (can_be_loaded(n)) {
		name.capture = baton_capture_hash(m->capture);
		n->capture = store_add(&m->captures, m->capture, size, NULL);
	} else {
		name.capture = m->automaton.node_count; /* who has died, has done so of something */
		if (n->kind == NODE_ENDED)
			name.capture = 0;
	}
	n->memory = n->kind == NODE_ENDED ? 0 : memory_number(&m->memories, &v->memory);
	if ((can_be_loaded(n) && n->capture == STORE_NONE) || n->memory == STORE_NONE)
		return fail(diag, -ENOMEM, v, "it cannot be noted");
	name.memory = n->memory;
	name.kind = n->kind;
	name.region = n->region;
	name.offset = n->offset;
	name.size = n->size;
	name.data = n->data;
	name.port = n->port;
	n->timer = v->timer;
	name.timer = n->kind == NODE_ENDED ? 0 : timer_number(&v->timer);
	v->node = find_named(m, &name, n);
	return v->node == NO_NODE ? fail(diag, -ENOMEM, v, "it cannot be noted") : 0;
}

static int arrive(struct machines *m, struct machine *v, enum baton_run_end end,
		  struct baton_diag *diag)
{
	int error = note(m, v, end, diag);

	if (error || m->automaton.nodes[v->node].death != v->next.death) /* known already */
		free((void *)v->next.death);
	return error;
}

/* ---------------------------------------------------------------------- moving */

/* A VM that sets its timer is stepped from then on. To stop that anywhere confuses some KVMs. */
static int watch(const struct machines *m, struct machine *v, const struct node *n, struct baton_diag *diag)
{
	bool steps = v->steps || m->fences || n->kind == NODE_TIMER || timer_may(&n->timer);
	int error = v->steps == steps ? 0 : baton_vm_step(v->vm, steps);

	v->steps = steps;
	return error ? fail(diag, error, v, "it cannot be stepped") : 0;
}

/* Takes a VM to a node; it asks the gate again when the host runs next. */
static int load(struct machines *m, struct machine *v, uint32_t node, struct baton_diag *diag)
{
	const struct node *n = &m->automaton.nodes[node];
	size_t size;
	int error = baton_capture_load(baton_vm_vcpu(v->vm), store_get(&m->captures, n->capture, &size));

	v->node = NO_NODE;
	if (error)
		return fail(diag, error, v, "it cannot be taken back");
	error = memory_put(&m->memories, &v->memory, n->memory);
	if (error)
		return fail(diag, error, v, "its memory cannot be put back");
	v->timer = n->timer;
	v->node = node;
	return watch(m, v, n, diag);
}

static int run(struct machines *m, enum baton_run_end *end, struct baton_diag *diag)
{
	int error = baton_host_run(m->host, PATIENCE_NS, end);

	m->figures.runs++;
	if (error)
		baton_diag_set(diag, error, "KVM_RUN", "%s", strerror(-error));
	return error;
}

static bool has_ended(const struct machine *v)
{
	struct baton_vm_stats stats;

	baton_vm_stats(v->vm, &stats);
	return stats.outcome == BATON_HALTED || stats.outcome == BATON_DEAD;
}

/* Whom a device may wake must be there to be woken. */
static int revive_others(struct machines *m, const struct machine *except, const uint32_t *nodes,
			 struct baton_diag *diag)
{
	enum baton_run_end end;
	bool any = false;
	int error = 0;

	for (uint32_t i = 0; i < m->count && !error; i++) {
		struct machine *v = &m->vms[i];

		if (v == except || !has_ended(v) || !can_be_loaded(&m->automaton.nodes[nodes[i]]))
			continue;
		error = load(m, v, nodes[i], diag);
		any = true;
	}
	return error || !any ? error : run(m, &end, diag);
}

struct baton_vm *machines_at(struct machines *m, uint32_t node)
{
	const struct node *n = &m->automaton.nodes[node];
	struct machine *v = &m->vms[n->vm];
	enum baton_run_end end;

	if (v->node == node)
		return v->vm;
	if (!can_be_loaded(n) || load(m, v, node, NULL))
		return NULL;
	/* It asks the gate now, rather than while another one moves: it would seem to be woken. */
	return run(m, &end, NULL) ? NULL : v->vm;
}

/*
 * At a node where it is interrupted. Where there is no handler, or no stack, it dies of that, and
 * KVM is to show how.
 */
static int interrupt(struct machine *v, struct baton_diag *diag)
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
	if (error == -ENOTSUP)
		lose(v, "it is interrupted, and its stack is in a trapped region, or the vector leads to another "
			"segment or stack");
	else if (error)
		return fail(diag, error, v, "it cannot be interrupted");
	return 0;
}

static bool is_interrupted(const struct node *n, uint64_t answer)
{
	return n->kind == NODE_TAKE || (n->kind == NODE_OPEN && answer);
}

/* Lets a VM go on from a node with an answer. `*blocked`: its device has it wait. */
static int go(struct machines *m, struct machine *v, uint32_t node, uint64_t answer,
	      bool *blocked, struct baton_diag *diag)
{
	const struct node at = m->automaton.nodes[node];
	struct baton_vm_stats stats;
	enum baton_run_end end = BATON_RUN_STUCK;
	int error;

	if (v->node == node)
		error = watch(m, v, &at, diag);
	else if (!(error = load(m, v, node, diag)))
		m->figures.loads++;
	if (error)
		return error;
	v->at = &at;
	v->answer = answer;
	v->acts = true;
	v->error = 0;
	v->answered = v->moved = v->asked_device = v->atomic = v->held = v->stores = v->dies = false;
	m->woken = 0;
	if (is_interrupted(&at, answer))
		error = interrupt(v, diag);
	baton_vcpu_wake(baton_vm_vcpu(v->vm));
	if (!error && !v->held)
		error = run(m, &end, diag);
	v->acts = false;
	v->at = NULL;
	if (error)
		return error;
	baton_vm_stats(v->vm, &stats);
	if (v->dies && stats.outcome != BATON_DEAD)
		lose(v, "it is interrupted without a handler, or a stack, and goes on all the same");
	*blocked = v->asked_device && !v->held && stats.outcome == BATON_BLOCKED &&
		   stats.waits_in != BATON_EXIT_KINDS && stats.waits_in != BATON_EXIT_HLT;
	if (*blocked)
		return 0;
	v->node = NO_NODE;
	return arrive(m, v, end, diag);
}

const struct edge *machines_edge(struct machines *m, uint32_t node, uint64_t answer,
				 uint32_t devices, const uint32_t *nodes, struct baton_diag *diag)
{
	struct automaton *a = &m->automaton;
	struct machine *v = &m->vms[a->nodes[node].vm];
	struct edge edge = { .answer = answer, .devices = NO_DEVICES, .devices_after = NO_DEVICES };
	uint32_t found = automaton_find_edge(a, node, answer, devices);
	bool call = a->nodes[node].kind == NODE_CALL, blocked = false;

	if (found != NO_EDGE)
		return &a->edges[found];
	if (call && revive_others(m, v, nodes, diag))
		return NULL;
	plains_put(&m->plains, devices);
	if (go(m, v, node, answer, &blocked, diag))
		return NULL;
	edge.to = blocked ? node : v->node;
	edge.blocks = blocked;
	edge.stores = v->stores;
	edge.store = v->store;
	edge.woken = m->woken;
	/* Devices are told of an end, too. */
	if (call || !can_be_loaded(&a->nodes[edge.to])) {
		edge.devices = devices;
		edge.devices_after = plains_number(&m->plains);
		if (edge.devices_after == STORE_NONE) {
			fail(diag, -ENOMEM, v, "its devices cannot be noted");
			return NULL;
		}
	}
	found = automaton_add_edge(a, node, &edge);
	if (found == NO_EDGE) {
		fail(diag, -ENOMEM, v, "it cannot be noted");
		return NULL;
	}
	return &a->edges[found];
}

/* ------------------------------------------------------------------ life cycle */

struct machines *machines_new(bool fences)
{
	struct machines *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->gate = (struct baton_gate){ .access = gate_access, .step = gate_step };
	m->fences = fences;
	return m;
}

const struct baton_gate *machines_gate(const struct machines *m)
{
	return &m->gate;
}

void machines_free(struct machines *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; i < m->count; i++) {
		memory_fini(&m->vms[i].memory);
	}
	automaton_fini(&m->automaton);
	memories_fini(&m->memories);
	store_fini(&m->captures);
	store_fini(&m->names);
	plains_fini(&m->plains);
	free(m->named);
	free(m->capture);
	free(m->places);
	free(m);
}

static int begin_vm(const struct machines *m, struct machine *v)
{
	int error = baton_vm_step(v->vm, m->fences);

	v->node = NO_NODE;
	v->acts = v->answered = true;
	v->steps = m->fences;
	return error ? error : memory_init(&v->memory, v->vm);
}

/* What nodes are made of besides VMs. */
static int begin_parts(struct machines *m, struct baton_diag *diag)
{
	m->capture = calloc(1, baton_capture_size());
	if (m->capture && !memories_init(&m->memories) && !plains_init(&m->plains, m->host))
		return 0;
	return baton_diag_set(diag, -ENOMEM, "explore", "out of memory");
}

int machines_begin(struct machines *m, struct baton_host *host,
		   const struct machines_place *places, size_t count, struct baton_diag *diag)
{
	enum baton_run_end end;
	struct baton_vm *vm;
	int error = 0;

	m->host = host;
	m->places = malloc((count + 1) * sizeof(*places));
	if (!m->places)
		return baton_diag_set(diag, -ENOMEM, "regions", "out of memory");
	if (count)
		memcpy(m->places, places, count * sizeof(*places));
	m->place_count = count;
	while ((vm = baton_host_vm(host, m->count))) {
		struct machine *v;

		if (m->count == MACHINES_MAX)
			return baton_diag_set(diag, -EINVAL, "explore", "more than %d VMs", MACHINES_MAX);
		v = &m->vms[m->count++]; /* from here on it is freed with the others */
		v->vm = vm;
		if ((error = begin_vm(m, v)))
			return fail(diag, error, v, "it cannot be explored");
	}
	error = begin_parts(m, diag);
	if (!error)
		error = run(m, &end, diag);
	for (uint32_t i = 0; i < m->count && !error; i++) {
		m->vms[i].acts = false;
		error = arrive(m, &m->vms[i], end, diag);
		m->first[i] = m->vms[i].node;
	}
	if (error)
		return error;
	m->first_devices = plains_number(&m->plains);
	if (m->first_devices == STORE_NONE)
		return baton_diag_set(diag, -ENOMEM, "devices", "out of memory");
	return 0;
}

uint32_t machines_count(const struct machines *m)
{
	return m->count;
}

uint32_t machines_first(const struct machines *m, uint32_t vm)
{
	return m->first[vm];
}

uint32_t machines_devices(const struct machines *m)
{
	return m->first_devices;
}

const struct automaton *machines_automaton(const struct machines *m)
{
	return &m->automaton;
}

bool machines_has_devices(const struct machines *m)
{
	return m->plains.size;
}

const struct node *machines_node(const struct machines *m, uint32_t node)
{
	return &m->automaton.nodes[node];
}

struct machines_figures machines_figures(const struct machines *m)
{
	struct machines_figures f = m->figures;

	f.nodes = m->automaton.node_count;
	f.edges = m->automaton.edge_count;
	f.bytes = m->memories.pages.bytes + m->memories.changes.bytes + m->captures.bytes +
		  m->names.bytes + m->plains.store.bytes;
	return f;
}
