/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercall.c - the port bus's side of Baton's calls, and the calls that need no
 * device. A row of hypercalls.def says direction and fields; they are checked, and
 * the fields copied in and out, here, once for all.
 */
#include "vm/hypercall.h"

#include <errno.h>
#include <string.h>

#include "baton/abi.h"
#include "base/arith.h"
#include "base/diag.h"
#include "vm/vm.h"

#define NS_PER_US   1000
#define CALL_BYTES  4
#define FIELDS_MAX  4
#define FIELD_BYTES sizeof(baton_field)

enum direction { in, out };

static const struct row {
	enum direction direction;
	uint8_t fields;
	const char *name, *misuse, *unserved, *unreadable;
} rows[] = {
#define BATON_CALL(id, number, name_, dir, fields_, summary)                                  \
	[number] = { .direction = dir, .fields = fields_, .name = #name_,                      \
		     .misuse = "hypercall `" #name_ "` wants " #dir " of 4 bytes",            \
		     .unserved = "hypercall `" #name_ "`: no device of this VM serves it",    \
		     .unreadable = "hypercall `" #name_ "`: its struct is not in memory" },
#include "baton/hypercalls.def"
#undef BATON_CALL
};

#define BATON_CALL(id, number, name, direction, fields, summary)                              \
	_Static_assert(number == BATON__CALL_##id && fields <= FIELDS_MAX, "row of " #name);
#include "baton/hypercalls.def"
#undef BATON_CALL

/* Every struct has the fields that its row promises. */
#define FITS(call, count) \
	_Static_assert(sizeof(struct baton_call_##call) == (count) * FIELD_BYTES, #call)
FITS(time, 1);
FITS(exits, 3);
FITS(print, 2);
FITS(open, 4);
FITS(read, 4);
FITS(write, 4);
FITS(seek, 4);
FITS(close, 2);
FITS(timer, 3);
FITS(assert, 2);
FITS(choose, 2);
FITS(label, 2);

/* --------------------------------------------------- those without a device */

static enum baton_verdict call_version(void *state, struct baton_access *a)
{
	a->data = BATON_ABI_VERSION;
	return BATON_RESUME;
}

static enum baton_verdict call_yield(void *state, struct baton_access *a)
{
	return BATON_YIELD;
}

static enum baton_verdict call_sleep(void *state, struct baton_access *a)
{
	struct baton_vcpu *vcpu = a->vcpu;

	if (!a->resumed)
		vcpu->sleep_until_ns = baton__add_sat(a->now_ns, a->data * NS_PER_US);
	if (a->now_ns >= vcpu->sleep_until_ns || (a->resumed && a->vm->untimed))
		return BATON_RESUME;
	vcpu->wake_at_ns = vcpu->sleep_until_ns;
	return BATON_BLOCK;
}

static enum baton_verdict call_argument(void *state, struct baton_access *a)
{
	a->data = a->vm->argument;
	return BATON_RESUME;
}

static enum baton_verdict call_time(void *state, struct baton_access *a)
{
	const struct baton_choices *choices = a->vm->choices;

	a->args[0] = a->now_ns - a->vm->clock_zero_ns;
	if (choices && choices->time)
		a->args[0] = choices->time(choices->context, a->vm, a->args[0]);
	return BATON_RESUME;
}

static enum baton_verdict fault(struct baton_access *a, const char *why)
{
	a->why = why;
	return BATON_FAULT;
}

/* The guest's words go into a report, or a trace: nothing in them may be more than text. */
static int read_words(const struct baton_vm *vm, baton_gpa_t at, char *text, size_t size)
{
	int error = baton__memory_read(&vm->memory, at, text, size);

	for (size_t i = 0; i < size && !error; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	return error;
}

static enum baton_verdict call_assert(void *state, struct baton_access *a)
{
	const struct baton_call_assert *call = (const void *)a->args;
	size_t size = baton__min(call->size, BATON_ASSERT_MAX);
	char *text = a->vm->assertion;

	if (read_words(a->vm, call->bytes, text, size))
		return fault(a, "hypercall `assert`: its text is not in memory");
	text[size] = '\0';
	return fault(a, text);
}

/* Whether somebody hears it or not, it is right or wrong. */
static enum baton_verdict call_label(void *state, struct baton_access *a)
{
	const struct baton_call_label *call = (const void *)a->args;
	size_t size = baton__min(call->size, BATON_LABEL_MAX);
	char text[BATON_LABEL_MAX];

	if (read_words(a->vm, call->bytes, text, size))
		return fault(a, "hypercall `label`: its text is not in memory");
	if (a->vm->hear)
		a->vm->hear(a->vm, text, size, a->now_ns);
	return BATON_RESUME;
}

/* ------------------------------------------------------------------ serving */

/* `a->data` is the GPA of a struct: the handler gets a copy, and the guest what became of it. */
static enum baton_verdict serve_struct(const struct baton__call *call, const struct row *row,
				       struct baton_access *a)
{
	size_t size = row->fields * FIELD_BYTES;
	uint64_t fields[FIELDS_MAX];
	enum baton_verdict verdict;

	if (baton__memory_read(&a->vm->memory, a->data, fields, size))
		return fault(a, row->unreadable);
	a->args = fields;
	verdict = call->serve(call->state, a);
	a->args = NULL;
	if (verdict != BATON_BLOCK && verdict != BATON_FAULT)
		baton__memory_write(&a->vm->memory, a->data, fields, size);
	return verdict;
}

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	uint64_t number = a->addr - BATON_CALL_BASE;
	const struct baton__call *call = &a->vm->calls[number];
	const struct row *row = &rows[number];

	if (a->size != CALL_BYTES || a->write != (row->direction == out))
		return fault(a, row->misuse);
	if (!call->serve)
		return fault(a, row->unserved);
	if (row->fields)
		return serve_struct(call, row, a);
	return call->serve(call->state, a);
}

int baton__hypercall_attach(struct baton_vm *vm, struct baton_diag *diag)
{
	const struct baton__claim claim = {
		.first = BATON_CALL_BASE,
		.last = BATON_CALL_BASE + BATON__CALLS - 1,
		.serve = serve,
		.owner = vm,
		.name = "hypercalls",
	};

	vm->calls[BATON__CALL_VERSION].serve = call_version;
	vm->calls[BATON__CALL_YIELD].serve = call_yield;
	vm->calls[BATON__CALL_SLEEP].serve = call_sleep;
	vm->calls[BATON__CALL_ARGUMENT].serve = call_argument;
	vm->calls[BATON__CALL_TIME].serve = call_time;
	vm->calls[BATON__CALL_ASSERT].serve = call_assert;
	vm->calls[BATON__CALL_LABEL].serve = call_label;
	return baton__bus_claim(&vm->ports, &claim, diag);
}

int baton__hypercall_claim(struct baton_vm *vm, uint32_t call, const struct baton__call *claim,
			   const char *name, struct baton_diag *diag)
{
	uint32_t number = call - BATON_CALL_BASE;

	if (number >= BATON__CALLS) /* or below the base: then it is huge */
		return baton__diag(diag, -EINVAL, name, "0x%x is no hypercall", (unsigned)call);
	if (vm->calls[number].serve)
		return baton__diag(diag, -EEXIST, name, "VM `%s` has somebody else to serve the "
				   "hypercall `%s`", vm->name, rows[number].name);
	vm->calls[number] = *claim;
	return 0;
}

void baton__hypercall_drop(struct baton_vm *vm, const void *owner)
{
	for (uint32_t i = 0; i < BATON__CALLS; i++)
		if (vm->calls[i].owner == owner)
			vm->calls[i] = (struct baton__call){ 0 };
}
