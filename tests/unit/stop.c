/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stop.c - baton_host_stop() at every moment at which it can come: before, during
 * and between runs, at each call that the loop makes, half-way through a guest's
 * computing, while idle, in handlers, observers and the policy. It must be obeyed
 * at once, by one run and no more, and must change no decision.
 */
#include "rig.h"

#include "baton/abi.h"
#include "sched/round.h"

#define PORT 0x10

/* --------------------------------------------- a policy that gives chances */

/* Round robin, with a moment to interfere before and after each decision. */
static void tick_remove(void *s, baton_entity_t e, uint64_t now)
{
	fake_tick();
	baton__round_remove(s, e, now);
}

static void tick_wake(void *s, baton_entity_t e, uint64_t now)
{
	fake_tick();
	baton__round_wake(s, e, now);
	fake_tick();
}

static void tick_ran(void *s, baton_entity_t e, uint64_t ns, enum baton_why why, uint64_t now)
{
	fake_tick();
	baton__round_ran(s, e, ns, why, now);
	fake_tick();
}

static struct baton_sched_pick tick_pick(void *s, uint64_t now)
{
	struct baton_sched_pick pick;

	fake_tick();
	pick = baton__round_pick(s, now);
	fake_tick();
	return pick;
}

static int tick_init(void *s, uint32_t capacity, const struct baton_sched_config *config,
		     struct baton_diag *diag)
{
	(void)diag;
	baton__round_init(s, capacity, config->slice_ns, UINT64_MAX);
	return 0;
}

static const struct baton_sched_ops ticking = {
	.name = "ticking", .size = baton__round_size, .init = tick_init, .add = baton__round_add,
	.remove = tick_remove, .wake = tick_wake, .ran = tick_ran, .pick = tick_pick,
};

/* ------------------------------------------------------------ the guests */

static struct fake_exit spin(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_spin();
}

static struct fake_exit out(struct fake_vcpu *vcpu)
{
	return fake_out(330 * US, PORT, 1, vcpu->exits);
}

static struct fake_exit nap(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_out(0, BATON_CALL_SLEEP, 4, 1500);
}

static struct fake_exit yield(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_out(210 * US, BATON_CALL_YIELD, 4, 0);
}

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	fake_tick();
	return BATON_RESUME;
}

struct mix {
	const char *name;
	struct fake_exit (*guests[4])(struct fake_vcpu *vcpu);
};

static const struct mix mixes[] = {
	{ "two that spin", { spin, spin } },
	{ "two that exit", { out, out } },
	{ "one that sleeps", { nap } },
	{ "of every kind", { spin, out, nap, yield } },
};

#define SPAN (8 * MS)

static struct rig *begin(const struct mix *mix)
{
	struct baton_host_config c = BATON_HOST_CONFIG;
	struct rig *rig;

	fake_reset();
	c.ops = &ticking;
	c.sched.slice_ns = 1 * MS;
	rig = rig_begin_with(&c);
	for (int i = 0; i < 4 && mix->guests[i]; i++) {
		rig_vm(rig, 1, mix->guests[i], NULL);
		rig_port(rig, i, PORT, 1, serve, NULL);
	}
	return rig;
}

/* ------------------------------------------------------- at every moment */

static struct {
	uint64_t at_ns, exits;
	bool done;
} stopped;

static void stop(void *context)
{
	struct rig *rig = context;

	stopped.at_ns = fake.now_ns;
	stopped.exits = rig->exits;
	stopped.done = true;
	baton_host_stop(rig->host);
}

static void same_turns(const char *name, uint64_t n, const struct rig *got,
		       const struct rig_turn *turns, unsigned count)
{
	for (unsigned i = 0; i < count && i < got->turn_count; i++)
		if (memcmp(&turns[i], &got->turns[i], sizeof(turns[i])))
			fail_msg("%s: a stop at step %d changes turn %u", name, (int)n, i);
	assert_int_equal(count, got->turn_count);
}

/* The stop came during a run that ended so. */
static void obeyed(struct rig *rig, const char *name, uint64_t n, enum baton_run_end end)
{
	if (end == BATON_RUN_STOPPED) {
		if (fake.now_ns != stopped.at_ns)
			fail_msg("%s: a stop at step %d took %d ns", name, (int)n,
				 (int)(fake.now_ns - stopped.at_ns));
		/* At most the one that was on its way. */
		assert_true(rig->exits - stopped.exits <= 1);
		return;
	}
	/* The run was over but for its return: the next one obeys, having run nothing. */
	assert_int_equal(end, BATON_RUN_BUDGET);
	assert_int_equal(rig_run(rig, SPAN), BATON_RUN_STOPPED);
	assert_int_equal(fake.now_ns, stopped.at_ns);
}

static void a_stop_at_any_moment_is_obeyed_once_and_changes_nothing(void **state)
{
	unsigned moments = 0;

	(void)state;
	for (size_t m = 0; m < COUNT(mixes); m++) {
		struct rig *rig = begin(&mixes[m]);
		uint64_t end_ns = fake.now_ns + SPAN;
		struct rig_turn *turns;
		unsigned count;

		assert_int_equal(rig_run(rig, SPAN), BATON_RUN_BUDGET);
		count = rig->turn_count;
		turns = rig_take_turns(rig);
		rig_end(rig);

		for (uint64_t n = 1;; n++) {
			enum baton_run_end end;

			rig = begin(&mixes[m]);
			stopped.done = false;
			fake.inject = stop;
			fake.inject_context = rig;
			fake.inject_at = fake.ticks + n;
			end = rig_run(rig, SPAN);
			if (!stopped.done) {
				rig_end(rig);
				break;
			}
			moments++;
			obeyed(rig, mixes[m].name, n, end);
			/* Once is enough, and what is left of it disturbs nobody. */
			assert_int_equal(rig_run(rig, end_ns - fake.now_ns), BATON_RUN_BUDGET);
			assert_int_equal(fake.now_ns, end_ns);
			same_turns(mixes[m].name, n, rig, turns, count);
			rig_end(rig);
		}
		rig_free_turns(turns);
	}
	assert_true(moments > 500);
}

static void a_stop_at_any_nanosecond_of_a_slice_is_obeyed(void **state)
{
	(void)state;
	for (uint64_t at = 0; at <= 3 * MS; at += 997) {
		struct rig *rig = begin(&mixes[0]);

		fake_at(fake.now_ns + at, stop, rig);
		assert_int_equal(rig_run(rig, SPAN), BATON_RUN_STOPPED);
		assert_int_equal(fake.now_ns, 1 * S + at);
		rig_end(rig);
	}
}

/* -------------------------------------------------------- other occasions */

static void a_stop_before_the_first_run_runs_nothing(void **state)
{
	struct rig *rig = begin(&mixes[0]);

	(void)state;
	baton_host_stop(rig->host);
	assert_int_equal(rig_run(rig, SPAN), BATON_RUN_STOPPED);
	assert_int_equal(rig->vcpus[0]->entries, 0);
	assert_int_equal(rig_run(rig, SPAN), BATON_RUN_BUDGET);
	rig_end(rig);
}

static void a_stop_between_runs_ends_the_next_only(void **state)
{
	struct rig *rig = begin(&mixes[1]);

	(void)state;
	for (int i = 0; i < 10; i++) {
		uint64_t before;

		assert_int_equal(rig_run(rig, MS), BATON_RUN_BUDGET);
		before = fake.now_ns;
		baton_host_stop(rig->host);
		baton_host_stop(rig->host);
		assert_int_equal(rig_run(rig, MS), BATON_RUN_STOPPED);
		assert_int_equal(fake.now_ns, before);
	}
	rig_end(rig);
}

static void a_stop_of_a_host_that_is_done_is_answered_too(void **state)
{
	struct baton_host_config c = BATON_HOST_CONFIG;
	struct rig *rig = rig_begin_with(&c);

	(void)state;
	baton_host_stop(rig->host);
	assert_int_equal(rig_run(rig, SPAN), BATON_RUN_STOPPED);
	assert_int_equal(rig_run(rig, SPAN), BATON_RUN_DONE);
	rig_end(rig);
}

static void stop_on_exit(struct rig *rig, int vm, const struct baton_exit *exit)
{
	(void)vm, (void)exit;
	if (rig->exits == 3)
		baton_host_stop(rig->host);
}

static void stop_on_turn(struct rig *rig, const struct rig_turn *turn)
{
	(void)turn;
	if (rig->turn_count == 3)
		baton_host_stop(rig->host);
}

static void observers_may_stop(void **state)
{
	struct rig *rig = begin(&mixes[1]);

	(void)state;
	rig->on_exit = stop_on_exit;
	assert_int_equal(rig_run(rig, SPAN), BATON_RUN_STOPPED);
	assert_int_equal(rig->exits, 3);
	rig_end(rig);

	rig = begin(&mixes[0]);
	rig->on_turn = stop_on_turn;
	assert_int_equal(rig_run(rig, SPAN), BATON_RUN_STOPPED);
	assert_int_equal(rig->turn_count, 3);
	rig_end(rig);
}

static void a_pending_stop_does_not_outlive_its_host(void **state)
{
	struct rig *rig = begin(&mixes[0]);

	(void)state;
	baton_host_stop(rig->host);
	rig_end(rig);
	assert_int_equal(fake_pending(), 0);
}

static void a_stop_of_one_host_does_not_stop_another(void **state)
{
	struct rig *one = begin(&mixes[0]), *two;
	struct baton_host_config c = BATON_HOST_CONFIG;

	(void)state;
	c.policy = "quantum";
	two = rig_begin_with(&c);
	rig_vm(two, 1, spin, NULL);
	baton_host_stop(one->host);
	assert_int_equal(rig_run(two, 20 * MS), BATON_RUN_BUDGET); /* it took the signal */
	assert_int_equal(two->turn_count, 2);
	assert_int_equal(rig_run(one, 20 * MS), BATON_RUN_STOPPED);
	rig_close(two);
	rig_end(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stop_at_any_moment_is_obeyed_once_and_changes_nothing),
		TEST(a_stop_at_any_nanosecond_of_a_slice_is_obeyed),
		TEST(a_stop_before_the_first_run_runs_nothing),
		TEST(a_stop_between_runs_ends_the_next_only),
		TEST(a_stop_of_a_host_that_is_done_is_answered_too),
		TEST(observers_may_stop),
		TEST(a_pending_stop_does_not_outlive_its_host),
		TEST(a_stop_of_one_host_does_not_stop_another),
	};

	return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
