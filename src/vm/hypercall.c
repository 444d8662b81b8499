/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercall.c - one function per row of hypercalls.def, and the dispatch.
 * The row says width and direction; they are checked here, once for all.
 */
#include "vm/hypercall.h"

#include "baton/abi.h"
#include "base/arith.h"
#include "vm/vm.h"

#define NS_PER_US 1000

static enum baton_verdict call_version(struct baton_access *a)
{
	a->data = BATON_ABI_VERSION;
	return BATON_RESUME;
}

static enum baton_verdict call_yield(struct baton_access *a)
{
	(void)a;
	return BATON_YIELD;
}

static enum baton_verdict call_sleep(struct baton_access *a)
{
	struct baton_vcpu *vcpu = a->vcpu;

	if (!a->resumed)
		vcpu->sleep_until_ns = baton__add_sat(a->now_ns, a->data * NS_PER_US);
	if (a->now_ns >= vcpu->sleep_until_ns)
		return BATON_RESUME;
	vcpu->wake_at_ns = vcpu->sleep_until_ns;
	return BATON_BLOCK;
}

enum direction { in, out };

static const struct row {
	enum baton_verdict (*serve)(struct baton_access *a);
	enum direction direction;
	uint8_t bytes;
	const char *misuse;
} rows[] = {
#define BATON_CALL(id, number, name, dir, width, summary)                                     \
	[number] = { .serve = call_##name, .direction = dir, .bytes = width,                  \
		     .misuse = "hypercall `" #name "` wants " #dir " of " #width " bytes" },
#include "baton/hypercalls.def"
#undef BATON_CALL
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	const struct row *row = &rows[a->addr - BATON_CALL_BASE];

	(void)state;
	if (!row->serve) {
		a->why = "no such hypercall";
		return BATON_FAULT;
	}
	if (a->size != row->bytes || a->write != (row->direction == out)) {
		a->why = row->misuse;
		return BATON_FAULT;
	}
	return row->serve(a);
}

int baton__hypercall_attach(struct baton_vm *vm, struct baton_diag *diag)
{
	const struct baton__claim claim = {
		.first = BATON_CALL_BASE,
		.last = BATON_CALL_BASE + ROWS - 1,
		.serve = serve,
		.owner = vm,
		.name = "hypercalls",
	};

	return baton__bus_claim(&vm->ports, &claim, diag);
}
