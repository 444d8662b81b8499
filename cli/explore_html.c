/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_html.c - a table with a row for each move: a lane for each VM, its stores that are on
 * their way, and each place of shared memory.
 *
 * What is not of this file goes through put(), which escapes it.
 */
#include "explore_html.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "baton/abi.h"
#include "explore_cells.h"
#include "explore_page.h"
#include "explore_show.h"
#include "units.h"

#define HUES 8

struct page {
	struct exploration *e;
	const struct explore_path *path;
	FILE *to;
	struct explore_cells cells;
	struct state *before, *after; /* of the move that is written */
	bool queues[MACHINES_MAX];     /* under tso: it ever has a store that is on its way */
	uint32_t inside[MACHINES_MAX]; /* sections that the VM is in; a bit each */
};

/* ------------------------------------------------------------------- texts */

/* A text of others. Control characters would be none in HTML. */
static void put(const struct page *p, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", p->to);
			break;
		case '<':
			fputs("&lt;", p->to);
			break;
		case '>':
			fputs("&gt;", p->to);
			break;
		case '"':
			fputs("&quot;", p->to);
			break;
		case '\'':
			fputs("&#39;", p->to);
			break;
		default:
			if ((unsigned char)*text < ' ' || *text == '\177')
				fputs("\xef\xbf\xbd", p->to);
			else
				fputc(*text, p->to);
		}
}

static const char *vm_name(const struct page *p, size_t vm)
{
	return p->e->scenario->vms[vm].name;
}

struct value_text {
	char text[24];
};

/* One digit is the same in any base. */
static struct value_text value(uint64_t number)
{
	struct value_text v;

	snprintf(v.text, sizeof(v.text), number < 10 ? "%" PRIu64 : "0x%" PRIx64, number);
	return v;
}

static void put_place(const struct page *p, size_t region, uint32_t offset)
{
	put(p, p->e->scenario->regions[region].name);
	fprintf(p->to, "+0x%" PRIx32, offset);
}

static bool is_tso(const struct page *p)
{
	return p->e->memory == MEMORY_TSO;
}

/* -------------------------------------------------------------------- the top */

/* The scenario's file, without folder and ending. */
static void put_title(const struct page *p)
{
	const char *file = p->e->scenario->file, *slash = strrchr(file, '/'), *dot;
	char name[200];

	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : file);
	dot = strrchr(name, '.');
	if (dot && dot > name)
		name[dot - name] = '\0';
	put(p, name);
}

static void write_head(const struct page *p)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>", p->to);
	put_title(p);
	fprintf(p->to, ": %s under %s</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n<h1>",
		verdict_name(p->e->search.verdict), is_tso(p) ? "tso" : "sc", explore_page_style);
	put_title(p);
	fputs("</h1>\n<p class=\"file\"><code>baton explore ", p->to);
	put(p, p->e->scenario->file);
	fprintf(p->to, " --memory %s</code></p>\n", is_tso(p) ? "tso" : "sc");
}

static void write_verdict(const struct page *p)
{
	const struct search *s = &p->e->search;
	const char *claim = exploration_claim(p->e);
	bool met = exploration_is_met(p->e);
	const struct explore_finding finding = explore_finding(p->e);

	fprintf(p->to, "<div class=\"verdict %s\">\n<strong>%s under %s",
		!met ? "unmet" : s->verdict == VERDICT_VERIFIED ? "met" : "found",
		verdict_name(s->verdict), is_tso(p) ? "tso" : "sc");
	if (s->path_length)
		fprintf(p->to, ", in %zu moves", s->path_length);
	fputs("</strong>\n", p->to);
	if (s->verdict == VERDICT_VERIFIED)
		fputs("<p>Every state that any schedule leads to was seen, and none is wrong.</p>\n", p->to);
	if (*finding.text) {
		fputs("<p>", p->to);
		put(p, finding.text);
		fputs("</p>\n", p->to);
	}
	if (claim) {
		fputs("<p class=\"claim\">The scenario says: ", p->to);
		put(p, claim);
		fprintf(p->to, "%s.</p>\n", strcmp(claim, verdict_name(s->verdict)) ? ", which is not so" :
			", and so it is");
	}
	fputs("</div>\n", p->to);
}

static void write_count(const struct page *p, const char *what, const char *count)
{
	fprintf(p->to, "<div><dt>%s</dt><dd>%s</dd></div>\n", what, count);
}

static void write_counts(const struct page *p)
{
	const struct search *s = &p->e->search;
	const struct machines_figures f = machines_figures(p->e->machines);

	fputs("<dl class=\"counts\">\n", p->to);
	write_count(p, "states", units_count(s->states.count).text);
	write_count(p, "moves made", units_count(s->moves).text);
	write_count(p, "local states of VMs", units_count(f.nodes).text);
	write_count(p, "steps between them", units_count(f.edges).text);
	write_count(p, "runs of a VM", units_count(f.runs).text);
	write_count(p, "seconds", units_seconds(p->e->took_ns).text);
	fputs("</dl>\n</header>\n", p->to);
}

/* -------------------------------------------------------------------- outcomes */

static void write_outcomes(const struct page *p)
{
	const struct scenario *s = p->e->scenario;
	struct exploration_outcome o;
	const uint64_t *missing = NULL;

	if (!p->e->outcomes.count)
		return;
	fprintf(p->to, "<section>\n<h2>%s</h2>\n<table class=\"outcomes\">\n<thead><tr>",
		p->e->search.verdict == VERDICT_VERIFIED ? "How all can end" : "Ends that were seen so far");
	for (size_t i = 0; i < s->vm_count; i++) {
		fputs("<th scope=\"col\">", p->to);
		put(p, s->vms[i].name);
		fputs("</th>", p->to);
	}
	for (size_t i = 0; i < s->explore.word_count; i++)
		fprintf(p->to, "<th scope=\"col\">[0x%" PRIx64 "]</th>", s->explore.words[i]);
	fputs("<th scope=\"col\">states</th><th scope=\"col\">expected</th></tr></thead>\n<tbody>\n", p->to);
	for (size_t i = 0; exploration_outcome(p->e, i, &o); i++) {
		fprintf(p->to, "<tr%s>", o.expected ? "" : " class=\"wrong\"");
		for (size_t k = 0; k < p->e->width; k++)
			fprintf(p->to, "<td>%" PRIu32 "</td>", o.values[k]);
		fprintf(p->to, "<td>%s</td><td>%s</td></tr>\n", units_count(o.states).text,
			!s->explore.outcomes[p->e->memory].given ? "nothing is said" :
			o.expected ? "yes" : "no: not among those that may come out");
	}
	fputs("</tbody>\n</table>\n", p->to);
	if (p->e->search.verdict == VERDICT_VERIFIED && exploration_missing(p->e, &missing)) {
		fprintf(p->to, "<p>%zu that should come out did not; one is:",
			exploration_missing(p->e, &missing));
		for (size_t k = 0; k < p->e->width; k++)
			fprintf(p->to, " %" PRIu64, missing[k]);
		fputs("</p>\n", p->to);
	}
	fputs("</section>\n", p->to);
}

/* ------------------------------------------------------------------- a move */

static const char *verb_of(const struct explore_step *s)
{
	static const char *const verbs[] = {
		[NODE_READ] = "load", [NODE_WRITE] = "store", [NODE_CALL] = "call",
		[NODE_CHOOSE] = "choice", [NODE_FENCE] = "fence", [NODE_TIMER] = "timer",
		[NODE_OPEN] = "interrupt", [NODE_TAKE] = "interrupt",
	};

	if (!s->node)
		return "lands";
	return s->writes ? "atomic" : verbs[s->node->kind];
}

static void write_access(const struct page *p, const struct explore_step *s)
{
	const char *name;

	fprintf(p->to, "<p class=\"does\"><span class=\"verb\">%s</span> <span class=\"mono\">", verb_of(s));
	if (s->region != SIZE_MAX) {
		put_place(p, s->region, s->offset);
		fprintf(p->to, " %s %s", s->node && s->node->kind == NODE_READ ? "→" : "←",
			value(s->value).text);
		if (s->writes)
			fprintf(p->to, ", ← %s", value(s->stored).text);
	} else if (s->node->kind == NODE_CALL && (name = explore_call_name(s->node->port))) {
		fprintf(p->to, "%s %" PRIu64, name, s->node->data);
	} else if (s->node->kind == NODE_FENCE) {
		fputs("passed", p->to);
	} else if (s->node->kind == NODE_OPEN || s->node->kind == NODE_TAKE) {
		fprintf(p->to, "line %" PRIu64 ", %s", s->value, s->node->halted ? "in" : "before");
	} else if (s->node->kind == NODE_TIMER) {
		fputs(s->value ? "fires, and is set" : "is set", p->to);
	} else {
		put(p, s->text);
	}
	fputs("</span></p>\n", p->to);
}

/* ", peterson.c:25" */
static void put_line(const struct page *p, const char *before, const char *file, int line)
{
	const char *slash = strrchr(file, '/');

	fputs(before, p->to);
	put(p, slash ? slash + 1 : file);
	fprintf(p->to, ":%d", line);
}

static void write_where(const struct page *p, const struct explore_step *s)
{
	if (!s->node)
		return;
	if (*s->source) {
		fputs("<p class=\"source\"><code>", p->to);
		put(p, s->source);
		fputs("</code></p>\n", p->to);
	}
	fputs("<p class=\"at\">", p->to);
	if (*s->place.name)
		put(p, s->place.name);
	else
		fprintf(p->to, "0x%" PRIx64, s->node->rip);
	if (*s->place.caller_file) {
		put_line(p, ", ", s->place.caller_file, s->place.caller_line);
		put_line(p, " by ", s->place.file, s->place.line);
	} else if (*s->place.file) {
		put_line(p, ", ", s->place.file, s->place.line);
	}
	fputs("</p>\n", p->to);
	if (!*s->instruction)
		return;
	fputs("<p class=\"by\"><code>", p->to);
	put(p, s->instruction);
	fputs("</code></p>\n", p->to);
}

/* Of a load: what it sees that others do not, and the other way round. */
static void write_seen(const struct page *p, const struct explore_step *s)
{
	if (s->forwarded)
		fputs("<p class=\"note\">from its own store that is on its way</p>\n", p->to);
	for (size_t i = 0; i < p->e->scenario->vm_count; i++)
		if (s->unseen >> i & 1) {
			fputs("<p class=\"note warn\">does not see the store of ", p->to);
			put(p, vm_name(p, i));
			fputs(", which is on its way</p>\n", p->to);
		}
}

/* What has become of the VM by the move. */
static void write_end(const struct page *p, const struct explore_step *s)
{
	const struct node *n = machines_node(p->e->machines, p->after->node[s->move.vm]);

	if (p->after->waits[s->move.vm] == WAITING)
		fputs("<p class=\"note\">and waits for it</p>\n", p->to);
	if (p->after->node[s->move.vm] == p->before->node[s->move.vm])
		return; /* it stays where it was, and a store lands */
	if (n->kind == NODE_ENDED)
		fprintf(p->to, "<p class=\"note\">and ends, with status %" PRIu64 "</p>\n", n->data);
	else if (n->kind == NODE_DEAD)
		fputs("<p class=\"note end\">✝ and dies</p>\n", p->to);
	else if (n->kind == NODE_LOST)
		fputs("<p class=\"note end\">and does what cannot be explored</p>\n", p->to);
}

static void write_card(const struct page *p, const struct explore_step *s)
{
	fprintf(p->to, "<div class=\"card%s\">\n", s->node ? "" : " land");
	write_access(p, s);
	write_where(p, s);
	write_seen(p, s);
	write_end(p, s);
	fputs("</div>", p->to);
}

/* --------------------------------------------------------------------- lanes */

static void write_state(const struct page *p, size_t vm)
{
	const struct node *n = machines_node(p->e->machines, p->after->node[vm]);

	if (n->kind == NODE_ENDED)
		fprintf(p->to, "<span class=\"state\">ended, status %" PRIu64 "</span>", n->data);
	else if (n->kind == NODE_DEAD)
		fputs("<span class=\"state\">dead</span>", p->to);
	else if (p->after->waits[vm] == WAITING)
		fputs("<span class=\"state\">waits</span>", p->to);
	for (unsigned i = 0; i < BATON_SECTIONS; i++)
		if (p->inside[vm] >> i & 1)
			fprintf(p->to, "<span class=\"state\">in section %u</span>", i);
}

static bool is_over(const struct page *p, size_t vm)
{
	enum node_kind kind = machines_node(p->e->machines, p->after->node[vm])->kind;

	return kind == NODE_ENDED || kind == NODE_DEAD;
}

static void write_lane(const struct page *p, size_t vm, const struct explore_step *s)
{
	bool acts = s && s->move.vm == vm;

	fprintf(p->to, "<td class=\"lane v%zu%s%s\">", vm % HUES, p->inside[vm] ? " in" : "",
		is_over(p, vm) && (!acts || !s->node) ? " over" : "");
	if (acts)
		write_card(p, s);
	else
		write_state(p, vm);
	fputs("</td>", p->to);
}

static void write_store(const struct page *p, const struct model_store *store)
{
	const struct model_place *place = &p->e->model.places[store->word];

	put_place(p, place->region, place->offset + store->shift);
	fprintf(p->to, " ← %s", value(store->value).text);
}

static void write_queue(const struct page *p, size_t vm, const struct explore_step *s)
{
	const struct model_store *gone = NULL;
	size_t count = p->after->queued[vm], had = p->before->queued[vm];

	if (s && s->move.vm == vm && !s->node)
		gone = &p->before->queue[vm][0];
	fprintf(p->to, "<td class=\"queue v%zu\">", vm % HUES);
	if (count || gone)
		fputs("<ol>", p->to);
	if (gone) {
		fputs("<li class=\"gone mono\">", p->to);
		write_store(p, gone);
		fputs(" <small>lands</small></li>", p->to);
	}
	for (size_t i = 0; i < count; i++) {
		bool is_new = i + 1 == count && count > had;

		fprintf(p->to, "<li class=\"mono%s\">", is_new ? " new" : "");
		write_store(p, &p->after->queue[vm][i]);
		fprintf(p->to, "%s</li>", is_new ? " <small>new</small>" : "");
	}
	fprintf(p->to, "%s</td>", count || gone ? "</ol>" : "");
}

/* ------------------------------------------------------------- shared memory */

static uint64_t peek(const struct page *p, const struct state *state, const struct explore_cell *c)
{
	return model_peek(&p->e->model, state, (uint32_t)c->region, c->offset, c->size);
}

/* Did the move put something into memory, rather than into a queue? */
static bool writes_memory(const struct page *p, const struct explore_step *s)
{
	return !s->node || s->writes || (s->node->kind == NODE_WRITE && !is_tso(p));
}

static void write_word(const struct page *p, const struct explore_cell *c, const struct explore_step *s)
{
	bool meant = s && s->region != SIZE_MAX && explore_cell_has(c, s->region, s->offset);
	bool wrote = meant && writes_memory(p, s);
	bool read = meant && !wrote && s->node && s->node->kind == NODE_READ && !s->forwarded;
	struct value_text now = value(peek(p, p->after, c)), was = value(peek(p, p->before, c));

	if (!wrote && !read) {
		fprintf(p->to, "<td class=\"word\"><span class=\"mono\">%s</span></td>", now.text);
		return;
	}
	fprintf(p->to, "<td class=\"word %s v%u\"><span class=\"mono\">%s</span><small>%s ",
		wrote ? "wrote" : "read", s->move.vm % HUES, now.text, wrote ? "by" : "read by");
	put(p, vm_name(p, s->move.vm));
	if (wrote)
		fprintf(p->to, "<br>%s%s", strcmp(was.text, now.text) ? "was " : "as before",
			strcmp(was.text, now.text) ? was.text : "");
	fputs("</small></td>", p->to);
}

/* ------------------------------------------------------------------ schedule */

static void write_columns(const struct page *p)
{
	const struct scenario *s = p->e->scenario;
	size_t first = 0;

	fputs("<thead>\n<tr><th scope=\"col\">move</th>", p->to);
	for (size_t i = 0; i < s->vm_count; i++) {
		fprintf(p->to, "<th scope=\"col\" class=\"v%zu\"><span class=\"name\">", i % HUES);
		put(p, vm_name(p, i));
		fputs("</span></th>", p->to);
		if (p->queues[i]) {
			fprintf(p->to, "<th scope=\"col\" class=\"v%zu\"><small>stores of ", i % HUES);
			put(p, vm_name(p, i));
			fputs("<br>on their way</small></th>", p->to);
		}
	}
	for (; first < p->cells.count; first++) {
		fputs("<th scope=\"col\"><small>", p->to);
		put(p, s->regions[p->cells.cells[first].region].name);
		fprintf(p->to, "</small><span class=\"mono\">+0x%" PRIx32 "</span></th>",
			p->cells.cells[first].offset);
	}
	fputs("</tr>\n</thead>\n<tbody>\n", p->to);
}

static void write_row(const struct page *p, size_t number, const struct explore_step *s)
{
	fprintf(p->to, "<tr class=\"move\" id=\"move-%zu\">", number);
	if (number)
		fprintf(p->to, "<th scope=\"row\">%zu</th>\n", number);
	else
		fputs("<th scope=\"row\"><span title=\"before the first move\">start</span></th>\n", p->to);
	for (size_t i = 0; i < p->e->scenario->vm_count; i++) {
		write_lane(p, i, s);
		if (p->queues[i])
			write_queue(p, i, s);
	}
	for (size_t i = 0; i < p->cells.count; i++)
		write_word(p, &p->cells.cells[i], s);
	fputs("</tr>\n", p->to);
}

/* Goes the way again, row by row. */
static void write_rows(struct page *p)
{
	model_first(&p->e->model, p->after, NULL);
	model_copy(&p->e->model, p->after, p->before);
	write_row(p, 0, NULL);
	for (size_t i = 0; i < p->path->count; i++) {
		const struct explore_step *s = &p->path->steps[i];

		if (!model_copy(&p->e->model, p->after, p->before))
			return;
		if (model_move(&p->e->model, p->after, s->move, NULL) == MOVE_DONE && s->node)
			explore_note_section(s->node, p->inside);
		if (!s->passes)
			write_row(p, i + 1, s);
	}
}

static size_t columns(const struct page *p)
{
	size_t count = 1 + p->e->scenario->vm_count + p->cells.count;

	for (size_t i = 0; i < p->e->scenario->vm_count; i++)
		count += p->queues[i];
	return count;
}

/* What columns there have to be. */
static void look_ahead(struct page *p)
{
	for (size_t i = 0; i < p->path->count; i++) {
		const struct explore_step *s = &p->path->steps[i];

		if (s->region != SIZE_MAX)
			explore_cells_add(&p->cells, s->region, s->offset, s->size);
		if (is_tso(p) && s->node && s->node->kind == NODE_WRITE)
			p->queues[s->move.vm] = true;
	}
}

static void write_schedule(struct page *p)
{
	const struct explore_finding finding = explore_finding(p->e);

	look_ahead(p);
	fprintf(p->to, "<section>\n<h2>The schedule</h2>\n<p class=\"legend\">Time goes down. In each row one VM "
		"moves: its access, its line of source, and its instruction; → is what is read, ← what is "
		"written. Right of the VMs is shared memory after the move.%s</p>\n<div class=\"wide\">\n"
		"<table class=\"moves%s\">\n", is_tso(p) ? " A store enters its VM's queue first, where no other "
		"VM sees it, and lands in memory later; the oldest one is on top." : "",
		columns(p) > 8 ? " many" : "");
	write_columns(p);
	write_rows(p);
	if (*finding.text) {
		fprintf(p->to, "<tr class=\"end\"><td colspan=\"%zu\">", columns(p));
		put(p, finding.text);
		fputs("</td></tr>\n", p->to);
	}
	fputs("</tbody>\n</table>\n</div>\n</section>\n"
	      "<nav id=\"keys\" class=\"keys\" hidden aria-label=\"Move by move\">"
	      "<button type=\"button\" data-key=\"ArrowUp\" aria-label=\"the move before\">↑</button>"
	      "<output aria-live=\"polite\"></output>"
	      "<button type=\"button\" data-key=\"ArrowDown\" aria-label=\"the next move\">↓</button>"
	      "<button type=\"button\" data-key=\"Escape\">all</button></nav>\n", p->to);
}

int explore_html(struct exploration *e, const struct explore_path *path, FILE *to)
{
	struct page p = {
		.e = e, .path = path, .to = to, .before = model_new_state(), .after = model_new_state(),
	};
	int error = p.before && p.after ? 0 : -ENOMEM;

	errno = 0;
	if (!error) {
		write_head(&p);
		write_verdict(&p);
		write_counts(&p);
		fputs("<main>\n", to);
		if (path->count)
			write_schedule(&p);
		write_outcomes(&p);
		fprintf(to, "</main>\n<footer>Made by baton %s. The programs ran as they are, on KVM, one "
			"access to trapped memory at a time.</footer>\n", baton_version());
		if (path->count)
			fprintf(to, "<script>\n%s</script>\n", explore_page_script);
		fputs("</body>\n</html>\n", to);
	}
	if (!error && (fflush(to) || ferror(to)))
		error = -(errno ? errno : EIO);
	explore_cells_fini(&p.cells);
	model_free_state(p.before);
	model_free_state(p.after);
	return error;
}
