/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.c - a host's life, its VMs, and its figures: the public face of the library.
 */
#include "host/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "host/group.h"
#include "kvm/stats.h"
#include "kvm/unmap.h"
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
	if (c->trace && (!c->trace->block || c->trace->records < BATON_TRACE_LEAST))
		return baton__diag(diag, -EINVAL, "trace", "a block of %u records; expected %d or more",
				   c->trace->block ? c->trace->records : 0, BATON_TRACE_LEAST);
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
	h->vacant = calloc(1, baton__heap_size(h->max_vms));
	h->names = calloc(1, baton__names_size(h->max_vms));
	h->entities = calloc(h->max_vms, sizeof(*h->entities));
	h->order = calloc(h->max_vms, sizeof(*h->order));
	h->kvm_path = strdup(c->kvm_path);
	if (!h->policy || !h->lag || !h->sleepers || !h->alarms || !h->vacant || !h->names ||
	    !h->entities || !h->order || !h->kvm_path)
		return -ENOMEM;
	baton__lag_init(h->lag, h->max_vms);
	baton__heap_init(h->sleepers, h->max_vms);
	baton__heap_init(h->alarms, h->max_vms);
	baton__heap_init(h->vacant, h->max_vms);
	baton__names_init(h->names, h->max_vms);
	return 0;
}

static void release(struct baton_host *h)
{
	free(h->policy);
	free(h->lag);
	free(h->sleepers);
	free(h->alarms);
	free(h->vacant);
	free(h->names);
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
	h->gate = (struct baton__gate){ .ops = config->gate, .context = config->gate_context };
	h->untimed = config->untimed;
	baton__trace_init(&h->trace, config->trace);
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

void baton__host_renew_mask(struct baton_host *host)
{
	sigset_t blocked = { 0 }; /* compared whole, though the C library fills in 8 bytes */

	baton__timer_run_mask(&host->kick.timer, &blocked);
	if (!memcmp(&blocked, &host->run_mask, sizeof(blocked)))
		return;
	host->run_mask = blocked;
	for (uint32_t i = 0; i < host->fresh; i++)
		host->entities[i].masked = false;
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

int baton__host_find_place(const struct baton_host *host, const char *name,
			   struct baton_diag *diag, uint32_t *place)
{
	uint32_t vacant = baton__heap_first(host->vacant);

	if (name && baton__names_find(host->names, name) != BATON__NAMES_NONE)
		return baton__diag(diag, -EEXIST, name, "there is a VM of that name already");
	if (vacant == BATON__HEAP_NONE && host->fresh == host->max_vms)
		return baton__diag(diag, -ENOSPC, name, "the host has room for %u VMs (max_vms)",
				   host->max_vms);
	*place = vacant == BATON__HEAP_NONE ? host->fresh : vacant;
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

static void hear(struct baton_vm *vm, const char *text, size_t size, uint64_t now)
{
	baton__trace_label(&vm->host->trace, vm->entity, text, size, now);
}

void baton__host_seat(struct baton_host *host, struct baton_vm *vm, uint32_t place)
{
	if (place == host->fresh)
		host->fresh++;
	else
		baton__heap_remove(host->vacant, place);
	vm->host = host;
	vm->entity = place;
	vm->choices = host->choices;
	vm->untimed = host->untimed;
	vm->hear = baton__trace_on(&host->trace) ? hear : NULL;
	baton__gate_attach(vm, &host->gate);
	baton__names_add(host->names, place, vm->name);
	host->entities[place] = (struct baton__entity){
		.vm = vm, .state = BATON__ENDED, .alarm_ns = UINT64_MAX, .serial = host->serials++,
	};
	host->order[host->vms++] = place;
}

/* Where it stands in the order of creation. */
static uint32_t position(const struct baton_host *host, const struct baton__entity *e)
{
	uint32_t low = 0, high = host->vms - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (host->entities[host->order[middle]].serial < e->serial)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void baton__host_unseat(struct baton_vm *vm)
{
	struct baton_host *host = vm->host;
	struct baton__entity *e = &host->entities[vm->entity];
	uint32_t i = position(host, e);

	host->vms--;
	memmove(&host->order[i], &host->order[i + 1], (host->vms - i) * sizeof(*host->order));
	baton__names_remove(host->names, vm->entity);
	baton__heap_insert(host->vacant, vm->entity, vm->entity);
	*e = (struct baton__entity){ 0 };
}

int baton__host_enter(struct baton_host *host, struct baton_vm *vm, struct baton_diag *diag)
{
	const struct baton_sched_entity what = { .weight = vm->share };
	int error = host->ops->add(host->policy, vm->entity, &what, host->ledger.last_ns, diag);

	if (error)
		return error;
	baton__trace_tell(&host->trace, BATON_TRACE_ADD, 0, vm->entity, host->ledger.last_ns,
			  vm->share, 0);
	baton__lag_add(host->lag, vm->entity, vm->share);
	host->entities[vm->entity].state = BATON__ABSENT;
	host->entities[vm->entity].enrolled = true;
	host->live++;
	baton__loop_join(host, vm->entity);
	return 0;
}

void baton__host_leave(struct baton_vm *vm)
{
	struct baton_host *host = vm->host;
	struct baton__entity *e = &host->entities[vm->entity];

	if (host->turn.active && host->turn.entity == e)
		host->turn.active = false;
	host->live -= e->state != BATON__ENDED;
	baton__devices_quiet(vm);
	if (e->enrolled) {
		host->ops->remove(host->policy, vm->entity, host->ledger.last_ns);
		baton__trace_tell(&host->trace, BATON_TRACE_REMOVE, 0, vm->entity,
				  host->ledger.last_ns, 0, 0);
		baton__lag_remove(host->lag, vm->entity);
	}
	baton__heap_remove(host->sleepers, vm->entity);
	baton__account_fini(&e->account);
	e->state = BATON__ENDED;
	e->enrolled = e->woken = false;
}

int baton_vm_create(struct baton_host *host, const struct baton_vm_config *config,
		    struct baton_diag *diag, struct baton_vm **out)
{
	uint32_t place = BATON_NOBODY;
	struct baton__unmap unmap = { 0 };
	struct baton_vm *vm;
	int error;

	if (host->running)
		return baton__diag(diag, -EBUSY, config->name, "a VM is created before or between runs, "
				   "not by a handler");
	error = baton__host_find_place(host, config->name, diag, &place);
	if (!error)
		error = check_mode(host, config, diag);
	if (!error)
		error = baton__vm_create(&host->system, config, diag, &vm);
	if (error)
		return error;
	baton__host_seat(host, vm, place);
	error = baton__host_enter(host, vm, diag);
	if (error) {
		baton__host_unseat(vm);
		baton__vm_destroy(vm, &unmap);
		baton__unmap_flush(&unmap);
		return error;
	}
	if (out)
		*out = vm;
	return 0;
}

static void destroy_vm(struct baton_vm *vm, struct baton__unmap *unmap)
{
	bool masked = vm->host->entities[vm->entity].masked;

	if (vm->host->entities[vm->entity].state != BATON__ENDED)
		baton__devices_ended(vm->host, vm);
	baton__host_leave(vm);
	baton__host_unseat(vm);
	if (vm->group)
		baton__group_drop(vm, masked, unmap);
	else
		baton__vm_destroy(vm, unmap);
}

void baton_vm_destroy(struct baton_vm *vm)
{
	struct baton__unmap unmap = { 0 };

	if (!vm)
		return;
	destroy_vm(vm, &unmap);
	baton__unmap_flush(&unmap);
}

/* The last one first: so the addresses of one lie beside those of the next to go. */
static void destroy_vms(struct baton_host *host)
{
	struct baton__unmap unmap = { 0 };

	while (host->vms)
		destroy_vm(baton_host_vm(host, host->vms - 1), &unmap);
	baton__unmap_flush(&unmap);
}

/* Pools go before VMs: whose machine would be given back would be made ready for nothing. */
void baton_host_destroy(struct baton_host *host)
{
	if (!host)
		return;
	baton__trace_stop(&host->trace);
	baton__devices_destroy(host);
	baton__regions_destroy(host);
	baton__pools_destroy(host);
	destroy_vms(host);
	baton__kick_fini(&host->kick);
	baton__system_close(&host->system);
	release(host);
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
static baton_entity_t on_turn(const struct baton_host *host, uint64_t *ns)
{
	const struct baton__turn *t = &host->turn;

	*ns = t->active ? baton__account_used(&t->entity->account) - t->used_before : 0;
	return t->active ? t->entity->vm->entity : BATON_NOBODY;
}

static void read_lag(const struct baton_host *host, struct baton__lag_stats *lag)
{
	uint64_t ns;
	baton_entity_t e = on_turn(host, &ns);

	baton__lag_read_during(host->lag, e, ns, lag);
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

void baton_host_trace(const struct baton_host *host, struct baton_trace_stats *stats)
{
	baton__trace_stats(&host->trace, stats);
}

void baton_host_trace_flush(struct baton_host *host)
{
	baton__trace_hand_over(&host->trace);
}

uint64_t baton_vm_exits(const struct baton_vm *vm, enum baton_exit_kind kind)
{
	const struct baton__account *a = &vm->host->entities[vm->entity].account;

	if (kind == BATON_EXIT_KINDS)
		return baton__account_exits(a);
	return (unsigned)kind < BATON_EXIT_KINDS ? a->by_kind[kind].count : 0;
}

int baton_vm_kvm_stats(const struct baton_vm *vm, struct baton_kvm_stat *stats, uint32_t room,
		       uint32_t *count)
{
	return baton__vcpu_stats(&vm->vcpu.kvm, stats, room, count);
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
	baton_entity_t running;
	uint64_t ns;

	running = on_turn(vm->host, &ns);
	*stats = (struct baton_vm_stats){
		.outcome = vm->outcome, .status = vm->status, .share = vm->share,
		.waits_in = vm->outcome == BATON_BLOCKED ? vm->vcpu.exit->kind : BATON_EXIT_KINDS,
		.lag_ns = baton__lag_of(vm->host->lag, vm->entity, running, ns),
	};
	baton__account_stats(&e->account, over ? BATON__READY : doing_in[e->state],
			     over ? e->account.last_ns : vm->host->ledger.last_ns, stats);
}
