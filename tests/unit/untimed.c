/* SPDX-License-Identifier: Apache-2.0 */
/*
 * untimed.c - what a replay stands on: turns of so many exits, waits that are over at
 * once, alarms that stay silent, times that somebody else gives.
 */
#include "rig.h"

#include "baton/abi.h"

#define PORT 0x10

struct script {
	struct fake_exit steps[16];
	unsigned at, count;
};

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	struct script *s = vcpu->state;

	return s->at < s->count ? s->steps[s->at++] : fake_hlt(0);
}

static void step(struct script *s, struct fake_exit exit)
{
	s->steps[s->count++] = exit;
}

static enum baton_verdict accept(void *state, struct baton_access *a)
{
	return BATON_RESUME;
}

/* A policy that goes by a list: entity and exits. */
struct turn {
	uint32_t entity;
	uint64_t exits;
};

struct list {
	const struct turn *turns;
	unsigned at, count;
	bool picked;
};

static const struct turn *turns;
static unsigned turn_count;

static size_t list_size(uint32_t capacity)
{
	return sizeof(struct list);
}

static int list_init(void *state, uint32_t capacity, const struct baton_sched_config *config,
		     struct baton_diag *diag)
{
	*(struct list *)state = (struct list){ .turns = turns, .count = turn_count };
	return 0;
}

static int list_add(void *state, baton_entity_t e, const struct baton_sched_entity *what, uint64_t now,
		    struct baton_diag *diag)
{
	return 0;
}

static void list_nothing(void *state, baton_entity_t e, uint64_t now)
{
}

static void list_ran(void *state, baton_entity_t e, uint64_t ns, enum baton_why why, uint64_t now)
{
	((struct list *)state)->at++;
}

static struct baton_sched_pick list_pick(void *state, uint64_t now)
{
	struct list *l = state;
	struct baton_sched_pick pick = {
		.entity = BATON_NOBODY, .slice_ns = UINT64_MAX, .deadline_ns = UINT64_MAX,
	};

	if (l->at == l->count) {
		pick.over = true;
	} else {
		pick.entity = l->turns[l->at].entity;
		pick.exits = l->turns[l->at].exits;
	}
	return pick;
}

static const struct baton_sched_ops list_policy = {
	.name = "list", .summary = "for tests", .size = list_size, .init = list_init,
	.add = list_add, .remove = list_nothing, .wake = list_nothing, .ran = list_ran,
	.pick = list_pick,
};

static struct rig *begin(const struct turn *list, unsigned count, bool untimed,
			 const struct baton_choices *choices)
{
	struct baton_host_config config = BATON_HOST_CONFIG;

	turns = list;
	turn_count = count;
	fake_reset();
	config.ops = &list_policy;
	config.untimed = untimed;
	config.choices = choices;
	return rig_begin_with(&config);
}

/* -------------------------------------------------------------------- tests */

static void a_turn_ends_after_as_many_exits_as_it_is_given(void **state)
{
	static const struct turn list[] = { { 0, 2 }, { 1, 1 }, { 0, 0 }, { 0, 3 } };
	struct rig *rig = begin(list, COUNT(list), true, NULL);
	struct script a = { .count = 0 }, b = { .count = 0 };

	for (int i = 0; i < 8; i++) {
		step(&a, fake_out(50 * MS, PORT, 1, 0));
		step(&b, fake_out(50 * MS, PORT, 1, 0));
	}
	rig_vm(rig, 1, play, &a);
	rig_vm(rig, 1, play, &b);
	rig_port(rig, 0, PORT, 1, accept, NULL);
	rig_port(rig, 1, PORT, 1, accept, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_OVER);
	assert_int_equal(rig->turn_count, 4);
	for (size_t i = 0; i < COUNT(list); i++)
		assert_int_equal(rig->turns[i].exits, list[i].exits);
	assert_int_equal(a.at, 5);
	assert_int_equal(b.at, 1);
	rig_end(rig);
}

static enum baton_verdict wait_once(void *state, struct baton_access *a)
{
	unsigned *served = state;

	++*served;
	if (a->resumed)
		return BATON_RESUME;
	baton_vcpu_wake_at(a->vcpu, a->now_ns + 1000 * S);
	return BATON_BLOCK;
}

/* What waited is served in a turn without an exit, and the guest is not entered. */
static void a_turn_of_no_exits_serves_what_is_pending(void **state)
{
	static const struct turn list[] = { { 0, 1 }, { 0, 0 } };
	struct rig *rig = begin(list, COUNT(list), true, NULL);
	struct script s = { .count = 0 };
	unsigned served = 0;

	step(&s, fake_out(0, PORT, 1, 0));
	step(&s, fake_out(0, PORT + 1, 1, 0));
	rig_vm(rig, 1, play, &s);
	rig_port(rig, 0, PORT, 1, wait_once, &served);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_OVER);
	assert_int_equal(served, 2);
	assert_int_equal(rig->vcpus[0]->entries, 1);
	assert_true(rig_stats(rig).wall_ns < S); /* nobody waited for the time */
	rig_end(rig);
}

static void sleeps_and_arrivals_take_no_time(void **state)
{
	static const struct turn list[] = { { 0, 1 }, { 1, 1 }, { 0, 1 } };
	struct rig *rig = begin(list, COUNT(list), true, NULL);
	struct baton_vm_config late = rig_vm_config("late");
	struct script s = { .count = 0 }, l = { .count = 0 };

	step(&s, fake_out(0, BATON_CALL_SLEEP, 4, UINT32_MAX));
	rig_vm(rig, 1, play, &s);
	late.arrives_ns = 3600 * S;
	rig_add(rig, &late, play, &l);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_true(rig_stats(rig).wall_ns < S);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_HALTED);
	assert_int_equal(rig_vm_stats(rig, 1).outcome, BATON_HALTED);
	rig_end(rig);
}

static void no_alarm_sounds(void **state)
{
	static const struct turn list[] = { { 0, 1 }, { 0, 1 } };
	struct baton_call_timer timer = { .first_ns = 1 * MS };

	for (int untimed = 0; untimed < 2; untimed++) {
		struct rig *rig = begin(list, COUNT(list), untimed, NULL);
		struct baton_timer_config config;
		struct script s = { .count = 0 };

		step(&s, fake_out(0, BATON_CALL_TIMER, 4, 0x2000));
		step(&s, fake_out(10 * MS, PORT, 1, 0));
		rig_vm(rig, 1, play, &s);
		rig_port(rig, 0, PORT, 1, accept, NULL);
		config.vm = rig->vms[0];
		assert_int_equal(baton_device_create(rig->host, &baton_timer, &config, NULL, NULL), 0);
		baton_vm_write(rig->vms[0], 0x2000, &timer, sizeof(timer));
		assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_OVER);
		assert_int_equal(rig_stats(rig).alarms, !untimed);
		rig_end(rig);
	}
}

static uint64_t give(void *context, struct baton_vm *vm, uint64_t ns)
{
	*(uint64_t *)context = ns;
	return 4242;
}

static void the_time_that_a_guest_gets_may_be_chosen(void **state)
{
	static const struct turn list[] = { { 0, 1 }, { 0, 1 } };
	uint64_t own = 0, got;
	const struct baton_choices choices = { .context = &own, .time = give };
	const struct baton_choices none = { .context = &own };

	for (int i = 0; i < 2; i++) {
		struct rig *rig = begin(list, COUNT(list), false, i ? &choices : &none);
		struct script s = { .count = 0 };

		step(&s, fake_out(7 * MS, BATON_CALL_TIME, 4, 0x2000));
		rig_vm(rig, 1, play, &s);
		assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
		baton_vm_read(rig->vms[0], 0x2000, &got, sizeof(got));
		assert_int_equal(got, i ? 4242 : 7 * MS);
		assert_int_equal(own, i ? 7 * MS : 0);
		rig_end(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_turn_ends_after_as_many_exits_as_it_is_given),
		TEST(a_turn_of_no_exits_serves_what_is_pending),
		TEST(sleeps_and_arrivals_take_no_time),
		TEST(no_alarm_sounds),
		TEST(the_time_that_a_guest_gets_may_be_chosen),
	};

	return cmocka_run_group_tests_name("untimed", tests, NULL, NULL);
}
