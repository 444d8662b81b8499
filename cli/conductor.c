/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conductor.c - holds VMs at a gate, and lets them through one at a time.
 */
#include "conductor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "baton/abi.h"
#include "cloud.h"
#include "explore/access.h"
#include "explore_path.h"
#include "heap.h"
#include "record.h"
#include "scenario.h"

__attribute__((format(printf, 2, 3)))
static void differ(struct conductor *c, const char *format, ...)
{
	va_list args;

	if (*c->difference)
		return; /* the first one counts */
	va_start(args, format);
	vsnprintf(c->difference, sizeof(c->difference), format, args);
	va_end(args);
	if (c->host)
		baton_host_stop(c->host);
}

/* ------------------------------------------------------------------- accesses */

/* An access as a line has it. */
static void describe(char text[80], const char *kind, uint64_t addr, unsigned size, uint64_t data)
{
	snprintf(text, 80, "%s 0x%" PRIx64 " %u 0x%" PRIx64, kind, addr, size, data);
}

static void compare(struct conductor *c, const char *kind, const struct baton_access *a, uint64_t data)
{
	char text[80];

	describe(text, kind, a->addr, a->size, data);
	if (strcmp(text, c->expected))
		differ(c, "move %" PRIu64 ", line %" PRIu64 " of the schedule: it was \"%s\", now it is "
		       "\"%s\"", c->moves, c->line, c->expected, text);
}

/* What the VM reads there: its own youngest store, or what everybody sees. */
static uint64_t load(const struct conducted *v, const struct baton_access *a)
{
	uint64_t value = 0;

	baton_vm_read(a->vm, a->addr, &value, a->size);
	for (uint32_t i = 0; i < v->queued; i++)
		if (a->addr >= v->queue[i].gpa && a->addr + a->size <= v->queue[i].gpa + v->queue[i].size) {
			value = v->queue[i].value >> 8 * (a->addr - v->queue[i].gpa);
			value &= a->size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * a->size) - 1;
		}
	return value;
}

static enum baton_gate_verdict do_read(struct conductor *c, struct conducted *v, struct baton_access *a)
{
	uint8_t code[15];
	unsigned bits;
	int size = baton_vcpu_code(a->vcpu, code, sizeof(code), &bits);

	a->data = load(v, a);
	compare(c, "read", a, a->data);
	v->atomic = size > 0 && access_is_atomic(code, (size_t)size, bits);
	return BATON_GATE_DONE;
}

static enum baton_gate_verdict do_write(struct conductor *c, struct conducted *v,
					const struct baton_access *a)
{
	if (v->atomic) {
		v->atomic = false;
		return BATON_GATE_PASS;
	}
	compare(c, "write", a, a->data);
	if (!c->tso)
		return BATON_GATE_PASS;
	if (v->queued == MODEL_QUEUE) {
		differ(c, "move %" PRIu64 ": more than %d stores are on their way", c->moves, MODEL_QUEUE);
		return BATON_GATE_PASS;
	}
	v->queue[v->queued].gpa = a->addr;
	v->queue[v->queued].size = a->size;
	v->queue[v->queued++].value = a->data;
	return BATON_GATE_DONE;
}

static enum baton_gate_verdict do_choice(struct conductor *c, const struct baton_access *a)
{
	struct baton_call_choose call;

	compare(c, "choose", a, c->choice);
	if (baton_vm_read(a->vm, a->data, &call, sizeof(call)))
		return BATON_GATE_PASS;
	call.choice = c->choice;
	baton_vm_write(a->vm, a->data, &call, sizeof(call));
	return BATON_GATE_DONE;
}

static enum baton_gate_verdict do_call(struct conductor *c, struct conducted *v, struct baton_access *a)
{
	compare(c, "call", a, a->write ? a->data : 0);
	a->resumed = v->asked;
	v->asked = true;
	return BATON_GATE_PASS;
}

static enum baton_gate_verdict meet(void *context, const char *device, struct baton_access *a)
{
	struct conductor *c = context;
	struct conducted *v = &c->vms[scenario_find_vm(c->scenario, baton_vm_name(a->vm))];
	const char *why;
	enum access_sort sort = access_sort(device, a, &why);

	if (sort == ACCESS_DROPPED)
		return a->addr == BATON_CALL_SLEEP ? BATON_GATE_DONE : BATON_GATE_PASS;
	if (sort == ACCESS_OWN || sort == ACCESS_FOREIGN)
		return BATON_GATE_PASS;
	if (!a->resumed)
		v->asked = false;
	if (sort == ACCESS_SHARED && a->write && v->atomic)
		return do_write(c, v, a);
	if (!v->goes)
		return BATON_GATE_HOLD;
	v->goes = false;
	if (sort == ACCESS_CHOICE)
		return do_choice(c, a);
	if (sort == ACCESS_CALL)
		return do_call(c, v, a);
	return a->write ? do_write(c, v, a) : do_read(c, v, a);
}

/* ---------------------------------------------------------------------- moves */

static void land(struct conductor *c, struct conducted *v, struct baton_vm *vm)
{
	if (!v->queued) {
		differ(c, "move %" PRIu64 ", line %" PRIu64 " of the schedule: no store of %s is on its way",
		       c->moves, c->line, baton_vm_name(vm));
		return;
	}
	baton_vm_write(vm, v->queue[0].gpa, &v->queue[0].value, v->queue[0].size);
	v->queued--;
	memmove(&v->queue[0], &v->queue[1], v->queued * sizeof(v->queue[0]));
}

/* The number of a VM, from 0, that stands there. */
static bool read_vm(const struct conductor *c, const char *text, size_t *vm, int *used)
{
	if (sscanf(text, "%zu%n", vm, used) != 1 || !*vm || *vm > c->scenario->vm_count)
		return false;
	--*vm;
	return true;
}

bool conductor_next(struct conductor *c, const struct cloud *cloud)
{
	char text[160];
	size_t vm = 0;
	int used = 0;

	if (*c->difference || c->whole || !fgets(text, sizeof(text), c->file))
		return false;
	text[strcspn(text, "\n")] = '\0';
	c->line++;
	if (!strcmp(text, "end")) {
		c->whole = true;
		return false;
	}
	c->moves++;
	if (!strncmp(text, "land ", 5) && read_vm(c, text + 5, &vm, &used) && !text[5 + used]) {
		land(c, &c->vms[vm], cloud->vms[vm].vm);
		return !*c->difference;
	}
	if (strncmp(text, "step ", 5) || !read_vm(c, text + 5, &vm, &used) || text[5 + used] != ' ') {
		differ(c, "line %" PRIu64 " of the schedule makes no sense; expected step, land or end",
		       c->line);
		return false;
	}
	snprintf(c->expected, sizeof(c->expected), "%.79s", text + 6 + used);
	c->choice = strtoull(strrchr(text, ' ') + 1, NULL, 16);
	c->vms[vm].goes = true;
	baton_vcpu_wake(baton_vm_vcpu(cloud->vms[vm].vm));
	return true;
}

int conductor_init(struct conductor *c, FILE *file, const char *path,
		   const struct scenario *scenario, struct yaml_error *error)
{
	long begin = ftell(file);
	char text[80];

	if (begin < 0 || !fgets(text, sizeof(text), file) || strncmp(text, "explored ", 9))
		return begin < 0 || fseek(file, begin, SEEK_SET) ? -EINVAL : 1;
	*c = (struct conductor){
		.file = file, .scenario = scenario, .line = 4, .gate = { .access = meet },
		.tso = !strcmp(text, "explored tso\n"),
	};
	if (!c->tso && strcmp(text, "explored sc\n")) {
		error->at = (struct place){ 0, 0 };
		snprintf(error->text, sizeof(error->text), "%.200s: line 4 names no memory model; expected "
			 "explored sc, or explored tso", path);
		return -EINVAL;
	}
	c->vms = heap_zeroed(scenario->vm_count, sizeof(*c->vms));
	return 0;
}

void conductor_fini(struct conductor *c)
{
	free(c->vms);
	*c = (struct conductor){ 0 };
}

/* -------------------------------------------------------------------- writing */

/* The address that a VM has a region at. */
static uint64_t gpa_of(const struct scenario *s, size_t region, uint32_t vm, uint32_t offset)
{
	const struct scenario_region *r = &s->regions[region];
	size_t i = 0;

	while (i < r->place_count && (r->places[i].vm != vm || offset >= r->size))
		i++;
	return i < r->place_count ? r->places[i].gpa + offset : 0;
}

static void write_step(const struct exploration *e, const struct explore_step *s, FILE *to)
{
	const struct node *n = s->node;
	char text[80];

	if (!n) {
		fprintf(to, "land %u\n", s->move.vm + 1u);
		return;
	}
	if (n->kind == NODE_READ || n->kind == NODE_WRITE)
		describe(text, n->kind == NODE_READ ? "read" : "write",
			 gpa_of(e->scenario, s->region, s->move.vm, s->offset), n->size, s->value);
	else
		describe(text, n->kind == NODE_CHOOSE ? "choose" : "call", n->port,
			 n->kind == NODE_CHOOSE ? 4 : n->size, s->value);
	fprintf(to, "step %u %s\n", s->move.vm + 1u, text);
}

int conductor_write(const struct exploration *e, const struct explore_path *path, FILE *to)
{
	fprintf(to, "baton-record %d\nscenario %016" PRIx64 "\nseed %" PRIu64 "\nexplored %s\n",
		RECORD_VERSION, record_hash(e->scenario), e->scenario->seed,
		e->memory == MEMORY_TSO ? "tso" : "sc");
	for (size_t i = 0; i < path->count; i++)
		write_step(e, &path->steps[i], to);
	fputs("end\n", to);
	errno = 0;
	return fflush(to) || ferror(to) ? -(errno ? errno : EIO) : 0;
}
