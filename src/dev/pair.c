/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pair.c - see pair.h.
 */
#include "dev/pair.h"

#include <errno.h>

#include "dev/plain.h"

#define RETRY_NS 1000000

const char *baton_traffic_name(enum baton_traffic_kind kind)
{
	static const char *const names[] = {
		[BATON_TRAFFIC_PRODUCED] = "produced",
		[BATON_TRAFFIC_CONSUMING] = "consuming",
		[BATON_TRAFFIC_CONSUMED] = "consumed",
	};

	return names[kind];
}

int baton__pair_init(struct baton__pair *pair, const struct baton_traffic_config *config,
		     const char *name, struct baton_diag *diag)
{
	if (config->producer == config->consumer)
		return baton_diag_set(diag, -EINVAL, name,
				      "VM `%s` is both producer and consumer; expected two VMs",
				      baton_vm_name(config->producer));
	pair->config = *config;
	pair->vm[BATON__PRODUCER] = config->producer;
	pair->vm[BATON__CONSUMER] = config->consumer;
	return 0;
}

enum baton_verdict baton__pair_wait(struct baton__pair *pair, enum baton__side side,
				    struct baton_access *a)
{
	if (pair->ended[baton__pair_other(side)]) {
		a->status = 0;
		return BATON_HALT;
	}
	pair->waits[side] = true;
	return BATON_BLOCK;
}

void baton__pair_wake(struct baton__pair *pair, enum baton__side side)
{
	if (pair->waits[side])
		baton_vcpu_wake(baton_vm_vcpu(pair->vm[side]));
	pair->waits[side] = false;
}

enum baton__side baton__pair_ended(struct baton__pair *pair, const struct baton_vm *vm)
{
	for (enum baton__side side = BATON__PRODUCER; side < BATON__NOBODY; side++) {
		if (pair->vm[side] != vm)
			continue;
		pair->ended[side] = true;
		pair->waits[side] = false;
		baton__pair_wake(pair, baton__pair_other(side));
		return side;
	}
	return BATON__NOBODY;
}

void baton__pair_forked(struct baton__pair *pair, const struct baton_forking *forking)
{
	for (int side = 0; side < 2; side++)
		pair->vm[side] = baton_forking_vm(forking, pair->vm[side]);
	pair->config.producer = pair->vm[BATON__PRODUCER];
	pair->config.consumer = pair->vm[BATON__CONSUMER];
}

int baton__pair_check(const struct baton__pair *pair)
{
	for (int side = 0; side < 2; side++)
		if (!baton__is_bool(&pair->waits[side]) || !baton__is_bool(&pair->ended[side]) ||
		    pair->ended[side])
			return -EINVAL;
	return 0;
}

bool baton__pair_ready(const struct baton__pair *pair, const struct baton_access *a)
{
	if (!pair->config.event || !pair->config.ready || pair->config.ready(pair->config.context))
		return true;
	baton_vcpu_wake_at(a->vcpu, a->now_ns + RETRY_NS);
	return false;
}

void baton__pair_tell(const struct baton__pair *pair, const struct baton_traffic *event)
{
	if (pair->config.event)
		pair->config.event(pair->config.context, event);
}

enum baton_verdict baton__pair_fault(struct baton_access *a, const char *why)
{
	a->why = why;
	return BATON_FAULT;
}
