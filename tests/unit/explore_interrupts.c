/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_interrupts.c - VMs whose timer is set, held wherever they may be interrupted. Where an
 * interrupt may come at all: explore_timer.c; what it does to a VM: deliver.c.
 */
#include "machines_rig.h"

#define STACK	0x7000 /* the top of it */
#define HANDLER 0x2000 /* of line 0; each further one has 16 bytes */
#define TAKEN	0x3000 /* where the guest goes on when KVM has interrupted it */
#define IDT	0x6000 /* of protected mode */
#define NOWHERE 0x10000 /* behind all memory */

#define IF UINT64_C(0x200)

/* ------------------------------------------------------------------- guests */

/*
 * A guest executes instructions of real mode, of which it knows a few. IN, OUT and accesses to
 * memory are of four bytes.
 */
#define NOP    "\x90"
#define CLI    "\xFA"
#define STI    "\xFB"
#define HLT    "\xF4" /* with interrupts off: it ends, and AX is its status */
#define IRET   "\xCF"
#define STAY   "\xEB\xFE" /* a jump to itself */
#define MOV_SS "\x8E\xD0" /* of the segment that it has */
#define MFENCE "\x0F\xAE\xF0"
#define DIE    "\x0F\x0B"
#define READ   "\xA1\x10\x80" /* a word of shared memory, to AX */
#define IN     "\xED"
#define OUT    "\xEF" /* AX, to the port in DX */
#define OUT_1  "\xEE" /* one byte */

/* The call `timer`: AX is where its fields are. */
static const struct baton_call_timer calls[] = {
	{ .first_ns = 1, .line = 5 },
	{ .first_ns = 1, .period_ns = 1, .line = 5 },
	{ .first_ns = 0 },
	{ .first_ns = 1, .line = 2 },
	{ .first_ns = 1, .line = BATON_IRQ_LINES },
};
#define ONCE	 "\xB8\x10\x40" OUT
#define PERIODIC "\xB8\x30\x40" OUT
#define OFF	 "\xB8\x50\x40" OUT
#define LOWER	 "\xB8\x70\x40" OUT /* once, on a lower line */
#define WRONG	 "\xB8\x90\x40" OUT /* there is no such line */

static struct baton_vm *vm_of(const struct fake_vcpu *v)
{
	const struct guest *guest = v->state;

	return guest->vm;
}

static void code_at(const struct fake_vcpu *v, uint8_t code[3])
{
	assert_int_equal(baton_vm_read(vm_of(v), v->sregs.cs.base + v->regs.rip, code, 3), 0);
}

static bool exits(const uint8_t code[3])
{
	return memchr("\xF4\xA1\xED\xEE\xEF", code[0], 5) || !memcmp(code, DIE, 2);
}

static void execute_iret(struct fake_vcpu *v)
{
	uint16_t frame[3];

	assert_int_equal(baton_vm_read(vm_of(v), v->regs.rsp, frame, sizeof(frame)), 0);
	v->regs.rip = frame[0]; /* of the same segment */
	v->regs.rflags = frame[2];
	v->regs.rsp += sizeof(frame);
}

static void execute(struct fake_vcpu *v, const uint8_t code[3])
{
	switch (code[0]) {
	case 0xCF:
		execute_iret(v);
		return;
	case 0xEB:
		return;
	case 0x8E:
		v->regs.rip += 2;
		return;
	case 0x0F:
		v->regs.rip += 3;
		return;
	case 0xB8:
		v->regs.rax = code[1] | code[2] << 8;
		v->regs.rip += 3;
		return;
	case 0xFA:
		v->regs.rflags &= ~IF;
		break;
	case 0xFB:
		v->regs.rflags |= IF;
		break;
	}
	v->regs.rip++;
}

/* One that is stepped is asked before each instruction. */
static struct fake_exit next(struct fake_vcpu *v)
{
	uint8_t code[3];

	for (code_at(v, code); !exits(code); code_at(v, code)) {
		if (v->stepping)
			return (struct fake_exit){ .ns = 1 };
		execute(v, code);
	}
	switch (code[0]) {
	case 0xA1:
		v->regs.rip += 2; /* and 1 for any exit */
		return fake_load(0, SHARED + 0x10, 4);
	case 0xED:
		return fake_in(0, (uint16_t)v->regs.rdx, 4);
	case 0xEE:
		return fake_out(0, (uint16_t)v->regs.rdx, 1, v->regs.rax);
	case 0xEF:
		return fake_out(0, (uint16_t)v->regs.rdx, 4, v->regs.rax);
	case 0x0F:
		return fake_other(0, KVM_EXIT_SHUTDOWN, 0);
	default:
		return fake_hlt(0);
	}
}

/* The fake has gone one byte further, whatever there is. */
static void stepped(struct fake_vcpu *v)
{
	struct guest *guest = v->state;
	uint8_t code[3];

	v->planned = false;
	v->regs.rip--;
	if (guest->lies) {
		guest->lies--;
		return;
	}
	code_at(v, code);
	execute(v, code);
}

/* By KVM. */
static void took(struct fake_vcpu *v, uint32_t vector)
{
	v->planned = false;
	v->regs.rbx = vector;
	v->regs.rip = TAKEN;
	v->regs.rflags &= ~IF;
}

/* ------------------------------------------------------------------------ a scene */

static void put(struct scene *s, uint64_t at, const char *code)
{
	assert_int_equal(baton_vm_write(s->rig->vms[0], at, code, strlen(code)), 0);
}

/* A VM with that program, whose handlers are all like this one. */
static struct fake_vcpu *prepare(struct scene *s, bool fences, const char *code,
				 const char *handler)
{
	struct fake_vcpu *v;

	scene_prepare(s, fences, NULL, 1);
	v = s->rig->vcpus[0];
	v->next = next;
	v->stepped = stepped;
	v->took = took;
	v->regs.rip = CODE;
	v->regs.rdx = BATON_CALL_TIMER;
	v->regs.rsp = STACK;
	v->sregs.idt.limit = 0x3FF;
	put(s, CODE, code);
	for (size_t i = 0; i < COUNT(calls); i++)
		baton_vm_write(s->rig->vms[0], CALL + 0x10 + 0x20 * i, &calls[i], sizeof(calls[i]));
	for (uint32_t line = 0; line < BATON_IRQ_LINES; line++) {
		const uint32_t at = HANDLER + 16 * line;

		put(s, at, handler);
		baton_vm_write(s->rig->vms[0], 4 * (BATON_IRQ_VECTOR + line), &at, sizeof(at));
	}
	return v;
}

/* Protected mode, with a gate for line 5: its type is 6, or 7 if interrupts stay on. */
static void use_gate(struct scene *s, unsigned selector, unsigned type)
{
	const uint16_t gate[] = {
		HANDLER + 16 * 5, (uint16_t)selector, (uint16_t)(0x8000 | type << 8), 0,
	};
	struct kvm_sregs *sregs = &s->rig->vcpus[0]->sregs;

	sregs->cr0 |= 1;
	sregs->idt.base = IDT;
	sregs->idt.limit = 0x7FF;
	baton_vm_write(s->rig->vms[0], IDT + 8 * (BATON_IRQ_VECTOR + 5), gate, sizeof(gate));
}

static void begin_with(struct scene *s, const char *code, const char *handler)
{
	prepare(s, false, code, handler);
	assert_int_equal(scene_start(s), 0);
}

static void begin(struct scene *s, const char *code)
{
	begin_with(s, code, IRET);
}

static bool is(const struct scene *s, uint32_t number, enum node_kind kind, uint64_t rip)
{
	const struct node *n = node(s, number);

	if (n->kind == kind && n->rip == rip)
		return true;
	print_message("# kind %d at %#llx\n", n->kind, (unsigned long long)n->rip);
	return false;
}

/* A VM that is interrupted stands at the READ of its handler: of which line? */
static bool is_handled(const struct scene *s, uint32_t number, unsigned line)
{
	return is(s, number, NODE_READ, HANDLER + 16 * line + strlen(READ));
}

/* Likewise, where an interrupt is taken: in so many ways. */
static bool is_taken(const struct scene *s, uint32_t number, uint64_t rip, uint64_t ways)
{
	return is(s, number, NODE_TAKE, rip) && node(s, number)->data == ways;
}

/* --------------------------------------------------------------------- the call */

static void a_timer_is_set_in_one_way_and_set_anew_in_two(void **state)
{
	struct scene s;
	uint32_t at;

	begin(&s, ONCE OFF OFF HLT);
	assert_true(is(&s, s.at[0], NODE_TIMER, CODE + 4));
	assert_int_equal(node(&s, s.at[0])->port, BATON_CALL_TIMER);
	assert_int_equal(node(&s, s.at[0])->data, 1);
	at = go(&s, s.at[0], 0);
	assert_true(is(&s, at, NODE_TIMER, CODE + 8));
	assert_int_equal(node(&s, at)->data, 2);
	for (uint64_t way = 0; way < 2; way++) {
		uint32_t off = go(&s, at, way);

		assert_true(is(&s, off, NODE_TIMER, CODE + 12));
		assert_int_equal(node(&s, off)->data, 1);
		assert_true(has_ended(&s, go(&s, off, 0), CALL + 0x50));
	}
	scene_end(&s);
}

static void a_call_that_is_none_is_a_death(void **state)
{
	static const char *const programs[] = {
		WRONG, "\xB8\x10\x40" OUT_1, "\xB8\xF0\xFF" OUT, IN,
	};

	for (size_t i = 0; i < COUNT(programs); i++) {
		struct scene s;

		fake_reset();
		begin(&s, programs[i]);
		assert_int_equal(node(&s, s.at[0])->kind, NODE_DEAD);
		scene_end(&s);
	}
}

static void a_vm_is_stepped_once_it_has_set_its_timer(void **state)
{
	struct scene s;
	uint32_t at;

	begin(&s, READ STI NOP ONCE CLI READ NOP HLT);
	at = go(&s, s.at[0], 1);
	assert_true(is(&s, at, NODE_TIMER, CODE + 9));
	assert_int_equal(fake.calls[FAKE_STATE_STEP], 0);
	at = go(&s, at, 0);
	assert_true(is(&s, at, NODE_OPEN, CODE + 9));
	at = go(&s, at, 0);
	assert_true(is(&s, at, NODE_READ, CODE + 13));
	assert_true(fake.calls[FAKE_STATE_STEP] > 0);
	assert_true(s.rig->vcpus[0]->stepping);
	scene_end(&s);
}

/* ------------------------------------------------------------- before an instruction */

static void with_interrupts_on_it_is_held_before_each_instruction(void **state)
{
	struct scene s;
	uint32_t at;

	begin(&s, STI ONCE NOP NOP CLI NOP HLT);
	at = go(&s, s.at[0], 0);
	for (uint64_t rip = CODE + 5; rip < CODE + 8; rip++) {
		assert_true(is(&s, at, NODE_OPEN, rip));
		assert_int_equal(node(&s, at)->data, 2);
		at = go(&s, at, 0);
	}
	assert_true(has_ended(&s, at, CALL + 0x10));
	scene_end(&s);
}

static void with_interrupts_off_it_is_held_nowhere(void **state)
{
	struct scene s;

	begin(&s, ONCE NOP NOP HLT);
	assert_true(has_ended(&s, go(&s, s.at[0], 0), CALL + 0x10));
	scene_end(&s);
}

/* Some KVMs say that they have made a step, and have not. */
static void a_step_that_was_not_made_leads_to_no_instruction(void **state)
{
	struct scene s;
	uint32_t at;

	begin(&s, STI ONCE NOP NOP CLI HLT);
	at = go(&s, s.at[0], 0);
	s.guests[0].lies = 2;
	assert_true(is(&s, go(&s, at, 0), NODE_OPEN, CODE + 6));
	assert_int_equal(s.guests[0].lies, 0);
	scene_end(&s);
}

static void a_jump_to_itself_leads_there_again(void **state)
{
	struct scene s;
	uint32_t at;

	begin_with(&s, STI ONCE STAY, READ);
	at = go(&s, s.at[0], 0);
	assert_true(is(&s, at, NODE_OPEN, CODE + 5));
	assert_int_equal(go(&s, at, 0), at);
	assert_true(is_handled(&s, go(&s, at, 1), 5));
	scene_end(&s);
}

static void who_is_interrupted_is_at_its_handler(void **state)
{
	struct fake_vcpu *v;
	uint16_t frame[3];
	struct scene s;
	uint32_t at;

	begin_with(&s, STI ONCE NOP NOP CLI HLT, READ);
	v = s.rig->vcpus[0];
	at = go(&s, go(&s, s.at[0], 0), 0);
	assert_true(is(&s, at, NODE_OPEN, CODE + 6));
	assert_true(is_handled(&s, go(&s, at, 1), 5));
	assert_int_equal(v->regs.rflags & IF, 0);
	assert_int_equal(v->regs.rsp, STACK - sizeof(frame));
	baton_vm_read(s.rig->vms[0], v->regs.rsp, frame, sizeof(frame));
	assert_int_equal(frame[0], CODE + 6);
	assert_int_equal(frame[1], v->sregs.cs.selector);
	assert_int_equal(frame[2], 2 | IF);
	assert_int_equal(v->regs.rbx, 0); /* KVM has no part in it */
	/* It is taken back, and not interrupted there. */
	assert_true(is(&s, go(&s, at, 0), NODE_OPEN, CODE + 7));
	baton_vm_read(s.rig->vms[0], STACK - sizeof(frame), frame, sizeof(frame));
	assert_int_equal(frame[0], 0);
	scene_end(&s);
}

static void once_is_once(void **state)
{
	struct scene s;
	uint32_t at;

	begin(&s, STI ONCE NOP NOP NOP CLI HLT);
	at = go(&s, go(&s, s.at[0], 0), 0);
	assert_true(is(&s, at, NODE_OPEN, CODE + 6));
	assert_true(has_ended(&s, go(&s, at, 1), CALL + 0x10));
	scene_end(&s);
}

/* What the handler leaves on the stack is the only difference, and there is but one of it. */
static void with_a_period_it_comes_again_at_the_same_place(void **state)
{
	struct scene s;
	uint32_t at, again;

	begin(&s, STI PERIODIC NOP NOP CLI HLT);
	at = go(&s, s.at[0], 0);
	assert_true(is(&s, at, NODE_OPEN, CODE + 5));
	again = go(&s, at, 1);
	assert_true(is(&s, again, NODE_OPEN, CODE + 5));
	assert_int_not_equal(again, at);
	assert_int_equal(go(&s, again, 1), again);
	assert_true(is(&s, go(&s, again, 0), NODE_OPEN, CODE + 6));
	scene_end(&s);
}

/* A trap's gate leaves them on. */
static void a_handler_may_be_interrupted_before_its_first_instruction(void **state)
{
	struct fake_vcpu *v;
	struct scene s;
	uint32_t at;

	v = prepare(&s, false, STI PERIODIC NOP CLI HLT, NOP CLI READ);
	use_gate(&s, v->sregs.cs.selector, 7);
	assert_int_equal(scene_start(&s), 0);
	at = go(&s, go(&s, s.at[0], 0), 1);
	assert_true(is(&s, at, NODE_OPEN, HANDLER + 16 * 5));
	assert_int_equal(v->regs.rsp, STACK - 6);
	at = go(&s, at, 1);
	assert_true(is(&s, at, NODE_OPEN, HANDLER + 16 * 5));
	assert_int_equal(v->regs.rsp, STACK - 12);
	scene_end(&s);
}

static void not_behind_sti(void **state)
{
	struct scene s;
	uint32_t at;

	begin(&s, ONCE NOP STI NOP NOP CLI HLT);
	at = go(&s, s.at[0], 0);
	assert_true(is(&s, at, NODE_OPEN, CODE + 7));
	scene_end(&s);
}

/* Nor when it is taken back to what came before. */
static void nor_behind_a_load_of_ss(void **state)
{
	struct scene s;
	uint32_t at, behind;

	begin(&s, STI ONCE MOV_SS NOP NOP CLI HLT);
	at = go(&s, s.at[0], 0);
	assert_true(is(&s, at, NODE_OPEN, CODE + 5));
	behind = go(&s, at, 0);
	assert_true(is(&s, behind, NODE_OPEN, CODE + 8));
	assert_true(is(&s, go(&s, behind, 0), NODE_OPEN, CODE + 9));
	assert_true(has_ended(&s, go(&s, at, 1), CALL + 0x10));
	scene_end(&s);
	fake_reset();
	begin(&s, STI ONCE MOV_SS NOP NOP CLI HLT);
	at = go(&s, s.at[0], 0);
	assert_true(has_ended(&s, go(&s, at, 1), CALL + 0x10));
	assert_true(is(&s, go(&s, at, 0), NODE_OPEN, CODE + 8));
	scene_end(&s);
}

static void a_vm_can_be_looked_at_where_it_may_be_interrupted(void **state)
{
	struct scene s;
	uint32_t at;

	begin_with(&s, STI ONCE NOP CLI HLT, READ);
	at = go(&s, s.at[0], 0);
	go(&s, at, 1);
	assert_ptr_equal(machines_at(s.machines, at), s.rig->vms[0]);
	assert_int_equal(baton_vm_regs(s.rig->vms[0])->rip, CODE + 5);
	assert_true(is(&s, go(&s, at, 0), NODE_OPEN, CODE + 6));
	scene_end(&s);
}

/* -------------------------------------------------------------------------- HLT */

static void in_hlt_it_is_interrupted(void **state)
{
	struct scene s;
	uint16_t rip;
	uint32_t at;

	begin_with(&s, ONCE STI HLT, READ);
	at = go(&s, s.at[0], 0);
	assert_true(is_taken(&s, at, CODE + 6, 1));
	assert_true(node(&s, at)->halted);
	assert_true(is_handled(&s, go(&s, at, 0), 5));
	baton_vm_read(s.rig->vms[0], STACK - 6, &rip, sizeof(rip));
	assert_int_equal(rip, CODE + 6);
	scene_end(&s);
}

static void in_hlt_without_an_interrupt_to_come_it_is_idle(void **state)
{
	struct scene s;
	uint32_t at;

	begin(&s, ONCE STI HLT HLT);
	at = go(&s, go(&s, s.at[0], 0), 0);
	assert_true(is(&s, at, NODE_IDLE, CODE + 7));
	assert_true(node(&s, at)->halted);
	scene_end(&s);
}

/* Its handler has interrupts off, from its first instruction on. */
static void in_hlt_the_next_one_waits_for_the_handler(void **state)
{
	struct scene s;
	uint32_t at;

	begin_with(&s, PERIODIC STI HLT NOP, READ IRET);
	at = go(&s, s.at[0], 0);
	assert_true(is_taken(&s, at, CODE + 6, 1));
	at = go(&s, at, 0);
	assert_true(is_handled(&s, at, 5));
	assert_true(is(&s, go(&s, at, 0), NODE_OPEN, CODE + 6));
	scene_end(&s);
}

/* With interrupts on already, it may also come before. */
static void before_hlt_it_may_come_too(void **state)
{
	struct scene s;
	uint32_t at;

	begin(&s, STI ONCE HLT CLI HLT);
	at = go(&s, s.at[0], 0);
	assert_true(is(&s, at, NODE_OPEN, CODE + 5));
	assert_true(is(&s, go(&s, at, 1), NODE_IDLE, CODE + 6));
	at = go(&s, at, 0);
	assert_true(is_taken(&s, at, CODE + 6, 1));
	assert_true(node(&s, at)->halted);
	assert_true(has_ended(&s, go(&s, at, 0), CALL + 0x10));
	scene_end(&s);
}

/* ------------------------------------------------------------------ lines that are raised */

static void what_fired_before_the_timer_was_called_off_is_taken(void **state)
{
	struct scene s;
	uint32_t at, fired;

	begin_with(&s, ONCE OFF STI NOP NOP CLI HLT, READ IRET);
	at = go(&s, s.at[0], 0);
	assert_true(has_ended(&s, go(&s, at, 0), CALL + 0x50));
	fired = go(&s, at, 1);
	assert_true(is_taken(&s, fired, CODE + 10, 1));
	assert_false(node(&s, fired)->halted);
	at = go(&s, fired, 0);
	assert_true(is_handled(&s, at, 5));
	assert_true(has_ended(&s, go(&s, at, 7), 7));
	scene_end(&s);
}

/* Line 5 is raised, and the timer, which is set for line 2, may fire just before that is taken. */
static void of_two_lines_the_lower_one_comes_first(void **state)
{
	struct scene s;
	uint32_t at, first;

	begin_with(&s, ONCE LOWER STI NOP NOP CLI HLT, READ IRET);
	at = go(&s, go(&s, s.at[0], 0), 1);
	assert_true(is_taken(&s, at, CODE + 10, 2));
	first = go(&s, at, 0);
	assert_true(is_handled(&s, first, 5));
	assert_true(is(&s, go(&s, first, 7), NODE_OPEN, CODE + 10));
	first = go(&s, at, 1);
	assert_true(is_handled(&s, first, 2));
	first = go(&s, first, 7);
	assert_true(is_taken(&s, first, CODE + 10, 1));
	first = go(&s, first, 0);
	assert_true(is_handled(&s, first, 5));
	assert_true(has_ended(&s, go(&s, first, 7), 7));
	scene_end(&s);
}

static void in_hlt_too(void **state)
{
	struct scene s;
	uint32_t at;

	begin_with(&s, ONCE LOWER OFF STI HLT, READ IRET);
	at = go(&s, go(&s, s.at[0], 0), 1);
	assert_int_equal(node(&s, at)->data, 2);
	at = go(&s, at, 1); /* both are raised */
	assert_true(is_taken(&s, at, CODE + 14, 1));
	at = go(&s, at, 0);
	assert_true(is_handled(&s, at, 2));
	at = go(&s, at, 7);
	assert_true(is_taken(&s, at, CODE + 14, 1)); /* behind the HLT */
	assert_false(node(&s, at)->halted);
	assert_true(is_handled(&s, go(&s, at, 0), 5));
	scene_end(&s);
}

/* --------------------------------------------------------------------- nodes and timers */

/* The second time it is set, the first one may have fired, or not; else all is the same. */
static void nodes_are_told_apart_by_their_timer_but_for_ends(void **state)
{
	struct scene s;
	uint32_t at, armed, fired;

	begin(&s, ONCE ONCE READ NOP HLT);
	at = go(&s, s.at[0], 0);
	armed = go(&s, at, 0);
	fired = go(&s, at, 1);
	assert_true(is(&s, armed, NODE_READ, CODE + 11));
	assert_true(is(&s, fired, NODE_READ, CODE + 11));
	assert_int_not_equal(armed, fired);
	assert_int_equal(node(&s, armed)->memory, node(&s, fired)->memory);
	at = go(&s, armed, 3);
	assert_true(has_ended(&s, at, 3));
	assert_int_equal(go(&s, fired, 3), at);
	scene_end(&s);
}

static void a_timer_is_taken_back_with_its_vm(void **state)
{
	struct scene s;
	uint32_t at, off, fired;

	begin(&s, ONCE OFF READ NOP STI HLT);
	at = go(&s, s.at[0], 0);
	off = go(&s, at, 0);
	fired = go(&s, at, 1);
	for (uint64_t value = 0; value < 2; value++) {
		assert_true(is_taken(&s, go(&s, fired, value), CODE + 14, 1));
		assert_true(is(&s, go(&s, off, value), NODE_IDLE, CODE + 14));
	}
	scene_end(&s);
}

/* ------------------------------------------------------- interrupts that lead nowhere */

/* KVM shows what comes of it. Afterwards the VM is taken back, and stepped as before. */
static void who_has_no_handler_is_interrupted_by_kvm(void **state)
{
	for (int no_stack = 0; no_stack < 2; no_stack++) {
		struct fake_vcpu *v;
		struct scene s;
		uint32_t at, dead;

		fake_reset();
		v = prepare(&s, false, STI ONCE NOP NOP READ, IRET);
		put(&s, TAKEN, DIE);
		if (no_stack)
			v->sregs.ss.base = NOWHERE;
		else
			v->sregs.idt.limit = 4 * (BATON_IRQ_VECTOR + 5) - 1;
		assert_int_equal(scene_start(&s), 0);
		at = go(&s, s.at[0], 0);
		dead = go(&s, at, 1);
		assert_int_equal(node(&s, dead)->kind, NODE_DEAD);
		assert_int_equal(node(&s, dead)->death->kind, BATON_DEATH_SHUTDOWN);
		assert_int_equal(v->regs.rbx, BATON_IRQ_VECTOR + 5);
		at = go(&s, at, 0);
		assert_true(is(&s, at, NODE_OPEN, CODE + 6));
		assert_int_equal(v->regs.rbx, 0);
		/* Where it is taken back to, KVM does not know yet that it can take one. */
		assert_true(is(&s, go(&s, at, 0), NODE_OPEN, CODE + 7));
		assert_int_equal(node(&s, go(&s, at, 1))->kind, NODE_DEAD);
		assert_int_equal(v->regs.rbx, BATON_IRQ_VECTOR + 5);
		scene_end(&s);
	}
}

static void in_hlt_it_dies_of_that_as_well(void **state)
{
	struct scene s;
	uint32_t at;

	prepare(&s, false, ONCE STI HLT, IRET)->sregs.idt.limit = 0;
	put(&s, TAKEN, DIE);
	assert_int_equal(scene_start(&s), 0);
	at = go(&s, s.at[0], 0);
	assert_true(is_taken(&s, at, CODE + 6, 1));
	assert_int_equal(node(&s, go(&s, at, 0))->kind, NODE_DEAD);
	scene_end(&s);
}

static void who_goes_on_without_a_handler_is_lost(void **state)
{
	static const char *const programs[] = { HLT, READ, NOP STI HLT };

	for (size_t i = 0; i < COUNT(programs); i++) {
		struct scene s;

		fake_reset();
		prepare(&s, false, STI ONCE NOP CLI HLT, IRET)->sregs.idt.limit = 0;
		put(&s, TAKEN, programs[i]);
		assert_int_equal(scene_start(&s), 0);
		assert_true(is_lost(&s, go(&s, go(&s, s.at[0], 0), 1),
				    "without a handler, or a stack, and goes on all the same"));
		scene_end(&s);
	}
}

/* It is none the worse for it. */
static void who_cannot_be_interrupted_is_lost(void **state)
{
	for (int gate = 0; gate < 2; gate++) {
		struct fake_vcpu *v;
		struct scene s;
		uint32_t at;

		fake_reset();
		v = prepare(&s, false, STI ONCE NOP NOP CLI HLT, IRET);
		if (gate)
			use_gate(&s, v->sregs.cs.selector + 8, 6);
		else
			v->regs.rsp = SHARED + 0x100;
		assert_int_equal(scene_start(&s), 0);
		at = go(&s, s.at[0], 0);
		assert_true(is_lost(&s, go(&s, at, 1),
				    "its stack is in a trapped region, or the vector leads to "
				    "another segment or stack"));
		assert_true(is(&s, go(&s, at, 0), NODE_OPEN, CODE + 6));
		scene_end(&s);
	}
}

/* ------------------------------------------------------------------------------ fences */

static void with_fences_a_call_of_its_own_is_one(void **state)
{
	struct fake_vcpu *v;
	struct scene s;

	v = prepare(&s, true, NOP IN NOP HLT, IRET);
	v->regs.rdx = BATON_CALL_VERSION;
	assert_int_equal(scene_start(&s), 0);
	assert_int_equal(node(&s, s.at[0])->kind, NODE_FENCE);
	assert_int_equal(node(&s, s.at[0])->port, BATON_CALL_VERSION);
	assert_false(node(&s, s.at[0])->writes);
	assert_true(has_ended(&s, go(&s, s.at[0], 0), BATON_ABI_VERSION));
	scene_end(&s);
	fake_reset();
	v = prepare(&s, true, NOP "\xB8\xF0\xFF" OUT HLT, IRET);
	v->regs.rdx = BATON_CALL_PRINT;
	assert_int_equal(scene_start(&s), 0);
	assert_true(is(&s, s.at[0], NODE_FENCE, CODE + 5));
	assert_int_equal(node(&s, s.at[0])->port, BATON_CALL_PRINT);
	assert_true(node(&s, s.at[0])->writes);
	/* It is not served: its fields are not there, and it would die of that. */
	assert_true(has_ended(&s, go(&s, s.at[0], 0), 0xFFF0));
	scene_end(&s);
}

/* An interrupt comes before the instruction, and stores land with it. */
static void at_a_fence_it_may_be_interrupted_first(void **state)
{
	struct scene s;
	uint32_t at;

	prepare(&s, true, STI ONCE MFENCE NOP CLI HLT, READ);
	assert_int_equal(scene_start(&s), 0);
	assert_true(is(&s, s.at[0], NODE_TIMER, CODE + 5));
	at = go(&s, s.at[0], 0);
	assert_true(is(&s, at, NODE_OPEN, CODE + 5));
	assert_true(is_handled(&s, go(&s, at, 1), 5));
	at = go(&s, at, 0);
	assert_true(is(&s, at, NODE_FENCE, CODE + 5));
	assert_int_equal(node(&s, at)->port, 0);
	assert_true(is(&s, go(&s, at, 0), NODE_OPEN, CODE + 8));
	scene_end(&s);
}

static void a_fence_may_be_the_first_instruction_of_a_handler(void **state)
{
	struct scene s;
	uint32_t at;

	prepare(&s, true, STI ONCE HLT, MFENCE READ);
	assert_int_equal(scene_start(&s), 0);
	at = go(&s, s.at[0], 0);
	assert_true(is(&s, at, NODE_OPEN, CODE + 5));
	assert_true(is(&s, go(&s, at, 1), NODE_FENCE, HANDLER + 16 * 5));
	at = go(&s, at, 0);
	assert_true(is_taken(&s, at, CODE + 6, 1));
	assert_true(is(&s, go(&s, at, 0), NODE_FENCE, HANDLER + 16 * 5));
	scene_end(&s);
}

/* ---------------------------------------------------------------------------- failures */

static bool can_go(struct scene *s, uint32_t from, uint64_t answer)
{
	uint32_t devices = machines_devices(s->machines);

	return machines_edge(s->machines, from, answer, devices, s->at, &s->diag);
}

static void check_failure(struct scene *s, enum fake_op op)
{
	uint32_t at = go(s, go(s, s->at[0], 0), 0); /* it has been stepped */

	fake_fail(op, 1, EIO);
	assert_false(can_go(s, at, 1));
	assert_string_equal(s->diag.where, "vm0");
	assert_non_null(strstr(s->diag.message, "it cannot be interrupted"));
}

static void an_interrupt_that_fails_names_the_vm(void **state)
{
	static const enum fake_op ops[] = { FAKE_GET_SREGS, FAKE_SET_SREGS, FAKE_SET_REGS };
	struct scene s;

	for (size_t i = 0; i < COUNT(ops); i++) {
		fake_reset();
		begin(&s, STI ONCE NOP NOP CLI HLT);
		check_failure(&s, ops[i]);
		scene_end(&s);
	}
	/* A death by an interrupt is not stepped. */
	fake_reset();
	prepare(&s, false, STI ONCE NOP NOP CLI HLT, IRET)->sregs.idt.limit = 0;
	put(&s, TAKEN, DIE);
	assert_int_equal(scene_start(&s), 0);
	check_failure(&s, FAKE_STATE_STEP);
	scene_end(&s);
}

/* The frame is on its stack then, and its timer is off. */
static void who_could_not_be_interrupted_is_taken_back(void **state)
{
	struct scene s;
	uint32_t at;

	begin(&s, STI ONCE NOP NOP CLI HLT);
	at = go(&s, s.at[0], 0);
	fake_fail(FAKE_SET_REGS, 1, EIO);
	assert_false(can_go(&s, at, 1));
	assert_true(is(&s, go(&s, at, 0), NODE_OPEN, CODE + 6));
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_timer_is_set_in_one_way_and_set_anew_in_two),
		TEST(a_call_that_is_none_is_a_death),
		TEST(a_vm_is_stepped_once_it_has_set_its_timer),
		TEST(with_interrupts_on_it_is_held_before_each_instruction),
		TEST(with_interrupts_off_it_is_held_nowhere),
		TEST(a_step_that_was_not_made_leads_to_no_instruction),
		TEST(a_jump_to_itself_leads_there_again),
		TEST(who_is_interrupted_is_at_its_handler),
		TEST(once_is_once),
		TEST(with_a_period_it_comes_again_at_the_same_place),
		TEST(a_handler_may_be_interrupted_before_its_first_instruction),
		TEST(not_behind_sti),
		TEST(nor_behind_a_load_of_ss),
		TEST(a_vm_can_be_looked_at_where_it_may_be_interrupted),
		TEST(in_hlt_it_is_interrupted),
		TEST(in_hlt_without_an_interrupt_to_come_it_is_idle),
		TEST(in_hlt_the_next_one_waits_for_the_handler),
		TEST(before_hlt_it_may_come_too),
		TEST(what_fired_before_the_timer_was_called_off_is_taken),
		TEST(of_two_lines_the_lower_one_comes_first),
		TEST(in_hlt_too),
		TEST(nodes_are_told_apart_by_their_timer_but_for_ends),
		TEST(a_timer_is_taken_back_with_its_vm),
		TEST(who_has_no_handler_is_interrupted_by_kvm),
		TEST(in_hlt_it_dies_of_that_as_well),
		TEST(who_goes_on_without_a_handler_is_lost),
		TEST(who_cannot_be_interrupted_is_lost),
		TEST(with_fences_a_call_of_its_own_is_one),
		TEST(at_a_fence_it_may_be_interrupted_first),
		TEST(a_fence_may_be_the_first_instruction_of_a_handler),
		TEST(an_interrupt_that_fails_names_the_vm),
		TEST(who_could_not_be_interrupted_is_taken_back),
	};

	return cmocka_run_group_tests_name("explore interrupts", tests, NULL, NULL);
}
