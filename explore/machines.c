/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machines.c - drives a host through its gate, and keeps what came of it.
 */
#include "machines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "plains.h"
#include "store.h"

#define PATIENCE_NS UINT64_C(5000000000) /* between two accesses */

struct machines {
	struct baton_gate gate;
	bool fences; /* NODE_FENCE is wanted */
	struct baton_host *host;
	uint32_t count;
	struct machine vms[MACHINES_MAX];
	uint32_t first[MACHINES_MAX];
	uint32_t first_devices;
	struct traps traps;

	struct automaton automaton;
	struct memories memories;
	struct store captures, names; /* names: what a node is, once */
	uint32_t *named; /* the node of each name */
	size_t named_room;
	struct plains plains;
	void *capture;
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

static enum baton_gate_verdict gate_access(void *context, const char *device, struct baton_access *a)
{
	return machine_meet(machine_of(context, a->vm), device, a);
}

static enum baton_gate_verdict gate_step(void *context, struct baton_vm *vm)
{
	return machine_meet_instruction(machine_of(context, vm));
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

/* Who has ended, or is lost, does not go on, and nobody goes back there. */
static bool can_be_loaded(const struct node *n)
{
	return n->kind != NODE_ENDED && n->kind != NODE_DEAD && n->kind != NODE_LOST;
}

/* Where the VM stands now, as a node. 0 or -errno. */
static int note(struct machines *m, struct machine *v, enum baton_run_end end,
		struct baton_diag *diag)
{
	struct name name = { .vm = v->number };
	struct node *n = &v->next;
	size_t size = baton_capture_size();
	int error = machine_look(v, end);

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

static int watch(struct machine *v, const struct node *at, struct baton_diag *diag)
{
	int error = machine_watch(v, at);

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
	return watch(v, n, diag);
}

static int run(struct machines *m, enum baton_run_end *end, struct baton_diag *diag)
{
	int error = baton_host_run(m->host, PATIENCE_NS, end);

	m->figures.runs++;
	if (error)
		baton_diag_set(diag, error, "KVM_RUN", "%s", strerror(-error));
	return error;
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

		if (v == except || !machine_has_ended(v) || !can_be_loaded(&m->automaton.nodes[nodes[i]]))
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

/* Lets a VM go on from a node with an answer. `*blocked`: its device has it wait. */
static int go(struct machines *m, struct machine *v, uint32_t node, uint64_t answer,
	      bool *blocked, struct baton_diag *diag)
{
	const struct node at = m->automaton.nodes[node];
	enum baton_run_end end = BATON_RUN_STUCK;
	int error;

	if (v->node == node)
		error = watch(v, &at, diag);
	else if (!(error = load(m, v, node, diag)))
		m->figures.loads++;
	if (error)
		return error;
	for (uint32_t i = 0; i < m->count; i++)
		m->vms[i].woken = false;
	error = machine_go(v, &at, answer);
	if (error)
		fail(diag, error, v, "it cannot be interrupted");
	else if (!v->held)
		error = run(m, &end, diag);
	machine_stop(v);
	if (error) {
		v->node = NO_NODE; /* it may have got half of the way */
		return error;
	}
	*blocked = machine_is_blocked(v);
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
	for (uint32_t i = 0; i < m->count; i++)
		edge.woken |= (uint64_t)m->vms[i].woken << i;
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
	free(m->traps.items);
	free(m);
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
		   const struct trap *traps, size_t count, struct baton_diag *diag)
{
	enum baton_run_end end;
	struct baton_vm *vm;
	int error = 0;

	m->host = host;
	m->traps.items = malloc((count + 1) * sizeof(*traps));
	if (!m->traps.items)
		return baton_diag_set(diag, -ENOMEM, "regions", "out of memory");
	if (count)
		memcpy(m->traps.items, traps, count * sizeof(*traps));
	m->traps.count = count;
	while ((vm = baton_host_vm(host, m->count))) {
		struct machine *v;

		if (m->count == MACHINES_MAX)
			return baton_diag_set(diag, -EINVAL, "explore", "more than %d VMs", MACHINES_MAX);
		v = &m->vms[m->count]; /* from here on it is freed with the others */
		*v = (struct machine){
			.vm = vm, .number = m->count++, .traps = &m->traps, .fences = m->fences,
		};
		error = machine_begin(v);
		if (!error)
			error = memory_init(&v->memory, vm);
		if (error)
			return fail(diag, error, v, "it cannot be explored");
	}
	error = begin_parts(m, diag);
	if (!error)
		error = run(m, &end, diag);
	for (uint32_t i = 0; i < m->count && !error; i++) {
		machine_stop(&m->vms[i]);
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
	f.bytes = store_bytes(&m->memories.pages) + store_bytes(&m->memories.changes) +
		  store_bytes(&m->captures) + store_bytes(&m->names) + store_bytes(&m->plains.store);
	return f;
}
