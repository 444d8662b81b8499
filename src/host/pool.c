/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.c - machines that are ready for forks.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "host/group.h"
#include "kvm/unmap.h"

struct baton_pool {
	struct baton_pool *next;
	struct baton_host *host;
	uint64_t memory;
	uint32_t count, ready;
	struct baton__vcpu_state *known; /* of a vCPU that no guest has run on; NULL: not yet */
	struct baton__shell shells[];	 /* `ready` of them */
};

/* All vCPUs begin alike: what one is, is known of all. */
static int learn(struct baton_pool *pool, const struct baton__shell *shell, struct baton_diag *diag)
{
	struct baton__vcpu_state *known;
	int error;

	if (pool->known)
		return 0;
	known = calloc(1, sizeof(*known));
	error = known ? baton__state_save(&shell->vcpu, known) : -ENOMEM;
	if (error) {
		free(known);
		return baton__diag(diag, error, "pool", "a vCPU's state cannot be read: %s",
				   strerror(-error));
	}
	pool->known = known;
	return 0;
}

static int prepare(struct baton_pool *pool, struct baton__shell *shell, struct baton_diag *diag)
{
	int error = baton__vcpu_signal_mask(&shell->vcpu, &pool->host->run_mask);

	if (error)
		return baton__diag(diag, error, "pool", "a signal mask cannot be set: %s",
				   strerror(-error));
	shell->mask = pool->host->run_mask;
	shell->masked = true;
	error = baton__shell_warm(shell, diag);
	return error ? error : learn(pool, shell, diag);
}

int baton_pool_fill(struct baton_pool *pool, struct baton_diag *diag)
{
	if (!pool->host->running)
		baton__host_renew_mask(pool->host);
	while (pool->ready < pool->count) {
		struct baton__shell *shell = &pool->shells[pool->ready];
		int error = baton__shell_create(&pool->host->system, pool->memory, diag, shell);

		if (error)
			return error;
		error = prepare(pool, shell, diag);
		if (error) {
			baton__shell_destroy(shell);
			return error;
		}
		pool->ready++;
	}
	return 0;
}

int baton_pool_create(struct baton_host *host, uint64_t memory, uint32_t count,
		      struct baton_diag *diag, struct baton_pool **out)
{
	struct baton_pool *pool;
	int error;

	if (!memory || memory % BATON__PAGE || memory > UINT64_C(3) << 30)
		return baton__diag(diag, -EINVAL, "pool", "memory is %" PRIu64 " bytes; expected up to "
				   "3 GiB, a multiple of 4 KiB", memory);
	pool = calloc(1, sizeof(*pool) + count * sizeof(pool->shells[0]));
	if (!pool)
		return baton__diag(diag, -ENOMEM, "pool", "out of memory for %u machines", count);
	pool->host = host;
	pool->memory = memory;
	pool->count = count;
	pool->next = host->pools;
	host->pools = pool;
	error = baton_pool_fill(pool, diag);
	if (error) {
		baton_pool_destroy(pool);
		return error;
	}
	*out = pool;
	return 0;
}

bool baton__pool_is_of(const struct baton_pool *pool, const struct baton_host *host)
{
	return pool->host == host;
}

uint32_t baton_pool_ready(const struct baton_pool *pool)
{
	return pool->ready;
}

void baton_pool_destroy(struct baton_pool *pool)
{
	struct baton__unmap unmap = { 0 };
	struct baton_pool **at;

	if (!pool)
		return;
	for (uint32_t i = 0; i < pool->host->vms; i++) {
		struct baton_vm *vm = baton_host_vm(pool->host, i);

		if (vm->group && vm->group->pool == pool)
			vm->group->pool = NULL;
	}
	for (at = &pool->host->pools; *at != pool;)
		at = &(*at)->next;
	*at = pool->next;
	while (pool->ready)
		baton__shell_release(&pool->shells[--pool->ready], &unmap);
	baton__unmap_flush(&unmap);
	free(pool->known);
	free(pool);
}

bool baton__pool_take(struct baton_pool *pool, uint64_t memory, struct baton__shell *shell,
		      const struct baton__vcpu_state **known)
{
	if (!pool || !pool->ready || pool->memory != memory)
		return false;
	*shell = pool->shells[--pool->ready];
	*known = pool->known;
	return true;
}

bool baton__pool_give(struct baton_pool *pool, struct baton_vm *vm, bool masked)
{
	struct baton__shell *shell = &pool->shells[pool->ready];

	if (pool->ready == pool->count || pool->memory != vm->memory.size)
		return false;
	if (baton__shell_strip(vm, shell))
		return false;
	shell->mask = pool->host->run_mask;
	shell->masked = masked;
	pool->ready++;
	return true;
}

void baton__pools_destroy(struct baton_host *host)
{
	while (host->pools)
		baton_pool_destroy(host->pools);
}
