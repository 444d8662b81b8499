/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irq.c - interrupts: when they are delivered, whom they wake, the alarms behind
 * them, and the timer that guests set.
 */
#include "rig.h"

#include "baton/abi.h"

#define PORT 0x10
#define IF   0x200u

/* ------------------------------------------------------------------ guests */

/* A guest that plays steps, and notes which interrupts it takes and when. */
struct guest {
	struct fake_exit steps[64];
	bool enabled[64]; /* interrupts, from that step on */
	bool shadowed[64]; /* by the STI before it */
	bool for_ever;	   /* begins again after the last step */
	unsigned at, count;
	uint32_t took[64];
	unsigned before_step[64]; /* that interrupt came */
	uint64_t when_ns[64];
	unsigned taken;
};

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	struct guest *g = vcpu->state;

	if (g->at == g->count && g->for_ever)
		g->at = 0;
	if (g->at == g->count) {
		vcpu->regs.rflags &= ~(uint64_t)IF;
		return fake_hlt(0);
	}
	vcpu->regs.rflags = g->enabled[g->at] ? 2 | IF : 2;
	vcpu->shadow = g->shadowed[g->at];
	return g->steps[g->at++];
}

static void took(struct fake_vcpu *vcpu, uint32_t vector)
{
	struct guest *g = vcpu->state;

	assert_true(g->taken < COUNT(g->took));
	g->took[g->taken] = vector;
	g->before_step[g->taken] = g->at;
	g->when_ns[g->taken++] = fake.now_ns;
}

static void step(struct guest *g, struct fake_exit exit, bool enabled)
{
	g->steps[g->count] = exit;
	g->enabled[g->count++] = enabled;
}

static int add(struct rig *rig, struct guest *g)
{
	int vm = rig_vm(rig, 1, play, g);

	rig->vcpus[vm]->took = took;
	return vm;
}

static struct baton_vcpu *vcpu_of(struct rig *rig, int vm)
{
	return baton_vm_vcpu(rig->vms[vm]);
}

static enum baton_verdict accept(void *state, struct baton_access *a)
{
	return BATON_RESUME;
}

/* A port that raises the line written to it, of the VM that writes. */
static enum baton_verdict raise_line(void *state, struct baton_access *a)
{
	baton_vcpu_interrupt(state ? state : a->vcpu, (unsigned)a->data);
	return BATON_RESUME;
}

/* -------------------------------------------------------------- interrupts */

static void a_raised_line_comes_at_the_next_entry_if_interrupts_are_on(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 0);

	step(&g, fake_out(10, PORT, 1, 5), true);
	step(&g, fake_out(10, PORT, 1, 15), true);
	add(rig, &g);
	rig_port(rig, 0, PORT, 1, raise_line, NULL);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(g.taken, 2);
	assert_true(g.took[0] == BATON_IRQ_VECTOR + 5 && g.before_step[0] == 1);
	assert_true(g.took[1] == BATON_IRQ_VECTOR + 15 && g.before_step[1] == 2);
	assert_int_equal(rig_vm_stats(rig, 0).by_kind[BATON_EXIT_IRQ_WINDOW].count, 0);
	rig_end(rig);
}

static void with_interrupts_off_it_waits_for_a_window(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 0);

	step(&g, fake_out(10, PORT, 1, 5), false);
	step(&g, fake_out(10, PORT, 1, 5), false); /* it is raised already */
	step(&g, fake_out(10, PORT + 1, 1, 0), false);
	step(&g, fake_out(10, PORT + 1, 1, 0), true);
	step(&g, fake_out(10, PORT + 1, 1, 0), true);
	add(rig, &g);
	rig_port(rig, 0, PORT, 1, raise_line, NULL);
	rig_port(rig, 0, PORT + 1, 1, accept, NULL);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(g.taken, 1);
	assert_int_equal(g.before_step[0], 4);
	assert_int_equal(rig_vm_stats(rig, 0).by_kind[BATON_EXIT_IRQ_WINDOW].count, 1);
	assert_int_equal(rig->vcpus[0]->run->request_interrupt_window, 0);
	assert_int_equal(rig_vm_stats(rig, 0).turns, 1);
	rig_end(rig);
}

static void the_instruction_behind_an_sti_comes_first(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 0);

	step(&g, fake_out(10, PORT, 1, 5), false);
	step(&g, fake_out(10, PORT + 1, 1, 0), true);
	g.shadowed[1] = true;
	step(&g, fake_out(10, PORT + 1, 1, 0), true);
	add(rig, &g);
	rig_port(rig, 0, PORT, 1, raise_line, NULL);
	rig_port(rig, 0, PORT + 1, 1, accept, NULL);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(g.taken, 1);
	assert_int_equal(g.before_step[0], 3);
	rig_end(rig);
}

static enum baton_verdict raise_three(void *state, struct baton_access *a)
{
	baton_vcpu_interrupt(a->vcpu, 9);
	baton_vcpu_interrupt(a->vcpu, 2);
	baton_vcpu_interrupt(a->vcpu, 0);
	baton_vcpu_interrupt(a->vcpu, BATON_IRQ_LINES); /* there is none */
	baton_vcpu_interrupt(a->vcpu, UINT32_MAX);
	return BATON_RESUME;
}

static void of_several_the_lowest_line_comes_first_one_at_a_time(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 0);

	for (int i = 0; i < 8; i++)
		step(&g, fake_out(10, i ? PORT + 1 : PORT, 1, 0), true);
	add(rig, &g);
	rig_port(rig, 0, PORT, 1, raise_three, NULL);
	rig_port(rig, 0, PORT + 1, 1, accept, NULL);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(g.taken, 3);
	assert_int_equal(g.took[0], BATON_IRQ_VECTOR);
	assert_int_equal(g.took[1], BATON_IRQ_VECTOR + 2);
	assert_int_equal(g.took[2], BATON_IRQ_VECTOR + 9);
	rig_end(rig);
}

static void kvm_s_refusal_ends_the_run_with_its_error(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 0);
	enum baton_run_end end;

	step(&g, fake_out(10, PORT, 1, 5), true);
	add(rig, &g);
	rig_port(rig, 0, PORT, 1, raise_line, NULL);
	fake_fail(FAKE_INTERRUPT, 1, ENXIO);
	assert_int_equal(baton_host_run(rig->host, S, &end), -ENXIO);
	rig_end(rig);
}

/* -------------------------------------------------------------------- idle */

static void hlt_gives_the_turn_away_until_an_interrupt(void **state)
{
	struct guest idle = { .count = 0 }, busy = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);

	step(&idle, fake_hlt(100), true);
	step(&idle, fake_hlt(100), true);
	step(&busy, fake_out(25 * MS, PORT, 1, 7), false);
	step(&busy, fake_out(30 * MS, PORT, 1, 7), false);
	add(rig, &idle);
	add(rig, &busy);
	rig_port(rig, 1, PORT, 1, raise_line, vcpu_of(rig, 0));
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(idle.taken, 2);
	/* Raised in the middle of a turn, taken when that is over: within one slice. */
	assert_true(idle.when_ns[0] - 1000 * MS >= 25 * MS && idle.when_ns[0] - 1000 * MS < 35 * MS);
	assert_int_equal(rig_vm_stats(rig, 0).turns, 3);
	rig_end(rig);
}

static void a_hlt_with_a_line_raised_does_not_wait(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 0);

	step(&g, fake_out(10, PORT, 1, 7), false);
	step(&g, fake_hlt(100), true);
	g.shadowed[1] = true; /* sti; hlt */
	add(rig, &g);
	rig_port(rig, 0, PORT, 1, raise_line, NULL);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(g.taken, 1);
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 0);
	assert_int_equal(rig_vm_stats(rig, 0).turns, 1);
	rig_end(rig);
}

static void after_an_interrupt_it_works_on_for_more_than_a_turn(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);

	step(&g, fake_hlt(0), true);
	step(&g, fake_out(25 * MS, PORT, 1, 0), false);
	add(rig, &g);
	rig_port(rig, 0, PORT, 1, accept, NULL);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	baton_vcpu_interrupt(vcpu_of(rig, 0), 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(g.at, 2);
	rig_end(rig);
}

static enum baton_verdict wait_for_good(void *state, struct baton_access *a)
{
	++*(unsigned *)state;
	return BATON_BLOCK;
}

static void who_waits_for_a_device_is_not_woken_by_an_interrupt(void **state)
{
	struct guest waits = { .count = 0 }, raises = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);
	unsigned served = 0;

	step(&waits, fake_out(0, PORT, 1, 0), true);
	step(&raises, fake_out(0, PORT, 1, 7), false);
	add(rig, &waits);
	add(rig, &raises);
	rig_port(rig, 0, PORT, 1, wait_for_good, &served);
	rig_port(rig, 1, PORT, 1, raise_line, vcpu_of(rig, 0));
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(served, 1);
	assert_int_equal(waits.taken, 0);
	rig_end(rig);
}

/* ------------------------------------------------------------------ alarms */

/* A device whose due() notes the time, and may do more. */
struct bell {
	struct rig *rig;
	int vm; /* whose alarm it is */
	struct baton_device *device;
	uint64_t rang[64];
	unsigned rings;
	struct baton_vcpu *interrupts, *wakes;
	uint64_t again_ns; /* sets itself anew, so much later, until it rang 50 times */
	bool in_the_past;  /* … or at 0 */
};

static void bell_due(void *state, uint64_t now_ns)
{
	struct bell *b = *(struct bell **)state;

	b->rang[b->rings++] = now_ns;
	if (b->interrupts)
		baton_vcpu_interrupt(b->interrupts, 1);
	if (b->wakes)
		baton_vcpu_wake(b->wakes);
	if (b->again_ns && b->rings < 50)
		baton_device_alarm(b->device, b->rig->vms[b->vm],
				   b->in_the_past ? 0 : now_ns + b->again_ns);
}

static int bell_init(struct baton_device *device, void *state, const void *config,
		     struct baton_diag *diag)
{
	*(const void **)state = config;
	return 0;
}

static const struct baton_device_ops bell_ops = {
	.name = "bell", .size = sizeof(struct bell *), .init = bell_init, .due = bell_due,
};

static void hang(struct bell *b, struct rig *rig, int vm, uint64_t at_ns)
{
	b->rig = rig;
	b->vm = vm;
	assert_int_equal(baton_device_create(rig->host, &bell_ops, b, NULL, &b->device), 0);
	baton_device_alarm(b->device, rig->vms[vm], at_ns);
}

static struct fake_exit spin(struct fake_vcpu *vcpu)
{
	return fake_spin();
}

static void an_alarm_interrupts_the_turn_of_its_own_vm_only(void **state)
{
	struct bell own = { 0 }, other = { 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);
	uint64_t begin = fake.now_ns;

	rig_vm(rig, 1, spin, NULL);
	rig_vm(rig, 1, spin, NULL);
	hang(&own, rig, 0, begin + 3 * MS);
	hang(&other, rig, 1, begin + 4 * MS);
	assert_int_equal(rig_run(rig, 40 * MS), BATON_RUN_BUDGET);
	assert_int_equal(own.rings, 1);
	assert_int_equal(own.rang[0], begin + 3 * MS);
	assert_int_equal(other.rings, 1);
	assert_int_equal(other.rang[0], begin + 10 * MS); /* the first turn is over */
	/* The turn that was interrupted went on to its end. */
	assert_int_equal(rig->turns[0].charged_ns, 10 * MS);
	assert_int_equal(rig->turns[0].why, BATON_WHY_SLICE);
	rig_end(rig);
}

static void a_later_alarm_replaces_the_earlier_and_never_takes_it_back(void **state)
{
	struct bell later = { 0 }, sooner = { 0 }, none = { 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);
	uint64_t begin = fake.now_ns;

	rig_vm(rig, 1, spin, NULL);
	hang(&later, rig, 0, begin + 3 * MS);
	hang(&sooner, rig, 0, begin + 9 * MS);
	hang(&none, rig, 0, begin + 5 * MS);
	baton_device_alarm(sooner.device, rig->vms[0], begin + 2 * MS);
	baton_device_alarm(later.device, rig->vms[0], begin + 7 * MS);
	baton_device_alarm(none.device, rig->vms[0], UINT64_MAX);
	assert_int_equal(rig_run(rig, 30 * MS), BATON_RUN_BUDGET);
	assert_true(later.rings == 1 && later.rang[0] == begin + 7 * MS);
	assert_true(sooner.rings == 1 && sooner.rang[0] == begin + 2 * MS);
	assert_int_equal(none.rings, 0);
	rig_end(rig);
}

static void an_alarm_wakes_while_nobody_runs(void **state)
{
	struct guest g = { .count = 0 };
	struct bell b = { 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);
	uint64_t begin = fake.now_ns;

	step(&g, fake_hlt(100), true);
	add(rig, &g);
	b.interrupts = vcpu_of(rig, 0);
	hang(&b, rig, 0, begin + 300 * MS);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(g.taken, 1);
	assert_int_equal(g.took[0], BATON_IRQ_VECTOR + 1);
	assert_int_equal(g.when_ns[0], begin + 300 * MS);
	assert_int_equal(rig_stats(rig).idle_ns, 300 * MS - 100);
	rig_end(rig);
}

/* The alarm is due in the very moment in which its VM falls idle. */
static void a_wake_while_the_turn_ends_is_not_lost(void **state)
{
	struct guest g = { .count = 0 };
	struct bell b = { 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);
	uint64_t begin = fake.now_ns;

	step(&g, fake_hlt(1 * MS), true);
	add(rig, &g);
	b.interrupts = vcpu_of(rig, 0);
	hang(&b, rig, 0, begin + 1 * MS);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(g.taken, 1);
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 0);
	rig_end(rig);
}

static void who_wakes_by_an_alarm_is_before_the_one_whose_turn_it_was(void **state)
{
	struct guest g = { .count = 0 };
	struct bell b = { 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);
	uint64_t begin = fake.now_ns;

	step(&g, fake_hlt(0), true);
	add(rig, &g);
	rig_vm(rig, 1, spin, NULL);
	b.interrupts = vcpu_of(rig, 0);
	hang(&b, rig, 0, begin + 13 * MS);
	assert_int_equal(rig_run(rig, 60 * MS), BATON_RUN_BUDGET);
	assert_int_equal(g.when_ns[0], begin + 20 * MS); /* within one slice */
	rig_end(rig);
}

static void an_alarm_in_the_past_keeps_nobody_from_running(void **state)
{
	struct bell b = { 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);

	rig_vm(rig, 1, spin, NULL);
	b.again_ns = 1;
	b.in_the_past = true;
	hang(&b, rig, 0, 0);
	assert_int_equal(rig_run(rig, 30 * MS), BATON_RUN_BUDGET);
	assert_int_equal(b.rings, 50);
	for (unsigned i = 1; i < b.rings; i++)
		assert_true(b.rang[i] > b.rang[i - 1]);
	assert_true(rig_vm_stats(rig, 0).run_ns >= 29 * MS);
	rig_end(rig);
}

static void alarms_go_with_their_vm(void **state)
{
	struct fake_exit no = fake_hlt(1 * MS);
	struct guest g = { .count = 0 };
	struct bell ended = { 0 }, destroyed = { 0 }, pending = { 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);
	uint64_t begin = fake.now_ns;

	step(&g, no, false);
	add(rig, &g);
	rig_vm(rig, 1, spin, NULL);
	rig_vm(rig, 1, spin, NULL);
	hang(&ended, rig, 0, begin + 5 * MS);
	hang(&destroyed, rig, 2, begin + 50 * MS);
	hang(&pending, rig, 1, begin + 1000 * MS); /* it goes with the host */
	assert_int_equal(rig_run(rig, 3 * MS), BATON_RUN_BUDGET);
	baton_device_alarm(ended.device, rig->vms[0], begin + 6 * MS); /* too late */
	rig_destroy_vm(rig, 2);
	assert_int_equal(rig_run(rig, 100 * MS), BATON_RUN_BUDGET);
	assert_int_equal(ended.rings, 0);
	assert_int_equal(destroyed.rings, 0);
	rig_end(rig);
}

/* ------------------------------------------------------------------- timer */

static void give_timer(struct rig *rig, int vm)
{
	const struct baton_timer_config config = { .vm = rig->vms[vm] };

	assert_int_equal(baton_device_create(rig->host, &baton_timer, &config, NULL, NULL), 0);
}

static void write_timer(struct rig *rig, int vm, uint64_t gpa, uint64_t first_ns, uint64_t period_ns,
			uint64_t line)
{
	const struct baton_call_timer timer = { first_ns, period_ns, line };

	baton_vm_write(rig->vms[vm], gpa, &timer, sizeof(timer));
}

static void a_one_shot_timer_sends_one_interrupt(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);
	uint64_t begin = fake.now_ns;

	step(&g, fake_out(0, BATON_CALL_TIMER, 4, 0x2000), false);
	step(&g, fake_hlt(0), true);
	step(&g, fake_hlt(0), true);
	add(rig, &g);
	give_timer(rig, 0);
	write_timer(rig, 0, 0x2000, 7 * MS, 0, 4);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(g.taken, 1);
	assert_int_equal(g.took[0], BATON_IRQ_VECTOR + 4);
	assert_int_equal(g.when_ns[0], begin + 7 * MS);
	rig_end(rig);
}

static void a_periodic_timer_keeps_its_phase_and_makes_up_with_one(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);
	uint64_t begin = fake.now_ns;

	step(&g, fake_out(0, BATON_CALL_TIMER, 4, 0x2000), false);
	step(&g, fake_hlt(0), true);
	step(&g, fake_hlt(0), true);
	step(&g, fake_out(3500 * US, PORT, 1, 0), false); /* past 4, 5 and 6 ms */
	step(&g, fake_hlt(0), true);
	step(&g, fake_hlt(0), true);
	add(rig, &g);
	rig_port(rig, 0, PORT, 1, accept, NULL);
	give_timer(rig, 0);
	write_timer(rig, 0, 0x2000, 2 * MS, 1 * MS, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(g.taken, 5);
	assert_int_equal(g.when_ns[0], begin + 2 * MS);
	assert_int_equal(g.when_ns[1], begin + 3 * MS);
	assert_int_equal(g.when_ns[4], begin + 8 * MS);
	assert_int_equal(g.when_ns[2], begin + 6500 * US);
	assert_int_equal(g.when_ns[3], begin + 7 * MS);
	rig_end(rig);
}

/* Set in the middle of a turn, for that very turn. */
static void a_timer_interrupts_the_turn_that_set_it(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);
	uint64_t begin = fake.now_ns;

	step(&g, fake_out(1 * MS, BATON_CALL_TIMER, 4, 0x2000), true);
	step(&g, fake_out(8 * MS, PORT, 1, 0), true);
	add(rig, &g);
	rig_vm(rig, 1, spin, NULL);
	rig_port(rig, 0, PORT, 1, accept, NULL);
	give_timer(rig, 0);
	write_timer(rig, 0, 0x2000, 2 * MS, 0, 0);
	assert_int_equal(rig_run(rig, 15 * MS), BATON_RUN_BUDGET);
	assert_int_equal(g.taken, 1);
	assert_int_equal(g.when_ns[0], begin + 3 * MS);
	rig_end(rig);
}

/* … and one that is set for another VM leaves this turn alone. */
static enum baton_verdict set_for_the_other(void *state, struct baton_access *a)
{
	struct bell *b = state;

	baton_device_alarm(b->device, b->rig->vms[b->vm], a->now_ns + 2 * MS);
	return BATON_RESUME;
}

static void an_alarm_of_another_vm_does_not_kick_the_one_that_sets_it(void **state)
{
	struct guest g = { .count = 0 };
	struct bell b = { 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);

	step(&g, fake_out(1 * MS, PORT, 1, 0), false);
	step(&g, fake_hlt(7 * MS), false);
	add(rig, &g);
	rig_vm(rig, 1, spin, NULL);
	hang(&b, rig, 1, UINT64_MAX);
	rig_port(rig, 0, PORT, 1, set_for_the_other, &b);
	assert_int_equal(rig_run(rig, 9 * MS), BATON_RUN_BUDGET);
	assert_int_equal(rig->vcpus[0]->kicks, 0);
	assert_int_equal(b.rings, 1);
	rig_end(rig);
}

static void a_timer_is_replaced_and_turned_off(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);
	uint64_t begin = fake.now_ns;

	step(&g, fake_out(0, BATON_CALL_TIMER, 4, 0x2000), false);
	step(&g, fake_out(0, BATON_CALL_TIMER, 4, 0x2100), false);
	step(&g, fake_hlt(0), true);
	step(&g, fake_out(0, BATON_CALL_TIMER, 4, 0x2200), false);
	step(&g, fake_hlt(0), true);
	add(rig, &g);
	give_timer(rig, 0);
	write_timer(rig, 0, 0x2000, 1 * MS, 1 * MS, 0);
	write_timer(rig, 0, 0x2100, 5 * MS, 1 * MS, 1);
	write_timer(rig, 0, 0x2200, 0, 1 * MS, 2);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(g.taken, 1);
	assert_int_equal(g.took[0], BATON_IRQ_VECTOR + 1);
	assert_int_equal(g.when_ns[0], begin + 5 * MS);
	rig_end(rig);
}

static void a_period_is_not_shorter_than_the_least(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);

	step(&g, fake_out(0, BATON_CALL_TIMER, 4, 0x2000), false);
	for (int i = 0; i < 60; i++)
		step(&g, fake_hlt(0), true);
	add(rig, &g);
	give_timer(rig, 0);
	write_timer(rig, 0, 0x2000, 1, 1, 0);
	assert_int_equal(rig_run(rig, 50 * BATON_TIMER_MIN_NS), BATON_RUN_BUDGET);
	assert_true(g.taken >= 49 && g.taken <= 51);
	rig_end(rig);
}

/* The second time would be later than any clock goes. */
static void a_period_without_end_comes_once(void **state)
{
	struct guest g = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);

	step(&g, fake_out(0, BATON_CALL_TIMER, 4, 0x2000), false);
	for (int i = 0; i < 10; i++)
		step(&g, fake_hlt(0), true);
	add(rig, &g);
	give_timer(rig, 0);
	write_timer(rig, 0, 0x2000, 1 * MS, UINT64_MAX - 1 * MS, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(g.taken, 1);
	rig_end(rig);
}

static void times_without_end_are_never_and_lines_are_checked(void **state)
{
	struct guest never = { .count = 0 }, wrong = { .count = 0 };
	struct rig *rig = rig_begin("quantum", 10 * MS);

	step(&never, fake_out(0, BATON_CALL_TIMER, 4, 0x2000), false);
	step(&never, fake_hlt(0), true);
	step(&wrong, fake_out(0, BATON_CALL_TIMER, 4, 0x2000), false);
	add(rig, &never);
	add(rig, &wrong);
	give_timer(rig, 0);
	give_timer(rig, 1);
	write_timer(rig, 0, 0x2000, UINT64_MAX, UINT64_MAX, 0);
	write_timer(rig, 1, 0x2000, 1, 0, BATON_IRQ_LINES);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(never.taken, 0);
	assert_non_null(strstr(baton_vm_death(rig->vms[1])->sentence, "lines 0 to 15"));
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_raised_line_comes_at_the_next_entry_if_interrupts_are_on),
		TEST(with_interrupts_off_it_waits_for_a_window),
		TEST(the_instruction_behind_an_sti_comes_first),
		TEST(of_several_the_lowest_line_comes_first_one_at_a_time),
		TEST(kvm_s_refusal_ends_the_run_with_its_error),
		TEST(hlt_gives_the_turn_away_until_an_interrupt),
		TEST(a_hlt_with_a_line_raised_does_not_wait),
		TEST(after_an_interrupt_it_works_on_for_more_than_a_turn),
		TEST(who_waits_for_a_device_is_not_woken_by_an_interrupt),
		TEST(an_alarm_interrupts_the_turn_of_its_own_vm_only),
		TEST(a_later_alarm_replaces_the_earlier_and_never_takes_it_back),
		TEST(an_alarm_wakes_while_nobody_runs),
		TEST(a_wake_while_the_turn_ends_is_not_lost),
		TEST(who_wakes_by_an_alarm_is_before_the_one_whose_turn_it_was),
		TEST(an_alarm_in_the_past_keeps_nobody_from_running),
		TEST(alarms_go_with_their_vm),
		TEST(a_one_shot_timer_sends_one_interrupt),
		TEST(a_periodic_timer_keeps_its_phase_and_makes_up_with_one),
		TEST(a_timer_interrupts_the_turn_that_set_it),
		TEST(an_alarm_of_another_vm_does_not_kick_the_one_that_sets_it),
		TEST(a_timer_is_replaced_and_turned_off),
		TEST(a_period_is_not_shorter_than_the_least),
		TEST(a_period_without_end_comes_once),
		TEST(times_without_end_are_never_and_lines_are_checked),
	};

	return cmocka_run_group_tests_name("irq", tests, NULL, NULL);
}
