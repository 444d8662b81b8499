/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.c - a gate before accesses and instructions, vCPUs that are taken back to a moment, and
 * devices as they are seen from outside.
 */
#include "rig.h"

#include "baton/abi.h"
#include "baton/control.h"
#include "baton/snapshot.h"

#define PORT 0x30
#define GPA  (UINT64_C(1) << 20)

/* Steps are the guest's image; where it stands is in RAX, so that it goes back with its vCPU. */
struct script {
	struct fake_exit steps[16];
	unsigned count;
	uint64_t got[8];
	unsigned got_count;
};

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	const struct script *s = vcpu->state;

	return vcpu->regs.rax < s->count ? s->steps[vcpu->regs.rax++] : fake_hlt(0);
}

static void step(struct script *s, struct fake_exit exit)
{
	s->steps[s->count++] = exit;
}

static void got(struct fake_vcpu *vcpu, const void *data, size_t bytes)
{
	struct script *s = vcpu->state;
	uint64_t value = 0;

	memcpy(&value, data, bytes < 8 ? bytes : 8);
	s->got[s->got_count++] = value;
}

/* ----------------------------------------------------------------------- a gate */

/* What it was asked, and what it says. */
struct watcher {
	char log[1024];
	unsigned asked, stepped;
	enum baton_gate_verdict verdict;
	unsigned hold_at; /* the access at which it holds, from 1; 0: none */
	uint64_t data;	  /* what it gives, and one more for each */
	const struct baton_vm *hold_vm; /* who is held whenever it asks */
	bool forgets;	  /* it passes what was resumed as if it was not */
	unsigned hold_step, done_step; /* likewise, of instructions */
};

static enum baton_gate_verdict on_access(void *context, const char *device, struct baton_access *a)
{
	struct watcher *w = context;
	size_t used = strlen(w->log);

	snprintf(w->log + used, sizeof(w->log) - used, "%s%s %c%llx:%u", used ? ", " : "", device,
		 a->write ? 'w' : 'r', (unsigned long long)a->addr, a->size);
	used = strlen(w->log);
	if (a->write)
		snprintf(w->log + used, sizeof(w->log) - used, "=%llx", (unsigned long long)a->data);
	if (a->resumed)
		strcat(w->log, " again");
	if (++w->asked == w->hold_at || a->vm == w->hold_vm)
		return BATON_GATE_HOLD;
	if (w->forgets)
		a->resumed = false;
	if (w->verdict == BATON_GATE_DONE && !a->write)
		a->data = w->data++;
	return w->verdict;
}

static enum baton_gate_verdict on_step(void *context, struct baton_vm *vm)
{
	struct watcher *w = context;

	if (++w->stepped == w->hold_step)
		return BATON_GATE_HOLD;
	return w->stepped == w->done_step ? BATON_GATE_DONE : BATON_GATE_PASS;
}

static const struct baton_gate accesses = { .access = on_access };
static const struct baton_gate steps = { .step = on_step };
static const struct baton_gate nothing;

static struct rig *begin(const struct baton_gate *gate, struct watcher *watcher)
{
	struct baton_host_config config = BATON_HOST_CONFIG;

	config.policy = "quantum";
	config.gate = gate;
	config.gate_context = watcher;
	return rig_begin_with(&config);
}

static int add(struct rig *rig, struct script *s)
{
	int vm = rig_vm(rig, 1, play, s);

	rig->vcpus[vm]->got = got;
	return vm;
}

static void wake(struct rig *rig, int vm)
{
	baton_vcpu_wake(baton_vm_vcpu(rig->vms[vm]));
}

/* A device that keeps what it was asked. */
struct served {
	unsigned count, resumed;
	uint64_t data[8];
	enum baton_verdict verdict;
};

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	struct served *s = state;

	s->resumed += a->resumed;
	if (a->write)
		s->data[s->count] = a->data;
	else
		a->data = 0x70 + s->count;
	s->count++;
	return s->verdict;
}

static void what_the_gate_passes_is_served_as_ever(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);

	step(&s, fake_out(0, PORT, 2, 0x1234));
	step(&s, fake_in(0, PORT + 1, 1));
	step(&s, fake_store(0, GPA, 4, 0xABCDEF));
	step(&s, fake_load(0, GPA + 8, 8));
	add(rig, &s);
	rig_port(rig, 0, PORT, 2, serve, &served);
	rig_mmio(rig, 0, GPA, 16, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_string_equal(w.log, "rig w30:2=1234, rig r31:1, rig w100000:4=abcdef, rig r100008:8");
	assert_int_equal(served.count, 4);
	assert_int_equal(served.data[0], 0x1234);
	assert_int_equal(served.data[2], 0xABCDEF);
	assert_int_equal(s.got[0], 0x71);
	assert_int_equal(s.got[1], 0x73);
	assert_int_equal(served.resumed, 0);
	rig_end(rig);
}

static void a_gate_without_functions_is_none(void **state)
{
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&nothing, NULL);

	step(&s, fake_out(0, PORT, 1, 5));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(served.count, 1);
	assert_int_equal(fake.calls[FAKE_STATE_STEP], 0);
	rig_end(rig);
}

static void what_the_gate_has_done_no_device_sees(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_DONE, .data = 0x51 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);

	step(&s, fake_out(0, PORT, 1, 5));
	step(&s, fake_in(0, PORT, 1));
	step(&s, fake_load(0, GPA, 4));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	rig_mmio(rig, 0, GPA, 16, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(served.count, 0);
	assert_int_equal(s.got[0], 0x51);
	assert_int_equal(s.got[1], 0x52);
	rig_end(rig);
}

/* A write and a read: held, the VM waits; woken, it asks again as resumed, and is served once. */
static void what_the_gate_holds_waits_and_asks_again(void **state)
{
	for (int write = 0; write < 2; write++) {
		struct watcher w = { .verdict = BATON_GATE_PASS, .hold_at = 1 };
		struct served served = { .verdict = BATON_RESUME };
		struct script s = { .count = 0 };
		struct rig *rig;

		fake_reset();
		rig = begin(&accesses, &w);
		step(&s, write ? fake_out(0, PORT, 1, 5) : fake_in(0, PORT, 1));
		add(rig, &s);
		rig_port(rig, 0, PORT, 1, serve, &served);
		assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
		assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_BLOCKED);
		assert_int_equal(served.count, 0);
		assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK); /* nobody wakes it */
		assert_int_equal(w.asked, 1);
		wake(rig, 0);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_string_equal(w.log, write ? "rig w30:1=5, rig w30:1=5 again" :
						   "rig r30:1, rig r30:1 again");
		assert_int_equal(served.count, 1);
		assert_int_equal(served.resumed, 1);
		rig_end(rig);
	}
}

static void what_the_device_is_to_see_of_resumption_is_the_gates_to_say(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .hold_at = 1, .forgets = true };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);

	step(&s, fake_out(0, PORT, 1, 5));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	wake(rig, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(served.count, 1);
	assert_int_equal(served.resumed, 0);
	rig_end(rig);
}

/* As without a gate, it may block, and end the VM. */
static void a_device_behind_the_gate_has_its_verdicts(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS };
	struct served served = { .verdict = BATON_BLOCK };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);

	step(&s, fake_out(0, PORT, 1, 5));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	served.verdict = BATON_FAULT;
	wake(rig, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_string_equal(w.log, "rig w30:1=5, rig w30:1=5 again");
	assert_int_equal(baton_vm_death(rig->vms[0])->cause, BATON_CAUSE_REFUSED);
	assert_non_null(strstr(baton_vm_death(rig->vms[0])->sentence, "rig"));
	rig_end(rig);
}

static void what_nobody_serves_ends_the_vm_and_is_not_asked_for(void **state)
{
	for (int mmio = 0; mmio < 2; mmio++) {
		struct watcher w = { .verdict = BATON_GATE_DONE };
		struct script s = { .count = 0 };
		struct rig *rig;

		fake_reset();
		rig = begin(&accesses, &w);
		step(&s, mmio ? fake_store(0, GPA, 4, 1) : fake_out(0, PORT, 1, 5));
		add(rig, &s);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_DEAD);
		assert_int_equal(baton_vm_death(rig->vms[0])->kind,
				 mmio ? BATON_DEATH_MMIO : BATON_DEATH_PORT);
		assert_int_equal(w.asked, 0);
		rig_end(rig);
	}
}

static void the_gate_stands_before_calls_and_regions_too(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);
	struct baton_region *region;
	char expected[128];

	step(&s, fake_in(0, BATON_CALL_VERSION, 4));
	step(&s, fake_store(0, 0x8004, 4, 0x77));
	step(&s, fake_load(0, 0x8004, 4));
	add(rig, &s);
	assert_int_equal(baton_region_create(rig->host, 4096, NULL, &region), 0);
	assert_int_equal(baton_region_trap(region, rig->vms[0], 0x8000, NULL), 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	snprintf(expected, sizeof(expected), "hypercalls r%x:4, region w8004:4=77, region r8004:4",
		 BATON_CALL_VERSION);
	assert_string_equal(w.log, expected);
	assert_int_equal(s.got[0], BATON_ABI_VERSION);
	assert_int_equal(s.got[1], 0x77);
	rig_end(rig);
}

static void a_string_is_asked_for_element_by_element(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .hold_at = 2 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);

	step(&s, fake_outs(0, PORT, 1, 3, "\x11\x22\x33"));
	step(&s, fake_ins(0, PORT, 2, 3));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(served.count, 1);
	wake(rig, 0);
	w.verdict = BATON_GATE_PASS;
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_string_equal(w.log, "rig w30:1=11, rig w30:1=22, rig w30:1=22 again, rig w30:1=33, "
			    "rig r30:2, rig r30:2, rig r30:2");
	assert_int_equal(served.count, 6);
	assert_int_equal(served.data[1], 0x22);
	assert_int_equal(served.data[2], 0x33);
	assert_int_equal(s.got[0], UINT64_C(0x007500740073));
	rig_end(rig);
}

/* --------------------------------------------------------------------- captures */

struct moment {
	uint64_t *bytes;
};

static struct moment take(struct rig *rig, int vm)
{
	struct moment m = { test_calloc(1, baton_capture_size()) };

	assert_int_equal(baton_capture_take(baton_vm_vcpu(rig->vms[vm]), m.bytes), 0);
	return m;
}

/* Figures begin anew; a read that waited is ended with whatever there is. */
static void load(struct rig *rig, int vm, struct moment m)
{
	assert_int_equal(baton_capture_load(baton_vm_vcpu(rig->vms[vm]), m.bytes), 0);
	rig->vcpus[vm]->exits = 0;
	rig->one_destroyed = true;
	fake.unprovided = 0;
}

static void a_read_that_was_held_is_asked_for_again(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_DONE, .hold_at = 1, .data = 0x51 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);
	struct moment m;

	step(&s, fake_in(0, PORT, 1));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	m = take(rig, 0);
	for (uint64_t i = 0; i < 3; i++) {
		if (i)
			load(rig, 0, m);
		else
			wake(rig, 0); /* it goes on from there as it would have */
		s.got_count = 0;
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_HALTED);
		assert_int_equal(s.got[0], 0x51 + i);
	}
	assert_int_equal(w.asked, 4);
	assert_int_equal(served.count, 0);
	test_free(m.bytes);
	rig_end(rig);
}

static void a_write_that_was_held_is_kept(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .hold_at = 1 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);
	struct moment m;

	step(&s, fake_out(0, PORT, 2, 0xBEEF));
	step(&s, fake_out(0, PORT, 1, 1));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	m = take(rig, 0);
	wake(rig, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(served.count, 2);
	load(rig, 0, m);
	*w.log = '\0';
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_string_equal(w.log, "rig w30:2=beef again, rig w30:1=1");
	assert_int_equal(served.count, 4);
	assert_int_equal(served.data[2], 0xBEEF);
	test_free(m.bytes);
	rig_end(rig);
}

/* What waits when it is taken back is ended without its device. */
static void what_was_under_way_is_forgotten(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .hold_at = 1 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);
	struct moment m;

	step(&s, fake_out(0, PORT, 1, 1));
	step(&s, fake_in(0, PORT, 1));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	rig_run(rig, S);
	m = take(rig, 0);
	w.hold_at = 3;
	wake(rig, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK); /* in the read */
	load(rig, 0, m);
	*w.log = '\0';
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_string_equal(w.log, "rig w30:1=1 again, rig r30:1");
	test_free(m.bytes);
	rig_end(rig);
}

static void who_has_ended_can_run_again_and_its_figures_begin_anew(void **state)
{
	for (int dies = 0; dies < 2; dies++) {
		struct watcher w = { .verdict = BATON_GATE_PASS, .hold_at = 1 };
		struct served served = { .verdict = BATON_RESUME };
		struct script s = { .count = 0 };
		struct rig *rig;
		struct moment m;

		fake_reset();
		rig = begin(&accesses, &w);
		step(&s, fake_out(MS, PORT, 1, 1));
		step(&s, fake_out(MS, dies ? PORT + 1 : PORT, 1, 2));
		add(rig, &s);
		rig_port(rig, 0, PORT, 1, serve, &served);
		rig_run(rig, S);
		m = take(rig, 0);
		wake(rig, 0);
		rig_run(rig, S);
		assert_int_equal(rig_vm_stats(rig, 0).outcome, dies ? BATON_DEAD : BATON_HALTED);
		load(rig, 0, m);
		assert_null(baton_vm_death(rig->vms[0]));
		assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_RUNNING);
		assert_int_equal(rig_vm_stats(rig, 0).exits, 0);
		assert_int_equal(rig_vm_stats(rig, 0).run_ns, 0);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(rig_vm_stats(rig, 0).outcome, dies ? BATON_DEAD : BATON_HALTED);
		assert_int_equal(rig_vm_stats(rig, 0).exits, 1 + !dies); /* the second OUT, and HLT */
		test_free(m.bytes);
		rig_end(rig);
	}
}

/* The others stay where they are. */
static void one_vm_is_taken_back_and_the_others_are_not(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .hold_at = 1 };
	struct served served = { .verdict = BATON_RESUME };
	struct script a = { .count = 0 }, b = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);
	struct moment m;

	step(&a, fake_out(0, PORT, 1, 1));
	step(&b, fake_out(0, PORT, 1, 2));
	step(&b, fake_out(0, PORT, 1, 3));
	add(rig, &a);
	rig_port(rig, 0, PORT, 1, serve, &served);
	rig_run(rig, S);
	m = take(rig, 0);
	add(rig, &b);
	rig_port(rig, 1, PORT, 1, serve, &served);
	w.hold_at = 3;
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK); /* b at its second OUT */
	wake(rig, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_HALTED);
	load(rig, 0, m);
	*w.log = '\0';
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_string_equal(w.log, "rig w30:1=1 again");
	assert_int_equal(rig_vm_stats(rig, 1).outcome, BATON_BLOCKED);
	test_free(m.bytes);
	rig_end(rig);
}

static int taken, loaded;
static uint64_t *scratch;

static enum baton_verdict tries(void *state, struct baton_access *a)
{
	taken = baton_capture_take(a->vcpu, scratch);
	loaded = baton_capture_load(a->vcpu, scratch);
	return BATON_RESUME;
}

static void handlers_cannot_capture(void **state)
{
	struct script s = { .count = 0 };
	struct rig *rig = begin(NULL, NULL);

	scratch = test_calloc(1, baton_capture_size());
	step(&s, fake_out(0, PORT, 1, 1));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, tries, NULL);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(taken, -EBUSY);
	assert_int_equal(loaded, -EBUSY);
	test_free(scratch);
	rig_end(rig);
}

static void a_string_that_is_held_cannot_be_captured(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .hold_at = 2 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);
	uint64_t *bytes = test_calloc(1, baton_capture_size());

	step(&s, fake_outs(0, PORT, 1, 3, "\x11\x22\x33"));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(baton_capture_take(baton_vm_vcpu(rig->vms[0]), bytes), -EAGAIN);
	wake(rig, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE); /* and is none the worse for it */
	assert_int_equal(served.count, 3);
	test_free(bytes);
	rig_end(rig);
}

/* Wherever loading fails, loading once more succeeds, and the VM is what it was. */
static void a_load_that_failed_can_be_made_again(void **state)
{
	unsigned failures = 0;

	for (uint64_t n = 0; n < 10; n++) {
		struct watcher w = { .verdict = BATON_GATE_PASS, .hold_at = 1 };
		struct served served = { .verdict = BATON_RESUME };
		struct script s = { .count = 0 };
		struct rig *rig;
		struct moment m;
		int error;

		fake_reset();
		rig = begin(&accesses, &w);
		step(&s, fake_out(0, PORT, 1, 1));
		step(&s, fake_in(0, PORT, 1));
		add(rig, &s);
		rig_port(rig, 0, PORT, 1, serve, &served);
		rig_run(rig, S);
		m = take(rig, 0);
		w.hold_at = 3;
		wake(rig, 0);
		rig_run(rig, S);
		if (n)
			fake_fail_any(n);
		else
			fake_fail(FAKE_RUN, 1, EIO); /* which completes what is under way */
		error = baton_capture_load(baton_vm_vcpu(rig->vms[0]), m.bytes);
		assert_int_equal(error < 0, fake_failed(NULL));
		failures += error < 0;
		fake_fail_any(0);
		load(rig, 0, m);
		*w.log = '\0';
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_string_equal(w.log, "rig w30:1=1 again, rig r30:1");
		test_free(m.bytes);
		rig_end(rig);
	}
	assert_in_range(failures, 2, 9); /* completing, loading; and then nothing more fails */
}

static void a_capture_that_failed_can_be_made_again(void **state)
{
	unsigned failures = 0;

	for (uint64_t n = 0; n < 10; n++) {
		struct watcher w = { .verdict = BATON_GATE_PASS, .hold_at = 1 };
		struct served served = { .verdict = BATON_RESUME };
		struct script s = { .count = 0 };
		uint64_t *bytes = test_calloc(1, baton_capture_size());
		struct rig *rig;
		int error;

		fake_reset();
		rig = begin(&accesses, &w);
		step(&s, fake_out(0, PORT, 1, 1));
		add(rig, &s);
		rig_port(rig, 0, PORT, 1, serve, &served);
		rig_run(rig, S);
		if (n)
			fake_fail_any(n);
		else
			fake_fail(FAKE_RUN, 1, EIO); /* which completes what is under way */
		error = baton_capture_take(baton_vm_vcpu(rig->vms[0]), bytes);
		assert_int_equal(error < 0, fake_failed(NULL));
		failures += error < 0;
		fake_fail_any(0);
		assert_int_equal(baton_capture_take(baton_vm_vcpu(rig->vms[0]), bytes), 0);
		wake(rig, 0);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(served.count, 1);
		test_free(bytes);
		rig_end(rig);
	}
	assert_in_range(failures, 2, 9);
}

/* ------------------------------------------------------------------------ hashes */

/* Of the VM, which is held after it has done once more what its script says now. */
static uint64_t hash_after(struct rig *rig, struct watcher *w, struct moment first)
{
	struct moment m;
	uint64_t hash;

	load(rig, 0, first);
	w->hold_at = w->asked + 1;
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	m = take(rig, 0);
	hash = baton_capture_hash(m.bytes);
	test_free(m.bytes);
	return hash;
}

static void a_hash_tells_moments_apart_but_not_by_their_time(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);
	struct moment first, m;
	uint64_t hash;

	step(&s, fake_out(0, PORT, 2, 5));
	add(rig, &s);
	rig_port(rig, 0, PORT, 2, serve, &served);
	first = take(rig, 0);
	hash = hash_after(rig, &w, first);
	assert_false(hash == baton_capture_hash(first.bytes));
	assert_true(hash_after(rig, &w, first) == hash);
	s.steps[0] = fake_out(MS, PORT, 2, 5);
	assert_true(hash_after(rig, &w, first) == hash);
	s.steps[0] = fake_out(0, PORT, 2, 6);
	assert_false(hash_after(rig, &w, first) == hash);
	s.steps[0] = fake_out(0, PORT, 1, 5);
	assert_false(hash_after(rig, &w, first) == hash);
	s.steps[0] = fake_out(0, PORT + 1, 2, 5);
	assert_false(hash_after(rig, &w, first) == hash);
	s.steps[0] = fake_out(0, PORT, 2, 5);
	assert_true(hash_after(rig, &w, first) == hash);
	rig->vcpus[0]->regs.rbx++;
	m = take(rig, 0);
	assert_false(baton_capture_hash(m.bytes) == hash);
	test_free(m.bytes);
	test_free(first.bytes);
	rig_end(rig);
}

/* ------------------------------------------------------------------------ deaths */

static bool died_of(const struct baton_vm *vm, enum baton_cause cause, const char *words)
{
	const struct baton_death *death = baton_vm_death(vm);

	if (death && death->cause == cause && strstr(death->sentence, words))
		return true;
	print_message("# %s\n", death ? death->sentence : "it has not died");
	return false;
}

/* Two VMs: one is in the section, the other is held before it enters. */
static struct rig *section(struct watcher *w, struct script s[2])
{
	struct rig *rig = begin(&accesses, w);
	struct baton_section_config config = { .count = 2 };

	step(&s[0], fake_out(0, BATON_CALL_ENTER, 4, 3));
	step(&s[0], fake_out(2 * MS, BATON_CALL_LEAVE, 4, 3));
	step(&s[1], fake_out(MS, BATON_CALL_ENTER, 4, 3));
	add(rig, &s[0]);
	config.vms = rig->vms;
	rig->vms[1] = NULL;
	add(rig, &s[1]);
	assert_int_equal(baton_device_create(rig->host, &baton_section, &config, NULL, NULL), 0);
	w->hold_vm = rig->vms[1];
	return rig;
}

static void who_is_taken_back_to_a_call_dies_of_it_by_name(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS };
	struct script s[2] = { { .count = 0 } };
	struct rig *rig = section(&w, s);
	struct baton_device *device = baton_host_device(rig->host, 0);
	uint8_t inside[256], *plain;
	struct moment m;
	size_t size;

	w.hold_at = 2; /* the first one before it leaves */
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_string_equal(baton_device_type(device), "section");
	assert_true(baton_device_is_plain(device)); /* what is not plain goes with a fork */
	plain = baton_device_plain(device, &size);
	assert_true(size && size <= sizeof(inside));
	memcpy(inside, plain, size);
	m = take(rig, 1);
	wake(rig, 0);
	rig_run(rig, S);
	w.hold_vm = NULL;
	wake(rig, 1);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_null(baton_vm_death(rig->vms[1]));
	load(rig, 1, m);
	memcpy(plain, inside, size);
	baton_device_restored(device);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_true(died_of(rig->vms[1], BATON_CAUSE_EXCLUSION, "VM `vm0` is in section 3"));
	test_free(m.bytes);
	rig_end(rig);
}

/* It has had no exit of its own. */
static void a_fork_of_one_that_waits_in_a_call_dies_of_it_by_name(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .hold_at = 2 };
	struct script s[2] = { { .count = 0 } };
	struct rig *rig = section(&w, s);
	struct baton_fork_config config = BATON_FORK_CONFIG;
	struct baton_snapshot *snapshot;
	struct baton_vm *forks[2];
	struct baton_diag diag;

	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	if (baton_snapshot_take(rig->vms, 2, &diag, &snapshot))
		fail_msg("%s: %s", diag.where, diag.message);
	if (baton_vm_fork(snapshot, rig->host, &config, &diag, forks))
		fail_msg("%s: %s", diag.where, diag.message);
	for (int i = 0; i < 2; i++) {
		rig->vms[rig->count] = forks[i];
		rig->vcpus[rig->count++] = fake_vcpu(forks[i]);
	}
	rig->one_destroyed = true;
	w.hold_vm = forks[0]; /* it stays in the section */
	w.hold_at = 0;
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_true(died_of(forks[1], BATON_CAUSE_EXCLUSION, "is in section 3"));
	assert_int_equal(baton_vm_death(forks[1])->last_count, 1);
	assert_int_equal(baton_vm_death(forks[1])->last[0].data, 3);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

/* ------------------------------------------------------------------------- steps */

static void instructions_are_passed_one_by_one(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&steps, &w);

	step(&s, fake_out(5, PORT, 1, 1)); /* five instructions, of 1 ns each */
	step(&s, fake_out(3, PORT, 1, 2));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(served.count, 2);
	assert_int_equal(w.stepped, 5 + 1 + 3 + 1); /* and behind each OUT */
	assert_int_equal(rig_vm_stats(rig, 0).by_kind[BATON_EXIT_DEBUG].count, 10);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_HALTED);
	rig_end(rig);
}

static void an_instruction_that_is_held_waits(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .hold_step = 3 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&steps, &w);

	step(&s, fake_out(5, PORT, 1, 1));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_BLOCKED);
	assert_int_equal(w.stepped, 3);
	assert_int_equal(served.count, 0);
	wake(rig, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(w.stepped, 6 + 1); /* the third one twice, and behind the OUT */
	assert_int_equal(served.count, 1);
	rig_end(rig);
}

static void done_runs_to_the_next_exit_unstepped(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .done_step = 2 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&steps, &w);
	enum baton_run_end end;

	step(&s, fake_out(5, PORT, 1, 1));
	step(&s, fake_out(3, PORT, 1, 2));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(baton_host_run(rig->host, S, &end), 0); /* one exit is none of KVM's */
	assert_int_equal(end, BATON_RUN_DONE);
	assert_int_equal(served.count, 2);
	assert_int_equal(w.stepped, 2 + 1 + 3 + 1); /* two of the five; behind that; all of the three */
	rig_end(rig);
}

/* It may be that not even the instruction that was passed has been made: a HLT must not be stepped. */
static void the_end_of_a_slice_does_not_have_it_stepped_again(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .done_step = 2 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&steps, &w);
	enum baton_run_end end;

	step(&s, fake_out(35 * MS, PORT, 1, 1)); /* more than three slices */
	step(&s, fake_out(3, PORT, 1, 2));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(baton_host_run(rig->host, S, &end), 0); /* one exit is none of KVM's */
	assert_int_equal(end, BATON_RUN_DONE);
	assert_true(rig_vm_stats(rig, 0).turns > 3);
	assert_int_equal(w.stepped, 2 + 1 + 3 + 1);
	rig_end(rig);
}

/* Nor is what was passed of any concern to who is taken elsewhere. */
static void who_is_taken_to_a_moment_is_stepped_from_there(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .done_step = 2 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&steps, &w);
	void *capture = test_malloc(baton_capture_size());
	enum baton_run_end end;

	step(&s, fake_out(50000, PORT, 1, 1));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(baton_host_run(rig->host, 10000, &end), 0);
	assert_int_equal(end, BATON_RUN_BUDGET);
	assert_int_equal(w.stepped, 2);
	assert_int_equal(baton_capture_take(baton_vm_vcpu(rig->vms[0]), capture), 0);
	assert_int_equal(baton_capture_load(baton_vm_vcpu(rig->vms[0]), capture), 0);
	assert_int_equal(baton_host_run(rig->host, S, &end), 0);
	assert_int_equal(end, BATON_RUN_DONE);
	assert_true(w.stepped > 1000);
	test_free(capture);
	rig_end(rig);
}

/* KVM reports no step over a store to MMIO: the instruction behind it would be missed. */
static void behind_a_store_to_mmio_the_next_instruction_is_asked_for(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&steps, &w);
	enum baton_run_end end;

	step(&s, fake_store(0, GPA, 4, 1));
	step(&s, fake_out(2, PORT, 1, 2));
	add(rig, &s);
	rig_mmio(rig, 0, GPA, 4, serve, &served);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(baton_host_run(rig->host, S, &end), 0); /* one exit is none of KVM's */
	assert_int_equal(end, BATON_RUN_DONE);
	assert_int_equal(served.count, 2);
	assert_int_equal(w.stepped, 1 + 2 + 1); /* behind the store; before the OUT, and behind it */
	rig_end(rig);
}

/* What a gate reads of each instruction that it is asked for. */
struct reader {
	unsigned asked, failed;
	uint8_t first[32];
	uint64_t looks; /* at the segments */
};

static enum baton_gate_verdict read_code(void *context, struct baton_vm *vm)
{
	struct reader *r = context;
	uint64_t looks = fake.calls[FAKE_GET_SREGS];
	uint8_t code[15];
	unsigned bits;
	int size;

	size = baton_vcpu_code(baton_vm_vcpu(vm), code, sizeof(code), &bits);
	r->failed += size == -EIO;
	r->first[r->asked++] = size > 0 ? code[0] : 0;
	if (size > 0) { /* again, and of it only the beginning */
		assert_int_equal(baton_vcpu_code(baton_vm_vcpu(vm), code, 1, &bits), 1);
		assert_int_equal(code[0], r->first[r->asked - 1]);
		assert_int_equal(bits, 16);
	}
	r->looks += fake.calls[FAKE_GET_SREGS] - looks;
	return BATON_GATE_PASS;
}

static const struct baton_gate reading = { .step = read_code };

/* Its first instruction leads to so many PUSHF, and to a NOP; behind that is an OUT. */
static struct reader read_pushes(unsigned pushes, uint64_t failing)
{
	const unsigned executed = pushes < 16 ? pushes : 16; /* the fake executes nothing */
	struct reader r = { .asked = 0 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&reading, (struct watcher *)&r);
	uint16_t pushed[32];
	uint8_t code[32];
	unsigned bits;
	uint64_t sp;

	step(&s, fake_out(2, PORT, 1, 1));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	memset(code, 0x9C, pushes);
	code[pushes] = 0x90;
	assert_int_equal(baton_vm_write(rig->vms[0], rig->vcpus[0]->regs.rip + 1, code, pushes + 1), 0);
	rig->vcpus[0]->regs.rflags = 0x102;
	sp = rig->vcpus[0]->regs.rsp = 0x8000;
	if (failing)
		fake_fail(FAKE_GET_SREGS, failing, EIO);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(sp - rig->vcpus[0]->regs.rsp, 2 * executed);
	assert_int_equal(baton_vm_read(rig->vms[0], sp - 2 * executed, pushed, 2 * executed), 0);
	for (unsigned i = 0; i < executed; i++)
		assert_int_equal(pushed[i], 2);
	code[0] = 0xCC; /* between runs, what is there now counts */
	assert_int_equal(baton_vm_write(rig->vms[0], rig->vcpus[0]->regs.rip, code, 1), 0);
	assert_int_equal(baton_vcpu_code(baton_vm_vcpu(rig->vms[0]), code + 1, 1, &bits), 1);
	assert_int_equal(code[1], code[0]);
	rig_end(rig);
	return r;
}

static void what_stepping_would_spoil_is_executed_and_the_gate_asked_on(void **state)
{
	struct reader r = read_pushes(3, 0);

	assert_int_equal(r.asked, 3 + 1 + 1 + 1); /* PUSHF and NOP; what is behind it; behind the OUT */
	assert_memory_equal(r.first, "\x9C\x9C\x9C\x90", 4);
	assert_int_equal(r.failed, 0);
	assert_int_equal(r.looks, 0); /* the library has */
}

/* KVM has its turn in between, at the seventeenth, and the gate is asked for that first. */
static void not_more_than_sixteen_are_executed_in_a_row(void **state)
{
	struct reader r = read_pushes(16, 0);

	assert_int_equal(r.asked, 16 + 1 + 1 + 1);
	r = read_pushes(17, 0);
	assert_int_equal(r.asked, 17 + 1 + 1);
}

static void a_gate_is_told_that_code_cannot_be_looked_at(void **state)
{
	struct reader r = read_pushes(0, 0);
	uint64_t first;

	assert_int_equal(r.asked, 1 + 1 + 1);
	for (first = 1; !r.failed && first < 100; first++)
		r = read_pushes(0, first);
	assert_int_equal(r.failed, 1);
}

static void a_host_whose_kvm_cannot_step_says_so(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&steps, &w);
	enum baton_run_end end;

	step(&s, fake_out(5, PORT, 1, 1));
	add(rig, &s);
	fake_fail(FAKE_STATE_STEP, 1, EINVAL);
	assert_int_equal(baton_host_run(rig->host, S, &end), -EINVAL);
	rig_end(rig);
}

static void who_is_not_to_be_stepped_is_not_until_told_otherwise(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS };
	struct served served = { .verdict = BATON_BLOCK };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&steps, &w);
	enum baton_run_end end;

	step(&s, fake_out(5, PORT, 1, 1));
	step(&s, fake_out(3, PORT, 1, 2));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(baton_vm_step(rig->vms[0], false), 0);
	assert_int_equal(baton_vm_step(rig->vms[0], false), 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(w.stepped, 0);
	assert_int_equal(baton_vm_step(rig->vms[0], true), 0);
	served.verdict = BATON_RESUME;
	wake(rig, 0);
	assert_int_equal(baton_host_run(rig->host, S, &end), 0); /* one exit is none of KVM's */
	assert_int_equal(end, BATON_RUN_DONE);
	assert_int_equal(w.stepped, 1 + 3 + 1); /* behind the first OUT, too */
	rig_end(rig);
}

/* It would wait for ever for somebody who does not want to be asked. */
static void who_is_held_at_an_instruction_goes_on_if_it_is_not_to_be_stepped(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .hold_step = 2 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&steps, &w);

	step(&s, fake_out(5, PORT, 1, 1));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	assert_int_equal(w.stepped, 2);
	assert_int_equal(baton_vm_step(rig->vms[0], false), 0);
	wake(rig, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(w.stepped, 2);
	assert_int_equal(served.count, 1);
	rig_end(rig);
}

static void a_kvm_that_cannot_end_stepping_says_so_and_goes_on_stepping(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS, .hold_step = 2 };
	struct served served = { .verdict = BATON_RESUME };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&steps, &w);

	step(&s, fake_out(5, PORT, 1, 1));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, serve, &served);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	fake_fail(FAKE_STATE_STEP, 1, EIO);
	assert_int_equal(baton_vm_step(rig->vms[0], false), -EIO);
	w.stepped = w.hold_step = 0;
	wake(rig, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(w.stepped, 1 + 3 + 1); /* asked again, for the rest, and behind the OUT */
	rig_end(rig);
}

static enum baton_verdict stop_stepping(void *state, struct baton_access *a)
{
	*(int *)state = baton_vm_step(a->vm, false);
	return BATON_RESUME;
}

static void a_handler_does_not_decide_on_steps(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&steps, &w);
	int result = 0;

	step(&s, fake_out(0, PORT, 1, 1));
	add(rig, &s);
	rig_port(rig, 0, PORT, 1, stop_stepping, &result);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(result, -EBUSY);
	rig_end(rig);
}

/* The handler's first instruction is one that is asked for, wherever the VM stood. */
static void the_first_instruction_behind_an_interrupt_is_asked_for(void **state)
{
	static const uint16_t vector[] = { 0x100, 0 };
	struct watcher w = { .verdict = BATON_GATE_PASS };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&steps, &w);
	int vm = add(rig, &s);
	struct baton_vcpu *vcpu = baton_vm_vcpu(rig->vms[vm]);
	enum baton_run_end end;

	step(&s, fake_hlt(0));
	baton_vm_write(rig->vms[vm], 0x80, vector, sizeof(vector));
	rig->vcpus[vm]->sregs.idt.limit = 0x3FF;
	rig->vcpus[vm]->regs.rflags |= 0x200;
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	w.stepped = 0;
	w.hold_step = 1;
	assert_int_equal(baton_vcpu_deliver(vcpu, 0x20), 0);
	wake(rig, vm);
	assert_int_equal(baton_host_run(rig->host, S, &end), 0); /* that exit is none of KVM's */
	assert_int_equal(end, BATON_RUN_STUCK);
	assert_int_equal(w.stepped, 1);
	assert_int_equal(rig->vcpus[vm]->regs.rip, 0x100);
	rig_end(rig);
}

static void an_exit_of_debugging_that_nobody_asked_for_is_a_death(void **state)
{
	struct watcher w = { .verdict = BATON_GATE_PASS };
	struct script s = { .count = 0 };
	struct rig *rig = begin(&accesses, &w);

	step(&s, fake_other(0, KVM_EXIT_DEBUG, 0));
	add(rig, &s);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(baton_vm_death(rig->vms[0])->kind, BATON_DEATH_EXIT);
	rig_end(rig);
}

/* A write that was held at a load back is over: the next instruction is asked for at once. */
static void behind_a_write_that_was_held_the_next_instruction_is_asked_for(void **state)
{
	static const struct baton_gate both = { .access = on_access, .step = on_step };
	enum baton_run_end end;

	/* Whether it was taken back there, or only captured. */
	for (int back = 0; back < 2; back++) {
		struct watcher w = { .verdict = BATON_GATE_PASS, .hold_at = 1 };
		struct served served = { .verdict = BATON_RESUME };
		struct script s = { .count = 0 };
		struct rig *rig;
		struct moment m;

		fake_reset();
		rig = begin(&both, &w);
		step(&s, fake_out(0, PORT, 1, 1));
		step(&s, fake_out(2, PORT, 1, 2));
		add(rig, &s);
		rig_port(rig, 0, PORT, 1, serve, &served);
		assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
		m = take(rig, 0);
		if (back)
			load(rig, 0, m);
		else
			wake(rig, 0);
		w.stepped = 0;
		assert_int_equal(baton_host_run(rig->host, S, &end), 0);
		assert_int_equal(end, BATON_RUN_DONE);
		assert_int_equal(w.stepped, 1 + 2 + 1); /* behind the write; two more, and behind that */
		assert_int_equal(served.count, 2);
		test_free(m.bytes);
		rig_end(rig);
	}
}

/* ----------------------------------------------------------------------- devices */

static unsigned restorations;
static bool repeats;

static int plain_init(struct baton_device *device, void *state, const void *config,
		      struct baton_diag *diag)
{
	memcpy(state, config, 8);
	return 0;
}

static void plain_restored(void *state, const struct baton_restore *restore)
{
	restorations++;
	repeats = restore->repeat;
}

static const struct baton_device_ops some = { .name = "some", .size = 8, .init = plain_init };
static const struct baton_device_ops partly = {
	.name = "partly", .size = 8, .plain = 3, .init = plain_init, .restored = plain_restored,
};
static const struct baton_device_ops wholly = {
	.name = "wholly", .size = 8, .plain = 8, .init = plain_init,
};

static void devices_come_in_the_order_in_which_they_were_made(void **state)
{
	static const struct baton_device_ops *const ops[] = { &some, &partly, &wholly };
	struct rig *rig = begin(NULL, NULL);
	size_t size;

	assert_null(baton_host_device(rig->host, 0));
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(baton_device_create(rig->host, ops[i], "ABCDEFGH", NULL, NULL), 0);
	for (uint32_t i = 0; i < 3; i++)
		assert_string_equal(baton_device_type(baton_host_device(rig->host, i)), ops[i]->name);
	assert_null(baton_host_device(rig->host, 3));
	assert_null(baton_host_device(rig->host, UINT32_MAX));
	baton_device_plain(baton_host_device(rig->host, 0), &size);
	assert_int_equal(size, 0);
	assert_memory_equal(baton_device_plain(baton_host_device(rig->host, 1), &size), "FGH", 3);
	assert_int_equal(size, 3);
	assert_memory_equal(baton_device_plain(baton_host_device(rig->host, 2), &size), "ABCDEFGH", 8);
	assert_int_equal(size, 8);
	assert_false(baton_device_is_plain(baton_host_device(rig->host, 0)));
	assert_false(baton_device_is_plain(baton_host_device(rig->host, 1)));
	assert_true(baton_device_is_plain(baton_host_device(rig->host, 2)));
	rig_end(rig);
}

static void a_device_is_told_that_its_state_was_put_back(void **state)
{
	struct rig *rig = begin(NULL, NULL);

	restorations = 0;
	assert_int_equal(baton_device_create(rig->host, &some, "ABCDEFGH", NULL, NULL), 0);
	assert_int_equal(baton_device_create(rig->host, &partly, "ABCDEFGH", NULL, NULL), 0);
	baton_device_restored(baton_host_device(rig->host, 0)); /* which does not care */
	assert_int_equal(restorations, 0);
	baton_device_restored(baton_host_device(rig->host, 1));
	assert_int_equal(restorations, 1);
	assert_true(repeats);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_gate_passes_is_served_as_ever),
		TEST(a_gate_without_functions_is_none),
		TEST(what_the_gate_has_done_no_device_sees),
		TEST(what_the_gate_holds_waits_and_asks_again),
		TEST(what_the_device_is_to_see_of_resumption_is_the_gates_to_say),
		TEST(a_device_behind_the_gate_has_its_verdicts),
		TEST(what_nobody_serves_ends_the_vm_and_is_not_asked_for),
		TEST(the_gate_stands_before_calls_and_regions_too),
		TEST(a_string_is_asked_for_element_by_element),
		TEST(a_read_that_was_held_is_asked_for_again),
		TEST(a_write_that_was_held_is_kept),
		TEST(what_was_under_way_is_forgotten),
		TEST(who_has_ended_can_run_again_and_its_figures_begin_anew),
		TEST(one_vm_is_taken_back_and_the_others_are_not),
		TEST(handlers_cannot_capture),
		TEST(a_string_that_is_held_cannot_be_captured),
		TEST(a_load_that_failed_can_be_made_again),
		TEST(a_capture_that_failed_can_be_made_again),
		TEST(a_hash_tells_moments_apart_but_not_by_their_time),
		TEST(who_is_taken_back_to_a_call_dies_of_it_by_name),
		TEST(a_fork_of_one_that_waits_in_a_call_dies_of_it_by_name),
		TEST(instructions_are_passed_one_by_one),
		TEST(an_instruction_that_is_held_waits),
		TEST(done_runs_to_the_next_exit_unstepped),
		TEST(the_end_of_a_slice_does_not_have_it_stepped_again),
		TEST(who_is_taken_to_a_moment_is_stepped_from_there),
		TEST(behind_a_store_to_mmio_the_next_instruction_is_asked_for),
		TEST(what_stepping_would_spoil_is_executed_and_the_gate_asked_on),
		TEST(not_more_than_sixteen_are_executed_in_a_row),
		TEST(a_gate_is_told_that_code_cannot_be_looked_at),
		TEST(a_host_whose_kvm_cannot_step_says_so),
		TEST(who_is_not_to_be_stepped_is_not_until_told_otherwise),
		TEST(who_is_held_at_an_instruction_goes_on_if_it_is_not_to_be_stepped),
		TEST(a_kvm_that_cannot_end_stepping_says_so_and_goes_on_stepping),
		TEST(a_handler_does_not_decide_on_steps),
		TEST(the_first_instruction_behind_an_interrupt_is_asked_for),
		TEST(an_exit_of_debugging_that_nobody_asked_for_is_a_death),
		TEST(behind_a_write_that_was_held_the_next_instruction_is_asked_for),
		TEST(devices_come_in_the_order_in_which_they_were_made),
		TEST(a_device_is_told_that_its_state_was_put_back),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
