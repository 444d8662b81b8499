/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_step.c - looks at a node's code and at the state, and puts a move into words.
 */
#include "explore_step.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "baton/abi.h"
#include "disassembly.h"
#include "heap.h"
#include "hypercall_name.h"
#include "source.h"

/* -------------------------------------------------------------------- code */

/* A read stands at its instruction, as who may be interrupted does; everything else behind it. */
static bool stands_before(const struct node *n)
{
	return n->kind == NODE_READ || (n->kind == NODE_CALL && !n->writes) || n->kind == NODE_OPEN ||
	       (n->kind == NODE_TAKE && !n->halted);
}

/* The instruction in words, as far as it is sure where it begins. */
static void set_instruction(struct explore_step *step, struct exploration *e, uint32_t node,
			    struct symbols *symbols)
{
	struct baton_vm *vm = machines_at(e->machines, node);
	bool starts[BATON_CODE_BEFORE] = { false };
	struct baton_death at = { .address = step->node->rip };
	struct disassembly lines;
	unsigned bits = 32;
	int size;

	if (!vm)
		return;
	size = baton_vcpu_code(baton_vm_vcpu(vm), at.code, sizeof(at.code), &bits);
	if (size <= 0)
		return;
	at.code_size = (uint32_t)size;
	at.code_bits = bits;
	at.before_size = BATON_CODE_BEFORE;
	while (at.before_size && baton_vcpu_read(baton_vm_vcpu(vm), at.address - at.before_size, at.before,
						 at.before_size))
		at.before_size /= 2;
	symbols_mark_starts(symbols, at.address, at.before_size, starts);
	disassemble(&at, starts, &lines);
	for (size_t i = 0; i < lines.count; i++)
		if (lines.lines[i].guilty && (stands_before(step->node) || i))
			snprintf(step->instruction, sizeof(step->instruction), "%.95s",
				 lines.lines[stands_before(step->node) ? i : i - 1].text);
}

/* -------------------------------------------------------------------- words */

const char *explore_call_name(uint64_t port)
{
	return hypercall_name(port);
}

struct cell_text {
	char text[48];
};

/* "memory+0x10": of the only region, "+0x10" would do, but a name is worth more. */
static struct cell_text cell(const struct exploration *e, const struct explore_step *step)
{
	struct cell_text c;

	snprintf(c.text, sizeof(c.text), "%.24s+0x%" PRIx32, e->scenario->regions[step->region].name,
		 step->offset);
	return c;
}

static void set_text(struct explore_step *s, const struct exploration *e)
{
	const struct node *n = s->node;
	const char *name = n ? explore_call_name(n->port) : NULL;
	const char *queue = e->memory == MEMORY_TSO ? ", on its way" : "";

	if (!n)
		snprintf(s->text, sizeof(s->text), "%s ← 0x%" PRIx64 " lands", cell(e, s).text, s->value);
	else if (n->kind == NODE_READ && s->writes)
		snprintf(s->text, sizeof(s->text), "%s → 0x%" PRIx64 ", ← 0x%" PRIx64 " in one",
			 cell(e, s).text, s->value, s->stored);
	else if (n->kind == NODE_READ)
		snprintf(s->text, sizeof(s->text), "%s → 0x%" PRIx64, cell(e, s).text, s->value);
	else if (n->kind == NODE_WRITE)
		snprintf(s->text, sizeof(s->text), "%s ← 0x%" PRIx64 "%s", cell(e, s).text, s->value, queue);
	else if (n->kind == NODE_CHOOSE)
		snprintf(s->text, sizeof(s->text), "chooses %" PRIu64 " of 0 to %" PRIu64, s->value,
			 n->data - 1);
	else if (n->kind == NODE_FENCE)
		snprintf(s->text, sizeof(s->text), "passes a fence");
	else if (n->kind == NODE_TIMER)
		snprintf(s->text, sizeof(s->text), "sets its timer%s", s->move.choice ? ", which fires first" : "");
	else if (n->kind == NODE_IDLE)
		snprintf(s->text, sizeof(s->text), "an interrupt, and there is none that could come");
	else if (s->passes)
		snprintf(s->text, sizeof(s->text), "is not interrupted");
	else if (n->kind == NODE_OPEN || n->kind == NODE_TAKE)
		snprintf(s->text, sizeof(s->text), "interrupt %" PRIu64 ", %s", s->value,
			 n->halted ? "in" : "before");
	else if (name)
		snprintf(s->text, sizeof(s->text), "%s %" PRIu64, name, n->data);
	else if (n->writes)
		snprintf(s->text, sizeof(s->text), "out 0x%" PRIx64 " ← 0x%" PRIx64, n->port, n->data);
	else
		snprintf(s->text, sizeof(s->text), "in 0x%" PRIx64, n->port);
}

/* ------------------------------------------------------------------- the way */

/* What the move is about to do, from the state before it. */
static void set_access(struct explore_step *step, const struct exploration *e,
		       const struct state *state)
{
	const struct node *n = step->node;

	step->region = SIZE_MAX;
	if (!n) {
		const struct model_store *store = &state->queue[step->move.vm][0];

		step->region = e->model.places[store->word].region;
		step->offset = e->model.places[store->word].offset + store->shift;
		step->size = store->size;
		step->value = store->value;
		return;
	}
	step->passes = n->kind == NODE_OPEN && !step->move.choice;
	if (n->kind == NODE_OPEN || n->kind == NODE_TAKE)
		step->value = timer_next(&n->timer, n->kind == NODE_TAKE ? step->move.choice : 0);
	else
		step->value = n->kind == NODE_CHOOSE || n->kind == NODE_TIMER ? step->move.choice : n->data;
	if (n->kind != NODE_READ && n->kind != NODE_WRITE)
		return;
	step->region = n->region;
	step->offset = n->offset;
	step->size = n->size;
	if (n->kind == NODE_READ)
		model_load(&e->model, state, n, &step->value);
}

/* Of a load: whose stores to it does it see before all others do, and whose not? */
static void set_queues(struct explore_step *step, const struct exploration *e,
		       const struct state *state)
{
	for (uint32_t vm = 0; vm < e->model.count; vm++)
		for (uint32_t k = 0; k < state->queued[vm]; k++) {
			const struct model_store *store = &state->queue[vm][k];
			const struct model_place *place = &e->model.places[store->word];
			uint32_t offset = place->offset + store->shift;

			if (place->region != step->region || offset >= step->offset + step->size ||
			    step->offset >= offset + store->size)
				continue;
			if (vm == step->move.vm)
				step->forwarded = true;
			else
				step->unseen |= UINT32_C(1) << vm;
		}
}

void explore_step_look(struct explore_step *step, struct exploration *e,
		       struct symbols *const *symbols, const struct state *before, struct move move)
{
	uint32_t node = before->node[move.vm];
	struct symbols *own = symbols[move.vm];

	*step = (struct explore_step){ .move = move };
	if (move.kind == MOVE_STEP)
		step->node = machines_node(e->machines, node);
	set_access(step, e, before);
	if (step->node) {
		symbols_find(own, step->node->rip - !stands_before(step->node), &step->place);
		source_line(&step->place, step->source, sizeof(step->source));
		set_instruction(step, e, node, own);
		step->writes = step->node->kind == NODE_READ && step->node->atomic;
		if (step->node->kind == NODE_READ)
			set_queues(step, e, before);
	}
	step->queued = before->queued[move.vm];
	set_text(step, e);
}

enum move_end explore_step_make(struct explore_step *step, struct exploration *e,
				struct state *state, struct baton_diag *diag)
{
	uint32_t node = state->node[step->move.vm];
	enum move_end end = model_move(&e->model, state, step->move, diag);

	/* The automaton may have moved. */
	if (step->node)
		step->node = machines_node(e->machines, node);
	if (step->writes)
		step->stored = model_peek(&e->model, state, step->node->region, step->node->offset,
					  step->node->size);
	step->queued = state->queued[step->move.vm];
	set_text(step, e);
	return end;
}

void explore_note_section(const struct node *node, uint32_t *inside)
{
	if (node->kind != NODE_CALL || node->data >= BATON_SECTIONS)
		return;
	if (node->port == BATON_CALL_ENTER)
		inside[node->vm] |= UINT32_C(1) << node->data;
	else if (node->port == BATON_CALL_LEAVE)
		inside[node->vm] &= ~(UINT32_C(1) << node->data);
}

struct symbols **explore_symbols_open(const struct scenario *scenario)
{
	struct symbols **symbols = heap_zeroed(scenario->vm_count, sizeof(struct symbols *));

	for (size_t i = 0; i < scenario->vm_count; i++)
		symbols[i] = symbols_open(scenario->vms[i].path);
	return symbols;
}

void explore_symbols_close(const struct scenario *scenario, struct symbols **symbols)
{
	for (size_t i = 0; i < scenario->vm_count; i++)
		symbols_close(symbols[i]);
	free(symbols);
}
