/* SPDX-License-Identifier: Apache-2.0 */
/*
 * programs.c - see programs.h.
 */
#include "programs.h"

#include "baton/abi.h"

struct machines {
	struct programs programs;
	struct automaton automaton;
	struct local *locals; /* of its nodes */
	uint32_t first[MACHINES_MAX];
};

/* ----------------------------------------------------------------- one VM */

void local_settle(const struct op *program, struct local *l)
{
	for (;;) {
		const struct op *op = &program[l->pc];

		if (op->kind == OP_GOTO)
			l->pc = op->at;
		else if (op->kind == OP_IF)
			l->pc = l->r[op->r] == op->value ? op->at : l->pc + 1;
		else
			return;
	}
}

uint64_t local_status(const struct local *l)
{
	return l->r[0] | l->r[1] << 8 | l->r[2] << 16 | l->r[3] << 24;
}

static struct node node_of(const struct local *l, const struct op *op)
{
	struct node n = {
		.vm = (uint8_t)l->vm, .size = op->size, .rip = l->pc, .edges = NO_EDGE,
		.region = (uint16_t)(op->at / REGION_SIZE), .offset = op->at % REGION_SIZE,
		.data = op->value,
	};

	switch (op->kind) {
	case OP_WRITE:
		n.kind = NODE_WRITE;
		break;
	case OP_READ:
	case OP_ADD:
	case OP_ACQUIRE:
		n.kind = NODE_READ;
		n.atomic = op->kind != OP_READ;
		n.data = 0;
		break;
	case OP_FENCE:
		n.kind = NODE_FENCE;
		break;
	case OP_CHOOSE:
		n.kind = NODE_CHOOSE;
		break;
	case OP_OPEN:
		n.kind = NODE_OPEN;
		break;
	case OP_TAKE:
		n.kind = NODE_TAKE;
		break;
	case OP_IDLE:
		n.kind = NODE_IDLE;
		break;
	case OP_END:
		n.kind = NODE_ENDED;
		n.data = local_status(l);
		break;
	case OP_DIE:
		n.kind = NODE_DEAD;
		break;
	case OP_LOSE:
		n.kind = NODE_LOST;
		n.why = "it is lost";
		break;
	default:
		n.kind = NODE_CALL;
		n.writes = true;
		n.port = op->kind == OP_RING ? BATON_CALL_RING : op->kind == OP_WAIT ? BATON_CALL_WAIT :
			 op->kind == OP_ENTER ? BATON_CALL_ENTER : BATON_CALL_LEAVE;
	}
	return n;
}

/* The node where a VM is; those that are the same are one. */
static uint32_t number_of(struct machines *m, const struct local *l)
{
	const struct node node = node_of(l, &m->programs.ops[l->vm][l->pc]);
	size_t count = m->automaton.node_count;

	for (uint32_t i = 0; i < count; i++)
		if (!memcmp(&m->locals[i], l, sizeof(*l)))
			return i;
	m->locals = realloc(m->locals, (count + 1) * sizeof(*m->locals));
	m->locals[count] = *l;
	return automaton_add_node(&m->automaton, &node);
}

/* ------------------------------------------------------------------- edges */

static void *moved(void *items, size_t count, size_t room, size_t size)
{
	void *to;

	if (!items)
		return NULL;
	to = malloc(room * size);
	memcpy(to, items, count * size);
	memset(items, 0xFF, count * size);
	free(items);
	return to;
}

/* All pointers that were given lead to rubbish from now on. */
static void move(struct automaton *a)
{
	a->nodes = moved(a->nodes, a->node_count, a->node_room, sizeof(*a->nodes));
	a->edges = moved(a->edges, a->edge_count, a->edge_room, sizeof(*a->edges));
}

/* What a device does. Returns whether the VM goes on. */
static bool call(struct machines *m, struct edge *e, const struct local *l, const struct op *op,
		 bool *dies)
{
	uint32_t rings = e->devices_after & 0xFF, holder = e->devices_after >> 8;
	bool goes_on = true;

	m->programs.fresh += !e->answer;
	m->programs.resumed += e->answer == 1;
	switch (op->kind) {
	case OP_RING:
		rings++;
		e->woken = ~(UINT64_C(1) << l->vm);
		break;
	case OP_WAIT:
		goes_on = rings > 0;
		rings -= goes_on;
		break;
	case OP_ENTER:
		*dies = holder;
		holder = holder ? holder : l->vm + 1;
		break;
	default:
		holder = 0;
	}
	e->devices_after = DEVICES(rings, holder);
	return goes_on;
}

const struct edge *machines_edge(struct machines *m, uint32_t node, uint64_t answer,
				 uint32_t devices, const uint32_t *nodes, struct baton_diag *diag)
{
	struct local l = m->locals[node];
	const struct op *op = &m->programs.ops[l.vm][l.pc];
	struct edge e = { .answer = answer, .devices = NO_DEVICES, .devices_after = NO_DEVICES };
	uint32_t found = automaton_find_edge(&m->automaton, node, answer, devices);
	bool dies = false;

	if (nodes[l.vm] != node)
		fail_msg("VM %u is asked for node %u, and stands at %u", l.vm, node, nodes[l.vm]);
	if (++m->programs.edges == m->programs.fail_at)
		return NULL;
	move(&m->automaton);
	if (found != NO_EDGE)
		return &m->automaton.edges[found];
	e.to = node;
	if (m->automaton.nodes[node].kind == NODE_CALL) {
		e.devices = e.devices_after = devices;
		e.blocks = !call(m, &e, &l, op, &dies);
	} else if (op->kind == OP_ADD || op->kind == OP_ACQUIRE) {
		e.stores = op->kind == OP_ADD || !answer;
		e.store = op->kind == OP_ADD ? answer + op->value : 1;
	}
	if (op->kind == OP_READ || op->kind == OP_ADD || op->kind == OP_ACQUIRE || op->kind == OP_CHOOSE ||
	    op->kind == OP_OPEN || op->kind == OP_TAKE)
		l.r[op->r] = answer;
	l.pc++;
	local_settle(m->programs.ops[l.vm], &l);
	while (dies && m->programs.ops[l.vm][l.pc].kind != OP_DIE)
		l.pc++; /* programs with sections end with a death */
	if (!e.blocks)
		e.to = number_of(m, &l);
	op = &m->programs.ops[l.vm][l.pc];
	if (!e.blocks && (op->kind == OP_END || op->kind == OP_DIE || op->kind == OP_LOSE)) {
		if (e.devices == NO_DEVICES)
			e.devices = e.devices_after = devices;
		if (e.devices_after >> 8 == l.vm + 1) /* who has ended is in no section */
			e.devices_after &= 0xFF;
	}
	found = automaton_add_edge(&m->automaton, node, &e);
	return &m->automaton.edges[found];
}

/* --------------------------------------------------------------------- rest */

struct machines *programs_begin(const struct programs *programs)
{
	struct machines *m = calloc(1, sizeof(*m));

	m->programs = *programs;
	for (uint32_t i = 0; i < programs->count; i++) {
		struct local l = { .vm = i };

		local_settle(programs->ops[i], &l);
		m->first[i] = number_of(m, &l);
	}
	return m;
}

struct programs programs_end(struct machines *m)
{
	struct programs seen = m->programs;

	automaton_fini(&m->automaton);
	free(m->locals);
	free(m);
	return seen;
}

uint32_t machines_count(const struct machines *m)
{
	return m->programs.count;
}

uint32_t machines_first(const struct machines *m, uint32_t vm)
{
	return m->first[vm];
}

uint32_t machines_devices(const struct machines *m)
{
	return DEVICES(0, 0);
}

const struct automaton *machines_automaton(const struct machines *m)
{
	return &m->automaton;
}

bool machines_has_devices(const struct machines *m)
{
	return !m->programs.no_devices;
}

const struct node *machines_node(const struct machines *m, uint32_t node)
{
	return &m->automaton.nodes[node];
}

struct machines_figures machines_figures(const struct machines *m)
{
	return (struct machines_figures){ .nodes = m->automaton.node_count };
}
