/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.c - a run's records: whether they add up to the figures that the host itself keeps,
 * whether the policy decides the same again when it is told them, and what happens when
 * nobody takes them. The command's trace_fold.c reads them.
 */
#include "zoo.h"

#include "baton/abi.h"
#include "baton/snapshot.h"
#include "baton/trace.h"
#include "trace_fold.h"

#define PORT	0x10
#define RECORDS 400000
#define BLOCK	4096

/* The tests' own memory is not the library's: it does not count. */
void *__real_calloc(size_t n, size_t size);
void __real_free(void *block);

static struct baton_trace_record block[BLOCK];

/* What was taken, or refused now and then. */
static struct taken {
	struct baton_trace_record records[RECORDS];
	uint64_t count, calls, refused;
	uint32_t most;	    /* at once */
	uint64_t refuse_by; /* state of a generator; 0: everything is taken */
	bool refuse_all;
	uint64_t ns;	    /* that taking lasts */
} taken;

static bool take(void *context, const struct baton_trace_record *records, uint32_t count)
{
	struct taken *t = context;

	t->calls++;
	fake_advance(t->ns);
	t->most = count > t->most ? count : t->most;
	if (t->refuse_all || (t->refuse_by && fake_random(&t->refuse_by) % 3 == 0)) {
		t->refused++;
		return false;
	}
	if (t->count + count > RECORDS)
		fail_msg("more than %d records", RECORDS);
	memcpy(t->records + t->count, records, count * sizeof(*records));
	t->count += count;
	return true;
}

static struct baton_trace_sink sink_of(uint32_t records)
{
	memset(&taken, 0, sizeof(taken));
	return (struct baton_trace_sink){ block, records, take, &taken };
}

static struct rig *begin(const char *policy, uint64_t slice_ns, const struct baton_trace_sink *sink)
{
	struct baton_host_config c = BATON_HOST_CONFIG;

	c.policy = policy;
	c.trace = sink;
	if (slice_ns)
		c.sched.slice_ns = slice_ns;
	return rig_begin_with(&c);
}

/* ---------------------------------------------------- comparing with the host */

static void fold_all(struct trace_fold *fold, const struct baton_trace_record *r, uint64_t count)
{
	assert_int_equal(trace_fold_init(fold, 64), 0);
	for (uint64_t i = 0; i < count; i++) {
		const char *wrong = trace_fold_record(fold, &r[i]);

		if (wrong)
			fail_msg("record %llu, %s, %s", (unsigned long long)i,
				 baton_trace_name(r[i].kind), wrong);
	}
}

static void compare_vm(const struct trace_fold *fold, struct rig *rig, int i)
{
	baton_entity_t e = rig->vms[i]->entity;
	struct baton_vm_stats s = rig_vm_stats(rig, i);
	struct trace_fold_vm vm = trace_fold_vm(fold, e);

	assert_int_equal(vm.weight, s.share);
	assert_int_equal(vm.run_ns, s.run_ns);
	assert_int_equal(vm.handler_ns, s.handler_ns);
	assert_int_equal(vm.ready_ns, s.ready_ns);
	assert_int_equal(vm.blocked_ns, s.blocked_ns);
	assert_int_equal(vm.unknown_ns, 0);
	assert_int_equal(vm.turns, s.turns);
	assert_int_equal(vm.exits, s.exits);
	for (int k = 0; k < BATON_EXIT_KINDS; k++) {
		assert_int_equal(vm.by_kind[k].count, s.by_kind[k].count);
		assert_int_equal(vm.by_kind[k].run_ns, s.by_kind[k].run_ns);
		assert_int_equal(vm.by_kind[k].handler_ns, s.by_kind[k].handler_ns);
	}
}

/* The trace so far says what the host says as a whole. The fold is to be given back. */
static void compare_host(struct rig *rig, struct trace_fold *out)
{
	struct baton_host_stats h = rig_stats(rig);
	struct baton_trace_stats stats;
	struct trace_fold fold;
	uint64_t longest = 0;

	fold_all(&fold, taken.records, taken.count);
	baton_host_trace(rig->host, &stats);
	assert_int_equal(stats.records, taken.count);
	assert_int_equal(stats.lost, 0);
	assert_int_equal(stats.waiting, 0);
	if (trace_fold_imbalance(&fold))
		fail_msg("%s", trace_fold_imbalance(&fold));
	assert_int_equal(fold.last_ns - fold.first_ns, h.wall_ns);
	assert_int_equal(fold.run_ns, h.run_ns);
	assert_int_equal(fold.handler_ns, h.handler_ns);
	assert_int_equal(fold.switch_ns, h.switch_ns);
	assert_int_equal(fold.idle_ns, h.idle_ns);
	assert_int_equal(fold.turns, h.turns);
	assert_int_equal(fold.skipped, h.skipped);
	if (fold.overrun_count)
		longest = fold.overruns[0].charged_ns - fold.overruns[0].slice_ns;
	assert_int_equal(longest, h.overrun_ns);
	*out = fold;
}

/* … and what it says of its VMs; of those that were destroyed it says nothing. */
static void compare(struct rig *rig)
{
	struct trace_fold fold;

	compare_host(rig, &fold);
	for (unsigned i = 0; i < rig->count; i++)
		if (rig->vms[i])
			compare_vm(&fold, rig, (int)i);
	trace_fold_fini(&fold);
}

static baton_entity_t everybody(void *turn_of)
{
	return (*(baton_entity_t *)turn_of)++ % RIG_VMS; /* as the rig's own */
}

/* Tells the same policy the same, and compares every answer. */
static void redo(const char *policy, const struct rig *rig)
{
	const struct baton_sched_ops *ops = baton_policy(policy);
	struct baton_sched_config config = rig->config.sched;
	baton_entity_t turn_of = 0;
	struct baton_script script = { everybody, &turn_of };
	struct baton_sched_pick pick = { .skipped = 0 };
	void *state = __real_calloc(1, ops->size(rig->config.max_vms));
	uint64_t picks = 0;
	struct baton_diag diag;

	config.script = &script;
	assert_int_equal(ops->init(state, rig->config.max_vms, &config, &diag), 0);
	for (uint64_t i = 0; i < taken.count; i++) {
		const struct baton_trace_record *r = &taken.records[i];

		switch (r->kind) {
		case BATON_TRACE_ADD:
			assert_int_equal(ops->add(state, r->entity,
						  &(struct baton_sched_entity){ .weight = r->a },
						  r->at_ns, &diag), 0);
			break;
		case BATON_TRACE_WAKE:
			ops->wake(state, r->entity, r->at_ns);
			break;
		case BATON_TRACE_RAN:
			ops->ran(state, r->entity, r->a, (enum baton_why)r->detail, r->at_ns);
			break;
		case BATON_TRACE_REMOVE:
			ops->remove(state, r->entity, r->at_ns);
			break;
		case BATON_TRACE_PICK:
			picks++;
			pick = ops->pick(state, r->at_ns);
			assert_int_equal(pick.entity, r->entity);
			assert_int_equal(pick.over, r->detail);
			if (pick.entity == BATON_NOBODY) {
				assert_int_equal(pick.deadline_ns, r->a);
			} else {
				assert_int_equal(pick.slice_ns, r->a);
				assert_int_equal(pick.exits, r->b);
			}
			break;
		case BATON_TRACE_SKIPPED:
			assert_int_equal(pick.skipped, r->a);
			break;
		}
	}
	assert_true(picks >= rig_stats(rig).turns);
	__real_free(state);
}

/* ---------------------------------------------------------- whatever happens */

static uint64_t noise;

static uint64_t some_ns(void)
{
	return fake_random(&noise) % 200;
}

static int64_t some_skew(void)
{
	return (int64_t)(fake_random(&noise) % 100000) - 20000;
}

static void stray_signal(void *context)
{
	if (fake_random(&noise) & 1)
		fake_signal(SIGRTMIN);
	else
		fake_interrupt();
	(void)context;
}

static const char *const policies[] = { "turns", "quantum", "share", "null", "script" };

/* A zoo in steps, with strays, until it is over or after 200 steps. */
static struct rig *run_zoo(uint64_t seed, struct zoo *zoo, const struct baton_trace_sink *sink,
			   void (*after_step)(struct rig *rig))
{
	uint64_t r = seed;
	struct rig *rig;

	fake_reset();
	noise = seed;
	fake.reading = seed % 3 ? some_ns : NULL;
	fake.skew = seed % 5 ? some_skew : NULL;
	rig = begin(policies[seed % COUNT(policies)], 1 * MS + fake_random(&r) % (10 * MS), sink);
	zoo_fill(zoo, rig, seed, 1 + seed % 6, 60);
	for (int i = 0; i < 20; i++)
		fake_at(fake.now_ns + fake_random(&r) % (300 * MS), stray_signal, NULL);
	for (int i = 0; i < 200; i++) {
		enum baton_run_end end = rig_run(rig, fake_random(&r) % (30 * MS));

		if (after_step)
			after_step(rig);
		if (end != BATON_RUN_BUDGET)
			break;
		if (fake_random(&r) % 4 == 0)
			fake_advance(fake_random(&r) % (5 * MS));
	}
	return rig;
}

static void a_trace_adds_up_to_the_figures_whatever_happens(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct baton_trace_sink sink = sink_of(BATON_TRACE_LEAST + seed * 7 % 200);
		struct zoo zoo;
		struct rig *rig = run_zoo(seed, &zoo, &sink, seed % 10 ? NULL : compare);

		compare(rig);
		redo(policies[seed % COUNT(policies)], rig);
		rig_end(rig);
	}
}

/* ------------------------------------------------------------------- by hand */

static struct fake_exit spin(struct fake_vcpu *vcpu)
{
	(void)vcpu;
	return fake_spin();
}

static enum baton_verdict accept(void *state, struct baton_access *a)
{
	(void)state;
	if (!a->write)
		a->data = 0x77;
	return BATON_RESUME;
}

/* An OUT, an IN, a string of three, and the end. */
static struct fake_exit few(struct fake_vcpu *vcpu)
{
	switch (vcpu->exits) {
	case 0:
		return fake_out(700, PORT, 2, 0x1234);
	case 1:
		return fake_in(300, PORT, 1);
	case 2:
		return fake_outs(100, PORT, 1, 3, "abc");
	default:
		return fake_hlt(50);
	}
}

static void the_records_of_a_small_run_are_as_written_by_hand(void **state)
{
	struct baton_trace_sink sink = sink_of(BLOCK);
	struct rig *rig = begin("turns", 0, &sink);
	uint64_t t = fake.now_ns, all = UINT64_MAX;
	const struct baton_trace_record wanted[] = {
		{ 0, BATON_TRACE_ADD, 0, 0, 0, 0, 7, 0 },
		{ t, BATON_TRACE_OPEN, 0, 0, 0, BATON_NOBODY, 0, 0 },
		{ t, BATON_TRACE_IDLE, 0, 0, 0, BATON_NOBODY, 0, 0 },
		{ t, BATON_TRACE_WAKE, 1, 0, 0, 0, t, 0 },
		{ t, BATON_TRACE_PICK, 0, 0, 0, 0, all, 1 },
		{ t, BATON_TRACE_SWITCH, 0, 0, 0, 0, 0, 0 },
		{ t + 700, BATON_TRACE_RUN, BATON_EXIT_IO_OUT, 2, 0, 0, PORT | 1ull << 32, 0x1234 },
		{ t + 700, BATON_TRACE_HANDLER, 1, 0, 0, 0, 0, 0x1234 },
		{ t + 700, BATON_TRACE_RAN, BATON_WHY_EXITS, 0, 0, 0, 700, 1 },
		{ t + 700, BATON_TRACE_PICK, 0, 0, 0, 0, all, 1 },
		{ t + 700, BATON_TRACE_SWITCH, 0, 0, 0, 0, 0, 0 },
		{ t + 1000, BATON_TRACE_RUN, BATON_EXIT_IO_IN, 1, 0, 0, PORT | 1ull << 32, 0 },
		{ t + 1000, BATON_TRACE_HANDLER, 1, 0, 0, 0, 0, 0x77 },
		{ t + 1000, BATON_TRACE_RAN, BATON_WHY_EXITS, 0, 0, 0, 300, 1 },
		{ t + 1000, BATON_TRACE_PICK, 0, 0, 0, 0, all, 1 },
		{ t + 1000, BATON_TRACE_SWITCH, 0, 0, 0, 0, 0, 0 },
		{ t + 1100, BATON_TRACE_RUN, BATON_EXIT_IO_OUT, 1, 0, 0, PORT | 3ull << 32, 'a' },
		{ t + 1100, BATON_TRACE_HANDLER, 1, 0, 0, 0, 0, 'a' },
		{ t + 1100, BATON_TRACE_RAN, BATON_WHY_EXITS, 0, 0, 0, 100, 1 },
		{ t + 1100, BATON_TRACE_PICK, 0, 0, 0, 0, all, 1 },
		{ t + 1100, BATON_TRACE_SWITCH, 0, 0, 0, 0, 0, 0 },
		{ t + 1150, BATON_TRACE_RUN, BATON_EXIT_HLT, 0, 0, 0, 0, 0 },
		{ t + 1150, BATON_TRACE_HANDLER, 1, 0, 0, 0, 0, 0 },
		{ t + 1150, BATON_TRACE_RAN, BATON_WHY_END, 0, 0, 0, 50, 1 },
		{ t + 1150, BATON_TRACE_SWITCH, 0, 0, 0, BATON_NOBODY, 0, 0 },
	};

	(void)state;
	rig_vm(rig, 7, few, NULL);
	rig_port(rig, 0, PORT, 2, accept, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(taken.count, COUNT(wanted));
	for (size_t i = 0; i < COUNT(wanted); i++)
		if (memcmp(&taken.records[i], &wanted[i], sizeof(wanted[i])))
			fail_msg("record %zu, %s, is another", i, baton_trace_name(wanted[i].kind));
	assert_int_equal(baton_trace_port(&wanted[16]), PORT);
	assert_int_equal(baton_trace_accesses(&wanted[16]), 3);
	compare(rig);
	rig_end(rig);
}

static void a_kick_is_a_run_without_an_exit(void **state)
{
	struct baton_trace_sink sink = sink_of(BATON_TRACE_LEAST);
	struct rig *rig = begin("quantum", 1 * MS, &sink);
	unsigned kicks = 0;

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	rig_vm(rig, 1, spin, NULL);
	rig_run(rig, 100 * MS);
	for (uint64_t i = 0; i < taken.count; i++)
		if (taken.records[i].kind == BATON_TRACE_RUN) {
			assert_int_equal(taken.records[i].detail, BATON_TRACE_NO_EXIT);
			kicks++;
		}
	assert_int_equal(kicks, 100);
	compare(rig);
	rig_end(rig);
}

/* Has what it is asked for at the second time. */
static enum baton_verdict later(void *state, struct baton_access *a)
{
	unsigned *asked = state;

	if (!(*asked)++) {
		baton_vcpu_wake_at(a->vcpu, a->now_ns + 5 * MS);
		return BATON_BLOCK;
	}
	a->data = 0x99;
	return BATON_RESUME;
}

static struct fake_exit ask(struct fake_vcpu *vcpu)
{
	return vcpu->exits ? fake_hlt(50) : fake_in(300, PORT, 1);
}

static void who_waits_in_an_exit_is_served_twice_and_done_once(void **state)
{
	struct baton_trace_sink sink = sink_of(BLOCK);
	struct rig *rig = begin("quantum", 1 * MS, &sink);
	const struct baton_trace_record *handlers[3], *wakes[2];
	unsigned asked = 0, served = 0, woken = 0;

	(void)state;
	rig_vm(rig, 1, ask, NULL);
	rig_port(rig, 0, PORT, 1, later, &asked);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	for (uint64_t i = 0; i < taken.count; i++) {
		const struct baton_trace_record *r = &taken.records[i];

		if (r->kind == BATON_TRACE_HANDLER && served < 3)
			handlers[served++] = r;
		if (r->kind == BATON_TRACE_WAKE && woken < 2)
			wakes[woken++] = r;
	}
	assert_int_equal(served, 3);
	assert_int_equal(handlers[0]->detail, 0);
	assert_int_equal(handlers[1]->detail, 1);
	assert_int_equal(handlers[1]->b, 0x99);
	assert_int_equal(woken, 2);
	assert_int_equal(wakes[0]->detail, 1);
	assert_int_equal(wakes[1]->detail, 0);
	assert_int_equal(wakes[1]->a, handlers[0]->at_ns + 5 * MS);
	compare(rig);
	rig_end(rig);
}

/* -------------------------------------------------------------------- labels */

#define STRUCT 0x5000 /* where a label's fields are */
#define WORDS  0x6000

/* Says it so often, then ends. */
static struct fake_exit labels(struct fake_vcpu *vcpu)
{
	return vcpu->exits < *(unsigned *)vcpu->state ? fake_out(700, BATON_CALL_LABEL, 4, STRUCT) :
							fake_hlt(50);
}

static struct rig *run_label(const struct baton_trace_sink *sink, const char *words, uint64_t size,
			     unsigned *times)
{
	const struct baton_call_label call = { .bytes = WORDS, .size = size };
	struct rig *rig = begin("null", 0, sink);

	rig_vm(rig, 1, labels, times);
	assert_int_equal(baton_vm_write(rig->vms[0], STRUCT, &call, sizeof(call)), 0);
	assert_int_equal(baton_vm_write(rig->vms[0], WORDS, words, strlen(words)), 0);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_HALTED);
	return rig;
}

/* How many records a label takes, each right behind the other, behind its exit. */
static unsigned label_comes_to(const char *words, uint64_t size, const char *said)
{
	struct baton_trace_sink sink = sink_of(BLOCK);
	unsigned once = 1, parts = 0;
	struct rig *rig = run_label(&sink, words, size, &once);
	struct trace_fold fold;
	uint64_t at = 0;

	while (taken.records[at].kind != BATON_TRACE_RUN)
		at++;
	while (taken.records[at + 1 + parts].kind == BATON_TRACE_LABEL) {
		assert_int_equal(taken.records[at + 1 + parts].at_ns, taken.records[at].at_ns);
		assert_int_equal(taken.records[at + 1 + parts].entity, 0);
		parts++;
	}
	assert_int_equal(taken.records[at + 1 + parts].kind, BATON_TRACE_HANDLER);
	fold_all(&fold, taken.records, taken.count);
	assert_string_equal(fold.label, said);
	assert_int_equal(fold.label_left, 0);
	assert_int_equal(fold.vms[0]->by_call[HYPERCALL_LABEL], 1);
	trace_fold_fini(&fold);
	compare(rig);
	rig_end(rig);
	return parts;
}

static void a_label_stands_behind_its_exit(void **state)
{
	char much[BATON_LABEL_MAX + 2];

	(void)state;
	assert_int_equal(label_comes_to("", 0, ""), 0);
	assert_int_equal(label_comes_to("x", 1, "x"), 1);
	assert_int_equal(label_comes_to("begins to sort: ", 16, "begins to sort: "), 1);
	assert_int_equal(label_comes_to("begins to sort: 1", 17, "begins to sort: 1"), 2);
	assert_int_equal(label_comes_to("a\033[31m\nb\177", 9, "a?[31m?b?"), 1); /* no commands */
	memset(much, 'x', sizeof(much));
	much[BATON_LABEL_MAX - 1] = 'z';
	much[BATON_LABEL_MAX] = '\0';
	assert_int_equal(label_comes_to(much, UINT64_MAX, much), 8); /* all that there is room for */
}

/* Blocks are handed over between exits, never between a label and its handler. */
static void labels_are_handed_over_in_the_switchs_time(void **state)
{
	for (uint32_t more = 0; more < 12; more++) {
		struct baton_trace_sink sink = sink_of(BATON_TRACE_LEAST + more);
		unsigned often = 300;
		struct rig *rig;

		(void)state;
		taken.ns = 1 * MS;
		rig = run_label(&sink, "", BATON_LABEL_MAX, &often);
		assert_true(taken.calls > 100);
		assert_int_equal(rig_stats(rig).handler_ns, 0);
		assert_int_equal(rig_stats(rig).switch_ns, (taken.calls - 1) * MS);
		compare(rig);
		rig_end(rig);
	}
}

/* ---------------------------------------------------- deaths, errors, departures */

static struct fake_exit dies(struct fake_vcpu *vcpu)
{
	return vcpu->exits < 3 ? fake_out(500, PORT, 1, 0) : fake_other(700, KVM_EXIT_SHUTDOWN, 0);
}

static struct fake_exit fails(struct fake_vcpu *vcpu)
{
	return vcpu->exits < 3 ? fake_out(500, PORT, 1, 0) : fake_error(900, -EFAULT);
}

static void deaths_are_traced(void **state)
{
	struct baton_trace_sink sink = sink_of(BATON_TRACE_LEAST);
	struct baton_vm_config watched = rig_vm_config("watched");
	struct baton_vm_config replayed = rig_vm_config("replayed");
	struct rig *rig = begin("quantum", 1 * MS, &sink);

	(void)state;
	watched.watchdog_ns = 5 * MS;
	replayed.step_replay = true; /* it is copied between entries, which takes readings */
	rig_add(rig, &watched, spin, NULL);
	rig_add(rig, &replayed, dies, NULL);
	rig_vm(rig, 1, dies, NULL);
	for (int i = 0; i < 3; i++)
		rig_port(rig, i, PORT, 1, accept, NULL);
	fake.reading_ns = 7;
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rig_vm_stats(rig, i).outcome, BATON_DEAD);
	compare(rig);
	redo("quantum", rig);
	rig_end(rig);
}

static void a_run_that_fails_is_traced_to_its_end(void **state)
{
	struct baton_trace_sink sink = sink_of(BATON_TRACE_LEAST);
	struct rig *rig = begin("quantum", 1 * MS, &sink);

	(void)state;
	rig_vm(rig, 1, fails, NULL);
	rig_vm(rig, 1, spin, NULL);
	rig_port(rig, 0, PORT, 1, accept, NULL);
	assert_int_equal(baton_host_run(rig->host, BATON_FOREVER, NULL), -EFAULT);
	rig_balance(rig);
	compare(rig);
	rig_end(rig);
}

static void who_leaves_in_the_midst_of_a_turn_is_traced(void **state)
{
	struct baton_trace_sink sink = sink_of(BATON_TRACE_LEAST);
	struct rig *rig = begin("quantum", 10 * MS, &sink);
	struct trace_fold fold;

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	rig_vm(rig, 1, spin, NULL);
	rig_run(rig, 24 * MS); /* cuts a turn of the first */
	rig_destroy_vm(rig, 0);
	rig_vm(rig, 5, spin, NULL); /* has the number of the first */
	assert_int_equal(rig->vms[2]->entity, 0);
	rig_run(rig, 37 * MS);
	redo("quantum", rig);
	fold_all(&fold, taken.records, taken.count);
	assert_null(trace_fold_imbalance(&fold));
	assert_int_equal(trace_fold_vm(&fold, 1).run_ns, rig_vm_stats(rig, 1).run_ns);
	assert_int_equal(trace_fold_vm(&fold, 0).weight, 5);
	trace_fold_fini(&fold);
	rig_destroy_vm(rig, 1);
	baton_host_trace_flush(rig->host);
	assert_int_equal(taken.records[taken.count - 1].kind, BATON_TRACE_REMOVE);
	assert_int_equal(taken.records[taken.count - 1].entity, 1);
	rig_end(rig);
}

/* ------------------------------------------------------------- forks and resets */

/* Now and then a write has to wait, by a count that goes with the VM. */
static enum baton_verdict now_and_then(void *state, struct baton_access *a)
{
	unsigned *count = state;

	if (++*count % 7)
		return BATON_RESUME;
	baton_vcpu_wake_at(a->vcpu, a->now_ns + 2 * MS);
	return BATON_BLOCK;
}

static int claim(struct baton_device *device, void *state, const void *config,
		 struct baton_diag *diag)
{
	(void)state;
	return baton_device_claim_ports(device, *(struct baton_vm *const *)config, PORT, 1,
					now_and_then, diag);
}

static const struct baton_device_ops counter = {
	.name = "counter", .size = sizeof(unsigned), .plain = sizeof(unsigned), .init = claim,
};

/* Where it stands is in RAX, so that it forks and is reset. */
static struct fake_exit chatter(struct fake_vcpu *vcpu)
{
	uint64_t at = vcpu->regs.rax++;

	if (at % 4 == 3)
		return fake_out(4 * MS, PORT, 1, at);
	return at < 50 ? fake_out(300000, PORT, 1, at) : fake_hlt(50);
}

/* What those had who had a number before, and those that were reset. */
static struct past {
	uint64_t run_ns, handler_ns, turns, exits;
} past[RIG_VMS];

static void add_to_past(const struct rig *rig, int vm)
{
	struct past *p = &past[rig->vms[vm]->entity];
	struct baton_vm_stats s = rig_vm_stats(rig, vm);

	p->run_ns += s.run_ns;
	p->handler_ns += s.handler_ns;
	p->turns += s.turns;
	p->exits += s.exits;
}

static void compare_with_past(struct rig *rig)
{
	struct trace_fold fold;

	compare_host(rig, &fold);
	for (unsigned i = 0; i < rig->count; i++)
		if (rig->vms[i])
			add_to_past(rig, (int)i);
	for (unsigned e = 0; e < fold.capacity && fold.vms[e]; e++) {
		struct trace_fold_vm vm = trace_fold_vm(&fold, e);

		assert_int_equal(vm.run_ns, past[e].run_ns);
		assert_int_equal(vm.handler_ns, past[e].handler_ns);
		assert_int_equal(vm.turns, past[e].turns);
		assert_int_equal(vm.exits, past[e].exits);
	}
	trace_fold_fini(&fold);
}

static void fork_one(struct rig *rig, struct baton_snapshot *snapshot, uint64_t share,
		     struct baton_pool *pool)
{
	const struct baton_fork_config config = { .share = share, .pool = pool };

	assert_int_equal(baton_vm_fork(snapshot, rig->host, &config, NULL,
				       &rig->vms[rig->count]), 0);
	rig->vcpus[rig->count] = fake_vcpu(rig->vms[rig->count]);
	rig->vcpus[rig->count]->exits = 0; /* the pool may have had it from another */
	rig->count++;
}

/* Once in a while the first attempt fails: all that is left then is to try again. */
static void reset_one(struct rig *rig, int vm, bool fail)
{
	add_to_past(rig, vm);
	if (fail) {
		fake_fail(FAKE_STATE_LOAD, 1, EINVAL);
		assert_true(baton_vm_reset(rig->vms[vm], NULL) < 0);
	}
	assert_int_equal(baton_vm_reset(rig->vms[vm], NULL), 0);
	rig->vcpus[vm]->exits = 0;
	rig->one_destroyed = true;
}

static void forks_come_are_reset_and_go(const char *policy, uint64_t seed)
{
	struct baton_trace_sink sink = sink_of(BATON_TRACE_LEAST + seed * 7 % 200);
	struct baton_snapshot *snapshot;
	struct baton_pool *pool;
	uint64_t r = seed;
	struct rig *rig;

	fake_reset();
	noise = seed;
	fake.reading = some_ns;
	rig = begin(policy, 2 * MS, &sink);
	memset(past, 0, sizeof(past));
	rig_vm(rig, 3, chatter, NULL);
	assert_int_equal(baton_device_create(rig->host, &counter, &rig->vms[0], NULL, NULL), 0);
	rig_run(rig, fake_random(&r) % (20 * MS));
	assert_int_equal(baton_snapshot_take(rig->vms, 1, NULL, &snapshot), 0);
	assert_int_equal(baton_pool_create(rig->host, baton_vm_memory(rig->vms[0]), 2, NULL, &pool),
			 0);
	for (int i = 0; i < 40; i++) {
		uint64_t what = fake_random(&r) % 4, which = fake_random(&r);

		if (what < 2 || rig->count < 3) {
			fork_one(rig, snapshot, 1 + which % 5, which & 8 ? pool : NULL);
		} else {
			int vm = 1 + (int)(which % (rig->count - 1));

			if (rig->vms[vm] && what == 2) {
				reset_one(rig, vm, which % 4 == 0);
			} else if (rig->vms[vm]) {
				add_to_past(rig, vm);
				rig_destroy_vm(rig, vm);
			}
		}
		rig_run(rig, fake_random(&r) % (10 * MS));
	}
	baton_host_trace_flush(rig->host);
	redo(policy, rig);
	compare_with_past(rig);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static void forks_and_resets_are_told_as_if_they_came_and_went(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++)
		forks_come_are_reset_and_go(policies[seed % COUNT(policies)], seed);
}

/* ---------------------------------------------------------------------- loss */

static void what_is_refused_is_lost_and_counted(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct baton_trace_sink sink = sink_of(BATON_TRACE_LEAST + seed % 100);
		uint64_t gaps = 0, losts = 0, all;
		struct baton_trace_stats stats;
		struct trace_fold fold;
		struct zoo zoo;
		struct rig *rig;

		rig = run_zoo(seed, &zoo, &sink, NULL);
		all = taken.count;
		rig_end(rig);
		sink = sink_of(BATON_TRACE_LEAST + seed % 100);
		taken.refuse_by = seed;
		rig = run_zoo(seed, &zoo, &sink, NULL);
		while (taken.refuse_by) { /* the last LOST */
			taken.refuse_by = 0;
			baton_host_trace_flush(rig->host);
		}
		baton_host_trace(rig->host, &stats);
		for (uint64_t i = 0; i < taken.count; i++) {
			if (taken.records[i].kind != BATON_TRACE_LOST)
				continue;
			losts++;
			gaps += taken.records[i].a;
			assert_int_equal(taken.records[i].b, gaps);
		}
		assert_int_equal(stats.records, taken.count);
		assert_int_equal(stats.lost, gaps);
		assert_int_equal(taken.refused > 0, losts > 0);
		/* Handing over in the midst of a turn takes a cut; where, depends on what was left. */
		if (!losts)
			assert_int_equal(taken.count, all);
		fold_all(&fold, taken.records, taken.count);
		if (losts) {
			assert_string_equal(trace_fold_imbalance(&fold), "records are missing");
			assert_int_equal(fold.run_ns + fold.handler_ns + fold.switch_ns + fold.idle_ns +
						 fold.unknown_ns,
					 fold.last_ns - fold.first_ns);
		}
		trace_fold_fini(&fold);
		rig_end(rig);
	}
}

/* One exit a turn: blocks are handed over between turns only, which takes no reading. */
static struct fake_exit hundred(struct fake_vcpu *vcpu)
{
	return vcpu->exits < 100 ? fake_out(700, PORT, 1, 0) : fake_hlt(0);
}

static struct rig *run_hundred(const struct baton_trace_sink *sink)
{
	struct rig *rig = begin("turns", 0, sink);

	rig_vm(rig, 1, hundred, NULL);
	rig_vm(rig, 1, hundred, NULL);
	rig_port(rig, 0, PORT, 1, accept, NULL);
	rig_port(rig, 1, PORT, 1, accept, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	return rig;
}

static void every_record_that_nobody_wants_is_counted_once(void **state)
{
	struct baton_trace_sink sink = sink_of(64);
	struct rig *rig = run_hundred(&sink);
	uint64_t all = taken.count;

	(void)state;
	assert_int_equal(all, 2 + 2 + 2 + 202 * 5 + 1);
	rig_end(rig);
	sink = sink_of(64);
	taken.refuse_all = true;
	rig = run_hundred(&sink);
	taken.refuse_all = false;
	baton_host_trace_flush(rig->host);
	assert_int_equal(taken.count, 1);
	assert_int_equal(taken.records[0].kind, BATON_TRACE_LOST);
	assert_int_equal(taken.records[0].a, all);
	assert_int_equal(taken.records[0].b, all);
	assert_true(taken.calls > 20);
	rig_end(rig);
}

static void between_turns_a_block_is_handed_over_half_full(void **state)
{
	struct baton_trace_sink sink = sink_of(64);
	struct rig *rig = run_hundred(&sink);

	(void)state;
	assert_true(taken.most > 32 && taken.most <= 32 + 5);
	compare(rig);
	rig_end(rig);
}

static void a_block_that_nobody_takes_is_filled_once(void **state)
{
	struct baton_trace_sink all = sink_of(BLOCK), once = { block, 100, NULL, NULL };
	struct baton_trace_stats stats;
	struct baton_trace_record *last = &block[99];
	struct zoo zoo;
	struct rig *rig = run_zoo(4, &zoo, &all, NULL);

	(void)state;
	rig_end(rig);
	memset(block, 0, sizeof(block));
	rig = run_zoo(4, &zoo, &once, NULL);
	baton_host_trace_flush(rig->host);
	baton_host_trace(rig->host, &stats);
	assert_true(taken.count > 200);
	assert_memory_equal(block, taken.records, 99 * sizeof(*block));
	assert_int_equal(last->kind, BATON_TRACE_LOST);
	assert_int_equal(last->a, taken.count - 99);
	assert_int_equal(last->b, taken.count - 99);
	assert_int_equal(last->at_ns, taken.records[taken.count - 1].at_ns);
	assert_int_equal(stats.records, 100);
	assert_int_equal(stats.lost, taken.count - 99);
	assert_int_equal(stats.waiting, 100);
	assert_int_equal(block[100].kind, 0);
	rig_end(rig);
}

/* ------------------------------------------------------------- what it costs whom */

static struct fake_exit many(struct fake_vcpu *vcpu)
{
	return vcpu->exits < 1000 ? fake_out(700, PORT, 1, 0) : fake_hlt(0);
}

static void handing_over_is_the_switchs_time_even_within_a_turn(void **state)
{
	struct baton_trace_sink sink = sink_of(BATON_TRACE_LEAST);
	struct rig *rig = begin("null", 0, &sink);
	uint64_t within;

	(void)state;
	taken.ns = 1 * MS;
	rig_vm(rig, 1, many, NULL);
	rig_port(rig, 0, PORT, 1, accept, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	within = taken.calls - 1; /* the last comes after the last reading */
	assert_true(within > 50);
	assert_int_equal(rig_stats(rig).switch_ns, within * MS);
	assert_int_equal(rig_stats(rig).run_ns, 1000 * 700);
	assert_int_equal(rig_stats(rig).handler_ns, 0);
	compare(rig);
	rig_end(rig);
}

static void stray(void *context)
{
	(void)context;
	fake_signal(SIGRTMIN);
}

/* No handler ever runs, so it is handed over between a kick and the next entry. */
static void kicks_within_a_turn_hand_over_in_the_switchs_time(void **state)
{
	struct baton_trace_sink sink = sink_of(BATON_TRACE_LEAST + 1); /* full at either cut */
	struct rig *rig = begin("null", 0, &sink);

	(void)state;
	taken.ns = 1 * MS;
	rig_vm(rig, 1, spin, NULL);
	for (unsigned i = 1; i <= 100; i++)
		fake_at(fake.now_ns + i * 10 * MS, stray, NULL);
	assert_int_equal(rig_run(rig, 1 * S + 1 * MS), BATON_RUN_BUDGET);
	assert_true(taken.calls > 5);
	assert_int_equal(rig_stats(rig).run_ns, rig->vcpus[0]->ran_ns);
	assert_int_equal(rig_stats(rig).switch_ns, (taken.calls - 1) * MS);
	compare(rig);
	rig_end(rig);
}

static void a_host_that_goes_leaves_no_records(void **state)
{
	struct baton_trace_sink sink = sink_of(BATON_TRACE_LEAST);
	struct rig *rig = begin("quantum", 0, &sink);
	uint64_t calls;

	(void)state;
	for (int i = 0; i < 60; i++)
		rig_vm(rig, 1, spin, NULL);
	rig_run(rig, 10 * MS);
	calls = taken.calls;
	rig_end(rig);
	assert_int_equal(taken.calls, calls);
}

static void a_sink_too_small_is_refused(void **state)
{
	struct baton_host_config c = BATON_HOST_CONFIG;
	struct baton_trace_sink sink = sink_of(BATON_TRACE_LEAST - 1);
	struct baton_host *host;
	struct baton_diag diag;

	(void)state;
	c.trace = &sink;
	assert_int_equal(baton_host_create(&c, &diag, &host), -EINVAL);
	assert_string_equal(diag.where, "trace");
	assert_string_equal(diag.message, "a block of 31 records; expected 32 or more");
	sink = (struct baton_trace_sink){ NULL, 100, take, NULL };
	assert_int_equal(baton_host_create(&c, &diag, &host), -EINVAL);
}

static void who_is_not_traced_has_no_figures(void **state)
{
	struct rig *rig = begin("quantum", 0, NULL);
	struct baton_trace_stats stats = { 1, 1, 1 };

	(void)state;
	rig_vm(rig, 1, spin, NULL);
	rig_run(rig, 100 * MS);
	baton_host_trace_flush(rig->host);
	baton_host_trace(rig->host, &stats);
	assert_int_equal(stats.records + stats.lost + stats.waiting, 0);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_trace_adds_up_to_the_figures_whatever_happens),
		TEST(the_records_of_a_small_run_are_as_written_by_hand),
		TEST(a_kick_is_a_run_without_an_exit),
		TEST(who_waits_in_an_exit_is_served_twice_and_done_once),
		TEST(a_label_stands_behind_its_exit),
		TEST(labels_are_handed_over_in_the_switchs_time),
		TEST(deaths_are_traced),
		TEST(a_run_that_fails_is_traced_to_its_end),
		TEST(who_leaves_in_the_midst_of_a_turn_is_traced),
		TEST(forks_and_resets_are_told_as_if_they_came_and_went),
		TEST(what_is_refused_is_lost_and_counted),
		TEST(every_record_that_nobody_wants_is_counted_once),
		TEST(between_turns_a_block_is_handed_over_half_full),
		TEST(a_block_that_nobody_takes_is_filled_once),
		TEST(handing_over_is_the_switchs_time_even_within_a_turn),
		TEST(kicks_within_a_turn_hand_over_in_the_switchs_time),
		TEST(a_host_that_goes_leaves_no_records),
		TEST(a_sink_too_small_is_refused),
		TEST(who_is_not_traced_has_no_figures),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
