/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.c - the loop: wakes, picks, enters, serves. Reads the clock, and nobody else does
 * while guests run.
 *
 * Every reading cuts the host's ledger and, during a turn, the VM's account, so
 * both add up. Per exit there are two readings: when KVM_RUN comes back and when
 * the handler is through; the second is also the next entry's.
 *
 * Wakes are delivered when a turn ends, before the policy hears what ran, so that
 * who woke during a turn is in line before the one whose turn it was; that a run
 * is cut into steps then changes nothing. No turn is preempted for a wake. A VM's
 * waiting still ends at the time it was due.
 */
#include <errno.h>
#include <string.h>

#include "base/arith.h"
#include "base/clock.h"
#include "host/group.h"
#include "host/host.h"
#include "host/steps.h"
#include "kvm/state.h"
#include "sched/lag.h"
#include "vm/autopsy.h"
#include "vm/dispatch.h"
#include "vm/irq.h"

static uint64_t cut(struct baton_host *host, enum baton__part part)
{
	uint64_t now = baton__clock_now();

	baton__ledger_cut(&host->ledger, part, now);
	return now;
}

static uint32_t number(const struct baton_host *host, const struct baton__entity *e)
{
	return (uint32_t)(e - host->entities);
}

/* A cut that ends the switch. Whose turn it is was ready until now. */
static uint64_t cut_ready(struct baton_host *host)
{
	uint64_t now = cut(host, BATON__SWITCH);

	baton__account_cut(&host->turn.entity->account, BATON__READY, now);
	baton__trace_cut(&host->trace, BATON_TRACE_SWITCH, number(host, host->turn.entity), now);
	return now;
}

/* A cut at which no VM goes on. */
static uint64_t cut_alone(struct baton_host *host, enum baton__part part)
{
	uint64_t now = cut(host, part);

	baton__trace_cut(&host->trace, part == BATON__IDLE ? BATON_TRACE_IDLE : BATON_TRACE_SWITCH,
			 BATON_NOBODY, now);
	return now;
}

/* ------------------------------------------------------------------ wakes */

static void make_ready(struct baton_host *host, struct baton__entity *e, uint64_t due, uint64_t now)
{
	uint32_t n = number(host, e);
	bool arrives = e->state == BATON__ABSENT;

	if (arrives) {
		baton__account_open(&e->account, now);
		e->vm->clock_zero_ns = now;
		if (e->vm->group)
			baton__group_arrived(e->vm, now);
	} else {
		baton__account_cut(&e->account, BATON__WAITING,
				   due > e->account.last_ns ? baton__min(due, now) :
							      e->account.last_ns);
	}
	e->state = BATON__IS_READY;
	e->vm->outcome = BATON_RUNNING;
	e->vm->vcpu.wake_at_ns = UINT64_MAX;
	host->ops->wake(host->policy, n, now);
	baton__trace_tell(&host->trace, BATON_TRACE_WAKE, arrives, n, now, e->account.last_ns, 0);
	baton__lag_wake(host->lag, n, now);
}

void baton__loop_join(struct baton_host *host, uint32_t e)
{
	struct baton_vm *vm = host->entities[e].vm;
	uint64_t start = host->ledger.open ? host->ledger.last_ns : 0;

	/* Before the first run nobody knows the time: arrivals are put on the clock when it begins. */
	baton__heap_insert(host->sleepers, e,
			   host->untimed ? start : baton__add_sat(start, vm->arrives_ns));
}

/* The first reading of all: arrivals were entered relative to 0. */
static void open_ledger(struct baton_host *host)
{
	baton__ledger_open(&host->ledger, baton__clock_now());
	baton__trace_cut(&host->trace, BATON_TRACE_OPEN, BATON_NOBODY, host->ledger.last_ns);
	for (uint32_t i = 0; i < host->fresh; i++)
		if (host->entities[i].vm && host->entities[i].state == BATON__ABSENT) {
			baton__heap_remove(host->sleepers, i);
			baton__loop_join(host, i);
		}
}

static void deliver_wakes(struct baton_host *host, uint64_t now)
{
	uint64_t due = UINT64_MAX;
	uint32_t n = 0;

	while (baton__heap_top(host->sleepers, &n, &due) && due <= now) {
		baton__heap_remove(host->sleepers, n);
		make_ready(host, &host->entities[n], due, now);
	}
}

/* Alarms come first: they wake. */
static void deliver_alarms(struct baton_host *host, uint64_t now)
{
	uint64_t due = UINT64_MAX;
	uint32_t n = 0;

	while (baton__heap_top(host->alarms, &n, &due) && due <= now)
		baton__devices_sound(host, n, now);
	deliver_wakes(host, now);
}

/* The first time at which somebody is to be woken, or a device called. */
static uint64_t next_event(const struct baton_host *host)
{
	uint64_t wake = UINT64_MAX, alarm = UINT64_MAX;
	uint32_t n = 0;

	baton__heap_top(host->sleepers, &n, &wake);
	baton__heap_top(host->alarms, &n, &alarm);
	return baton__min(wake, alarm);
}

/* ------------------------------------------------------------------ turns */

static void begin_turn(struct baton_host *host, const struct baton_sched_pick *pick)
{
	struct baton__entity *e = &host->entities[pick->entity];

	host->turn = (struct baton__turn){
		.active = true,
		.entity = e,
		.pick = *pick,
		.left_ns = pick->slice_ns,
		.used_before = baton__account_used(&e->account),
	};
	host->ledger.turns++;
	e->account.turns++;
	e->state = BATON__IS_RUNNING;
}

static void end_turn(struct baton_host *host, enum baton_why why, uint64_t now)
{
	struct baton__turn *t = &host->turn;
	struct baton__entity *e = t->entity;
	uint64_t charged = baton__account_used(&e->account) - t->used_before;
	uint32_t n = number(host, e);

	t->active = false;
	t->ending = true;
	deliver_alarms(host, now);
	t->ending = false;
	host->ops->ran(host->policy, n, charged, why, now);
	baton__trace_tell(&host->trace, BATON_TRACE_RAN, why, n, now, charged, t->exits);
	baton__lag_ran(host->lag, n, charged, t->pick.slice_ns, why, now);
	switch (why) {
	case BATON_WHY_BLOCK:
		e->state = BATON__IS_WAITING;
		e->vm->outcome = BATON_BLOCKED;
		if (e->woken || (host->untimed && e->vm->vcpu.wake_at_ns != UINT64_MAX))
			e->vm->vcpu.wake_at_ns = now;
		if (e->vm->vcpu.wake_at_ns != UINT64_MAX)
			baton__heap_insert(host->sleepers, n, e->vm->vcpu.wake_at_ns);
		break;
	case BATON_WHY_END:
		e->state = BATON__ENDED;
		host->live--;
		baton__devices_ended(host, e->vm);
		break;
	default:
		e->state = BATON__IS_READY;
	}
	e->woken = false;
	if (host->observer && host->observer->turn) {
		const struct baton_turn turn = {
			.vm = e->vm, .begin_ns = t->begin_ns, .end_ns = now,
			.slice_ns = t->pick.slice_ns, .charged_ns = charged,
			.exits = t->exits, .why = why, .regs = &e->vm->vcpu.regs,
		};

		host->observer->turn(host->observer_context, &turn);
	}
	if (host->trace.next > host->trace.half)
		baton__trace_hand_over(&host->trace);
}

/*
 * Whether this KVM runs 32-bit paging, if the verdict hangs on it. Trying it out takes
 * the kick signal, perhaps ours; so what is known of the timer is forgotten.
 */
static int paging32(struct baton_host *host, struct baton_vcpu *vcpu, enum baton_death_kind kind)
{
	int has;

	if (host->paging32 < 0 && baton__autopsy_asks_paging32(vcpu, kind)) {
		has = baton__inspect_paging32(host->kvm_path, host->kick.timer.signal, NULL);
		host->paging32 = has < 0 ? -1 : has;
		baton__kick_begin(&host->kick);
	}
	return host->paging32;
}

static void die(struct baton_host *host, enum baton_death_kind kind, const char *why, uint64_t now)
{
	struct baton_vm *vm = host->turn.entity->vm;

	vm->outcome = BATON_DEAD;
	vm->paging32 = paging32(host, &vm->vcpu, kind);
	if (vm->steps && kind != BATON_DEATH_WATCHDOG)
		baton__steps_replay(host, vm);
	baton__autopsy(&vm->vcpu, kind, why, now - host->ledger.first_ns);
	end_turn(host, BATON_WHY_END, now);
}

/* ------------------------------------------------------------------ exits */

/* Ends the turn for what a handler decided. Returns the last reading. */
static uint64_t settle(struct baton_host *host, enum baton__next next, uint64_t now)
{
	struct baton_vm *vm = host->turn.entity->vm;

	switch (next) {
	case BATON__NEXT_YIELD:
		end_turn(host, BATON_WHY_YIELD, now);
		break;
	case BATON__NEXT_IDLE:
	case BATON__NEXT_BLOCK:
		end_turn(host, BATON_WHY_BLOCK, now);
		break;
	case BATON__NEXT_HALT:
		vm->outcome = BATON_HALTED;
		end_turn(host, BATON_WHY_END, now);
		break;
	default:
		die(host, vm->vcpu.fault.kind, vm->vcpu.fault.why, now);
		now = cut_alone(host, BATON__SWITCH); /* finding out why may have taken long */
	}
	return now;
}

/* A full block is handed over here only if the turn goes on; else after it. The last reading. */
static uint64_t trace_served(struct baton_host *host, const struct baton_vcpu *vcpu, bool goes_on,
			     uint64_t now)
{
	baton__trace_served(&host->trace, vcpu->vm->entity, vcpu->exit, !vcpu->blocked_in_access,
			    now);
	if (!goes_on || host->trace.next <= host->trace.brim)
		return now;
	baton__trace_hand_over(&host->trace);
	return cut_ready(host);
}

/*
 * Serves the exit that stands in the vCPU and reads the clock when that is done.
 * Returns whether the turn goes on. Inline where it is called: once per exit
 * (bench/instructions.sh).
 */
static inline __attribute__((always_inline)) bool
serve(struct baton_host *host, struct baton__entity *e, struct baton_vcpu *vcpu, uint64_t *now)
{
	enum baton__next next;

	/* A time to wake that passed while the vCPU ran is void. */
	if (vcpu->wake_at_ns <= *now)
		vcpu->wake_at_ns = UINT64_MAX;
	next = baton__dispatch(vcpu, *now);
	if (host->observer && host->observer->exit && !vcpu->blocked_in_access)
		host->observer->exit(host->observer_context, vcpu->vm, vcpu->exit);
	if (BATON__LEDGER)
		*now = cut(host, BATON__HANDLER);
	baton__account_served(&e->account, *now, !vcpu->blocked_in_access);
	if (baton__trace_on(&host->trace))
		*now = trace_served(host, vcpu, next == BATON__NEXT_RESUME, *now);
	if (next == BATON__NEXT_RESUME)
		return true;
	*now = settle(host, next, *now);
	return false;
}

/* KVM_RUN came back with an exit. Returns whether the turn goes on. Inline as serve() is. */
static inline __attribute__((always_inline)) bool
exited(struct baton_host *host, struct baton__entity *e, struct baton_vcpu *vcpu, uint64_t *now)
{
	struct baton__turn *t = &host->turn;

	baton__vm_note_exit(vcpu, *now);
	baton__account_exit(&e->account, vcpu->exit->kind, *now);
	baton__trace_exit(&host->trace, vcpu->vm->entity, vcpu->exit, *now);
	t->exits++;
	if (!serve(host, e, vcpu, now))
		return false;
	if (t->exits >= t->pick.exits) {
		end_turn(host, BATON_WHY_EXITS, *now);
		return false;
	}
	return true;
}

/* Exits that were made while no run was under way: they are new, and took no time. */
static __attribute__((noinline)) bool serve_standing(struct baton_host *host, struct baton__entity *e,
						     struct baton_vcpu *vcpu, uint64_t *now)
{
	while (baton__vm_take_standing(vcpu))
		if (!exited(host, e, vcpu, now))
			return false;
	return true;
}

/* KVM_RUN came back for a signal. Returns whether the turn goes on; time decides. */
static bool kicked(struct baton_host *host, uint64_t now)
{
	struct baton__turn *t = &host->turn;
	struct baton_vcpu *vcpu = &t->entity->vm->vcpu;
	uint64_t before = t->entity->account.last_ns;

	baton__account_cut(&t->entity->account, BATON__RUNNING, now);
	baton__trace_cut(&host->trace, BATON_TRACE_RUN, vcpu->vm->entity, now);
	baton__vm_note_kick(vcpu);
	baton__kick_consume(&host->kick);
	vcpu->quiet_ns += now - before;
	if (vcpu->vm->watchdog_ns && vcpu->quiet_ns >= vcpu->vm->watchdog_ns) {
		die(host, BATON_DEATH_WATCHDOG, NULL, now);
		return false;
	}
	return true;
}

/* -------------------------------------------------------------- entering */

static uint64_t deadline_of(const struct baton_host *host, uint64_t run_end, uint64_t now)
{
	const struct baton_vm *vm = host->turn.entity->vm;
	uint64_t deadline = baton__min(baton__min(host->turn.end_ns, run_end),
				       host->turn.entity->alarm_ns);

	if (vm->watchdog_ns)
		deadline = baton__min(deadline,
				      baton__add_sat(now, baton__vm_next_look(&vm->vcpu)));
	return deadline;
}

/*
 * Ends the switch: from here on time is the VM's. The slice counts from the last
 * reading, so that the timer can stand before the next one.
 */
static uint64_t enter(struct baton_host *host, uint64_t run_end, uint64_t now)
{
	struct baton__turn *t = &host->turn;

	if (!t->entered)
		t->end_ns = baton__add_sat(now, t->left_ns);
	baton__kick_by(&host->kick, deadline_of(host, run_end, now));
	if (host->trace.next > host->trace.brim)
		baton__trace_hand_over(&host->trace);
	now = cut_ready(host);
	if (!t->begin_ns)
		t->begin_ns = now;
	t->entered = true;
	return now;
}

/* The run ends within a turn: what is left of the slice is for the next run. */
static void suspend_turn(struct baton_host *host, uint64_t now)
{
	struct baton__turn *t = &host->turn;

	if (!t->active || !t->entered)
		return;
	t->entered = false;
	if (t->end_ns != UINT64_MAX)
		t->left_ns = t->end_ns > now ? t->end_ns - now : 0;
}

/* The thread's mask inside KVM_RUN, for a vCPU that does not have it yet. */
static int mask(struct baton_host *host, struct baton__entity *e)
{
	int error;

	if (e->masked)
		return 0;
	error = baton__vcpu_signal_mask(&e->vm->vcpu.kvm, &host->run_mask);
	e->masked = !error;
	return error;
}

/* For a VM whose last steps may have to be replayed. Nobody is charged for what that takes. */
static int photograph(struct baton_host *host, struct baton_vm *vm)
{
	int result = baton__steps_prepare(vm);

	cut_ready(host);
	return result;
}

/* Was its last exit an access that is over once it is completed? */
static bool wrote(const struct baton_vcpu *vcpu)
{
	return vcpu->exit->kind == BATON_EXIT_MMIO_WRITE || vcpu->exit->kind == BATON_EXIT_IO_OUT;
}

/*
 * Until an exit, or a signal: 0, -EINTR, or another -errno. For a VM with step_replay, and
 * one whose gate wants to see each instruction.
 */
static int run_watched(struct baton_host *host, struct baton_vm *vm)
{
	int result = vm->steps && baton__steps_due(vm) ? photograph(host, vm) : 0;
	struct kvm_run *run = vm->vcpu.kvm.run;

	if (result) /* above 0: an exit stands there already */
		return result < 0 ? result : 0;
	if (!baton__gate_steps(vm))
		return baton__vcpu_run(&vm->vcpu.kvm);
	if (vm->vcpu.settled || (wrote(&vm->vcpu) && !vm->unwatched)) {
		/* Whose instruction is over has not been stepped to the next: KVM may leave that out. */
		if (vm->vcpu.settled) /* and has been taken elsewhere since, maybe */
			memcpy(&run->s.regs.regs, &vm->vcpu.regs, sizeof(vm->vcpu.regs));
		else
			result = baton__vcpu_complete(&vm->vcpu.kvm);
		vm->vcpu.settled = false;
		if (!result)
			run->exit_reason = KVM_EXIT_DEBUG;
		return result == -EPROTO ? 0 : result; /* there may be another exit in it */
	}
	result = baton__state_step(&vm->vcpu.kvm, !vm->unwatched);
	vm->stepped = !vm->unwatched;
	if (result)
		return result;
	result = baton__vcpu_run(&vm->vcpu.kvm);
	if (result != -EINTR) /* else it may still stand where it was passed */
		vm->unwatched = false;
	return result;
}

/* Goes on with the turn until it ends, or a deadline of the run's comes. 0 or -errno. */
static int go_on(struct baton_host *host, uint64_t run_end, uint64_t *now)
{
	struct baton__turn *t = &host->turn;
	struct baton__entity *e = t->entity;
	struct baton_vcpu *vcpu = &e->vm->vcpu;
	const bool watched = vcpu->vm->steps || baton__gate_steps(vcpu->vm);
	int error = mask(host, e);
	uint64_t until;

	if (error)
		return error;
	*now = enter(host, run_end, *now);
	until = baton__min(t->end_ns, run_end);
	if (vcpu->blocked_in_access && !serve(host, e, vcpu, now))
		return 0;
	if (vcpu->idle && !vcpu->irq_lines) { /* woken by something else */
		end_turn(host, BATON_WHY_BLOCK, *now);
		return 0;
	}
	vcpu->idle = false;
	if (t->exits >= t->pick.exits) {
		end_turn(host, BATON_WHY_EXITS, *now);
		return 0;
	}
	if (!serve_standing(host, e, vcpu, now))
		return 0;
	do {
		if (vcpu->irq_lines && (error = baton__irq_offer(vcpu)))
			return error;
		error = watched ? run_watched(host, vcpu->vm) : baton__vcpu_run(&vcpu->kvm);
		*now = cut(host, BATON__RUN);
		if (!error) {
			if (!exited(host, e, vcpu, now))
				return 0;
		} else if (error == -EINTR) {
			if (!kicked(host, *now))
				return 0;
			if (*now >= e->alarm_ns)
				baton__devices_sound(host, number(host, e), *now);
			if (atomic_load_explicit(&host->kick.stop, memory_order_relaxed))
				break;
			if (*now < until)
				*now = enter(host, run_end, *now);
		} else {
			baton__account_cut(&e->account, BATON__RUNNING, *now);
			baton__trace_cut(&host->trace, BATON_TRACE_RUN, vcpu->vm->entity, *now);
			return error;
		}
	} while (*now < until);
	if (*now >= t->end_ns)
		end_turn(host, BATON_WHY_SLICE, *now);
	return 0;
}

/* Nobody is runnable: waits for the first of these times, or a stop. */
static uint64_t idle(struct baton_host *host, uint64_t until)
{
	uint64_t now = cut_alone(host, BATON__SWITCH);

	if (now < until)
		baton__kick_wait(&host->kick, until - now);
	return cut_alone(host, BATON__IDLE);
}

/* Picks and goes on until something ends the run. */
static int run(struct baton_host *host, uint64_t run_end, uint64_t now, enum baton_run_end *end)
{
	for (;;) {
		struct baton_sched_pick pick;
		int error;

		deliver_alarms(host, now);
		if (baton__kick_stopped(&host->kick)) {
			*end = BATON_RUN_STOPPED;
			return 0;
		}
		if (!host->live) {
			*end = BATON_RUN_DONE;
			return 0;
		}
		if (now >= run_end) {
			*end = BATON_RUN_BUDGET;
			return 0;
		}
		if (!host->turn.active) {
			pick = host->ops->pick(host->policy, now);
			baton__trace_pick(&host->trace, &pick, now);
			host->skipped = pick.skipped;
			if (pick.over) {
				*end = BATON_RUN_OVER;
				return 0;
			}
			if (pick.entity == BATON_NOBODY) {
				uint64_t until = baton__min(next_event(host), pick.deadline_ns);

				if (until == UINT64_MAX) {
					*end = BATON_RUN_STUCK;
					return 0;
				}
				now = idle(host, baton__min(until, run_end));
				continue;
			}
			begin_turn(host, &pick);
		}
		error = go_on(host, run_end, &now);
		if (error)
			return error;
	}
}

uint64_t baton__loop_cpu(const struct baton_host *host)
{
	return host->cpu_ns + (host->running ? baton__clock_thread() - host->cpu_begin_ns : 0);
}

int baton__loop_run(struct baton_host *host, uint64_t budget_ns, enum baton_run_end *end)
{
	enum baton_run_end why = BATON_RUN_BUDGET;
	uint64_t now;
	int error;

	if (!baton__timer_is_mine(&host->kick.timer))
		return -EPERM;
	if (host->running)
		return -EBUSY;
	host->running = true;
	baton__host_renew_mask(host);
	baton__kick_begin(&host->kick);
	host->cpu_begin_ns = baton__clock_thread();
	if (!host->ledger.open)
		open_ledger(host);
	now = cut_alone(host, BATON__IDLE);
	error = run(host, baton__add_sat(now, budget_ns), now, &why);
	suspend_turn(host, cut_alone(host, BATON__SWITCH));
	host->cpu_ns += baton__clock_thread() - host->cpu_begin_ns;
	host->running = false;
	baton__trace_hand_over(&host->trace);
	if (!error && end)
		*end = why;
	return error;
}
