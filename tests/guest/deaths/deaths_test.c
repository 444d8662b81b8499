/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deaths_test.c - guests that die over a real KVM, and what Baton says of each:
 * how it ended, the cause, the guilty address by the guest's own symbols, the
 * words. Beside each runs a neighbour that must not notice.
 *
 * KVMs differ. What differs is stated below as a property of a KVM, known by the
 * name of its module and not by the result, and every property is asserted
 * wherever it applies:
 *   - kvm_amd resets a vCPU that shuts down: the registers are lost, the address is
 *     that of the last exit, and the sentence says so. No other KVM may lose them;
 *   - kvm_pvm has no 32-bit paging, and it emulates, so INT n of the protected
 *     modes ends in an internal error;
 *   - page tables that lie nowhere never let kvm_amd leave KVM_RUN, and make
 *     kvm_intel give up: its processor tells it of the walk, and it cannot emulate that;
 *   - some processors fault at a jump to a non-canonical address, others behind it.
 *
 * Usage: deaths_test FOLDER-OF-GUESTS
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baton/device.h"
#include "symbols.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MS	     UINT64_C(1000000)

#define KVM_PATH   "/dev/kvm"
#define ALIVE_PORT 0x10
#define MEMORY	   (1u << 20)
#define BUDGET	   (20000 * MS)

enum { REAL = 1, PROTECTED = 2, PAGED = 4, LONG = 8 };
#define NOT_REAL   (PROTECTED | PAGED | LONG)
#define TRANSLATED (PAGED | LONG)
#define ALL	   (REAL | NOT_REAL)
#define NO_PAGED   (REAL | PROTECTED | LONG)

/* ------------------------------------------------------------- properties */

static struct {
	const char *guests;
	struct baton_kvm_info info;
	bool pvm;	     /* emulates, and has no 32-bit paging */
	bool intel;
	bool loses;	     /* a shutdown resets the vCPU */
	bool faults_at_jump; /* to a non-canonical address; else behind it */
} kvm;

/* --------------------------------------------------------------- the cases */

/* How a guest ends. Names are those of the causes and of the guests' labels. */
struct ending {
	unsigned modes; /* in which it ends so */
	enum baton_death_kind kind;
	enum baton_cause cause;
	int vector; /* 0 means what -1 does, except for a tripwire */
	const char *words; /* in the sentence, separated by | */
};

struct guest {
	const char *name;
	bool bare;
	uint64_t watchdog_ns;
	const char *label; /* of the guilty address; NULL: "guilty"; "": not asserted */
	const char *named; /* label whose address the sentence names; NULL: "guilty" */
	bool stack_moved;  /* by the guest itself, since its last exit */
	bool in_handler;   /* of its own: where the registers are lost, no suspect is found */
	struct ending endings[3]; /* by mode */
	struct ending pvm[3];	  /* where kvm_pvm differs */
	struct ending intel[1];	  /* where kvm_intel differs */
};

#define TRIP(modes, vector, cause, words) \
	{ modes, BATON_DEATH_TRIPWIRE, BATON_CAUSE_##cause, vector, words }
#define ENDS(modes, kind, cause, words) \
	{ modes, BATON_DEATH_##kind, BATON_CAUSE_##cause, 0, words }
#define NOT_EMULATED(modes) ENDS(modes, INTERNAL_ERROR, NOT_EMULATED, "KVM gave up|emulate")

static const struct guest guests[] = {
	/* Exceptions, and what the tripwire makes of them. */
	{ "ud2", .endings = { TRIP(ALL, 6, INVALID_OPCODE, "(0f 0b)|#UD") } },
	{ "divide", .endings = { TRIP(ALL, 0, DIVIDE_ERROR, "division|#DE") } },
	{ "int3", .endings = { TRIP(ALL, 3, BREAKPOINT, "INT3|#BP") },
	  .pvm = { NOT_EMULATED(PROTECTED | LONG) } },
	{ "trap-flag", .endings = { TRIP(ALL, 1, DEBUG_TRAP, "#DB") } },
	{ "sse", .endings = { TRIP(ALL, 6, SSE_OFF, "(0f 10 c1)|SSE") } },
	{ "bios", .endings = { TRIP(REAL, 16, NO_BIOS, "INT 0x10|BIOS") } },
	{ "dos",
	  .endings = { TRIP(REAL, 0x21, NO_GATE, "INT 0x21"),
		       TRIP(NOT_REAL, 13, NO_GATE, "INT 0x21") },
	  .pvm = { NOT_EMULATED(PROTECTED | LONG) } },
	{ "int80", .watchdog_ns = 500 * MS,
	  .endings = { TRIP(REAL, 0x80, NO_GATE, "INT 0x80"),
		       TRIP(NOT_REAL, 13, NO_GATE, "INT 0x80") },
	  .pvm = { ENDS(REAL, WATCHDOG, STUCK, "(cd 80) did not complete"),
		   NOT_EMULATED(PROTECTED | LONG) } },
	{ "double-fault", .endings = { TRIP(NOT_REAL, 8, DOUBLE_FAULT, "#DF") } },
	{ "not-present", .endings = { TRIP(NOT_REAL, 11, NOT_PRESENT, "#NP, selector 0x18") } },
	{ "ldt", .endings = { TRIP(NOT_REAL, 11, NOT_PRESENT, "#NP, selector 0xc") } },
	{ "bad-selector", .endings = { TRIP(NOT_REAL, 13, BAD_SELECTOR, "selector 0x1230") } },
	{ "bad-msr", .endings = { TRIP(ALL, 13, BAD_MSR, "RDMSR|MSR 0xdeadbeef") } },
	{ "bad-efer", .endings = { TRIP(ALL, 13, BAD_EFER, "EFER|reserved bits 0x2") } },
	{ "lme", .endings = { TRIP(TRANSLATED, 13, BAD_EFER, "EFER|LME while paging is on") } },
	{ "bad-cr4", .endings = { TRIP(ALL, 13, BAD_CONTROL, "write of CR4") } },
	{ "non-canonical-read",
	  .endings = { TRIP(LONG, 13, NON_CANONICAL, "0x1234567890abcdef") } },

	/* Memory. */
	{ "bad-read",
	  .endings = { ENDS(PROTECTED, MMIO, UNHANDLED_MMIO,
			    "read from GPA 0x60000000|0x5ff00000 past"),
		       TRIP(TRANSLATED, 14, NOT_MAPPED, "read from address 0x60000000") } },
	{ "bad-write",
	  .endings = { ENDS(PROTECTED, MMIO, UNHANDLED_MMIO, "wrote to GPA 0x60000000"),
		       TRIP(TRANSLATED, 14, NOT_MAPPED, "wrote to address 0x60000000") } },
	{ "jump-void", .label = "void_at", .stack_moved = true,
	  .endings = { ENDS(PROTECTED, INTERNAL_ERROR, JUMP_INTO_VOID,
			    "went to 0x60000000|the call at"),
		       TRIP(TRANSLATED, 14, JUMP_INTO_VOID, "went to 0x60000000|the call at") } },
	{ "zeroes", .label = "nothing", .stack_moved = true,
	  .endings = { ENDS(PROTECTED, MMIO, RAN_INTO_ZEROES, "0x30000|zeroes|the call at"),
		       TRIP(TRANSLATED, 14, RAN_INTO_ZEROES, "0x30000|zeroes|the call at") } },
	{ "no-end", .label = "", .named = "",
	  .endings = { TRIP(PROTECTED, 6, RAN_PAST_END, "behind all code"), /* at the GDT's bytes */
		       TRIP(TRANSLATED, 14, RAN_PAST_END, "behind all code") } },
	{ "overflow", .label = "guilty", .stack_moved = true,
	  .endings = { TRIP(PAGED, 8, STACK_OVERFLOW, "stack overflowed"),
		       TRIP(LONG, 14, STACK_OVERFLOW, "stack overflowed") } },
	{ "overflow", .label = "", .named = "", .stack_moved = true, /* it has overwritten itself */
	  .endings = { ENDS(PROTECTED, INTERNAL_ERROR, STACK_OVERFLOW,
			    "from 0xff000 down past its end at 0xfb000") } },
	{ "bad-stack", .stack_moved = true,
	  .endings = { ENDS(PROTECTED, MMIO, BAD_STACK, "(50)|the stack pointer is 0xfffffffc"),
		       TRIP(PAGED, 8, BAD_STACK, "(50)|the stack pointer is 0x0"),
		       TRIP(LONG, 14, BAD_STACK, "(50)|the stack pointer is 0x0") } },

	/* Devices. */
	{ "bad-port",
	  .endings = { ENDS(ALL, PORT, UNHANDLED_PORT,
			    "wrote to port 0x3f8|0x10 (latch) and 0xba00") } },
	{ "bad-in", .endings = { ENDS(ALL, PORT, UNHANDLED_PORT, "read from port 0x60") } },
	{ "two-outs", .endings = { ENDS(ALL, PORT, UNHANDLED_PORT, "wrote to port 0x3f8") } },
	{ "refused",
	  .endings = { ENDS(ALL, FAULT, REFUSED,
			    "`hypercalls`|port 0xba01|: hypercall `yield` wants out") } },

	/* Time. */
	{ "loop-self", .watchdog_ns = 200 * MS,
	  .endings = { ENDS(ALL, WATCHDOG, JUMP_TO_SELF, "leads to itself") } },
	{ "loop", .watchdog_ns = 200 * MS, .label = "", .named = "",
	  .endings = { ENDS(ALL, WATCHDOG, ENDLESS_LOOP, "without an exit") } },

	/* The processor's state: this is where a KVM may lose the registers. */
	{ "bad-cr3",
	  .endings = { ENDS(TRANSLATED, SHUTDOWN, BAD_CR3, "page tables at 0x8000|do not map") } },
	{ "void-cr3", .watchdog_ns = 200 * MS,
	  .endings = { ENDS(TRANSLATED, WATCHDOG, BAD_CR3, "page tables at 0x7ffff000|no memory") },
	  .pvm = { ENDS(LONG, SHUTDOWN, BAD_CR3, "page tables at 0x7ffff000|no memory") },
	  .intel = { ENDS(TRANSLATED, INTERNAL_ERROR, BAD_CR3,
			  "page tables at 0x7ffff000|no memory") } },
	{ "zero-idt", .endings = { ENDS(ALL, SHUTDOWN, NO_IDT, "(cc)|no IDT") },
	  .pvm = { TRIP(REAL, 3, BREAKPOINT, "INT3"), /* it reads vectors beyond IDTR's limit */
		   NOT_EMULATED(PROTECTED | LONG) } },
	{ "in-handler", .stack_moved = true, .in_handler = true,
	  .endings = { ENDS(ALL, SHUTDOWN, NO_IDT, "(cc)|no IDT") },
	  .pvm = { TRIP(REAL, 3, BREAKPOINT, "INT3"), NOT_EMULATED(PROTECTED | LONG) } },
	{ "bad-gdt", .label = "raised", .named = "",
	  .endings = { ENDS(NOT_REAL, SHUTDOWN, BAD_GDT, "GDT at 0x0") } },
	{ "ud2", .bare = true,
	  .endings = { ENDS(NOT_REAL, SHUTDOWN, NO_IDT, "(0f 0b)|no IDT") } },
	{ "divide", .bare = true,
	  .endings = { ENDS(NOT_REAL, SHUTDOWN, NO_IDT, "(f7 f1)|no IDT") } },
	{ "bad-read", .bare = true,
	  .endings = { ENDS(TRANSLATED, SHUTDOWN, NO_IDT, "(8b 03)|no IDT") } },
	{ "overflow", .bare = true, .stack_moved = true,
	  .endings = { ENDS(TRANSLATED, SHUTDOWN, STACK_OVERFLOW, "stack overflowed") } },
	{ "jump-void", .bare = true, .label = "void_at", .stack_moved = true,
	  .endings = { ENDS(TRANSLATED, SHUTDOWN, JUMP_INTO_VOID, "nothing to execute") } },
};

/* ------------------------------------------------------------- two VMs run */

struct run {
	struct baton_host *host;
	struct baton_vm *neighbour, *dying;
	enum baton_run_end end;
	uint64_t alive_rsp; /* of the dying one at its last access to ALIVE_PORT */
	char image[512];
};

/* The host that stands: a test that fails leaves it behind, and the next must not suffer. */
static struct baton_host *standing;

static void finish(void)
{
	baton_host_destroy(standing);
	standing = NULL;
}

static int clear_up(void **state)
{
	(void)state;
	finish();
	return 0;
}

static void path_of(char *path, size_t size, const char *guest, enum baton_mode mode)
{
	snprintf(path, size, "%s/%s-%s.elf", kvm.guests, guest, baton_mode_name(mode));
}

static void note_alive(void *context, struct baton_vm *vm, const struct baton_exit *exit)
{
	struct run *r = context;

	if (vm == r->dying && exit->addr == ALIVE_PORT)
		r->alive_rsp = baton_vm_regs(vm)->rsp;
}

static const struct baton_observer observer = { .exit = note_alive };

static void add_latch(struct baton_host *host, struct baton_vm *vm)
{
	const struct baton_latch_config config = { .vm = vm, .first = ALIVE_PORT, .count = 1 };

	assert_int_equal(baton_device_create(host, &baton_latch, &config, NULL, NULL), 0);
}

static int add_vm(struct run *r, const char *name, enum baton_mode mode, const struct guest *guest,
		  bool stepped, struct baton_vm **vm)
{
	struct baton_vm_config config = BATON_VM_CONFIG;
	struct baton_diag diag = { .message = "" };
	int error;

	config.name = name;
	config.image_path = r->image;
	config.mode = mode;
	config.memory = MEMORY;
	config.bare = guest && guest->bare;
	config.watchdog_ns = guest ? guest->watchdog_ns : 0;
	config.step_replay = stepped;
	error = baton_vm_create(r->host, &config, &diag, vm);
	if (error && error != -ENOTSUP)
		fail_msg("%s: %s", diag.where, diag.message);
	if (error)
		assert_non_null(strstr(diag.message, "32-bit paging"));
	else
		add_latch(r->host, *vm);
	return error;
}

static void start(struct run *r)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_diag diag;

	*r = (struct run){ 0 };
	config.policy = "turns";
	config.kvm_path = KVM_PATH;
	config.max_vms = 2;
	config.observer = &observer;
	config.observer_context = r;
	if (baton_host_create(&config, &diag, &r->host))
		fail_msg("%s: %s", diag.where, diag.message);
	standing = r->host;
	path_of(r->image, sizeof(r->image), "neighbour", BATON_MODE_PROTECTED);
	add_vm(r, "neighbour", BATON_MODE_PROTECTED, NULL, false, &r->neighbour);
}

/* Adds the guest; false if this KVM refuses its mode, as it then must. */
static bool join_stepped(struct run *r, const struct guest *guest, enum baton_mode mode,
			 bool stepped)
{
	bool refused;

	path_of(r->image, sizeof(r->image), guest->name, mode);
	refused = add_vm(r, "dying", mode, guest, stepped, &r->dying) == -ENOTSUP;
	assert_int_equal(refused, mode == BATON_MODE_PAGED && !kvm.info.paging32);
	return !refused;
}

static bool join(struct run *r, const struct guest *guest, enum baton_mode mode)
{
	return join_stepped(r, guest, mode, false);
}

static void go(struct run *r)
{
	assert_int_equal(baton_host_run(r->host, BUDGET, &r->end), 0);
}

static uint64_t label(const struct run *r, const char *name)
{
	uint64_t value = 0;

	if (!symbol_find(r->image, name, &value))
		fail_msg("no label %s in %s", name, r->image);
	return value;
}

/* -------------------------------------------------------- the neighbour */

/* What the neighbour is when it is alone. */
static struct {
	uint8_t memory[MEMORY];
	struct baton_regs regs;
	uint64_t exits;
} undisturbed;

static void look_at_neighbour(const struct run *r, uint8_t *memory, struct baton_vm_stats *stats)
{
	assert_int_equal(baton_vm_read(r->neighbour, 0, memory, MEMORY), 0);
	baton_vm_stats(r->neighbour, stats);
	assert_int_equal(stats->outcome, BATON_HALTED);
	assert_int_equal(stats->status, 42);
}

static int learn_neighbour(void **state)
{
	struct baton_vm_stats stats;
	struct run r;

	(void)state;
	start(&r);
	go(&r);
	look_at_neighbour(&r, undisturbed.memory, &stats);
	assert_int_equal(r.end, BATON_RUN_DONE);
	undisturbed.regs = *baton_vm_regs(r.neighbour);
	undisturbed.exits = stats.exits;
	assert_true(stats.exits > 256);
	finish();
	return 0;
}

static void assert_undisturbed(const struct run *r)
{
	static uint8_t memory[MEMORY];
	struct baton_vm_stats stats;

	look_at_neighbour(r, memory, &stats);
	assert_memory_equal(memory, undisturbed.memory, MEMORY);
	assert_memory_equal(baton_vm_regs(r->neighbour), &undisturbed.regs,
			    sizeof(undisturbed.regs));
	assert_int_equal(stats.exits, undisturbed.exits);
	assert_null(baton_vm_death(r->neighbour));
}

/* ------------------------------------------------------------ assertions */

static void assert_words(const struct baton_death *d, const char *words)
{
	char copy[256], *word, *rest = copy;

	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, "|")))
		if (!strstr(d->sentence, word))
			fail_msg("no \"%s\" in: %s", word, d->sentence);
	assert_null(strpbrk(d->sentence, "?[]{}"));
	assert_true(d->advice[0]);
}

static void assert_names(const struct baton_death *d, uint64_t address)
{
	char hex[24];

	snprintf(hex, sizeof(hex), "0x%" PRIx64, address);
	assert_words(d, hex);
}

/* What is shown beside the verdict agrees with it: the guilty address, the exception's gate. */
static void assert_evidence(const struct run *r, const struct baton_death *d)
{
	const struct baton_walk *w = &d->walks[0];
	bool long_mode = d->efer & 0x400, paging = d->cr0 & 0x80000000;
	uint8_t code[sizeof(d->code)];

	assert_int_equal(d->walk_count, d->vector == 14 && d->cr2 != d->address ? 2 : 1);
	assert_int_equal(w->linear, d->address);
	assert_int_equal(w->levels, !paging ? 0 : long_mode ? 4 : 2);
	assert_true(!paging || w->end == BATON_WALK_NON_CANONICAL || w->count >= 1);
	if (w->end == BATON_WALK_MAPPED) {
		assert_int_equal(baton_vm_read(r->dying, w->gpa, code, d->code_size), 0);
		assert_memory_equal(code, d->code, d->code_size);
	}
	if (d->kind != BATON_DEATH_TRIPWIRE)
		return;
	assert_true(d->descriptor_count >= 1);
	assert_int_equal(d->descriptors[0].role, BATON_ROLE_EXCEPTION);
	assert_int_equal(d->descriptors[0].table, BATON_TABLE_IDT);
	assert_int_equal(d->descriptors[0].index, d->vector);
	if (d->descriptors[0].end == BATON_DESCRIPTOR_THERE) /* some KVMs go beyond the limit */
		assert_int_equal(d->descriptors[0].size, !(d->cr0 & 1) ? 4 : long_mode ? 16 : 8);
}

/* The registers are those of the death: address, code and stack pointer say the same. */
static void assert_exact(const struct run *r, const struct guest *g, const struct baton_death *d)
{
	const char *name = g->label ? g->label : "guilty";
	uint8_t code[sizeof(d->code)];
	uint64_t address;

	assert_true(d->has_sregs);
	assert_int_equal(d->cs_base + d->regs.rip, d->address);
	assert_null(strstr(d->sentence, "this KVM lost"));
	assert_evidence(r, d);
	if (!g->stack_moved)
		assert_int_equal(d->regs.rsp, r->alive_rsp);
	if (!name[0])
		return;
	address = label(r, name);
	assert_int_equal(d->address, address);
	if (address >= BATON_LONG_BASE)
		address -= BATON_LONG_BASE;
	else if (address >= BATON_PAGED_BASE)
		address -= BATON_PAGED_BASE;
	if (baton_vm_read(r->dying, address, code, sizeof(code))) {
		assert_int_equal(d->code_size, 0);
		return;
	}
	assert_int_equal(d->code_size, sizeof(code));
	assert_memory_equal(d->code, code, sizeof(code));
}

/* The registers are those of the last exit, and the sentence says that it is a guess. */
static void assert_lost(const struct run *r, const struct baton_death *d)
{
	assert_int_equal(d->walk_count, 0);
	assert_int_equal(d->descriptor_count, 0);
	assert_false(d->has_sregs);
	assert_true(d->last_count >= 2);
	assert_int_equal(d->address, d->last[d->last_count - 2].rip);
	assert_int_equal(d->address, label(r, "before"));
	assert_words(d, "this KVM lost the registers|ost likely");
	assert_names(d, d->address);
	assert_names(d, label(r, "guilty"));
}

/*
 * The last step is the guilty one, or, where CR3 led nowhere, the fetch after it. A guest
 * that takes single steps itself cannot be followed.
 */
static void assert_steps(const struct run *r, const struct guest *g, const struct baton_death *d)
{
	uint64_t last;

	if (d->kind == BATON_DEATH_WATCHDOG) {
		assert_int_equal(d->steps_end, BATON_STEPS_NONE);
		return;
	}
	if (!strcmp(g->name, "trap-flag") && d->steps_end == BATON_STEPS_OTHER) {
		assert_int_equal(d->step_count, 0);
		return;
	}
	assert_string_equal(baton_steps_end_name(d->steps_end), "exact");
	assert_in_range(d->step_count, 1, BATON_STEPS);
	last = d->steps[d->step_count - 1].address;
	assert_true(last == d->address || (d->cause == BATON_CAUSE_BAD_CR3 &&
					   last == d->address + 3));
	if (g->in_handler) {
		assert_true(d->step_count >= 5);
		assert_true(d->steps[d->step_count - 5].address == label(r, "raised"));
		assert_true(d->steps[d->step_count - 4].address == label(r, "handler"));
	}
	if (last == d->address)
		assert_memory_equal(d->steps[d->step_count - 1].code, d->code,
				    d->code_size < 15 ? d->code_size : 15);
}

static void assert_death(const struct run *r, const struct guest *g, enum baton_mode mode,
			 const struct ending *e, bool stepped)
{
	static const uint32_t bits[] = { 16, 32, 32, 64 };
	const struct baton_death *d = baton_vm_death(r->dying);
	bool lost = e->kind == BATON_DEATH_SHUTDOWN && kvm.loses && !stepped;

	assert_non_null(d);
	print_message("# %s\n", d->sentence);
	if (lost && g->in_handler) {
		assert_int_equal(d->cause, BATON_CAUSE_TRIPLE_FAULT);
		return;
	}
	if (d->kind != e->kind || d->cause != e->cause)
		fail_msg("%s/%s, expected %s/%s", baton_death_name(d->kind),
			 baton_cause_name(d->cause), baton_death_name(e->kind),
			 baton_cause_name(e->cause));
	assert_int_equal(d->vector, e->kind == BATON_DEATH_TRIPWIRE ? e->vector : -1);
	assert_int_equal(d->code_bits, bits[mode]);
	assert_int_equal(d->at_death, !lost);
	assert_words(d, e->words);
	if (lost)
		assert_lost(r, d);
	else
		assert_exact(r, g, d);
	if (!g->named || g->named[0])
		assert_names(d, label(r, g->named ? g->named : "guilty"));
	if (stepped)
		assert_steps(r, g, d);
	else
		assert_int_equal(d->steps_end, BATON_STEPS_NONE);
}

/* ------------------------------------------------------------------ tests */

struct test {
	const struct guest *guest;
	enum baton_mode mode;
	const struct ending *ending;
	bool stepped; /* with step_replay */
};

static void dies_as_it_must(void **state)
{
	const struct test *t = *state;
	struct run r;

	start(&r);
	if (join_stepped(&r, t->guest, t->mode, t->stepped)) {
		go(&r);
		assert_int_equal(r.end, BATON_RUN_DONE);
		assert_death(&r, t->guest, t->mode, t->ending, t->stepped);
		assert_undisturbed(&r);
	}
	finish();
}

/* A loop is found within its bounds, by several looks. */
static void a_loop_is_found_where_it_runs(void **state)
{
	static const struct guest loop = { .name = "loop", .watchdog_ns = 400 * MS };
	struct baton_host_stats stats;
	const struct baton_death *d;
	struct run r;

	(void)state;
	for (int mode = 0; mode < BATON_MODES; mode++) {
		start(&r);
		if (join(&r, &loop, (enum baton_mode)mode)) {
			go(&r);
			d = baton_vm_death(r.dying);
			assert_non_null(d);
			assert_in_range(d->address, label(&r, "guilty"), label(&r, "end"));
			assert_true(d->regs.rax != 0);
			baton_host_stats(r.host, &stats);
			/* Eight looks are wanted; some may come late and count for two. */
			assert_true(stats.kicks >= 3);
			assert_undisturbed(&r);
		}
		finish();
	}
}

/* Where the fault comes is the processor's affair; what it was is not. */
static void a_jump_to_a_non_canonical_address(void **state)
{
	static const struct guest jump = { .name = "non-canonical" };
	const struct baton_death *d;
	struct run r;

	(void)state;
	start(&r);
	join(&r, &jump, BATON_MODE_LONG);
	go(&r);
	d = baton_vm_death(r.dying);
	assert_non_null(d);
	print_message("# %s\n", d->sentence);
	assert_int_equal(d->kind, BATON_DEATH_TRIPWIRE);
	assert_int_equal(d->cause, BATON_CAUSE_NON_CANONICAL_RIP);
	assert_int_equal(d->vector, 13);
	assert_true(d->at_death);
	assert_words(d, "0x800000000000, which is not a canonical address");
	if (kvm.faults_at_jump) {
		assert_int_equal(d->address, label(&r, "guilty"));
		assert_names(d, label(&r, "guilty"));
	} else {
		assert_int_equal(d->address, UINT64_C(0x800000000000));
		assert_words(d, "RAX holds that address");
	}
	assert_undisturbed(&r);
	finish();
}

/* A protected-mode guest that turns paging on itself: works, or is told why not. */
static void paging_works_or_is_named(void **state)
{
	static const struct guest paging = { .name = "paging" };
	static const struct ending refused =
		TRIP(PROTECTED, 13, NO_PAGING32, "write of CR0|32-bit paging");
	struct baton_vm_stats stats;
	struct run r;

	(void)state;
	start(&r);
	join(&r, &paging, BATON_MODE_PROTECTED);
	go(&r);
	assert_int_equal(r.end, BATON_RUN_DONE);
	if (kvm.info.paging32) {
		baton_vm_stats(r.dying, &stats);
		assert_int_equal(stats.outcome, BATON_HALTED);
		assert_int_equal(stats.status, 0);
		assert_null(baton_vm_death(r.dying));
	} else {
		assert_death(&r, &paging, BATON_MODE_PROTECTED, &refused, false);
	}
	assert_undisturbed(&r);
	finish();
}

/* From real into protected mode without an IDT: code and tables are not those of the start. */
static void a_switch_without_an_idt(void **state)
{
	static const struct guest guest = { .name = "to-protected" };
	const struct baton_death *d;
	struct run r;

	(void)state;
	start(&r);
	join(&r, &guest, BATON_MODE_REAL);
	go(&r);
	d = baton_vm_death(r.dying);
	assert_non_null(d);
	print_message("# %s\n", d->sentence);
	assert_int_equal(d->kind, BATON_DEATH_SHUTDOWN);
	assert_int_equal(d->cause, BATON_CAUSE_NO_IDT);
	assert_int_equal(d->at_death, !kvm.loses);
	assert_names(d, label(&r, "guilty"));
	assert_words(d, "(0f 0b)");
	if (kvm.loses) {
		assert_lost(&r, d);
	} else {
		assert_exact(&r, &guest, d);
		assert_int_equal(d->code_bits, 32);
	}
	assert_undisturbed(&r);
	finish();
}

/* HLT with interrupts on is no death: the VM waits, for ever if need be. */
static void waiting_is_no_death(void **state)
{
	static const struct guest idle = { .name = "idle" };
	struct baton_vm_stats stats;
	struct run r;

	(void)state;
	for (int mode = 0; mode < BATON_MODES; mode++) {
		start(&r);
		if (join(&r, &idle, (enum baton_mode)mode)) {
			go(&r);
			baton_vm_stats(r.dying, &stats);
			assert_int_equal(r.end, BATON_RUN_STUCK);
			assert_int_equal(stats.outcome, BATON_BLOCKED);
			assert_null(baton_vm_death(r.dying));
			assert_undisturbed(&r);
		}
		finish();
	}
}

/* A dead VM stays dead: another run neither wakes it nor changes what is said of it. */
static void the_dead_are_not_entered_again(void **state)
{
	static const struct guest dead = { .name = "ud2" };
	struct baton_death before;
	struct baton_vm_stats stats;
	struct run r;

	(void)state;
	start(&r);
	join(&r, &dead, BATON_MODE_LONG);
	go(&r);
	before = *baton_vm_death(r.dying);
	go(&r);
	assert_int_equal(r.end, BATON_RUN_DONE);
	baton_vm_stats(r.dying, &stats);
	assert_int_equal(stats.outcome, BATON_DEAD);
	assert_int_equal(stats.exits, 2);
	assert_memory_equal(baton_vm_death(r.dying), &before, sizeof(before));
	finish();
}

/* A device that takes one byte, and no more. */
static enum baton_verdict take_one(void *state, struct baton_access *access)
{
	unsigned *taken = state;

	access->why = "one was enough";
	return (*taken)++ ? BATON_FAULT : BATON_RESUME;
}

static int claim_serial(struct baton_device *device, void *state, const void *config,
			struct baton_diag *diag)
{
	(void)state;
	return baton_device_claim_ports(device, (struct baton_vm *)config, 0x3F8, 1, take_one, diag);
}

static const struct baton_device_ops miser = {
	.name = "miser", .size = sizeof(unsigned), .init = claim_serial,
};

static void of_two_equal_accesses_the_right_one_is_named(void **state)
{
	static const struct guest guest = { .name = "two-outs" };
	const struct baton_death *d;
	struct run r;

	(void)state;
	for (int mode = 0; mode < BATON_MODES; mode++) {
		start(&r);
		if (join(&r, &guest, (enum baton_mode)mode)) {
			assert_int_equal(baton_device_create(r.host, &miser, r.dying, NULL, NULL), 0);
			go(&r);
			d = baton_vm_death(r.dying);
			assert_non_null(d);
			assert_int_equal(d->cause, BATON_CAUSE_REFUSED);
			assert_words(d, "`miser`|: one was enough.");
			assert_int_equal(d->address, label(&r, "second"));
			assert_true(d->at_death);
			assert_undisturbed(&r);
		}
		finish();
	}
}

/* Without a single exit before it there is still the place where the guest began. */
static void a_death_before_the_first_exit(void **state)
{
	static const uint8_t code[] = { 0x90, 0x0F, 0x0B }; /* nop; ud2 */
	struct baton_vm_config config = BATON_VM_CONFIG;
	const struct baton_death *d;
	struct run r;

	(void)state;
	start(&r);
	config.name = "dying";
	config.mode = BATON_MODE_PROTECTED;
	config.image = code;
	config.image_size = sizeof(code);
	config.load = 0x20000;
	config.bare = true;
	assert_int_equal(baton_vm_create(r.host, &config, NULL, &r.dying), 0);
	go(&r);
	d = baton_vm_death(r.dying);
	assert_non_null(d);
	assert_int_equal(d->cause, BATON_CAUSE_NO_IDT);
	assert_int_equal(d->at_death, !kvm.loses);
	assert_int_equal(d->address, kvm.loses ? 0x20000 : 0x20001);
	assert_int_equal(d->last_count, 1);
	assert_names(d, 0x20001);
	assert_undisturbed(&r);
	finish();
}

/* The last exits are told in their order, the deadly one at the end. */
static void the_last_exits_are_in_order(void **state)
{
	static const struct guest guest = { .name = "bad-port" };
	const struct baton_death *d;
	struct run r;

	(void)state;
	start(&r);
	join(&r, &guest, BATON_MODE_PROTECTED);
	go(&r);
	d = baton_vm_death(r.dying);
	assert_non_null(d);
	assert_int_equal(d->last_count, 2);
	assert_int_equal(d->last[0].addr, ALIVE_PORT);
	assert_int_equal(d->last[1].addr, 0x3F8);
	assert_true(d->last[0].at_ns < d->last[1].at_ns);
	assert_int_equal(d->detail, 0x3F8);
	finish();
}

/* Runs a guest to its death; NULL if this KVM refuses its mode. */
static const struct baton_death *death_of(struct run *r, const char *name, enum baton_mode mode)
{
	const struct guest guest = { .name = name };

	start(r);
	if (!join(r, &guest, mode))
		return NULL;
	go(r);
	assert_non_null(baton_vm_death(r->dying));
	return baton_vm_death(r->dying);
}

static void page_faults_show_where_the_tables_end(void **state)
{
	const struct baton_death *d;
	struct run r;

	(void)state;
	for (int mode = BATON_MODE_PAGED; mode <= BATON_MODE_LONG; mode++) {
		d = death_of(&r, "bad-read", (enum baton_mode)mode);
		if (d) {
			assert_int_equal(d->walks[0].end, BATON_WALK_MAPPED);
			assert_int_equal(d->walks[1].linear, 0x60000000);
			assert_int_equal(d->walks[1].end, BATON_WALK_NOT_PRESENT);
			assert_false(d->walks[1].entries[d->walks[1].count - 1].present);
			assert_true(d->walks[1].count < d->walks[1].levels);
		}
		finish();
		d = death_of(&r, "jump-void", (enum baton_mode)mode);
		if (d)
			assert_int_equal(d->walks[0].end, BATON_WALK_NOT_PRESENT);
		finish();
	}
}

/* The selector of the error code, and the descriptor that the guest itself wrote, or did not. */
static void error_codes_show_the_descriptor_they_name(void **state)
{
	const struct baton_descriptor *named;
	const struct baton_death *d;
	struct run r;

	(void)state;
	for (int mode = BATON_MODE_PROTECTED; mode < BATON_MODES; mode++) {
		d = death_of(&r, "not-present", (enum baton_mode)mode);
		if (d) {
			named = &d->descriptors[d->descriptor_count - 1];
			assert_int_equal(named->role, BATON_ROLE_ERROR_CODE);
			assert_int_equal(named->index, 0x18);
			assert_int_equal(named->raw[0], UINT64_C(0x00CF13000000FFFF));
			assert_int_equal(named->kind, BATON_DESCRIPTOR_DATA);
			assert_false(named->present);
			assert_int_equal(d->tables[BATON_TABLE_GDT].limit, 0x1F);
		}
		finish();
		d = death_of(&r, "ldt", (enum baton_mode)mode);
		if (d) {
			named = &d->descriptors[d->descriptor_count - 1];
			assert_int_equal(named->role, BATON_ROLE_ERROR_CODE);
			assert_int_equal(named->table, BATON_TABLE_LDT);
			assert_int_equal(named->index, 0x0C);
			assert_int_equal(named->at, 0x8008);
			assert_int_equal(named->raw[0], UINT64_C(0x00CF13000000FFFF));
			assert_int_equal(d->tables[BATON_TABLE_LDT].limit, 15);
		}
		finish();
		d = death_of(&r, "bad-selector", (enum baton_mode)mode);
		if (d) {
			named = &d->descriptors[d->descriptor_count - 1];
			assert_int_equal(named->role, BATON_ROLE_ERROR_CODE);
			assert_int_equal(named->index, 0x1230);
			assert_int_equal(named->end, BATON_DESCRIPTOR_BEYOND);
		}
		finish();
	}
}

/* A shutdown shows what kept its last exception from being delivered, if the registers are left. */
static void shutdowns_show_what_was_in_the_way(void **state)
{
	const struct baton_death *d;
	struct run r;

	(void)state;
	d = death_of(&r, "to-protected", BATON_MODE_REAL);
	if (!kvm.loses) {
		assert_int_equal(d->descriptors[0].role, BATON_ROLE_EXCEPTION);
		assert_int_equal(d->descriptors[0].index, 8);
		assert_int_equal(d->descriptors[0].at, 8 * 8); /* where real-mode vectors are */
		assert_int_equal(d->descriptors[0].end, BATON_DESCRIPTOR_THERE);
		assert_int_equal(d->tables[BATON_TABLE_GDT].limit, 0x17);
	}
	finish();
	d = death_of(&r, "bad-gdt", BATON_MODE_PROTECTED);
	if (!kvm.loses) {
		assert_int_equal(d->descriptor_count, 2);
		assert_int_equal(d->descriptors[0].kind, BATON_DESCRIPTOR_GATE);
		assert_int_equal(d->descriptors[1].role, BATON_ROLE_HANDLER);
		assert_int_equal(d->descriptors[1].index, 8);
		assert_int_equal(d->descriptors[1].end, BATON_DESCRIPTOR_BEYOND);
		assert_int_equal(d->tables[BATON_TABLE_GDT].limit, 0);
	}
	finish();
}

/* The code before the guilty address is what the guest executed on its way there. */
static void code_before_the_death_is_kept(void **state)
{
	const struct baton_death *d;
	struct run r;

	(void)state;
	for (int mode = 0; mode < BATON_MODES; mode++) {
		d = death_of(&r, "divide", (enum baton_mode)mode);
		if (d) {
			uint8_t code[BATON_CODE_BEFORE];
			uint64_t size = d->address - label(&r, "before");

			assert_in_range(size, 1, d->before_size);
			assert_int_equal(baton_vm_read(r.dying, d->walks[0].gpa - size, code, size), 0);
			assert_memory_equal(d->before + d->before_size - size, code, size);
		}
		finish();
	}
}

/* ------------------------------------------------------------------- main */

/*
 * A test that fails jumps out of a host whose timer may stand, and cmocka puts back
 * the signal mask of before: the kick must be blocked there, too, or it ends us.
 */
static void block_kick(void)
{
	sigset_t kick;

	sigemptyset(&kick);
	sigaddset(&kick, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &kick, NULL);
}

static void learn_kvm(void)
{
	const char *where = getenv("BATON_TEST_KVM");
	struct baton_diag diag;

	if (baton_kvm_inspect(KVM_PATH, &diag, &kvm.info)) {
		printf("Bail out! %s: %s\n", diag.where, diag.message);
		exit(1);
	}
	kvm.pvm = !strcmp(kvm.info.module, "kvm_pvm");
	kvm.intel = !strcmp(kvm.info.module, "kvm_intel");
	kvm.loses = !strcmp(kvm.info.module, "kvm_amd");
	/* The emulator of the AMD-V bed faults when it fetches, not when it jumps. */
	kvm.faults_at_jump = !where || strcmp(where, "svm") != 0;
	printf("# module %s, 32-bit paging %s\n", kvm.info.module,
	       kvm.info.paging32 ? "yes" : "no");
}

static const struct ending *ending_of(const struct guest *g, unsigned mode)
{
	for (size_t i = 0; kvm.pvm && i < COUNT(g->pvm); i++)
		if (g->pvm[i].modes & mode)
			return &g->pvm[i];
	for (size_t i = 0; kvm.intel && i < COUNT(g->intel); i++)
		if (g->intel[i].modes & mode)
			return &g->intel[i];
	for (size_t i = 0; i < COUNT(g->endings); i++)
		if (g->endings[i].modes & mode)
			return &g->endings[i];
	return NULL;
}

static struct CMUnitTest tests[2 * COUNT(guests) * BATON_MODES + 16];
static struct test cases[2 * COUNT(guests) * BATON_MODES];
static char names[2 * COUNT(guests) * BATON_MODES][64];
static size_t test_count;

static void add_test(const char *name, CMUnitTestFunction function, void *state)
{
	tests[test_count++] = (struct CMUnitTest){ name, function, NULL, clear_up, state };
}

static void add_guests(bool stepped)
{
	for (size_t i = 0; i < COUNT(guests); i++)
		for (int mode = 0; mode < BATON_MODES; mode++) {
			const struct ending *e = ending_of(&guests[i], 1u << mode);
			size_t n = test_count;

			if (!e)
				continue;
			cases[n] = (struct test){ &guests[i], (enum baton_mode)mode, e, stepped };
			snprintf(names[n], sizeof(names[n]), "%s%s, %s%s", guests[i].name,
				 guests[i].bare ? ", bare" : "",
				 baton_mode_name((enum baton_mode)mode),
				 stepped ? ", in steps" : "");
			add_test(names[n], dies_as_it_must, &cases[n]);
		}
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: deaths_test FOLDER-OF-GUESTS\n");
		return 2;
	}
	kvm.guests = argv[1];
	block_kick();
	learn_kvm();
	add_guests(false);
	add_guests(true);
	add_test("a loop is found where it runs", a_loop_is_found_where_it_runs, NULL);
	add_test("a jump to a non-canonical address", a_jump_to_a_non_canonical_address, NULL);
	add_test("paging works or is named", paging_works_or_is_named, NULL);
	add_test("a switch without an IDT", a_switch_without_an_idt, NULL);
	add_test("waiting is no death", waiting_is_no_death, NULL);
	add_test("the dead are not entered again", the_dead_are_not_entered_again, NULL);
	add_test("of two equal accesses the right one is named",
		 of_two_equal_accesses_the_right_one_is_named, NULL);
	add_test("a death before the first exit", a_death_before_the_first_exit, NULL);
	add_test("the last exits are in order", the_last_exits_are_in_order, NULL);
	add_test("page faults show where the tables end", page_faults_show_where_the_tables_end,
		 NULL);
	add_test("error codes show the descriptor they name",
		 error_codes_show_the_descriptor_they_name, NULL);
	add_test("shutdowns show what was in the way", shutdowns_show_what_was_in_the_way, NULL);
	add_test("code before the death is kept", code_before_the_death_is_kept, NULL);
	return _cmocka_run_group_tests("deaths", tests, test_count, learn_neighbour, NULL);
}
