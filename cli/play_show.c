/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play_show.c - see play_show.h.
 */
#include "play_show.h"

#include <inttypes.h>
#include <string.h>

#include "baton/abi.h"
#include "explore_path.h"
#include "table.h"

#define WIDE  160 /* columns, with which nothing is cut */
#define BRIEF 36  /* of a line of source */

struct screen {
	struct play *play;
	const struct terminal *terminal;
	FILE *to;
	size_t width;
	struct move moves[MODEL_MOVES];
	size_t move_count;
};

struct words {
	char text[240];
};

struct place_text {
	char text[80];
};

static const char *vm_name(const struct play *p, size_t vm)
{
	return p->e->scenario->vms[vm].name;
}

static const struct node *node_of(const struct play *p, size_t vm)
{
	return machines_node(p->e->machines, p->state->node[vm]);
}

static bool can_step(const struct screen *s, size_t vm)
{
	size_t i = 0;

	while (i < s->move_count && (s->moves[i].vm != vm || s->moves[i].kind != MOVE_STEP))
		i++;
	return i < s->move_count;
}

static const char *file_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

/* ---------------------------------------------------------------------- words */

static struct place_text place(const struct play *p, size_t region, uint32_t offset)
{
	struct place_text t;

	snprintf(t.text, sizeof(t.text), "%.64s+0x%" PRIx32, p->e->scenario->regions[region].name, offset);
	return t;
}

/* What the VM would do, from what is known before it does. */
static struct words next_of(const struct play *p, const struct explore_step *s)
{
	const struct node *n = s->node;
	const char *name = explore_call_name(n->port);
	struct words w;

	if (n->kind == NODE_READ)
		snprintf(w.text, sizeof(w.text), "load 0x%" PRIx64 " from %s%s%s",
			 s->value, place(p, s->region, s->offset).text, s->forwarded ? ", of its queue" : "",
			 s->writes ? ", and store there in one" : "");
	else if (n->kind == NODE_WRITE)
		snprintf(w.text, sizeof(w.text), "store 0x%" PRIx64 " to %s", s->value,
			 place(p, s->region, s->offset).text);
	else if (n->kind == NODE_CHOOSE)
		snprintf(w.text, sizeof(w.text), "choose one of 0 to %" PRIu64, n->data - 1);
	else if (n->kind == NODE_FENCE)
		snprintf(w.text, sizeof(w.text), "pass a fence");
	else if (n->kind == NODE_TIMER)
		snprintf(w.text, sizeof(w.text), "set its timer%s", n->data > 1 ? ", which may fire first: i" : "");
	else if (n->kind == NODE_OPEN)
		snprintf(w.text, sizeof(w.text), "go on, unless it is interrupted: i");
	else if (n->kind == NODE_TAKE)
		snprintf(w.text, sizeof(w.text), "be interrupted, by line %" PRIu64 "%s", s->value,
			 n->data > 1 ? ", unless its timer fires first: i" : "");
	else if (n->kind == NODE_IDLE)
		snprintf(w.text, sizeof(w.text), "wait for ever: there is no interrupt that could come");
	else if (n->kind == NODE_ENDED)
		snprintf(w.text, sizeof(w.text), "has ended, with status %" PRIu64, n->data);
	else if (n->kind == NODE_DEAD)
		snprintf(w.text, sizeof(w.text), "has died");
	else if (n->kind == NODE_LOST)
		snprintf(w.text, sizeof(w.text), "cannot be followed: %s", n->why);
	else if (name)
		snprintf(w.text, sizeof(w.text), "call %s %" PRIu64, name, n->data);
	else
		snprintf(w.text, sizeof(w.text), "%s", s->text);
	return w;
}

/* Why it cannot do so now; "" if it can, or never will. */
static const char *why_not(const struct screen *s, size_t vm)
{
	const struct play *p = s->play;
	enum node_kind kind = node_of(p, vm)->kind;

	if (p->end != MOVE_DONE || can_step(s, vm) || kind == NODE_ENDED || kind == NODE_DEAD ||
	    kind == NODE_LOST || kind == NODE_IDLE)
		return "";
	if (p->state->waits[vm] == WAITING)
		return ", once it is woken";
	return kind == NODE_WRITE ? ", once a store has landed" : ", once its stores have landed";
}

static struct words where(const struct explore_step *s)
{
	const struct symbols_place *at = &s->place;
	struct words w = { "" };

	if (s->node->kind == NODE_ENDED)
		return w;
	if (*at->caller_file)
		snprintf(w.text, sizeof(w.text), "%s %.100s:%d", at->name, file_name(at->caller_file),
			 at->caller_line);
	else if (*at->file)
		snprintf(w.text, sizeof(w.text), "%s %.100s:%d", at->name, file_name(at->file), at->line);
	else if (s->node->rip)
		snprintf(w.text, sizeof(w.text), "0x%" PRIx64, s->node->rip);
	return w;
}

/* Its line of source, or its instruction, both of which are ASCII; cut where there is not much room. */
static struct words by(const struct explore_step *s, size_t width)
{
	const char *text = *s->source ? s->source : s->instruction;
	struct words w = { "" };

	if (s->node->kind == NODE_ENDED)
		return w;
	if (width >= WIDE || strlen(text) <= BRIEF)
		snprintf(w.text, sizeof(w.text), "%s", text);
	else
		snprintf(w.text, sizeof(w.text), "%.*s…", BRIEF - 1, text);
	return w;
}

/* ------------------------------------------------------------------ who stands where */

static const char *strong(const struct screen *s)
{
	return terminal_colour(s->terminal, COLOUR_STRONG);
}

static const char *faint(const struct screen *s)
{
	return terminal_colour(s->terminal, COLOUR_FAINT);
}

static const char *plain(const struct screen *s)
{
	return terminal_plain(s->terminal);
}

static void show_queue(const struct screen *s, struct table *table, size_t vm)
{
	const struct play *p = s->play;

	for (size_t k = 0; k < p->state->queued[vm]; k++) {
		const struct model_store *store = &p->state->queue[vm][k];
		const struct model_place *at = &p->e->model.places[store->word];

		if (!k && p->end == MOVE_DONE)
			table_cell(table, "%s%c%s", strong(s), vm < 26 ? (char)('A' + vm) : ' ', plain(s));
		else
			table_cell(table, "%s", "");
		table_cell(table, "%s", "");
		table_cell(table, "%s: 0x%" PRIx64 " lands in %s", k ? "  then" : "on its way", store->value,
			   place(p, at->region, at->offset + store->shift).text);
		table_cell(table, "%s", "");
		table_cell(table, "%s", "");
	}
}

static void show_vms(struct screen *s)
{
	struct play *p = s->play;
	struct table table;

	table_init(&table, "rlllO");
	table.width = s->width;
	table_cell(&table, "key");
	table_cell(&table, "VM");
	table_cell(&table, "will");
	table_cell(&table, "at");
	table_cell(&table, "by");
	table_rule(&table);
	for (size_t vm = 0; vm < p->e->scenario->vm_count; vm++) {
		struct explore_step next;
		bool can = can_step(s, vm);

		explore_step_look(&next, p->e, p->symbols, p->state,
				  (struct move){ .vm = (uint8_t)vm, .kind = MOVE_STEP });
		if (next.region != SIZE_MAX)
			explore_cells_add(&p->cells, next.region, next.offset, next.size);
		if (can)
			table_cell(&table, "%s%zu%s", strong(s), vm + 1, plain(s));
		else
			table_cell(&table, "%s", "");
		table_cell(&table, "%s%s%s", can ? strong(s) : faint(s), vm_name(p, vm), plain(s));
		table_cell(&table, "%s%s%s%s", can ? "" : faint(s), next_of(p, &next).text, why_not(s, vm),
			   can ? "" : plain(s));
		table_cell(&table, "%s", where(&next).text);
		table_cell(&table, "%s", by(&next, s->width).text);
		show_queue(s, &table, vm);
	}
	table_print(&table, s->to);
}

/* --------------------------------------------------------------- what they share */

static void show_memory(const struct screen *s)
{
	const struct play *p = s->play;
	struct table table;

	if (!p->cells.count)
		return;
	fputc('\n', s->to);
	table_init(&table, "lrl");
	for (size_t i = 0; i < p->cells.count; i++) {
		const struct explore_cell *c = &p->cells.cells[i];
		uint64_t now = model_peek(&p->e->model, p->state, (uint32_t)c->region, c->offset, c->size);
		uint64_t was = model_peek(&p->e->model, p->before, (uint32_t)c->region, c->offset, c->size);

		table_cell(&table, "%s", place(p, c->region, c->offset).text);
		if (p->made && now != was) {
			table_cell(&table, "%s0x%" PRIx64 "%s", strong(s), now, plain(s));
			table_cell(&table, "← %s, was 0x%" PRIx64, vm_name(p, p->last.move.vm), was);
		} else {
			table_cell(&table, "0x%" PRIx64, now);
			table_cell(&table, "%s", "");
		}
	}
	table_print(&table, s->to);
}

static void show_sections(const struct screen *s)
{
	const struct play *p = s->play;

	for (size_t vm = 0; vm < p->e->scenario->vm_count; vm++)
		for (unsigned i = 0; i < BATON_SECTIONS; i++)
			if (p->inside[vm] >> i & 1)
				fprintf(s->to, "  %s is in section %u\n", vm_name(p, vm), i);
}

/* ----------------------------------------------------------- what is to be said */

static void show_last(const struct screen *s)
{
	const struct play *p = s->play;
	const struct explore_step *last = &p->last;

	if (!p->made)
		return;
	fprintf(s->to, "  last: %s: %s%s", vm_name(p, last->move.vm), last->text,
		last->forwarded ? ", from its queue" : "");
	for (size_t i = 0; i < p->e->scenario->vm_count; i++)
		if (last->unseen >> i & 1)
			fprintf(s->to, "; it does not see the store of %s, which is on its way",
				vm_name(p, i));
	fputc('\n', s->to);
}

static void tell(const struct screen *s, enum colour colour, const char *text)
{
	fprintf(s->to, "%s", terminal_colour(s->terminal, colour));
	terminal_wrap(&(struct terminal){ .to = s->to }, 2, 0, text);
	fprintf(s->to, "%s", plain(s));
}

/* Somebody has died, or cannot be followed. */
static void show_death(const struct screen *s)
{
	const struct play *p = s->play;
	char text[500] = "";

	for (size_t vm = 0; vm < p->e->scenario->vm_count; vm++) {
		const struct node *n = node_of(p, vm);

		if (n->kind == NODE_DEAD)
			snprintf(text, sizeof(text), "VM `%s` has died: %s", vm_name(p, vm),
				 n->death->sentence);
		else if (n->kind == NODE_LOST)
			snprintf(text, sizeof(text), "VM `%s` cannot be followed: %s", vm_name(p, vm),
				 n->why);
	}
	tell(s, COLOUR_BAD, text);
}

static void show_end(const struct screen *s)
{
	struct play *p = s->play;
	const char *wrong;

	if (p->end != MOVE_DONE) {
		show_death(s);
	} else if (model_is_final(&p->e->model, p->state)) {
		wrong = exploration_judge(p->e, p->state);
		if (wrong)
			tell(s, COLOUR_BAD, "all have ended, but not as they should have:");
		tell(s, wrong ? COLOUR_BAD : COLOUR_GOOD,
		     wrong ? wrong : "all have ended, and nothing went wrong");
	} else if (!s->move_count) {
		tell(s, COLOUR_BAD, "deadlock: nobody can go on, and not all have ended");
	} else {
		return;
	}
	tell(s, COLOUR_FAINT, "u takes the last move back, l lists the way here");
}

static void show_known(const struct screen *s)
{
	const struct play *p = s->play;
	struct move next;

	if (p->made == p->count)
		return;
	next = p->moves[p->made];
	fprintf(s->to, "  r makes the next of %zu known move%s: %s %s\n", p->count - p->made,
		p->count - p->made == 1 ? "" : "s",
		next.kind == MOVE_LAND ? "the oldest store lands of" : "a step of", vm_name(p, next.vm));
}

void play_show(struct play *p, const struct terminal *terminal, size_t width, FILE *to)
{
	struct screen s = { .play = p, .terminal = terminal, .to = to, .width = width };

	s.move_count = play_moves(p, s.moves);
	fprintf(to, "  %s%s%s under %s, after %zu move%s\n\n", strong(&s), file_name(p->e->scenario->file),
		plain(&s), p->e->memory == MEMORY_TSO ? "tso" : "sc", p->made, p->made == 1 ? "" : "s");
	show_vms(&s);
	show_memory(&s);
	fputc('\n', to);
	show_sections(&s);
	show_last(&s);
	show_end(&s);
	show_known(&s);
	if (*p->said)
		tell(&s, COLOUR_WARN, p->said);
}

void play_show_list(struct play *p, FILE *to)
{
	struct explore_path path;
	struct table table;

	if (!p->made) {
		fprintf(to, "  no move was made yet\n");
		return;
	}
	explore_path_of(&path, p->e, p->moves, p->made);
	table_init(&table, "rlllO");
	table.width = WIDE;
	for (size_t i = 0; i < path.count; i++) {
		const struct explore_step *s = &path.steps[i];

		if (s->passes)
			continue;
		table_cell(&table, "%zu", i + 1);
		table_cell(&table, "%s", vm_name(p, s->move.vm));
		table_cell(&table, "%s", s->text);
		table_cell(&table, "%s", s->node ? where(s).text : "");
		table_cell(&table, "%s", s->node ? by(s, WIDE).text : "");
	}
	table_print(&table, to);
	explore_path_fini(&path);
}
