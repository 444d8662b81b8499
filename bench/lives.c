/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lives.c - how long it takes until a VM has run to its first exit, which is its HLT, if
 * it is new, or forked, and how long a reset takes. Destroying it is in no figure.
 */
#include <err.h>

#include "baton/baton.h"
#include "baton/snapshot.h"
#include "floor.h"
#include "pairs.h"

#define MEMORY (64 << 10)

static const uint8_t halts[] = { 0xF4 }; /* hlt */

struct lives {
	struct baton_host *host;
	struct floor_kvm kvm;
	struct baton_snapshot *snapshot; /* forks only */
	struct baton_pool *pool;
	struct baton_vm *fork; /* resets only */
};

static void check(int error, const struct baton_diag *diag)
{
	if (error)
		errx(4, "%s: %s", diag->where, diag->message);
}

static struct baton_vm *new_vm(struct baton_host *host, const uint8_t *guest, size_t size)
{
	struct baton_vm_config config = BATON_VM_CONFIG;
	struct baton_diag diag;
	struct baton_vm *vm;

	config.image = guest;
	config.image_size = size;
	config.memory = MEMORY;
	check(baton_vm_create(host, &config, &diag, &vm), &diag);
	return vm;
}

static void run_to_halt(struct baton_host *host)
{
	enum baton_run_end how;

	if (baton_host_run(host, BATON_FOREVER, &how) || how != BATON_RUN_DONE)
		errx(1, "the VM did not halt");
}

static void begin(struct lives *l)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_diag diag;

	floor_open(&l->kvm);
	check(baton_host_create(&config, &diag, &l->host), &diag);
}

static void end(struct lives *l)
{
	baton_host_destroy(l->host);
	floor_close(&l->kvm);
}

static double bare(void *state)
{
	struct lives *l = state;
	struct floor_vm vm;
	uint64_t from = pairs_now(), to;

	floor_create(&vm, &l->kvm, halts, sizeof(halts));
	floor_halt(&vm);
	to = pairs_now();
	floor_destroy(&vm);
	return (double)(to - from);
}

static double create(void *state)
{
	struct lives *l = state;
	uint64_t from = pairs_now(), to;
	struct baton_vm *vm = new_vm(l->host, halts, sizeof(halts));

	run_to_halt(l->host);
	to = pairs_now();
	baton_vm_destroy(vm);
	return (double)(to - from);
}

void lives_create(const struct pairs_limits *limits)
{
	struct lives lives = { 0 };
	json_t *row = pairs_row("create");

	begin(&lives);
	pairs_measure(limits, bare, create, &lives, row);
	end(&lives);
	pairs_print(row);
}

/* ------------------------------------------------------------------ forks */

/* mov $10, %cx; mov $0x1000, %bx; 1: mov %cx, (%bx); add $0x1000, %bx; loop 1b; hlt */
static const uint8_t touches[] = {
	0xB9, 10, 0, 0xBB, 0, 0x10, 0x89, 0x0F, 0x81, 0xC3, 0, 0x10, 0xE2, 0xF8, 0xF4,
};

static struct baton_vm *fork_one(struct lives *l)
{
	const struct baton_fork_config config = { .name = "fork", .share = BATON_FORK_SHARE,
						  .pool = l->pool };
	struct baton_diag diag;
	struct baton_vm *vm;

	check(baton_vm_fork(l->snapshot, l->host, &config, &diag, &vm), &diag);
	return vm;
}

static double forked(void *state)
{
	struct lives *l = state;
	uint64_t from = pairs_now(), to;
	struct baton_vm *vm = fork_one(l);

	run_to_halt(l->host);
	to = pairs_now();
	baton_vm_destroy(vm); /* its machine goes back to the pool */
	return (double)(to - from);
}

static double reset(void *state)
{
	struct lives *l = state;
	struct baton_diag diag;
	uint64_t from, to;

	from = pairs_now();
	check(baton_vm_reset(l->fork, &diag), &diag);
	to = pairs_now();
	run_to_halt(l->host);
	return (double)(to - from);
}

/* A snapshot of a VM that has not run yet, and a pool. The VM itself goes. */
static void begin_forks(struct lives *l, const uint8_t *guest, size_t size)
{
	struct baton_diag diag;
	struct baton_vm *vm;

	begin(l);
	vm = new_vm(l->host, guest, size);
	check(baton_snapshot_take(&vm, 1, &diag, &l->snapshot), &diag);
	baton_vm_destroy(vm);
	check(baton_pool_create(l->host, MEMORY, 2, &diag, &l->pool), &diag);
}

void lives_fork(const struct pairs_limits *limits)
{
	struct lives lives = { 0 };
	json_t *row = pairs_row("fork");

	begin_forks(&lives, halts, sizeof(halts));
	pairs_measure(limits, create, forked, &lives, row);
	baton_snapshot_destroy(lives.snapshot);
	end(&lives);
	pairs_print(row);
}

void lives_reset(const struct pairs_limits *limits)
{
	struct lives lives = { 0 };
	json_t *row = pairs_row("reset");

	begin_forks(&lives, touches, sizeof(touches));
	lives.fork = fork_one(&lives);
	run_to_halt(lives.host);
	pairs_measure(limits, create, reset, &lives, row);
	baton_snapshot_destroy(lives.snapshot);
	end(&lives);
	pairs_print(row);
}
