/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.c - a dead VM's last instructions, executed again in a clone: how near it gets,
 * what it notes, and what happens if the clone does not do as the VM did, or cannot be.
 */
#include "rig.h"

#include <errno.h>

#include "baton/abi.h"

#define MS	UINT64_C(1000000)
#define BEGIN	0x500 /* RIP before the last stretch */
#define LONGEST 20000000000

/* A guest that leaves by a port, and dies so much later. One step of it takes 1 ns. */
struct guest {
	uint64_t ns;
	uint32_t reason;
	unsigned asked;	     /* how it goes on: once for each machine that got there */
	uint32_t later;	     /* if not 0: what ends a clone instead */
	bool spins;	     /* or nothing does */
};

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	struct guest *g = vcpu->state;

	if (!vcpu->exits && !g->asked) {
		vcpu->regs.rip = BEGIN - 1;
		return fake_out(5, 0x10, 1, 0);
	}
	if (g->asked++) {
		if (g->spins)
			return fake_spin();
		if (g->later)
			return fake_other(g->ns, g->later, 0);
	}
	return fake_other(g->ns, g->reason, 0);
}

static enum baton_verdict accept(void *state, struct baton_access *a)
{
	return BATON_RESUME;
}

static int add(struct rig *rig, struct guest *g)
{
	struct baton_vm_config c = rig_vm_config(rig->count ? "another" : "guest");
	int vm;

	c.step_replay = true;
	c.bare = true;
	vm = rig_add(rig, &c, play, g);
	rig_port(rig, vm, 0x10, 1, accept, NULL);
	return vm;
}

static struct rig *begin(void)
{
	struct rig *rig = rig_begin("turns", 0);

	fake.resets = true;
	return rig;
}

/* Lets it die, and gives what is known of that. */
static const struct baton_death *die(struct rig *rig, struct guest *g)
{
	int vm = add(rig, g);

	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_non_null(baton_vm_death(rig->vms[vm]));
	return baton_vm_death(rig->vms[vm]);
}

static void assert_exact(const struct baton_death *d, uint64_t last)
{
	assert_int_equal(d->steps_end, BATON_STEPS_EXACT);
	assert_true(d->at_death);
	assert_true(d->has_sregs);
	assert_int_equal(d->address, last);
	assert_int_equal(d->regs.rip, last);
	for (uint32_t i = 0; i < d->step_count; i++)
		assert_int_equal(d->steps[i].address, last - (d->step_count - 1 - i));
}

/* ------------------------------------------------------------------- tests */

static void a_short_way_is_gone_in_steps(void **state)
{
	struct guest g = { .ns = 5, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	const struct baton_death *d = die(rig, &g);

	assert_int_equal(d->kind, BATON_DEATH_SHUTDOWN);
	assert_exact(d, BEGIN + 5);
	assert_int_equal(d->step_count, 6);
	rig_end(rig);
}

static void of_more_the_last_sixteen_are_kept(void **state)
{
	for (uint64_t ns = 14; ns < 50; ns++) {
		struct guest g = { .ns = ns, .reason = KVM_EXIT_SHUTDOWN };
		const struct baton_death *d;
		struct rig *rig;

		fake_reset();
		rig = begin();
		d = die(rig, &g);
		assert_exact(d, BEGIN + ns);
		assert_int_equal(d->step_count, ns < 15 ? ns + 1 : 16);
		rig_end(rig);
	}
}

static void ends_have_names(void **state)
{
	static const char *const names[] = { "none", "exact", "other", "long", "failed" };

	for (int end = 0; end < BATON_STEPS_ENDS; end++)
		assert_string_equal(baton_steps_end_name((enum baton_steps_end)end), names[end]);
	assert_string_equal(baton_steps_end_name(BATON_STEPS_ENDS), "unknown");
}

static void at_the_first_instruction_there_is_one_step(void **state)
{
	struct guest g = { .ns = 0, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	const struct baton_death *d = die(rig, &g);

	assert_exact(d, BEGIN);
	assert_int_equal(d->step_count, 1);
	rig_end(rig);
}

/* 50 ms are 50 million steps: the snapshot has to come nearer first. */
static void a_long_way_is_gone_in_strides(void **state)
{
	for (uint64_t ns = 50 * MS; ns < 50 * MS + 2000; ns += 100) {
		struct guest g = { .ns = ns, .reason = KVM_EXIT_SHUTDOWN };
		const struct baton_death *d;
		struct rig *rig;

		fake_reset();
		rig = begin();
		d = die(rig, &g);
		assert_exact(d, d->address);
		assert_in_range(fake.calls[FAKE_RUN], 1, 200000);
		rig_end(rig);
	}
}

static void other_deaths_have_steps_too(void **state)
{
	struct guest g = { .ns = 3, .reason = KVM_EXIT_INTERNAL_ERROR };
	struct rig *rig = begin();
	const struct baton_death *d = die(rig, &g);

	/* The fake's RIP does not stay at an instruction that is not emulated. */
	assert_int_equal(d->kind, BATON_DEATH_INTERNAL_ERROR);
	assert_int_equal(d->steps_end, BATON_STEPS_OTHER);
	assert_int_equal(d->step_count, 0);
	rig_end(rig);
}

static void a_clone_that_does_something_else_is_told(void **state)
{
	struct guest g = { .ns = 5, .reason = KVM_EXIT_SHUTDOWN, .later = KVM_EXIT_INTERNAL_ERROR };
	struct rig *rig = begin();
	const struct baton_death *d = die(rig, &g);

	assert_int_equal(d->steps_end, BATON_STEPS_OTHER);
	assert_int_equal(d->step_count, 0);
	assert_false(d->at_death);
	rig_end(rig);
}

/* Between its last exit and its end it is kicked, again and again. */
static void a_kick_needs_no_new_snapshot(void **state)
{
	struct guest g = { .ns = 50 * MS, .reason = KVM_EXIT_HLT };
	struct rig *rig = rig_begin("quantum", 1 * MS);

	add(rig, &g);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_in_range(rig_vm_stats(rig, 0).turns, 49, 52);
	assert_int_equal(fake.calls[FAKE_STATE_SAVE], 2);
	rig_end(rig);
}

/* Saving takes longer than a slice: it gets on all the same, and is not charged for it. */
static void saving_is_nobodys_time(void **state)
{
	struct guest g = { .ns = 5 * MS, .reason = KVM_EXIT_HLT };
	struct rig *rig = rig_begin("quantum", 1 * MS);
	struct baton_vm_stats vm;

	add(rig, &g);
	fake.saving_ns = 3 * MS;
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	vm = rig_vm_stats(rig, 0);
	assert_int_equal(vm.run_ns + vm.handler_ns, rig_stats(rig).run_ns + rig_stats(rig).handler_ns);
	assert_in_range(vm.run_ns, 5 * MS, 5 * MS + 100);
	assert_in_range(rig_stats(rig).switch_ns, 6 * MS, 6 * MS + 1000);
	assert_in_range(vm.ready_ns, 6 * MS, 6 * MS + 1000);
	rig_end(rig);
}

static void patience_ends(void **state)
{
	struct guest g = { .ns = 5, .reason = KVM_EXIT_SHUTDOWN, .spins = true };
	struct rig *rig = begin();
	uint64_t before = fake.now_ns;
	const struct baton_death *d = die(rig, &g);

	assert_int_equal(d->steps_end, BATON_STEPS_LONG);
	assert_int_equal(d->step_count, 0);
	assert_in_range(fake.now_ns - before, LONGEST, LONGEST + 100 * MS);
	rig_end(rig);
}

static void stop(void *context)
{
	baton_host_stop(context);
}

static void a_stop_ends_it(void **state)
{
	struct guest g = { .ns = 5, .reason = KVM_EXIT_SHUTDOWN, .spins = true };
	struct rig *rig = begin();
	int vm = add(rig, &g);

	fake_at(fake.now_ns + 100 * MS, stop, rig->host);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_STOPPED);
	assert_int_equal(baton_vm_death(rig->vms[vm])->steps_end, BATON_STEPS_LONG);
	assert_in_range(fake.now_ns, 1100 * MS, 1200 * MS);
	rig_end(rig);
}

static void a_watchdog_blames_no_instruction(void **state)
{
	struct guest g = { .ns = FAKE_NEVER, .reason = KVM_EXIT_SHUTDOWN };
	struct baton_vm_config c = rig_vm_config("guest");
	struct rig *rig = begin();
	int vm;

	c.step_replay = true;
	c.watchdog_ns = 20 * MS;
	vm = rig_add(rig, &c, play, &g);
	rig_port(rig, vm, 0x10, 1, accept, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(baton_vm_death(rig->vms[vm])->kind, BATON_DEATH_WATCHDOG);
	assert_int_equal(baton_vm_death(rig->vms[vm])->steps_end, BATON_STEPS_NONE);
	rig_end(rig);
}

static void nothing_is_saved_that_nobody_asked_for(void **state)
{
	struct guest g = { .ns = 5, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	int vm = rig_vm(rig, 1, play, &g);

	rig_port(rig, vm, 0x10, 1, accept, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(fake.calls[FAKE_STATE_SAVE], 0);
	assert_int_equal(baton_vm_death(rig->vms[vm])->steps_end, BATON_STEPS_NONE);
	assert_false(baton_vm_death(rig->vms[vm])->at_death);
	rig_end(rig);
}

/* INC of a trapped word: completing the read, for the snapshot, is the exit of the write. */
static struct fake_exit play_twice(struct fake_vcpu *vcpu)
{
	struct guest *g = vcpu->state;
	struct fake_exit e = fake_load(5, 0xC0000000, 4);

	e.more = true;
	if (g->asked || vcpu->exits > 1)
		return play(vcpu);
	return vcpu->exits ? fake_store(0, 0xC0000000, 4, 8) : e;
}

static enum baton_verdict count(void *state, struct baton_access *a)
{
	unsigned *n = state;

	n[a->write]++;
	a->data = 7;
	return BATON_RESUME;
}

static void an_instruction_may_have_two_exits(void **state)
{
	struct guest g = { .ns = 5, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	int vm = add(rig, &g);
	unsigned n[2] = { 0 };

	rig->vcpus[vm]->next = play_twice;
	rig_mmio(rig, vm, 0xC0000000, 4096, count, n);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(n[0], 1);
	assert_int_equal(n[1], 1);
	assert_int_equal(baton_vm_death(rig->vms[vm])->steps_end, BATON_STEPS_EXACT);
	assert_int_equal(fake.calls[FAKE_STATE_SAVE], 2); /* at the beginning, after the write */
	rig_end(rig);
}

/* --------------------------------------------------------------- handlers */

static void raise_line(void *context)
{
	struct baton_vm *vm = context;

	baton_vcpu_interrupt(&vm->vcpu, 0);
}

#define HANDLER	0x600
#define HLT	0xF4
#define INT	0xCD
#define RAISES	(BEGIN + 2) /* the third instruction */

/* What happens in the clone after RAISES. */
static struct {
	uint64_t to;	 /* where it goes … */
	uint32_t reason; /* … and how its HLT shows */
	bool met, astray;
} raised;

/* The exception leads to the handler, of which a HLT is the first instruction now, or is not. */
static void raise_exception(struct fake_vcpu *vcpu)
{
	if (vcpu->regs.rip != RAISES + 1)
		return;
	raised.met = fake.slots[0].host[raised.to] == HLT;
	raised.astray = fake.slots[0].host[0] == HLT; /* where vectors lead that nobody set */
	vcpu->regs.rip = raised.to + 1;
	vcpu->run->exit_reason = raised.met ? raised.reason : KVM_EXIT_DEBUG;
}

static void set_vector(struct baton_vm *vm, unsigned vector, uint16_t offset)
{
	const uint16_t entry[2] = { (uint16_t)(offset - 0x100), 0x10 };

	fake_vcpu(vm)->sregs.idt.limit = 0x3FF;
	assert_int_equal(baton_vm_write(vm, 4 * vector, entry, sizeof(entry)), 0);
}

static void an_exceptions_handler_is_gone_through(void **state)
{
	static const struct {
		unsigned vector;
		uint8_t code[2]; /* at RAISES */
	} cases[] = { { 6, { 0 } }, { 0, { 0 } }, { 31, { 0 } }, { 0x80, { INT, 0x80 } } };

	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		struct guest g = { .ns = 9, .reason = KVM_EXIT_SHUTDOWN };
		const struct baton_death *d;
		struct rig *rig;
		int vm;

		fake_reset();
		rig = begin();
		vm = add(rig, &g);
		raised.to = HANDLER;
		raised.reason = i % 2 ? KVM_EXIT_HLT : KVM_EXIT_DEBUG;
		rig->vcpus[vm]->stepped = raise_exception;
		set_vector(rig->vms[vm], cases[i / 2].vector, HANDLER);
		assert_int_equal(baton_vm_write(rig->vms[vm], HANDLER, "\x90", 1), 0);
		assert_int_equal(baton_vm_write(rig->vms[vm], RAISES, cases[i / 2].code, 2), 0);
		assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
		d = baton_vm_death(rig->vms[vm]);
		assert_true(raised.met);
		assert_int_equal(d->steps_end, BATON_STEPS_EXACT);
		assert_int_equal(d->step_count, 10);
		assert_int_equal(d->steps[1].address, RAISES - 1);
		assert_int_equal(d->steps[2].address, RAISES);
		assert_int_equal(d->steps[3].address, HANDLER);
		assert_int_equal(d->steps[3].code[0], 0x90);
		assert_int_equal(d->steps[3].code_bits, 16);
		assert_int_equal(d->steps[3].code_size, 15);
		assert_int_equal(d->steps[4].address, HANDLER + 1);
		assert_int_equal(d->address, HANDLER + 6);
		assert_int_equal(d->regs.rip, HANDLER + 6);
		rig_end(rig);
	}
}

/* Five reports of a step that was none. */
static void no_step(struct fake_vcpu *vcpu)
{
	static unsigned tries;

	if (vcpu->regs.rip != RAISES + 1 || tries++ == 5)
		return;
	vcpu->regs.rip--;
	vcpu->plan.ns++;
}

static void a_step_that_was_none_is_taken_again(void **state)
{
	struct guest g = { .ns = 9, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	int vm = add(rig, &g);
	const struct baton_death *d;

	rig->vcpus[vm]->stepped = no_step;
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	d = baton_vm_death(rig->vms[vm]);
	assert_int_equal(d->steps_end, BATON_STEPS_EXACT);
	assert_int_equal(d->step_count, 10);
	assert_int_equal(d->steps[2].address, RAISES);
	assert_int_equal(d->steps[3].address, RAISES + 1);
	rig_end(rig);
}

/* A vector that nobody set leads nowhere; code there is left as it is. */
static void no_handler_no_stop(void **state)
{
	struct guest g = { .ns = 9, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	int vm = add(rig, &g);

	raised.to = HANDLER;
	rig->vcpus[vm]->stepped = raise_exception;
	set_vector(rig->vms[vm], 32, HANDLER);
	assert_int_equal(baton_vm_write(rig->vms[vm], 0, "", 1), 0);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_false(raised.met);
	assert_false(raised.astray);
	assert_int_equal(baton_vm_death(rig->vms[vm])->steps[3].address, HANDLER + 1);
	rig_end(rig);
}

/* The instruction that is executed is the handler's first: it is not in its own way. */
static void a_handlers_first_instruction_is_executed(void **state)
{
	struct guest g = { .ns = 9, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	int vm = add(rig, &g);

	raised.to = RAISES;
	rig->vcpus[vm]->stepped = raise_exception;
	set_vector(rig->vms[vm], 6, RAISES);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_false(raised.met);
	assert_exact(baton_vm_death(rig->vms[vm]), BEGIN + 9);
	rig_end(rig);
}

/* While a stop stands there: the guest writes its handler anew, and has none any more. */
static void overwrite_handler(struct fake_vcpu *vcpu)
{
	uint8_t *memory = fake.slots[0].host;

	if (vcpu->regs.rip == RAISES + 1) {
		assert_int_equal(memory[HANDLER], HLT);
		memory[HANDLER] = 0xCC;
		memset(memory + 4 * 6, 0, 4);
	} else if (vcpu->regs.rip == RAISES + 2) {
		raised.met = memory[HANDLER] == 0xCC;
	}
}

static void what_the_guest_writes_stays(void **state)
{
	struct guest g = { .ns = 9, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	int vm = add(rig, &g);

	raised.met = false;
	rig->vcpus[vm]->stepped = overwrite_handler;
	set_vector(rig->vms[vm], 6, HANDLER);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_true(raised.met);
	rig_end(rig);
}

static void take_interrupt(struct fake_vcpu *vcpu, uint32_t vector)
{
	vcpu->regs.rip = HANDLER;
	vcpu->plan.ns = 5; /* then it dies */
}

/* The snapshot is of when the interrupt was on its way. */
static void an_interrupts_handler_is_gone_through(void **state)
{
	struct guest g = { .ns = 50 * MS, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = rig_begin("quantum", 1 * MS);
	int vm = add(rig, &g);
	const struct baton_death *d;

	fake.resets = true;
	rig->vcpus[vm]->regs.rflags |= 0x200;
	rig->vcpus[vm]->took = take_interrupt;
	set_vector(rig->vms[vm], BATON_IRQ_VECTOR, HANDLER);
	fake_at(fake.now_ns + 2 * MS, raise_line, rig->vms[vm]);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	d = baton_vm_death(rig->vms[vm]);
	assert_int_equal(d->steps_end, BATON_STEPS_EXACT);
	assert_int_equal(d->steps[0].address, BEGIN);
	assert_int_equal(d->steps[1].address, HANDLER);
	assert_int_equal(d->steps[2].address, HANDLER + 1);
	rig_end(rig);
}

/* Where a stepped HLT is no exit of this KVM: it is one of the VM's. */
static void a_halt_is_another_end(void **state)
{
	struct guest g = { .ns = 9, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	int vm = add(rig, &g);

	assert_int_equal(baton_vm_write(rig->vms[vm], RAISES, "\xF4", 1), 0);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(baton_vm_death(rig->vms[vm])->steps_end, BATON_STEPS_OTHER);
	rig_end(rig);
}

/* ------------------------------------------------------------ the tripwire */

static uint64_t stub;

static struct fake_exit play_tripwire(struct fake_vcpu *vcpu)
{
	struct fake_exit e = play(vcpu);

	if (e.reason == KVM_EXIT_HLT && vcpu->exits)
		vcpu->regs.rip = stub; /* and behind it when it is done */
	return e;
}

static void trip(struct fake_vcpu *vcpu)
{
	if (vcpu->regs.rip == RAISES + 1)
		vcpu->regs.rip = raised.to;
}

/* An exception leads to the tripwire: its HLT is next, or was stepped over. */
static void the_tripwire_is_the_end(void **state)
{
	for (uint32_t past = 0; past < 4; past++) {
		struct guest g = { .ns = 3, .reason = KVM_EXIT_HLT };
		const uint16_t frame[3] = { RAISES, 0, 2 };
		struct baton_vm_config c = rig_vm_config("guest");
		const struct baton_death *d;
		struct baton_vm *vm;
		struct rig *rig;

		fake_reset();
		rig = begin();
		c.step_replay = true;
		c.load = 0x1000;
		vm = rig->vms[rig_add(rig, &c, play_tripwire, &g)];
		rig_port(rig, 0, 0x10, 1, accept, NULL);
		assert_true(vm->tripwire);
		stub = vm->layout.fixture;
		while (baton__boot_tripwire(vm->layout.fixture, stub) != 6)
			stub++;
		raised.to = stub + past % 2;
		if (past >= 2)
			g.later = KVM_EXIT_SHUTDOWN; /* it does not get as far */
		rig->vcpus[0]->stepped = trip;
		rig->vcpus[0]->regs.rsp = 0x7000;
		assert_int_equal(baton_vm_write(vm, 0x7000, frame, sizeof(frame)), 0);
		assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
		d = baton_vm_death(vm);
		assert_int_equal(d->kind, BATON_DEATH_TRIPWIRE);
		assert_int_equal(d->address, RAISES);
		assert_int_equal(d->steps_end, BATON_STEPS_EXACT);
		assert_int_equal(d->step_count, 3);
		assert_int_equal(d->steps[2].address, RAISES);
		rig_end(rig);
	}
}

/* Without one, code there is as any other. */
static void a_bare_guest_has_no_tripwire(void **state)
{
	struct guest g = { .ns = 9, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	int vm = add(rig, &g);
	baton_gpa_t fixture = rig->vms[vm]->layout.fixture;

	for (raised.to = fixture; baton__boot_tripwire(fixture, raised.to) != 6;)
		raised.to++;
	rig->vcpus[vm]->stepped = trip;
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(baton_vm_death(rig->vms[vm])->steps_end, BATON_STEPS_EXACT);
	assert_int_equal(baton_vm_death(rig->vms[vm])->step_count, 10);
	rig_end(rig);
}

/* It was not the tripwire that the VM ended in: nothing of the clone is believed. */
static void a_tripwire_may_be_another_end(void **state)
{
	struct guest g = { .ns = 9, .reason = KVM_EXIT_SHUTDOWN };
	struct baton_vm_config c = rig_vm_config("guest");
	struct rig *rig = begin();
	baton_gpa_t fixture;
	int vm;

	c.step_replay = true;
	c.load = 0x1000;
	vm = rig_add(rig, &c, play, &g);
	rig_port(rig, vm, 0x10, 1, accept, NULL);
	fixture = rig->vms[vm]->layout.fixture;
	for (raised.to = fixture; baton__boot_tripwire(fixture, raised.to) != 6;)
		raised.to++;
	rig->vcpus[vm]->stepped = trip;
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(baton_vm_death(rig->vms[vm])->steps_end, BATON_STEPS_OTHER);
	assert_false(baton_vm_death(rig->vms[vm])->at_death);
	rig_end(rig);
}

static void interrupt_steps(struct fake_vcpu *vcpu)
{
	if (vcpu->regs.rip == RAISES + 1)
		fake_interrupt();
}

static void a_signal_is_no_step(void **state)
{
	struct guest g = { .ns = 9, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	int vm = add(rig, &g);

	rig->vcpus[vm]->stepped = interrupt_steps;
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_exact(baton_vm_death(rig->vms[vm]), BEGIN + 9);
	assert_int_equal(baton_vm_death(rig->vms[vm])->step_count, 10);
	rig_end(rig);
}

static struct baton_vm *writer;

/* What the VM writes on its way, its clones do not write. */
static struct fake_exit play_and_write(struct fake_vcpu *vcpu)
{
	struct fake_exit e = play(vcpu);

	if (e.reason == KVM_EXIT_SHUTDOWN)
		memset(writer->memory.base + BEGIN, 0xCC, 0x1000);
	return e;
}

static void snapshots_on_the_way_are_the_clones(void **state)
{
	struct guest g = { .ns = 50 * MS, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	int vm = add(rig, &g);
	const struct baton_death *d;

	writer = rig->vms[vm];
	rig->vcpus[vm]->next = play_and_write;
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	d = baton_vm_death(writer);
	assert_int_equal(d->steps_end, BATON_STEPS_EXACT);
	assert_int_equal(d->steps[0].code_size, 15);
	assert_int_equal(d->steps[0].code[0], 0);
	rig_end(rig);
}

static void write_memory(void *context)
{
	assert_int_equal(baton_vm_write(context, 0x8000, "now", 4), 0);
}

/* What the host writes belongs to the snapshot, whenever it comes. */
static void a_write_needs_a_new_snapshot(void **state)
{
	struct guest g = { .ns = 50 * MS, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = rig_begin("quantum", 1 * MS);
	int vm = add(rig, &g);

	fake_at(fake.now_ns + 20 * MS, write_memory, rig->vms[vm]);
	assert_int_equal(rig_run(rig, 30 * MS), BATON_RUN_BUDGET);
	assert_int_equal(fake.calls[FAKE_STATE_SAVE], 3);
	rig_end(rig);
}

static void cli(void *context)
{
	struct fake_vcpu *vcpu = context;

	vcpu->regs.rflags &= ~UINT64_C(0x200);
}

/* Since the snapshot it has turned interrupts off, and one waits: clones need not know. */
static void an_interrupt_that_waits_changes_nothing(void **state)
{
	struct guest g = { .ns = 5 * MS, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = rig_begin("quantum", 1 * MS);
	int vm = add(rig, &g);

	fake.resets = true;
	rig->vcpus[vm]->regs.rflags |= 0x200;
	fake_at(fake.now_ns + 2 * MS, cli, rig->vcpus[vm]);
	fake_at(fake.now_ns + 3 * MS, raise_line, rig->vms[vm]);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_true(rig->vcpus[vm]->run->request_interrupt_window);
	assert_int_equal(baton_vm_death(rig->vms[vm])->steps_end, BATON_STEPS_EXACT);
	rig_end(rig);
}

static void each_has_steps_of_its_own(void **state)
{
	struct guest first = { .ns = 5, .reason = KVM_EXIT_SHUTDOWN };
	struct guest second = { .ns = 3 * MS, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = rig_begin("quantum", 1 * MS);

	fake.resets = true;
	add(rig, &first);
	add(rig, &second);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_exact(baton_vm_death(rig->vms[0]), BEGIN + 5);
	assert_int_equal(baton_vm_death(rig->vms[0])->step_count, 6);
	assert_int_equal(baton_vm_death(rig->vms[1])->steps_end, BATON_STEPS_EXACT);
	assert_in_range(baton_vm_death(rig->vms[1])->step_count, 1, BATON_STEPS);
	rig_end(rig);
}

static struct fake_exit forever(struct fake_vcpu *vcpu)
{
	return fake_spin();
}

/* The replay takes 20 s of the host's time, and none of a slice or of anybody's share. */
static void others_lose_no_turn(void **state)
{
	struct guest g = { .ns = 5, .reason = KVM_EXIT_SHUTDOWN, .spins = true };
	struct rig *rig = rig_begin("quantum", 1 * MS);
	struct baton_vm_stats other;
	int vm;

	fake.resets = true;
	add(rig, &g);
	vm = rig_vm(rig, 1, forever, NULL);
	assert_int_equal(rig_run(rig, LONGEST + 100 * MS), BATON_RUN_BUDGET);
	other = rig_vm_stats(rig, vm);
	for (unsigned i = 0; i + 1 < rig->turn_count; i++)
		if (rig->turns[i].vm == vm)
			assert_in_range(rig->turns[i].charged_ns, 1 * MS, 1 * MS + 100);
	assert_in_range(other.turns, 50, 101);
	assert_in_range(rig_stats(rig).switch_ns, LONGEST, LONGEST + 50 * MS);
	rig_balance(rig);
	rig_end(rig);
}

/* ---------------------------------------------------------------- failures */

static enum fake_op failing;

/* The failure comes when the guest is about to die: then only clones are left to fail. */
static struct fake_exit play_and_fail(struct fake_vcpu *vcpu)
{
	struct fake_exit e = play(vcpu);

	if (e.reason == KVM_EXIT_SHUTDOWN)
		fake_fail(failing, 1, EIO);
	return e;
}

static void a_clone_that_cannot_be_made_is_told_and_leaves_nothing(void **state)
{
	static const enum fake_op ops[] = { FAKE_MEMFD, FAKE_FALLOCATE, FAKE_LSEEK,
					    FAKE_MACHINE_CREATE, FAKE_MACHINE_MAP,
					    FAKE_VCPU_CREATE, FAKE_VCPU_MASK, FAKE_STATE_LOAD,
					    FAKE_STATE_STEP };

	for (size_t i = 0; i < COUNT(ops); i++) {
		struct guest g = { .ns = 5, .reason = KVM_EXIT_SHUTDOWN };
		struct rig *rig;
		int vm;

		fake_reset();
		rig = begin();
		failing = ops[i];
		vm = add(rig, &g);
		rig->vcpus[vm]->next = play_and_fail;
		assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
		assert_true(fake_failed(NULL));
		assert_int_equal(baton_vm_death(rig->vms[vm])->steps_end, BATON_STEPS_FAILED);
		assert_false(baton_vm_death(rig->vms[vm])->at_death);
		rig_end(rig);
	}
}

/* On a long way there are several clones. */
static struct fake_exit play_and_fail_later(struct fake_vcpu *vcpu)
{
	struct fake_exit e = play(vcpu);

	if (e.reason == KVM_EXIT_SHUTDOWN)
		fake_fail(FAKE_MACHINE_CREATE, 3, EIO);
	return e;
}

static void a_later_clone_may_fail_as_well(void **state)
{
	struct guest g = { .ns = 50 * MS, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	int vm = add(rig, &g);

	rig->vcpus[vm]->next = play_and_fail_later;
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_true(fake_failed(NULL));
	assert_int_equal(baton_vm_death(rig->vms[vm])->steps_end, BATON_STEPS_FAILED);
	rig_end(rig);
}

static void a_snapshot_that_cannot_be_taken_ends_the_run(void **state)
{
	struct guest g = { .ns = 5, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();

	add(rig, &g);
	fake_fail(FAKE_STATE_SAVE, 1, EIO);
	assert_int_equal(baton_host_run(rig->host, BATON_FOREVER, NULL), -EIO);
	rig_end(rig);
}

static void shared_memory_is_refused(void **state)
{
	struct guest g = { .ns = 5, .reason = KVM_EXIT_SHUTDOWN };
	struct rig *rig = begin();
	struct baton_region *region;
	struct baton_diag diag;
	int vm = add(rig, &g);

	assert_int_equal(baton_region_create(rig->host, 4096, &diag, &region), 0);
	assert_int_equal(baton_region_share(region, rig->vms[vm], 0x8000, &diag), -EINVAL);
	assert_non_null(strstr(diag.message, "step_replay"));
	assert_int_equal(baton_region_trap(region, rig->vms[vm], 0x8000, &diag), 0);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_short_way_is_gone_in_steps),
		TEST(of_more_the_last_sixteen_are_kept),
		TEST(ends_have_names),
		TEST(at_the_first_instruction_there_is_one_step),
		TEST(a_long_way_is_gone_in_strides),
		TEST(other_deaths_have_steps_too),
		TEST(a_clone_that_does_something_else_is_told),
		TEST(a_kick_needs_no_new_snapshot),
		TEST(saving_is_nobodys_time),
		TEST(patience_ends),
		TEST(a_stop_ends_it),
		TEST(a_watchdog_blames_no_instruction),
		TEST(nothing_is_saved_that_nobody_asked_for),
		TEST(an_instruction_may_have_two_exits),
		TEST(an_exceptions_handler_is_gone_through),
		TEST(no_handler_no_stop),
		TEST(a_handlers_first_instruction_is_executed),
		TEST(what_the_guest_writes_stays),
		TEST(an_interrupts_handler_is_gone_through),
		TEST(a_halt_is_another_end),
		TEST(the_tripwire_is_the_end),
		TEST(a_bare_guest_has_no_tripwire),
		TEST(a_tripwire_may_be_another_end),
		TEST(a_signal_is_no_step),
		TEST(snapshots_on_the_way_are_the_clones),
		TEST(a_write_needs_a_new_snapshot),
		TEST(an_interrupt_that_waits_changes_nothing),
		TEST(each_has_steps_of_its_own),
		TEST(a_step_that_was_none_is_taken_again),
		TEST(others_lose_no_turn),
		TEST(a_clone_that_cannot_be_made_is_told_and_leaves_nothing),
		TEST(a_later_clone_may_fail_as_well),
		TEST(a_snapshot_that_cannot_be_taken_ends_the_run),
		TEST(shared_memory_is_refused),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
