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

static void compare_text(struct conductor *c, const char *text)
{
	if (strcmp(text, c->expected))
		differ(c, "move %" PRIu64 ", line %" PRIu64 " of the schedule: it was \"%s\", now it is "
		       "\"%s\"", c->moves, c->line, c->expected, text);
}

static void compare(struct conductor *c, const char *kind, const struct baton_access *a, uint64_t data)
{
	char text[80];

	describe(text, kind, a->addr, a->size, data);
	compare_text(c, text);
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

static enum baton_gate_verdict do_timer(struct conductor *c, struct conducted *v,
					const struct baton_access *a)
{
	struct baton_call_timer call;

	compare(c, "timer", a, c->choice);
	if (c->choice >= timer_set_ways(&v->timer)) {
		differ(c, "move %" PRIu64 ", line %" PRIu64 " of the schedule: the timer cannot have fired",
		       c->moves, c->line);
		return BATON_GATE_PASS;
	}
	if (!access_timer(a, &call))
		return BATON_GATE_PASS;
	timer_set(&v->timer, &call, (unsigned)c->choice);
	return BATON_GATE_DONE;
}

static enum baton_gate_verdict do_call(struct conductor *c, struct conducted *v, struct baton_access *a)
{
	compare(c, "call", a, a->write ? a->data : 0);
	a->resumed = v->asked;
	v->asked = true;
	return BATON_GATE_PASS;
}

/* Of a call that passes nothing that there is, a VM dies; that is no move. */
static bool is_sound(enum access_sort sort, const struct baton_access *a)
{
	struct baton_call_choose choice;
	struct baton_call_timer timer;

	if (sort == ACCESS_CHOICE)
		return access_choice(a, &choice);
	return sort != ACCESS_TIMER || access_timer(a, &timer);
}

static enum baton_gate_verdict meet(void *context, const char *device, struct baton_access *a)
{
	struct conductor *c = context;
	struct conducted *v = &c->vms[scenario_find_vm(c->scenario, baton_vm_name(a->vm))];
	const char *why;
	enum access_sort sort = access_sort(device, a, &why);

	if (sort == ACCESS_DROPPED)
		return a->addr == BATON_CALL_SLEEP ? BATON_GATE_DONE : BATON_GATE_PASS;
	if (sort == ACCESS_OWN || sort == ACCESS_FOREIGN || !is_sound(sort, a))
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
	if (sort == ACCESS_TIMER)
		return do_timer(c, v, a);
	if (sort == ACCESS_CALL)
		return do_call(c, v, a);
	return a->write ? do_write(c, v, a) : do_read(c, v, a);
}

/* --------------------------------------------------------------- instructions */

/* Of a VM whose timer is set: whether it is held before an instruction. */
static enum baton_gate_verdict weigh_instruction(struct conductor *c, struct conducted *v,
						 const struct baton_regs *r, const uint8_t *code,
						 size_t size, unsigned bits)
{
	char text[80];

	if (v->stands && !v->goes)
		return BATON_GATE_HOLD;
	if (v->stands) {
		snprintf(text, sizeof(text), "pass 0x%" PRIx64, r->rip);
		compare_text(c, text);
		v->stands = v->goes = false;
		v->spot = (struct access_spot){ r->rip, r->rsp, r->rcx };
	} else if (access_has_left(&v->spot, r, code, size, true)) {
		v->spot.rip = UINT64_MAX;
		v->stands = timer_is_open(&v->timer, r, code, size, bits);
	}
	if (v->stands)
		return BATON_GATE_HOLD;
	return *code == 0xF4 ? BATON_GATE_DONE : BATON_GATE_PASS;
}

/* It is asked again for the instruction before which it was held. */
static enum baton_gate_verdict meet_instruction(void *context, struct baton_vm *vm)
{
	struct conductor *c = context;
	struct conducted *v = &c->vms[scenario_find_vm(c->scenario, baton_vm_name(vm))];
	uint8_t code[15];
	unsigned bits;
	int size = baton_vcpu_code(baton_vm_vcpu(vm), code, sizeof(code), &bits);

	return size > 0 ? weigh_instruction(c, v, baton_vm_regs(vm), code, (size_t)size, bits) : BATON_GATE_PASS;
}

/* Is it in HLT, with interrupts on? */
static bool is_idle(const struct baton_vm *vm)
{
	struct baton_vm_stats stats;

	baton_vm_stats(vm, &stats);
	return stats.outcome == BATON_BLOCKED && stats.waits_in == BATON_EXIT_HLT;
}

/* What is expected is "interrupt …". False: it cannot be. */
static bool interrupt(struct conductor *c, struct conducted *v, struct baton_vm *vm)
{
	unsigned line;
	char text[80];
	int error;

	if ((!v->stands && !is_idle(vm)) || !timer_may(&v->timer) || c->choice >= timer_ways(&v->timer)) {
		differ(c, "move %" PRIu64 ", line %" PRIu64 " of the schedule: no interrupt comes to %s there",
		       c->moves, c->line, baton_vm_name(vm));
		return false;
	}
	snprintf(text, sizeof(text), "interrupt 0x%" PRIx64 " %u 0x%" PRIx64, baton_vm_regs(vm)->rip,
		 timer_next(&v->timer, (unsigned)c->choice), c->choice);
	compare_text(c, text);
	line = timer_take(&v->timer, (unsigned)c->choice);
	error = baton_vcpu_deliver(baton_vm_vcpu(vm), BATON_IRQ_VECTOR + line);
	if (error == -EFAULT) { /* it dies of that, as KVM has it */
		baton_vcpu_interrupt(baton_vm_vcpu(vm), line);
		error = baton_vm_step(vm, false);
	}
	if (error)
		differ(c, "move %" PRIu64 ": the interrupt cannot be delivered: %s", c->moves, strerror(-error));
	v->stands = false;
	v->spot.rip = UINT64_MAX;
	return !*c->difference;
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

/* A VM that sets its timer is stepped from then on. */
static int watch(const struct conductor *c, struct conducted *v, struct baton_vm *vm)
{
	if (v->steps || strncmp(c->expected, "timer ", 6))
		return 0;
	v->steps = true;
	return baton_vm_step(vm, true);
}

/* Lets a VM make the move that is expected. */
static bool step(struct conductor *c, struct conducted *v, struct baton_vm *vm)
{
	int error = watch(c, v, vm);

	if (error)
		differ(c, "move %" PRIu64 ": %s cannot be stepped: %s", c->moves, baton_vm_name(vm),
		       strerror(-error));
	else if (strncmp(c->expected, "interrupt ", 10))
		v->goes = true;
	else
		interrupt(c, v, vm);
	baton_vcpu_wake(baton_vm_vcpu(vm));
	return !*c->difference;
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
	return step(c, &c->vms[vm], cloud->vms[vm].vm);
}

int conductor_begin(struct conductor *c, const struct cloud *cloud)
{
	int error = 0;

	c->host = cloud->host;
	for (size_t i = 0; i < c->scenario->vm_count && !error; i++)
		error = baton_vm_step(cloud->vms[i].vm, false);
	return error;
}

int conductor_init(struct conductor *c, FILE *file, const char *path,
		   const struct scenario *scenario, struct yaml_error *error)
{
	long begin = ftell(file);
	char text[80];

	if (begin < 0 || !fgets(text, sizeof(text), file) || strncmp(text, "explored ", 9))
		return begin < 0 || fseek(file, begin, SEEK_SET) ? -EINVAL : 1;
	*c = (struct conductor){
		.file = file, .scenario = scenario, .line = 4, .gate = { .access = meet, .step = meet_instruction },
		.tso = !strcmp(text, "explored tso\n"),
	};
	if (!c->tso && strcmp(text, "explored sc\n")) {
		error->at = (struct place){ 0, 0 };
		snprintf(error->text, sizeof(error->text), "%.200s: line 4 names no memory model; expected "
			 "explored sc, or explored tso", path);
		return -EINVAL;
	}
	c->vms = heap_zeroed(scenario->vm_count, sizeof(*c->vms));
	for (size_t i = 0; i < scenario->vm_count; i++)
		c->vms[i].spot.rip = UINT64_MAX;
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
	else if (s->passes)
		snprintf(text, sizeof(text), "pass 0x%" PRIx64, n->rip);
	else if (n->kind == NODE_OPEN || n->kind == NODE_TAKE)
		snprintf(text, sizeof(text), "interrupt 0x%" PRIx64 " %" PRIu64 " 0x%x", n->rip, s->value,
			 n->kind == NODE_TAKE ? s->move.choice : 0u);
	else
		describe(text, n->kind == NODE_CHOOSE ? "choose" : n->kind == NODE_TIMER ? "timer" : "call",
			 n->port, n->kind == NODE_CALL ? n->size : 4, s->value);
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
