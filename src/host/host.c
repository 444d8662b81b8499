/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.c - a host's life, its VMs, and its figures: the public face of the library.
 */
#include "host/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "sched/lag.h"

#ifndef BATON_VERSION
#error "BATON_VERSION comes from the build"
#endif

const char *baton_version(void)
{
	return BATON_VERSION;
}

/* ------------------------------------------------------------- life cycle */

static int check_config(const struct baton_host_config *c, struct baton_diag *diag)
{
	if (!c->ops && !baton_policy(c->policy))
		return baton__diag(diag, -EINVAL, "policy", "there is no policy `%s`",
				   c->policy ? c->policy : "");
	if (!c->max_vms || c->max_vms >= BATON_NOBODY)
		return baton__diag(diag, -EINVAL, "max_vms", "%u; expected 1 to %u", c->max_vms,
				   BATON_NOBODY - 1);
	if (!c->kvm_path)
		return baton__diag(diag, -EINVAL, "kvm_path", "expected the path of the KVM device");
	return 0;
}

/* All blocks that are sized by the number of VMs. free() of what is missing does nothing. */
static int allocate(struct baton_host *h, const struct baton_host_config *c)
{
	h->policy = calloc(1, h->ops->size(h->max_vms));
	h->lag = calloc(1, baton__lag_size(h->max_vms));
	h->sleepers = calloc(1, baton__heap_size(h->max_vms));
	h->alarms = calloc(1, baton__heap_size(h->max_vms));
	h->entities = calloc(h->max_vms, sizeof(*h->entities));
	h->order = calloc(h->max_vms, sizeof(*h->order));
	h->kvm_path = strdup(c->kvm_path);
	if (!h->policy || !h->lag || !h->sleepers || !h->alarms || !h->entities || !h->order || !h->kvm_path)
		return -ENOMEM;
	baton__lag_init(h->lag, h->max_vms);
	baton__heap_init(h->sleepers, h->max_vms);
	baton__heap_init(h->alarms, h->max_vms);
	return 0;
}

static void release(struct baton_host *h)
{
	free(h->policy);
	free(h->lag);
	free(h->sleepers);
	free(h->alarms);
	free(h->entities);
	free(h->order);
	free(h->kvm_path);
	free(h);
}

int baton_host_create(const struct baton_host_config *config, struct baton_diag *diag,
		      struct baton_host **out)
{
	int signal = config->kick_signal ? config->kick_signal : SIGRTMIN;
	struct baton_host *h;
	int error;

	error = check_config(config, diag);
	if (error)
		return error;
	h = calloc(1, sizeof(*h));
	if (!h)
		return baton__diag(diag, -ENOMEM, "host", "out of memory");
	h->ops = config->ops ? config->ops : baton_policy(config->policy);
	h->max_vms = config->max_vms;
	h->observer = config->observer;
	h->observer_context = config->observer_context;
	h->choices = config->choices;
	h->untimed = config->untimed;
	h->paging32 = -1;
	error = allocate(h, config);
	if (error) {
		baton__diag(diag, error, "host", "out of memory for %u VMs", h->max_vms);
		goto release;
	}
	error = h->ops->init(h->policy, h->max_vms, &config->sched, diag);
	if (error)
		goto release;
	error = baton__system_open(h->kvm_path, diag, &h->system);
	if (error)
		goto release;
	error = baton__kick_init(&h->kick, signal);
	if (error) {
		baton__diag(diag, error, "timer", "signal %d: %s", signal, strerror(-error));
		goto close_system;
	}
	*out = h;
	return 0;

close_system:
	baton__system_close(&h->system);
release:
	release(h);
	return error;
}

void baton_host_destroy(struct baton_host *host)
{
	if (!host)
		return;
	baton__devices_destroy(host);
	baton__regions_destroy(host);
	for (uint32_t i = 0; i < host->max_vms; i++)
		baton_vm_destroy(host->entities[i].vm);
	baton__kick_fini(&host->kick);
	baton__system_close(&host->system);
	release(host);
}

int baton_host_run(struct baton_host *host, uint64_t budget_ns, enum baton_run_end *end)
{
	return baton__loop_run(host, budget_ns, end);
}

void baton_host_stop(struct baton_host *host)
{
	baton__kick_stop(&host->kick);
}

/* -------------------------------------------------------------------- VMs */

static int find_place(const struct baton_host *host, const char *name, struct baton_diag *diag,
		      uint32_t *place)
{
	uint32_t free_place = BATON_NOBODY;

	for (uint32_t i = host->max_vms; i-- > 0;) {
		if (!host->entities[i].vm)
			free_place = i;
		else if (name && !strcmp(host->entities[i].vm->name, name))
			return baton__diag(diag, -EEXIST, name, "there is a VM of that name already");
	}
	if (free_place == BATON_NOBODY)
		return baton__diag(diag, -ENOSPC, name, "the host has room for %u VMs (max_vms)",
				   host->max_vms);
	*place = free_place;
	return 0;
}

/* 32-bit paging is the one mode that some KVMs lack: tried once, before anything is built. */
static int check_mode(struct baton_host *host, const struct baton_vm_config *config,
		      struct baton_diag *diag)
{
	int has;

	if (config->mode != BATON_MODE_PAGED)
		return 0;
	if (host->paging32 < 0) {
		has = baton__inspect_paging32(host->kvm_path, host->kick.timer.signal, diag);
		if (has < 0)
			return has;
		host->paging32 = has;
	}
	if (host->paging32)
		return 0;
	return baton__diag(diag, -ENOTSUP, config->name, "this KVM cannot run 32-bit paging, which mode "
			   "`paged` needs; modes real, protected and long work here, and `paged` "
			   "does under kvm_intel and kvm_amd");
}

int baton_vm_create(struct baton_host *host, const struct baton_vm_config *config,
		    struct baton_diag *diag, struct baton_vm **out)
{
	const struct baton_sched_entity what = { .weight = config->share };
	uint32_t place = BATON_NOBODY;
	struct baton_vm *vm;
	int error;

	if (host->running)
		return baton__diag(diag, -EBUSY, config->name, "a VM is created before or between runs, "
				   "not by a handler");
	error = find_place(host, config->name, diag, &place);
	if (!error)
		error = check_mode(host, config, diag);
	if (!error)
		error = baton__vm_create(&host->system, config, diag, &vm);
	if (error)
		return error;
	error = host->ops->add(host->policy, place, &what, host->ledger.last_ns, diag);
	if (error) {
		baton__vm_destroy(vm);
		return error;
	}
	baton__lag_add(host->lag, place, config->share);
	vm->host = host;
	vm->entity = place;
	vm->choices = host->choices;
	vm->untimed = host->untimed;
	host->entities[place] = (struct baton__entity){ .vm = vm, .alarm_ns = UINT64_MAX };
	host->order[host->vms++] = place;
	host->live++;
	baton__loop_join(host, place);
	if (out)
		*out = vm;
	return 0;
}

void baton_vm_destroy(struct baton_vm *vm)
{
	struct baton_host *host = vm ? vm->host : NULL;
	struct baton__entity *e;
	uint32_t i = 0;

	if (!vm)
		return;
	e = &host->entities[vm->entity];
	if (host->turn.active && host->turn.entity == e)
		host->turn.active = false;
	if (e->state != BATON__ENDED) {
		baton__devices_ended(host, vm);
		host->live--;
	}
	host->ops->remove(host->policy, vm->entity, host->ledger.last_ns);
	baton__lag_remove(host->lag, vm->entity);
	baton__heap_remove(host->sleepers, vm->entity);
	while (host->order[i] != vm->entity)
		i++;
	host->vms--;
	memmove(&host->order[i], &host->order[i + 1], (host->vms - i) * sizeof(*host->order));
	baton__account_fini(&e->account);
	*e = (struct baton__entity){ 0 };
	baton__vm_destroy(vm);
}

struct baton_vm *baton_host_vm(const struct baton_host *host, uint32_t i)
{
	return i < host->vms ? host->entities[host->order[i]].vm : NULL;
}

const char *baton_vm_name(const struct baton_vm *vm)
{
	return vm->name;
}

enum baton_mode baton_vm_mode(const struct baton_vm *vm)
{
	return vm->mode;
}

struct baton_vcpu *baton_vm_vcpu(struct baton_vm *vm)
{
	return &vm->vcpu;
}

uint64_t baton_vm_memory(const struct baton_vm *vm)
{
	return vm->memory.size;
}

baton_gpa_t baton_vm_reserved(const struct baton_vm *vm, uint64_t *size)
{
	*size = vm->reserved_size;
	return vm->reserved;
}

uint64_t baton_vm_host_address(const struct baton_vm *vm, baton_gpa_t gpa)
{
	return baton__memory_host_address(&vm->memory, gpa);
}

int baton_vm_read(const struct baton_vm *vm, baton_gpa_t from, void *to, size_t size)
{
	return baton__memory_read(&vm->memory, from, to, size);
}

int baton_vm_write(struct baton_vm *vm, baton_gpa_t to, const void *from, size_t size)
{
	vm->vcpu.inputs++;
	return baton__memory_write(&vm->memory, to, from, size);
}

const struct baton_regs *baton_vm_regs(const struct baton_vm *vm)
{
	return &vm->vcpu.regs;
}

const struct baton_death *baton_vm_death(const struct baton_vm *vm)
{
	return vm->death;
}

/* ---------------------------------------------------------------- figures */

/* A turn that goes on counts too, or who starves behind an endless one would show no lag. */
static void read_lag(const struct baton_host *host, struct baton__lag_stats *lag)
{
	const struct baton__turn *t = &host->turn;

	if (t->active)
		baton__lag_read_during(host->lag, t->entity->vm->entity,
				       baton__account_used(&t->entity->account) - t->used_before,
				       lag);
	else
		baton__lag_read(host->lag, lag);
}

void baton_host_stats(const struct baton_host *host, struct baton_host_stats *stats)
{
	const struct baton__ledger *l = &host->ledger;
	struct baton__lag_stats lag;
	uint64_t busy, cpu;

	read_lag(host, &lag);
	*stats = (struct baton_host_stats){
		.wall_ns = l->last_ns - l->first_ns,
		.run_ns = l->part_ns[BATON__RUN],
		.handler_ns = l->part_ns[BATON__HANDLER],
		.switch_ns = l->part_ns[BATON__SWITCH],
		.idle_ns = l->part_ns[BATON__IDLE],
		.turns = l->turns,
		.kicks = host->kick.consumed,
		.alarms = host->alarms_sounded,
		.skipped = host->skipped,
		.lag_ns = lag.lag_ns,
		.lag_later_ns = lag.lag_later_ns,
		.overrun_ns = lag.overrun_ns,
	};
	busy = stats->wall_ns - stats->idle_ns;
	cpu = baton__loop_cpu(host);
	if (busy > cpu)
		stats->stolen_ns = busy - cpu;
}

uint64_t baton_vm_exits(const struct baton_vm *vm, enum baton_exit_kind kind)
{
	const struct baton__account *a = &vm->host->entities[vm->entity].account;

	if (kind == BATON_EXIT_KINDS)
		return a->exits;
	return (unsigned)kind < BATON_EXIT_KINDS ? a->by_kind[kind].count : 0;
}

void baton_vm_stats(const struct baton_vm *vm, struct baton_vm_stats *stats)
{
	static const enum baton__doing doing_in[] = {
		[BATON__IS_READY] = BATON__READY,
		[BATON__IS_RUNNING] = BATON__READY, /* a turn that the run's end cut */
		[BATON__IS_WAITING] = BATON__WAITING,
	};
	const struct baton__entity *e = &vm->host->entities[vm->entity];
	bool over = e->state == BATON__ENDED || e->state == BATON__ABSENT;

	*stats = (struct baton_vm_stats){
		.outcome = vm->outcome, .status = vm->status, .share = vm->share,
		.waits_in = vm->outcome == BATON_BLOCKED ? vm->vcpu.exit->kind : BATON_EXIT_KINDS,
	};
	baton__account_stats(&e->account, over ? BATON__READY : doing_in[e->state],
			     over ? e->account.last_ns : vm->host->ledger.last_ns, stats);
}
