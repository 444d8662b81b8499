/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.c - the report over a cloud that is made up, so that every number in it
 * is known: table, deaths, expectations, JSON, and what `--show` prints.
 */
#include "test.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloud.h"
#include "disassembly.h"
#include "evidence.h"
#include "explain.h"
#include "fake-baton.h"
#include "kernel_exits.h"
#include "outlet.h"
#include "report.h"
#include "report_json.h"
#include "show.h"
#include "terminal.h"

/* --------------------------------------------------------------- the cloud */

struct made_up {
	struct scenario scenario;
	struct scenario_vm described[2];
	struct baton_host host;
	struct baton_vm vms[2];
	struct cloud_vm cloud_vms[2];
	struct cloud cloud;
	struct expectation expectations[12];
	char *text; /* what the last print() printed */
};

/* Neo had 7 s, of which 1 ms for serving 1,234,567 OUTs; Morpheus had 3 s and no exits. */
static void make_up(struct made_up *m)
{
	static const char *const names[] = { "neo", "morpheus" };

	memset(m, 0, sizeof(*m));
	m->scenario.policy = "share";
	m->scenario.quantum_ns = 10 * MS;
	m->scenario.vms = m->described;
	m->scenario.vm_count = 2;
	m->scenario.expectations = m->expectations;
	m->host.stats = (struct baton_host_stats){
		.wall_ns = 10005000003, .run_ns = 9999000000, .handler_ns = 1000000,
		.switch_ns = 5000000, .idle_ns = 3, .stolen_ns = 12345678, .turns = 1001,
		.kicks = 999, .lag_ns = 9900000, .overrun_ns = 400000,
	};
	m->cloud.scenario = &m->scenario;
	m->cloud.host = &m->host;
	m->cloud.vms = m->cloud_vms;
	m->cloud.end = BATON_RUN_BUDGET;
	for (int i = 0; i < 2; i++) {
		m->described[i].name = (char *)names[i];
		m->described[i].share = i ? 30 : 70;
		m->vms[i].name = names[i];
		m->vms[i].stats = (struct baton_vm_stats){
			.turns = i ? 300 : 701,
			.lifetime_ns = 10005000003,
			.run_ns = i ? 3000000000 : 6999000000,
			.handler_ns = i ? 0 : 1000000,
			.ready_ns = i ? 7005000003 : 3005000003,
		};
		m->cloud_vms[i].vm = &m->vms[i];
	}
	m->vms[0].stats.exits = 1234567;
	m->vms[0].stats.by_kind[BATON_EXIT_IO_OUT] = (struct baton_exit_stats){
		.count = 1234567, .run_ns = 6998000000, .handler_ns = 1000000,
		.p50_ns = 800, .p99_ns = 2100,
	};
	cloud_measure(&m->cloud);
}

static struct expectation *expect(struct made_up *m, size_t vm, enum expectation_what what)
{
	struct expectation *e = &m->expectations[m->scenario.expectation_count++];

	e->vm = vm;
	e->what = what;
	return e;
}

static void expect_count(struct made_up *m, size_t vm, enum expectation_what what, uint64_t least,
			 uint64_t most)
{
	struct expectation *e = expect(m, vm, what);

	e->count.least = least;
	e->count.most = most;
}

/* What `print` prints, without colours. The next call frees it. */
typedef void (*print_fn)(const struct cloud *cloud, const struct terminal *terminal);

static const char *printed(struct made_up *m, print_fn print)
{
	struct terminal terminal = { 0 };
	size_t size;

	free(m->text);
	terminal.to = open_memstream(&m->text, &size);
	print(&m->cloud, &terminal);
	fclose(terminal.to);
	return m->text;
}

static void contains(const char *text, const char *part)
{
	if (!strstr(text, part)) {
		fputs(text, stderr); /* longer than cmocka's messages */
		fail_msg("no \"%s\" in what is above", part);
	}
}

static void lacks(const char *text, const char *part)
{
	if (strstr(text, part)) {
		fputs(text, stderr);
		fail_msg("there is \"%s\" in what is above", part);
	}
}

/* No line is wider than 80 characters, or ends in a space. */
static void is_tidy(const char *text)
{
	while (*text) {
		size_t size = strcspn(text, "\n"), width = 0;

		for (size_t i = 0; i < size; i++)
			width += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (width > 80 || (size && text[size - 1] == ' '))
			fail_msg("%zu columns: \"%.*s\"", width, (int)size, text);
		text += size + (text[size] == '\n');
	}
}

/* Behind neo and morpheus, 100 workers: worker-I has I turns, I ms and a lag of I µs. */
#define CROWD 100

struct crowd {
	struct made_up m;
	struct scenario_vm described[2 + CROWD];
	struct baton_vm vms[2 + CROWD];
	struct cloud_vm cloud_vms[2 + CROWD];
	char names[CROWD][16];
	struct scenario_group group;
};

static void make_up_crowd(struct crowd *c)
{
	memset(c, 0, sizeof(*c));
	make_up(&c->m);
	memcpy(c->described, c->m.described, sizeof(c->m.described));
	memcpy(c->vms, c->m.vms, sizeof(c->m.vms));
	for (int i = 0; i < CROWD; i++) {
		struct baton_vm *vm = &c->vms[2 + i];

		snprintf(c->names[i], sizeof(c->names[i]), "worker-%d", i + 1);
		c->described[2 + i].name = c->names[i];
		c->described[2 + i].group = 1;
		c->described[2 + i].share = 1;
		vm->name = c->names[i];
		vm->stats.turns = (uint64_t)i + 1;
		vm->stats.run_ns = (uint64_t)(i + 1) * MS;
		vm->stats.lifetime_ns = 10005000003;
		vm->stats.ready_ns = vm->stats.lifetime_ns - vm->stats.run_ns;
		vm->stats.lag_ns = (i % 2 ? -1 : 1) * (i + 1) * 1000;
		vm->stats.waits_in = BATON_EXIT_KINDS;
		vm->stats.exits = 10;
		vm->stats.by_kind[BATON_EXIT_IO_OUT] =
			(struct baton_exit_stats){ .count = 10, .run_ns = 1000, .handler_ns = 100 };
	}
	c->group = (struct scenario_group){ (char *)"worker", { 2, CROWD } };
	c->m.scenario.vms = c->described;
	c->m.scenario.vm_count = 2 + CROWD;
	c->m.scenario.groups = &c->group;
	c->m.scenario.group_count = 1;
	c->m.cloud.vms = c->cloud_vms;
	for (int i = 0; i < 2 + CROWD; i++)
		c->cloud_vms[i].vm = &c->vms[i];
	cloud_measure(&c->m.cloud);
}

/* ----------------------------------------------------------------- tables */

static void a_group_has_one_line_and_names_its_extremes(void **state)
{
	struct crowd *c = malloc(sizeof(*c));

	make_up_crowd(c);
	printed(&c->m, report_print);
	contains(c->m.text, "\n  neo ");
	contains(c->m.text, "\n  group   VMs     turns  CPU time  wanted      got  worst lag\n");
	contains(c->m.text, "\n  worker  100  1/50/100    5.05 s  50.0 %  33.55 %     100 µs\n");
	contains(c->m.text, "worker: 100 running; turns: fewest worker-1, most worker-100; CPU time:");
	contains(c->m.text, "worker-1 (1.00 ms), most worker-100 (100 ms); furthest");
	contains(c->m.text, "share: worker-100\n");
	contains(c->m.text, "\n  worker  io_out      1,000  100.000 µs  10.000 µs       –       –\n");
	lacks(c->m.text, "\n  worker-7 ");
	is_tidy(c->m.text);
	free(c->m.text);
	free(c);
}

static void all_rows_are_shown_if_all_are_wanted(void **state)
{
	struct crowd *c = malloc(sizeof(*c));

	make_up_crowd(c);
	c->m.scenario.all = true;
	printed(&c->m, report_print);
	contains(c->m.text, "\n  worker-1 ");
	contains(c->m.text, "\n  worker-100 ");
	lacks(c->m.text, "\n  group ");
	lacks(c->m.text, "more: see");
	is_tidy(c->m.text);
	free(c->m.text);
	free(c);
}

static void what_is_expected_of_a_group_is_of_each_member(void **state)
{
	struct crowd *c = malloc(sizeof(*c));
	struct expectation *e;

	make_up_crowd(c);
	expect_count(&c->m, 2, EXPECT_TURNS, 1, 100);
	expect_count(&c->m, 2, EXPECT_TURNS, 3, UINT64_MAX);
	e = expect(&c->m, 2, EXPECT_OUTCOME);
	e->outcome = BATON_RUNNING;
	for (int i = 0; i < 3; i++)
		c->m.expectations[i].others = CROWD - 1;
	printed(&c->m, report_print);
	contains(c->m.text, "\n  ✓  worker  turns    1 to 100   so by all 100\n");
	contains(c->m.text, "\n  ✗  worker  turns    3 or more  1\n");
	contains(c->m.text, "\n  ✓  worker  outcome  running    running\n");
	contains(c->m.text, "  worker, turns:\n    wanted 3 or more\n    got    1\n"
			    "    of     worker-1, and 1 more\n");
	assert_int_equal(expectations_met(&c->m.cloud), 2);
	is_tidy(c->m.text);
	printed(&c->m, report_print_faults);
	contains(c->m.text, "worker: turns: wanted 3 or more, got 1 of worker-1, and 1 more\n");
	free(c->m.text);
	free(c);
}

static struct baton_death page_fault(void);

static void members_that_die_alike_are_told_of_once(void **state)
{
	struct baton_death death = page_fault(), other = page_fault();
	struct crowd *c = malloc(sizeof(*c));

	other.cause = BATON_CAUSE_ENDLESS_LOOP;
	make_up_crowd(c);
	for (int i = 10; i < 60; i++)
		c->vms[i].death = i == 30 ? &other : &death;
	assert_int_equal(expectation_sudden_deaths(&c->m.cloud), 50);
	printed(&c->m, report_print_faults);
	contains(c->m.text, "baton run: worker-9 died: ");
	contains(c->m.text, "baton run: and so did 48 more of worker\n");
	contains(c->m.text, "baton run: worker-29 died: ");
	lacks(c->m.text, "worker-10 died");
	c->m.scenario.all = true;
	printed(&c->m, report_print_faults);
	contains(c->m.text, "worker-10 died");
	expect(&c->m, 2, EXPECT_CAUSE)->others = CROWD - 1;
	assert_int_equal(expectation_sudden_deaths(&c->m.cloud), 0);
	free(c->m.text);
	free(c);
}


static void the_table_says_it_all(void **state)
{
	struct made_up m;
	const char *text;

	make_up(&m);
	text = printed(&m, report_print);
	contains(text, "  2 VMs, one thread, policy share, quantum 10 ms: 10.005 s, 1,001 turns\n");
	contains(text,
		 "  VM        outcome  turns  CPU time  wanted      got  share of the CPU\n");
	contains(text,
		 "  neo       running    701   7.000 s  70.0 %  70.00 %  █████████▊\n");
	contains(text,
		 "  morpheus  running    300   3.000 s  30.0 %  30.00 %  ████▎\n");
	contains(text,
		 "  neo  io_out  1,234,567     6.998 s  1.000 ms  800 ns  2.1 µs\n");
	contains(text, "  run       9,999,000,000 ns   99.94 %  inside KVM_RUN\n");
	contains(text, "  handler       1,000,000 ns    0.01 %  serving exits\n");
	contains(text, "  switch        5,000,000 ns    0.05 %  from VM to VM\n");
	contains(text, "  idle                  3 ns    0.00 %  between runs, or nobody could run\n");
	contains(text, "  sum      10,005,000,003 ns  100.00 %  = wall time: it balances\n");
	contains(text, "stolen by other processes: 12.345 ms");
	contains(text, "furthest from the ideal share: 9.9 ms, allowed 10.4 ms\n");
	lacks(text, "Expectations");
	lacks(text, "died");
	lacks(text, "wanted: while all");
	lacks(text, "waits for");
	is_tidy(text);
	free(m.text);
}

static void what_is_wanted_holds_while_all_want_to_run(void **state)
{
	struct made_up m;

	make_up(&m);
	m.cloud_vms[1].stats.blocked_ns = 1;
	contains(printed(&m, report_print), "  wanted: while all of them want to run;");
	m.cloud_vms[1].stats.blocked_ns = 0;
	m.cloud_vms[0].stats.lifetime_ns /= 2; /* it came late */
	contains(printed(&m, report_print), "  wanted: while all of them want to run;");
	m.scenario.policy = "quantum";
	lacks(printed(&m, report_print), "  wanted: while all");
	free(m.text);
}

static void who_waits_for_ever_is_told_for_what(void **state)
{
	struct made_up m;

	make_up(&m);
	for (int i = 0; i < 2; i++)
		m.cloud_vms[i].stats.waits_in = BATON_EXIT_KINDS;
	m.cloud.end = BATON_RUN_STUCK;
	m.cloud_vms[0].stats.waits_in = BATON_EXIT_HLT;
	m.cloud_vms[1].stats.waits_in = BATON_EXIT_IO_IN;
	contains(printed(&m, report_print), "  neo waits for an interrupt (HLT with interrupts on)");
	contains(printed(&m, report_print), "  morpheus waits for a device, in an exit of kind io_in\n");
	is_tidy(printed(&m, report_print));
	m.cloud.end = BATON_RUN_BUDGET;
	lacks(printed(&m, report_print), "waits for");
	free(m.text);
}

static void a_ledger_that_does_not_balance_is_told(void **state)
{
	struct made_up m;

	make_up(&m);
	m.host.stats.idle_ns++;
	cloud_measure(&m.cloud);
	lacks(printed(&m, report_print), "it balances");
	contains(m.text, "is not the wall time");
	free(m.text);
}

static void a_run_without_exits_says_so(void **state)
{
	struct made_up m;

	make_up(&m);
	m.vms[0].stats.exits = 0;
	m.vms[0].stats.by_kind[BATON_EXIT_IO_OUT].count = 0;
	cloud_measure(&m.cloud);
	contains(printed(&m, report_print), "No exits");
	free(m.text);
}

/* One decimal more than the tolerance that was asked for. */
static void shares_have_the_decimals_that_were_asked_for(void **state)
{
	struct expectation *e;
	struct made_up m;

	make_up(&m);
	e = expect(&m, 0, EXPECT_SHARE);
	e->share.percent = 70;
	e->share.tolerance = 0.25;
	e->share.decimals = 2;
	contains(printed(&m, report_print), "70.00 %  70.000 %");
	contains(m.text, "30.0 %   30.00 %");
	contains(m.text, "✓  neo  share  70.00 ± 0.25 %  70.000 %\n");
	is_tidy(m.text);
	free(m.text);
}

static void other_policies_want_no_share(void **state)
{
	struct made_up m;

	make_up(&m);
	m.scenario.policy = "turns";
	contains(printed(&m, report_print), "7.000 s       –  70.00 %");
	contains(m.text, "policy turns: 10.005 s");
	lacks(m.text, "ideal share");
	free(m.text);
}

static void skipped_turns_are_told_where_there_is_a_schedule(void **state)
{
	struct made_up m;
	const char *text;

	make_up(&m);
	m.host.stats.skipped = 1234;
	cloud_measure(&m.cloud);
	lacks(printed(&m, report_print), "skipped");
	m.scenario.policy = "script";
	m.cloud.end = BATON_RUN_OVER;
	text = printed(&m, report_print);
	contains(text, "policy script: 10.005 s, 1,001 turns\n  The schedule is over.\n");
	contains(text, "  turns of the schedule that were skipped: 1,234\n");
	is_tidy(text);
	free(m.text);
}

static void long_names_and_large_numbers_stay_within_80_columns(void **state)
{
	struct made_up m;

	make_up(&m);
	m.described[0].name = "a-name-of-sixty-three-bytes-which-is-the-longest-that-there-is";
	m.vms[0].name = m.described[0].name;
	m.vms[0].stats.outcome = BATON_HALTED;
	m.vms[0].stats.status = UINT32_MAX;
	m.vms[0].stats.turns = 123456789012;
	m.vms[0].stats.exits = m.vms[0].stats.by_kind[BATON_EXIT_INTERNAL_ERROR].count = 1234567890;
	m.vms[0].stats.by_kind[BATON_EXIT_INTERNAL_ERROR].run_ns = 86400 * S;
	m.vms[0].stats.by_kind[BATON_EXIT_INTERNAL_ERROR].p99_ns = 86400 * S;
	m.host.stats.wall_ns = m.host.stats.run_ns = 864000 * S;
	cloud_measure(&m.cloud);
	is_tidy(printed(&m, report_print));
	contains(m.text, "a-name-of-s…");
	free(m.text);
}

/* ----------------------------------------------------------- expectations */

static void expectations_tell_wanted_from_got(void **state)
{
	struct expectation *e;
	struct made_up m;

	make_up(&m);
	m.vms[1].stats.outcome = BATON_HALTED;
	m.vms[1].stats.status = 41;
	m.vms[1].memory[8] = 7;
	cloud_measure(&m.cloud);
	output_init(&m.cloud_vms[1].output, NULL, NULL, 4);
	m.cloud_vms[1].output.size = 5;
	memcpy(m.cloud_vms[1].output.kept, "a\n\x01", 3);

	expect(&m, 0, EXPECT_OUTCOME)->outcome = BATON_RUNNING;
	expect(&m, 0, EXPECT_STATUS); /* 0 to 0 */
	expect_count(&m, 1, EXPECT_STATUS, 42, 42);
	e = expect(&m, 1, EXPECT_SHARE);
	e->share.percent = 31;
	e->share.tolerance = 0.5;
	e->share.decimals = 1;
	e = expect(&m, 0, EXPECT_TURNS);
	e->count.least = e->count.most = 701;
	e = expect(&m, 0, EXPECT_EXITS);
	e->count.least = 2000000;
	e->count.most = UINT64_MAX;
	expect(&m, 1, EXPECT_CAUSE);
	e = expect(&m, 1, EXPECT_MEMORY);
	e->memory.gpa = 8;
	e->memory.word = 7;
	e = expect(&m, 1, EXPECT_OUTPUT);
	e->output.bytes = (char *)"a\n\x02";
	e->output.size = 3;
	expect(&m, EXPECTATION_HOST, EXPECT_END)->end = BATON_RUN_DONE;
	expect(&m, EXPECTATION_HOST, EXPECT_LAG);

	printed(&m, report_print);
	contains(m.text, "✓  neo       outcome     running          running\n");
	contains(m.text, "✗  neo       status      0                none: running\n");
	contains(m.text, "✗  morpheus  status      42               41\n");
	contains(m.text, "✗  morpheus  share       31.0 ± 0.5 %     30.00 %\n");
	contains(m.text, "✓  neo       turns       701              701\n");
	contains(m.text, "✗  neo       exits       2000000 or more  1234567\n");
	contains(m.text, "✗  morpheus  cause       unknown          not dead\n");
	contains(m.text, "✓  morpheus  memory 0x8  7                7\n");
	contains(m.text, "✗  morpheus  output      \"a\\n\\x02\"        \"a\\n\\x01\\x00\"…\n");
	contains(m.text, "✗  host      end         done             budget\n");
	contains(m.text, "✓  host      lag         at most 10.4 ms  9.9 ms\n");
	contains(m.text, "  4 of 11 met\n");
	is_tidy(m.text);
	assert_int_equal(expectations_met(&m.cloud), 4);

	printed(&m, report_print_faults);
	contains(m.text, "baton run: morpheus: status: wanted 42, got 41\n");
	contains(m.text, "baton run: host: end: wanted done, got budget\n");
	lacks(m.text, "turns");
	output_fini(&m.cloud_vms[1].output);
	free(m.text);
}

/* Neither less nor more than what was wanted. */
static void output_is_compared_to_its_end(void **state)
{
	struct expectation *e;
	struct made_up m;

	make_up(&m);
	output_init(&m.cloud_vms[0].output, NULL, NULL, 3);
	memcpy(m.cloud_vms[0].output.kept, "abc", 3);
	e = expect(&m, 0, EXPECT_OUTPUT);
	e->output.bytes = (char *)"ab";
	e->output.size = 2;
	for (uint64_t size = 1; size <= 3; size++) {
		m.cloud_vms[0].output.size = size;
		assert_int_equal(expectations_met(&m.cloud), size == 2);
	}
	output_fini(&m.cloud_vms[0].output);
}

/* The table has their beginnings; what is unmet follows in full. */
static void long_expectations_are_cut(void **state)
{
	struct expectation *e;
	struct made_up m;

	make_up(&m);
	output_init(&m.cloud_vms[1].output, NULL, NULL, 100);
	m.cloud_vms[1].output.size = 60;
	memset(m.cloud_vms[1].output.kept, 'b', 60);
	e = expect(&m, 1, EXPECT_OUTPUT);
	e->output.bytes = (char *)"aaaaaaaaaaaaaaaaaaaa";
	e->output.size = 20;
	printed(&m, report_print);
	contains(m.text, "output  \"aaaaaaaaaaaaaaaaaa…  \"bbbbbbbbbbbbbbbbbb…\n");
	contains(m.text, "  morpheus, output:\n"
			 "    wanted \"aaaaaaaaaaaaaaaaaaaa\"\n"
			 "    got    \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…\"\n");
	is_tidy(m.text);
	output_fini(&m.cloud_vms[1].output);
	free(m.text);
}

/* The bound is one slice plus the longest overrun, and twice that after a change. */
static void lag_beyond_its_bound_is_unmet(void **state)
{
	struct made_up m;

	make_up(&m);
	expect(&m, EXPECTATION_HOST, EXPECT_LAG);
	expect(&m, EXPECTATION_HOST, EXPECT_LATER_LAG);
	m.host.stats.lag_ns = 10400000;
	m.host.stats.lag_later_ns = 20800000;
	cloud_measure(&m.cloud);
	assert_int_equal(expectations_met(&m.cloud), 2);
	m.host.stats.lag_ns++;
	cloud_measure(&m.cloud);
	assert_int_equal(expectations_met(&m.cloud), 1);
	m.host.stats.lag_later_ns++;
	cloud_measure(&m.cloud);
	assert_int_equal(expectations_met(&m.cloud), 0);
}

/* ------------------------------------------------------------------ deaths */

static struct baton_death page_fault(void)
{
	struct baton_death death = {
		.kind = BATON_DEATH_TRIPWIRE,
		.sentence = "It read from 0xdeadbeef, where no page is mapped, and had no handler "
			    "for the page fault that followed; this sentence goes on for long "
			    "enough to need a second line.",
		.advice = "Map the page, or install a handler for vector 14.",
		.address = 0xffffffff80010005,
		.at_death = true,
		.tripwire = true, .vector = 14,
		.error_code = 2,
		.cr2 = 0xdeadbeef,
		.regs = { .rax = 0x1234, .r15 = UINT64_MAX, .rip = 0xffffffff80010005 },
		.has_sregs = true,
		.cs = 8,
		.cr0 = 0x80000011,
		.cr3 = 0x70000,
		.cr4 = 0x20,
		.efer = 0x500,
		.code = { 0x48, 0x8b, 0x00, 0x90, 0xc3 },
		.code_size = 5,
		.code_bits = 64,
		.last_count = 2,
		.last = { { .kind = BATON_EXIT_IO_OUT, .addr = 0x10, .data = 7, .count = 1,
			    .size = 2, .rip = 0x10003 },
			  { .kind = BATON_EXIT_HLT, .rip = 0xff4e1 } },
		.at_ns = 1234567890,
	};

	return death;
}

static const char *explained(struct made_up *m, const struct baton_death *death)
{
	m->vms[0].death = death;
	m->vms[0].stats.outcome = BATON_DEAD;
	cloud_measure(&m->cloud);
	printed(m, report_print);
	is_tidy(m->text);
	return m->text;
}

static void a_death_is_explained(void **state)
{
	struct baton_death death = page_fault();
	struct made_up m;
	const char *text;

	make_up(&m);
	text = explained(&m, &death);
	contains(text, "  neo died after 1.234 s (tripwire, unknown)\n");
	contains(text, "\n  It read from 0xdeadbeef, where no page is mapped");
	contains(text, "\n  Map the page, or install a handler for vector 14.\n");
	contains(text, "  The instruction that failed:\n"
		       "  → 0xffffffff80010005  48 8b 00                mov rax, qword ptr [rax]\n"
		       "    0xffffffff80010008  90                      nop\n"
		       "    0xffffffff80010009  c3                      ret\n");
	contains(text, "  exception 14 (#PF, page fault), error code 0x2, CR2 0xdeadbeef\n");
	contains(text, "rax   0000000000001234");
	contains(text, "r15   ffffffffffffffff");
	contains(text, "cr3  0000000000070000");
	contains(text, "efer  0000000000000500\n");
	contains(text, "  cs 0x8, its base 0x0\n");
	contains(text, "rip 0x10003       out 0x10 ← 7\n");
	contains(text, "rip 0xff4e1       hlt  (Baton's tripwire)\n");
	contains(text, "neo       dead ");
	printed(&m, report_print_faults);
	contains(m.text, "baton run: neo died: It read from 0xdeadbeef");
	free(m.text);
}

/* The same bytes are other instructions in other modes. */
static void code_is_read_in_the_mode_it_ran_in(void **state)
{
	struct baton_death death = page_fault();
	struct made_up m;

	make_up(&m);
	death.code_bits = 32;
	contains(explained(&m, &death), "48                      dec eax\n");
	death.code_bits = 16;
	contains(explained(&m, &death), "48                      dec ax\n");
	death.has_sregs = false;
	lacks(explained(&m, &death), "cr3");
	free(m.text);
}

static void a_place_is_called_what_it_is(void **state)
{
	struct baton_death death = page_fault();
	struct made_up m;

	make_up(&m);
	death.kind = BATON_DEATH_WATCHDOG;
	contains(explained(&m, &death), "Where it was when its time was up:\n");
	death.kind = BATON_DEATH_SHUTDOWN;
	death.at_death = false;
	death.vector = -1;
	death.last_count = 0;
	contains(explained(&m, &death), "This KVM lost the place; the guest was last seen at:\n");
	lacks(m.text, "exception");
	lacks(m.text, "last exits");
	lacks(m.text, "The instruction that failed");
	free(m.text);
}

static void bytes_that_are_no_code_are_shown_as_bytes(void **state)
{
	struct baton_death death = page_fault();
	struct made_up m;

	make_up(&m);
	death.code[0] = 0x06; /* PUSH ES is none in 64-bit mode */
	death.code_size = 1;
	contains(explained(&m, &death),
		 "→ 0xffffffff80010005  06                      no valid instruction\n");
	memset(death.code, 0x06, death.code_size = sizeof(death.code));
	contains(explained(&m, &death),
		 " 06 06\n                        no valid instruction\n");
	death.code_size = 0;
	contains(explained(&m, &death), "→ 0xffffffff80010005  no guest memory there\n");
	free(m.text);
}

/* ------------------------------------------------------------------- steps */

/* That page fault, and how it came to it: the first instruction was 32-bit code. */
static struct baton_death with_steps(void)
{
	struct baton_death death = page_fault();

	death.steps_end = BATON_STEPS_EXACT;
	death.steps[0] = (struct baton_step){ .address = 0x10001, .code = { 0x48, 0x31 },
					      .code_size = 2, .code_bits = 32 };
	death.steps[1] = (struct baton_step){ .address = 0xffffffff80010003,
					      .code = { 0x31, 0xc0, 0x48, 0x8b }, .code_size = 4,
					      .code_bits = 64 };
	death.steps[2] = (struct baton_step){ .address = 0xffffffff80010005,
					      .code = { 0x48, 0x8b, 0x00, 0x90, 0xc3 },
					      .code_size = 5, .code_bits = 64 };
	death.step_count = 3;
	return death;
}

static void steps_are_shown_if_they_led_there(void **state)
{
	static const char *const texts[BATON_STEPS_ENDS] = {
		[BATON_STEPS_EXACT] =
			"\n\n  Executed again since its last exit, it died again. Its last steps:\n"
			"    0x10001  48                      dec eax\n"
			"    0xffffffff80010003  31 c0                   xor eax, eax\n"
			"  → 0xffffffff80010005  48 8b 00                mov rax, qword ptr [rax]\n\n",
		[BATON_STEPS_OTHER] = "\n\n  Executed again since its last exit, it did something "
				      "else; perhaps it reads\n  the time.\n\n",
		[BATON_STEPS_LONG] = "\n\n  Executed again since its last exit, it did not die "
				     "within a million steps,\n  or in 20 s.\n\n",
		[BATON_STEPS_FAILED] = "\n\n  Its last steps could not be executed again on this "
				       "KVM.\n\n",
	};
	struct baton_death death = with_steps();
	struct made_up m;

	make_up(&m);
	for (int end = BATON_STEPS_NONE; end < BATON_STEPS_ENDS; end++) {
		death.steps_end = (enum baton_steps_end)end;
		explained(&m, &death);
		for (int i = BATON_STEPS_EXACT; i < BATON_STEPS_ENDS; i++)
			(i == end ? contains : lacks)(m.text, texts[i]);
		if (end == BATON_STEPS_NONE)
			lacks(m.text, "steps");
		if (end != BATON_STEPS_EXACT)
			lacks(m.text, "xor eax, eax");
	}
	free(m.text);
}

static void steps_without_code_say_so(void **state)
{
	struct baton_death death = with_steps();
	struct made_up m;

	make_up(&m);
	death.steps[0].code[0] = 0x06; /* PUSH ES is none in 64-bit mode */
	death.steps[0].code_size = 2;
	death.steps[0].code_bits = 64;
	death.steps[1].code_size = 0;
	contains(explained(&m, &death),
		 "steps:\n"
		 "    0x10001  06 31                   no valid instruction\n"
		 "    0xffffffff80010003                          no guest memory there\n"
		 "  → 0xffffffff80010005  48");
	free(m.text);
}

/* The longest instructions, and a loop: only the last time it died. */
static void sixteen_steps_of_any_kind_fit(void **state)
{
	struct baton_death death = with_steps();
	struct made_up m;
	const char *text;
	unsigned arrows = 0;

	make_up(&m);
	for (unsigned i = 0; i < BATON_STEPS; i++)
		death.steps[i] = death.steps[2];
	/* movabs rax, imm64; then mov qword ptr gs:[rax + rbx*8 + disp32], imm32; then nothing */
	death.steps[3] = (struct baton_step){
		.address = UINT64_MAX - 20, .code_bits = 64, .code_size = 10,
		.code = { 0x48, 0xb8, 8, 7, 6, 5, 4, 3, 2, 0x11 },
	};
	death.steps[4] = (struct baton_step){
		.address = UINT64_MAX - 10, .code_bits = 64, .code_size = 13,
		.code = { 0x65, 0x48, 0xc7, 0x84, 0xd8, 0x78, 0x56, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12 },
	};
	death.steps[5] = (struct baton_step){ .address = 1, .code_bits = 64, .code_size = 15 };
	memset(death.steps[5].code, 0x06, 15);
	death.step_count = BATON_STEPS;
	text = strstr(explained(&m, &death), "Its last steps:");
	contains(text, "  48 b8 08 07 06 05 04 03 02 11\n"
		       "                        movabs rax, 0x1102030405060708\n");
	contains(text, "  65 48 c7 84 d8 78 56 34 12 78 56 34 12\n"
		       "                        mov qword ptr gs:[rax + rbx*8 + 0x12345678], 0x12345678\n");
	for (const char *at = text; (at = strstr(at, "→ 0x")); at++)
		arrows++;
	assert_int_equal(arrows, 1);
	contains(text, "  → 0xffffffff80010005  48 8b 00                mov rax, qword ptr "
		       "[rax]\n\n");
	/* What was fetched after the guilty one, a write of CR3, is not guilty. */
	death.steps[BATON_STEPS - 1].address += 3;
	text = strstr(explained(&m, &death), "Its last steps:");
	contains(text, "  → 0xffffffff80010005  48 8b 00                mov rax, qword ptr "
		       "[rax]\n    0xffffffff80010008  48 8b 00 ");
	free(m.text);
}

/* ---------------------------------------------------------------- evidence */

/* That page fault with what the library found: a way, no way, a gate, a selector of the LDT. */
static struct baton_death with_evidence(void)
{
	struct baton_death death = page_fault();

	death.walks[0] = (struct baton_walk){
		.linear = death.address, .end = BATON_WALK_MAPPED, .gpa = 0x10005, .levels = 4,
		.count = 3,
		.entries = {
			{ .at = 0xf9ff8, .value = 0xfb023, .present = true, .writable = true,
			  .accessed = true },
			{ .at = 0xfbff0, .value = 0xfc005, .present = true, .user = true,
			  .reserved = 0x1e0 },
			{ .at = 0xfc000, .value = UINT64_C(0x80000000000000e7), .present = true,
			  .writable = true, .user = true, .large = true, .accessed = true,
			  .dirty = true, .no_execute = true },
		},
	};
	death.walks[1] = (struct baton_walk){
		.linear = 0xdeadbeef, .end = BATON_WALK_NOT_PRESENT, .levels = 4, .count = 1,
		.entries = { { .at = 0xf9000, .value = 0xfe } },
	};
	death.walk_count = 2;
	death.tables[BATON_TABLE_GDT] = (struct baton_table_register){ 0xff000, 0x27 };
	death.tables[BATON_TABLE_IDT] = (struct baton_table_register){ 0xff100, 0x1ff };
	death.descriptors[0] = (struct baton_descriptor){
		.role = BATON_ROLE_EXCEPTION, .table = BATON_TABLE_IDT, .index = 14,
		.at = 0xff1e0, .raw = { UINT64_C(0x000f8e010008f4e0), 7 }, .size = 16,
		.kind = BATON_DESCRIPTOR_GATE, .type = 14, .bits = 64, .present = true,
		.offset = UINT64_C(0x7000ff4e0), .selector = 8, .ist = 1,
	};
	death.descriptors[1] = (struct baton_descriptor){
		.role = BATON_ROLE_CS, .table = BATON_TABLE_GDT, .index = 0x33, .at = 0xff030,
		.end = BATON_DESCRIPTOR_BEYOND,
	};
	death.descriptor_count = 2;
	return death;
}

static void walks_are_shown_entry_by_entry(void **state)
{
	struct baton_death death = with_evidence();
	struct made_up m;

	make_up(&m);
	contains(explained(&m, &death),
		 "\n  Page tables, for 0xffffffff80010005 (RIP):\n"
		 "  entry  at GPA    value             flags\n"
		 "  PML4E  000f9ff8  00000000000fb023  present writable accessed\n"
		 "  PDPTE  000fbff0  00000000000fc005  present user reserved bits 0x1e0\n"
		 "  PDE    000fc000  80000000000000e7  present writable user large accessed\n"
		 "                                     dirty nx\n"
		 "  → GPA 0x10005\n"
		 "\n"
		 "  Page tables, for 0xdeadbeef (CR2):\n"
		 "  entry  at GPA    value             flags\n"
		 "  PML4E  000f9000  00000000000000fe  not present\n"
		 "  → nowhere: the PML4E is not present\n"
		 "\n"
		 "  GDT at 0xff000, limit 0x27; IDT at 0xff100, limit 0x1ff\n");
	lacks(m.text, "LDT");
	death.cs_base = 0x100000;
	contains(explained(&m, &death), "0xffffffff80010005 (CS:RIP):\n");
	/* What this KVM lost is not shown. */
	death.has_sregs = false;
	lacks(explained(&m, &death), "Page tables");
	lacks(m.text, "GDT");
	free(m.text);
}

static void walks_end_in_words(void **state)
{
	static const struct baton_walk_entry nothing = { .at = UINT64_C(0xffffffff000) };
	const struct {
		struct baton_walk walk;
		const char *text;
	} cases[] = {
		{ { .linear = 0x1002, .gpa = 0x1002 }, "\n  Paging is off: address 0x1002 is GPA "
						       "0x1002\n" },
		{ { .linear = 0xf0000000, .gpa = 0xf0000000, .end = BATON_WALK_UNBACKED },
		  "Paging is off: address 0xf0000000 is GPA 0xf0000000, where there is no memory\n" },
		{ { .levels = 2, .gpa = 0x9000, .end = BATON_WALK_UNBACKED, .count = 1 },
		  "  PDE    00000000  0000000000000000  not present\n"
		  "  → GPA 0x9000, where there is no memory\n" },
		{ { .levels = 3, .end = BATON_WALK_NO_TABLE, .count = 1, .entries = { nothing } },
		  "(RIP):\n  → nowhere: the PDPTE would lie at GPA 0xffffffff000, where there is no\n"
		  "  memory\n" },
		{ { .levels = 5, .end = BATON_WALK_NOT_PRESENT, .count = 5 },
		  "  → nowhere: the PTE is not present\n" },
		{ { .levels = 4, .end = BATON_WALK_NON_CANONICAL, .linear = UINT64_C(1) << 63 },
		  "0x8000000000000000 (RIP):\n  → nowhere: that is no canonical address\n" },
	};
	struct baton_death death = page_fault();
	struct made_up m;

	make_up(&m);
	death.walk_count = 1;
	for (size_t i = 0; i < COUNT(cases); i++) {
		death.walks[0] = cases[i].walk;
		contains(explained(&m, &death), cases[i].text);
	}
	free(m.text);
}

static void descriptors_are_shown_with_what_they_are_for(void **state)
{
	struct baton_death death = with_evidence();
	struct made_up m;

	make_up(&m);
	contains(explained(&m, &death),
		 "  IDT entry 14 at 0xff1e0, for exception 14 (Baton's tripwire)\n"
		 "    000f8e010008f4e0 0000000000000007\n"
		 "    64-bit interrupt gate to 0x8:0x7000ff4e0, IST 1, DPL 0, present\n"
		 "  GDT selector 0x33 at 0xff030, of the code that died\n"
		 "    beyond the table's limit, 0x27\n");
	death.kind = BATON_DEATH_SHUTDOWN;
	death.descriptors[0].role = BATON_ROLE_ERROR_CODE;
	death.descriptors[1].table = BATON_TABLE_LDT;
	death.tables[BATON_TABLE_LDT].base = 0x5000;
	contains(explained(&m, &death), "0xff1e0, named by the error code\n");
	contains(m.text, "GDT at 0xff000, limit 0x27; LDT at 0x5000, limit 0x0; IDT at ");
	lacks(m.text, "Baton's tripwire)\n    000f");
	free(m.text);
}

static void descriptors_are_told_in_words(void **state)
{
	const struct {
		struct baton_descriptor d;
		const char *text;
	} cases[] = {
		{ { .kind = BATON_DESCRIPTOR_CODE, .type = 11, .bits = 32, .limit = UINT32_MAX,
		    .present = true },
		  "32-bit code, base 0x0, limit 0xffffffff, DPL 0, present" },
		{ { .kind = BATON_DESCRIPTOR_CODE, .type = 12, .bits = 64, .dpl = 3 },
		  "64-bit code, conforming, not readable, DPL 3, not present" },
		{ { .kind = BATON_DESCRIPTOR_DATA, .type = 6, .bits = 16, .base = 0x1234 },
		  "writable data, expands down, base 0x1234, limit 0x0, DPL 0, not present" },
		{ { .kind = BATON_DESCRIPTOR_DATA, .type = 0, .bits = 16 },
		  "read-only data, base 0x0, limit 0x0, DPL 0, not present" },
		{ { .kind = BATON_DESCRIPTOR_SYSTEM, .type = 2, .bits = 16 },
		  "16-bit LDT, base 0x0, limit 0x0, DPL 0, not present" },
		{ { .kind = BATON_DESCRIPTOR_SYSTEM, .type = 11, .bits = 64, .present = true },
		  "64-bit busy TSS, base 0x0, limit 0x0, DPL 0, present" },
		{ { .kind = BATON_DESCRIPTOR_GATE, .type = 7, .bits = 16, .selector = 8,
		    .offset = 0x1234 }, "16-bit trap gate to 0x8:0x1234, DPL 0, not present" },
		{ { .kind = BATON_DESCRIPTOR_GATE, .type = 12, .bits = 32, .selector = 8 },
		  "32-bit call gate to 0x8:0x0, DPL 0, not present" },
		{ { .kind = BATON_DESCRIPTOR_GATE, .type = 5, .selector = 0x20, .present = true },
		  "task gate to TSS 0x20, DPL 0, present" },
		{ { .kind = BATON_DESCRIPTOR_VECTOR, .selector = 0xf000, .offset = 0xfff0 },
		  "vector to 0xf000:0xfff0" },
		{ { .kind = BATON_DESCRIPTOR_INVALID, .type = 13 },
		  "type 13, which is none, DPL 0, not present" },
		{ { .end = BATON_DESCRIPTOR_NULL }, "the null selector, which names nothing" },
		{ { .end = BATON_DESCRIPTOR_BEYOND, .table = BATON_TABLE_IDT },
		  "beyond the table's limit, 0x1ff" },
		{ { .end = BATON_DESCRIPTOR_UNMAPPED }, "not in memory" },
	};
	struct baton_death death = with_evidence();

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(evidence_content(&death, &cases[i].d).text, cases[i].text);
}

static void roles_are_told_in_words(void **state)
{
	static const struct {
		enum baton_descriptor_role role;
		uint16_t index;
		const char *text;
	} cases[] = {
		{ BATON_ROLE_EXCEPTION, 31, "for exception 31" },
		{ BATON_ROLE_EXCEPTION, 32, "for INT 0x20" },
		{ BATON_ROLE_HANDLER, 8, "named by that gate" },
		{ BATON_ROLE_INT, 0x80, "for INT 0x80" },
		{ BATON_ROLE_ERROR_CODE, 8, "named by the error code" },
		{ BATON_ROLE_CS, 8, "of the code that died" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct baton_descriptor d = { .role = cases[i].role, .index = cases[i].index };

		assert_string_equal(evidence_role(&d).text, cases[i].text);
	}
}

/* ------------------------------------------------------------- code before */

/* nop; mov eax, 0x90909090; inc eax; ret: four instructions before the guilty one. */
static struct baton_death with_code_before(void)
{
	static const uint8_t before[] = { 0x90, 0xb8, 0x90, 0x90, 0x90, 0x90, 0xff, 0xc0, 0xc3 };
	struct baton_death death = page_fault();

	memcpy(death.before, before, sizeof(before));
	death.before_size = sizeof(before);
	return death;
}

static void code_before_is_shown_from_a_known_start(void **state)
{
	struct baton_death death = with_code_before();
	bool starts[BATON_CODE_BEFORE] = { true };
	struct disassembly d;

	disassemble(&death, starts, &d);
	assert_int_equal(d.count, DISASSEMBLY_BEFORE + 3);
	assert_string_equal(d.lines[0].text, "mov eax, 0x90909090");
	assert_int_equal(d.lines[0].address, death.address - 8);
	assert_int_equal(d.lines[0].size, 5);
	assert_string_equal(d.lines[1].text, "inc eax");
	assert_string_equal(d.lines[2].text, "ret");
	assert_string_equal(d.lines[3].text, "mov rax, qword ptr [rax]");
	for (size_t i = 0; i < d.count; i++)
		assert_int_equal(d.lines[i].guilty, i == 3);
}

static void without_a_known_start_there_is_none(void **state)
{
	struct baton_death death = with_code_before();
	bool starts[BATON_CODE_BEFORE] = { false };
	struct disassembly d;

	disassemble(&death, starts, &d);
	assert_int_equal(d.count, 3);
	assert_true(d.lines[0].guilty);
	starts[9] = true; /* the guilty one itself, and what is beyond */
	starts[10] = true;
	disassemble(&death, starts, &d);
	assert_int_equal(d.count, 3);
}

/* What does not come out even at the next known start was no start, or is no code. */
static void code_before_ends_where_it_is_not_sure(void **state)
{
	struct baton_death death = with_code_before();
	bool starts[BATON_CODE_BEFORE] = { false };
	struct disassembly d;

	starts[0] = starts[3] = starts[8] = true; /* 3 is inside of the MOV: 90 90 90 ff c0 */
	starts[7] = false;
	death.before[7] = 0xb8; /* the rest now needs four bytes more */
	disassemble(&death, starts, &d);
	assert_int_equal(d.count, 1 + 3);
	assert_string_equal(d.lines[0].text, "ret");
	starts[8] = false;
	disassemble(&death, starts, &d);
	assert_int_equal(d.count, 3);
}

static void several_stretches_are_joined(void **state)
{
	struct baton_death death = with_code_before();
	bool starts[BATON_CODE_BEFORE] = { false };
	struct disassembly d;

	starts[1] = starts[6] = starts[8] = true;
	disassemble(&death, starts, &d);
	assert_int_equal(d.count, 3 + 3);
	assert_string_equal(d.lines[0].text, "mov eax, 0x90909090");
	assert_string_equal(d.lines[2].text, "ret");
	death.code_size = 1; /* a guilty one that cannot be read: then nothing is shown */
	disassemble(&death, starts, &d);
	assert_int_equal(d.count, 0);
}

static void deaths_are_sudden_unless_expected(void **state)
{
	struct baton_death death = page_fault();
	struct made_up m;

	make_up(&m);
	explained(&m, &death);
	assert_int_equal(expectation_sudden_deaths(&m.cloud), 1);
	expect(&m, 0, EXPECT_OUTCOME)->outcome = BATON_HALTED;
	assert_int_equal(expectation_sudden_deaths(&m.cloud), 1);
	expect(&m, 1, EXPECT_OUTCOME)->outcome = BATON_DEAD;
	assert_int_equal(expectation_sudden_deaths(&m.cloud), 1);
	expect(&m, 0, EXPECT_CAUSE);
	assert_int_equal(expectation_sudden_deaths(&m.cloud), 0);
	free(m.text);
}

/* -------------------------------------------------------------------- JSON */

static json_t *json_of(const struct made_up *m)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	json_t *report;

	assert_int_equal(report_json_write(&m->cloud, to), 0);
	fclose(to);
	report = json_loads(text, 0, NULL);
	assert_non_null(report);
	free(text);
	return report;
}

static json_int_t integer(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		fail_msg("%s is no integer", key);
	return json_integer_value(value);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text)
		fail_msg("%s is no text", key);
	return text;
}

static void json_has_every_figure(void **state)
{
	const json_t *ledger, *vm, *exits, *kind;
	struct made_up m;
	json_t *report;

	make_up(&m);
	expect(&m, EXPECTATION_HOST, EXPECT_LAG);
	report = json_of(&m);
	assert_int_equal(integer(report, "version"), 1);
	assert_string_equal(text_of(report, "policy"), "share");
	assert_string_equal(text_of(report, "end"), "budget");
	assert_int_equal(integer(report, "quantum_ns"), 10 * MS);
	assert_int_equal(integer(report, "wall_ns"), 10005000003);
	assert_int_equal(integer(report, "turns"), 1001);
	assert_int_equal(integer(report, "kicks"), 999);
	assert_int_equal(integer(report, "stolen_ns"), 12345678);
	assert_int_equal(integer(report, "overrun_ns"), 400000);
	assert_int_equal(integer(report, "lag_ns"), 9900000);
	assert_int_equal(integer(report, "lag_later_ns"), 0);
	ledger = json_object_get(report, "ledger");
	assert_int_equal(integer(ledger, "run_ns"), 9999000000);
	assert_int_equal(integer(ledger, "handler_ns"), 1000000);
	assert_int_equal(integer(ledger, "switch_ns"), 5000000);
	assert_int_equal(integer(ledger, "idle_ns"), 3);
	vm = json_array_get(json_object_get(report, "vms"), 0);
	assert_string_equal(text_of(vm, "name"), "neo");
	assert_string_equal(text_of(vm, "outcome"), "running");
	assert_true(json_is_null(json_object_get(vm, "status")));
	assert_int_equal(integer(vm, "turns"), 701);
	assert_int_equal(integer(vm, "run_ns"), 6999000000);
	assert_int_equal(integer(vm, "handler_ns"), 1000000);
	assert_int_equal(integer(vm, "ready_ns"), 3005000003);
	assert_int_equal(integer(vm, "blocked_ns"), 0);
	assert_true(json_real_value(json_object_get(vm, "share_target")) == 70);
	assert_true(json_real_value(json_object_get(vm, "share")) == 70);
	exits = json_object_get(vm, "exits");
	assert_int_equal(integer(exits, "total"), 1234567);
	kind = json_object_get(json_object_get(exits, "by_kind"), "io_out");
	assert_int_equal(integer(kind, "count"), 1234567);
	assert_int_equal(integer(kind, "run_ns"), 6998000000);
	assert_int_equal(integer(kind, "handler_ns"), 1000000);
	assert_int_equal(integer(kind, "p50_ns"), 800);
	assert_int_equal(integer(kind, "p99_ns"), 2100);
	assert_null(json_object_get(vm, "death"));
	kind = json_array_get(json_object_get(report, "expectations"), 0);
	assert_string_equal(text_of(kind, "vm"), "host");
	assert_string_equal(text_of(kind, "what"), "lag");
	assert_true(json_is_true(json_object_get(kind, "met")));
	json_decref(report);
}

static void json_has_skipped_turns_under_a_schedule(void **state)
{
	struct made_up m;
	json_t *report;

	make_up(&m);
	report = json_of(&m);
	assert_null(json_object_get(report, "skipped"));
	json_decref(report);
	m.scenario.policy = "script";
	m.host.stats.skipped = UINT64_C(10000000000);
	m.cloud.end = BATON_RUN_OVER;
	cloud_measure(&m.cloud);
	report = json_of(&m);
	assert_true(integer(report, "skipped") == 10000000000);
	assert_string_equal(text_of(report, "end"), "over");
	json_decref(report);
}

static void json_has_the_steps(void **state)
{
	static const char *const ends[] = { "none", "exact", "other", "long", "failed" };
	struct baton_death made = with_steps();
	const json_t *death, *steps, *step;
	struct made_up m;
	json_t *report;

	make_up(&m);
	m.vms[0].death = &made;
	for (int end = BATON_STEPS_NONE; end < BATON_STEPS_ENDS; end++) {
		made.steps_end = (enum baton_steps_end)end;
		made.step_count = end == BATON_STEPS_EXACT ? 3 : 0;
		report = json_of(&m);
		death = json_object_get(json_array_get(json_object_get(report, "vms"), 0), "death");
		steps = json_object_get(death, "steps");
		assert_int_equal(!steps, end == BATON_STEPS_NONE);
		if (steps) {
			assert_string_equal(text_of(steps, "end"), ends[end]);
			assert_int_equal(json_array_size(json_object_get(steps, "last")),
					 made.step_count);
		}
		step = json_array_get(json_object_get(steps, "last"), 1);
		if (step) {
			assert_string_equal(text_of(step, "address"), "0xffffffff80010003");
			assert_string_equal(text_of(step, "bytes"), "31c0");
			assert_int_equal(integer(step, "code_bits"), 64);
			assert_string_equal(text_of(step, "text"), "xor eax, eax");
		}
		json_decref(report);
	}
}

static void json_has_the_death(void **state)
{
	struct baton_death page = page_fault();
	const json_t *death;
	struct made_up m;
	json_t *report;

	make_up(&m);
	m.vms[0].death = &page;
	report = json_of(&m);
	death = json_object_get(json_array_get(json_object_get(report, "vms"), 0), "death");
	assert_string_equal(text_of(death, "kind"), "tripwire");
	assert_string_equal(text_of(death, "address"), "0xffffffff80010005");
	assert_true(json_is_true(json_object_get(death, "at_death")));
	assert_int_equal(integer(death, "vector"), 14);
	assert_string_equal(text_of(death, "cr2"), "0xdeadbeef");
	assert_string_equal(text_of(death, "code"), "488b0090c3");
	assert_int_equal(integer(death, "code_bits"), 64);
	assert_string_equal(text_of(json_object_get(death, "regs"), "r15"), "0xffffffffffffffff");
	assert_string_equal(text_of(json_object_get(death, "regs"), "rip"), "0xffffffff80010005");
	assert_string_equal(text_of(json_object_get(death, "control"), "efer"), "0x500");
	assert_string_equal(text_of(json_array_get(json_object_get(death, "last_exits"), 0), "rip"),
			    "0x10003");
	assert_int_equal(integer(death, "at_ns"), 1234567890);
	json_decref(report);
}

static const json_t *item(const json_t *object, const char *key, size_t i)
{
	return json_array_get(json_object_get(object, key), i);
}

static void json_has_the_evidence(void **state)
{
	struct baton_death made = with_evidence();
	const json_t *death, *walk, *entry, *d;
	struct made_up m;
	json_t *report;

	make_up(&m);
	m.vms[0].death = &made;
	report = json_of(&m);
	death = json_object_get(item(report, "vms", 0), "death");
	walk = item(death, "walks", 0);
	assert_string_equal(text_of(walk, "linear"), "0xffffffff80010005");
	assert_string_equal(text_of(walk, "end"), "mapped");
	assert_string_equal(text_of(walk, "gpa"), "0x10005");
	assert_int_equal(integer(walk, "levels"), 4);
	assert_int_equal(json_array_size(json_object_get(walk, "entries")), 3);
	entry = item(walk, "entries", 2);
	assert_string_equal(text_of(entry, "name"), "PDE");
	assert_string_equal(text_of(entry, "at"), "0xfc000");
	assert_string_equal(text_of(entry, "value"), "0x80000000000000e7");
	assert_int_equal(json_array_size(json_object_get(entry, "flags")), 7);
	assert_string_equal(json_string_value(item(entry, "flags", 6)), "nx");
	assert_string_equal(text_of(item(walk, "entries", 1), "reserved"), "0x1e0");
	walk = item(death, "walks", 1);
	assert_string_equal(text_of(walk, "end"), "not-present");
	assert_null(json_object_get(walk, "gpa"));
	assert_int_equal(json_array_size(json_object_get(item(walk, "entries", 0), "flags")), 0);
	assert_string_equal(text_of(json_object_get(json_object_get(death, "tables"), "idt"),
				    "limit"), "0x1ff");
	d = item(death, "descriptors", 0);
	assert_string_equal(text_of(d, "role"), "exception");
	assert_string_equal(text_of(d, "table"), "idt");
	assert_string_equal(text_of(d, "index"), "0xe");
	assert_string_equal(text_of(d, "at"), "0xff1e0");
	assert_string_equal(text_of(d, "end"), "there");
	assert_string_equal(json_string_value(item(d, "raw", 0)), "0xf8e010008f4e0");
	assert_string_equal(json_string_value(item(d, "raw", 1)), "0x7");
	assert_string_equal(text_of(d, "type"), "interrupt gate");
	assert_int_equal(integer(d, "bits"), 64);
	assert_int_equal(integer(d, "dpl"), 0);
	assert_true(json_is_true(json_object_get(d, "present")));
	assert_string_equal(text_of(d, "selector"), "0x8");
	assert_string_equal(text_of(d, "offset"), "0x7000ff4e0");
	assert_int_equal(integer(d, "ist"), 1);
	assert_null(json_object_get(d, "base"));
	d = item(death, "descriptors", 1);
	assert_string_equal(text_of(d, "role"), "cs");
	assert_string_equal(text_of(d, "end"), "beyond");
	assert_null(json_object_get(d, "raw"));
	d = item(death, "instructions", 0);
	assert_string_equal(text_of(d, "address"), "0xffffffff80010005");
	assert_string_equal(text_of(d, "bytes"), "488b00");
	assert_string_equal(text_of(d, "text"), "mov rax, qword ptr [rax]");
	assert_true(json_is_true(json_object_get(d, "guilty")));
	assert_false(json_is_true(json_object_get(item(death, "instructions", 1), "guilty")));
	assert_null(json_object_get(death, "symbol"));
	json_decref(report);
}

/* An unreadable entry has a place only, a segment no gate's fields, a lost state nothing. */
static void json_says_no_more_than_is_known(void **state)
{
	struct baton_death made = with_evidence();
	const json_t *death, *d;
	struct made_up m;
	json_t *report;

	make_up(&m);
	m.vms[0].death = &made;
	made.walks[1].end = BATON_WALK_NO_TABLE;
	made.descriptors[0].kind = BATON_DESCRIPTOR_DATA;
	made.descriptors[0].size = 8;
	report = json_of(&m);
	death = json_object_get(item(report, "vms", 0), "death");
	assert_string_equal(text_of(item(item(death, "walks", 1), "entries", 0), "at"), "0xf9000");
	assert_null(json_object_get(item(item(death, "walks", 1), "entries", 0), "value"));
	assert_null(json_object_get(item(item(death, "walks", 1), "entries", 0), "flags"));
	d = item(death, "descriptors", 0);
	assert_non_null(json_object_get(d, "base"));
	assert_null(json_object_get(d, "offset"));
	assert_int_equal(json_array_size(json_object_get(d, "raw")), 1);
	json_decref(report);
	made.has_sregs = false;
	report = json_of(&m);
	death = json_object_get(item(report, "vms", 0), "death");
	assert_null(json_object_get(death, "walks"));
	assert_null(json_object_get(death, "tables"));
	assert_null(json_object_get(death, "descriptors"));
	json_decref(report);
}

static void json_that_cannot_be_written_is_an_error(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct made_up m;

	make_up(&m);
	assert_non_null(full);
	assert_int_equal(report_json_write(&m.cloud, full), -EIO);
	fclose(full);
}

/* ------------------------------------------------------- the kernel's count */

static void json_has_none_unless_asked(void **state)
{
	struct made_up m;
	json_t *report;

	make_up(&m);
	report = json_of(&m);
	assert_null(json_object_get(item(report, "vms", 0), "kernel_exits"));
	json_decref(report);
	lacks(printed(&m, report_print), "kernel");
	free(m.text);
}

/* A machine that is a folder, in which the module says this. NULL: there is no module. */
static void put_module(const char *root, const char *vms)
{
	char path[300];
	FILE *to;

	snprintf(path, sizeof(path), "%s/proc", root);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/proc/baton_exits", root);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/proc/baton_exits/exits", root);
	to = fopen(path, "w");
	assert_non_null(to);
	fprintf(to, "baton_exits 1\nisa svm\ntsc_khz 2000000\nprofile off\nscope vm\nmissed 0\n%s"
		"gone 0 0 0\nend\n", vms);
	fclose(to);
}

/* The VMs of this process, of which there are others; and one of another process. */
static void put_vms(const char *root, const char *neo, const char *morpheus)
{
	char text[1024];

	snprintf(text, sizeof(text), "vm 3 %ld 1 0 0\nvm 5 %ld 1 0 0\nexits 72 CPUID 1 1 1 1 1\n%s%s",
		 (long)getpid(), (long)getpid() + 1, neo, morpheus);
	put_module(root, text);
}

static void begin_folder(char root[256])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(root, 256, "%s/baton-kernel.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(root));
}

/* By what comes with it each VM is found: not the one that was there, nor another process's. */
static void the_module_counts_by_the_processors_reasons(void **state)
{
	struct kernel_exits kernel;
	char root[256], neo[256], morpheus[256];
	const char *text;
	const json_t *one;
	struct made_up m;
	json_t *report;

	make_up(&m);
	begin_folder(root);
	put_vms(root, "", "");
	kernel_exits_begin(&kernel, root, 2);
	snprintf(neo, sizeof(neo), "vm 6 %ld 1 0 0\nvm 7 %ld 1 0 0\n", (long)getpid() + 1,
		 (long)getpid());
	put_vms(root, neo, "");
	kernel_exits_created(&kernel, 0);
	snprintf(morpheus, sizeof(morpheus), "vm 8 %ld 1 0 0\n", (long)getpid());
	put_vms(root, neo, morpheus);
	kernel_exits_created(&kernel, 1);
	snprintf(neo, sizeof(neo), "vm 7 %ld 1 4 2000000\nexits 78 HLT 1 2000 0 4000 0\n"
		 "exits 7b IOIO 1234570 4000000000 0 0 0\n", (long)getpid());
	put_vms(root, neo, morpheus);
	kernel_exits_read(&kernel);
	for (size_t i = 0; i < 2; i++)
		kernel_exits_measure(&kernel, i, &m.vms[i]);
	m.cloud.kernel = &kernel;

	text = printed(&m, report_print);
	contains(text, "by the processor's reasons: the module baton_exits\n");
	contains(text, "  neo  IOIO    1,234,570  100.0 %  1.62 µs          0        0          0\n"
		       "       HLT             1    0.0 %  1.00 µs          0  2.00 µs          0\n\n");
	contains(text, "1,234,567"); /* Baton's own count stays as it is */
	free(m.text);
	report = json_of(&m);
	one = json_object_get(item(report, "vms", 0), "kernel_exits");
	assert_string_equal(text_of(one, "source"), "module");
	assert_string_equal(text_of(one, "isa"), "svm");
	assert_int_equal(integer(one, "id"), 7);
	assert_int_equal(integer(one, "exits"), 1234571);
	assert_int_equal(integer(one, "guest_ns"), 1000000);
	assert_string_equal(text_of(item(one, "reasons", 0), "reason"), "IOIO");
	assert_int_equal(integer(item(one, "reasons", 0), "kvm_ns"), 2000000000);
	one = json_object_get(item(report, "vms", 1), "kernel_exits");
	assert_int_equal(integer(one, "id"), 8);
	assert_int_equal(integer(json_object_get(item(report, "vms", 0), "exits"), "total"), 1234567);
	json_decref(report);
	kernel_exits_fini(&kernel);
}

/* Two that came at once could be either, and one of another PID namespace is nobody's. */
static void a_vm_that_is_not_sure_is_not_shown(void **state)
{
	struct kernel_exits kernel;
	struct made_up m;
	json_t *report;
	char root[256], two[256];

	make_up(&m);
	begin_folder(root);
	put_vms(root, "", "");
	kernel_exits_begin(&kernel, root, 2);
	snprintf(two, sizeof(two), "vm 7 %ld 1 0 0\nvm 8 %ld 1 0 0\n", (long)getpid(), (long)getpid());
	put_vms(root, two, "");
	kernel_exits_created(&kernel, 0);
	put_vms(root, two, "vm 9 1 1 0 0\n");
	kernel_exits_created(&kernel, 1);
	kernel_exits_read(&kernel);
	for (size_t i = 0; i < 2; i++)
		kernel_exits_measure(&kernel, i, &m.vms[i]);
	m.cloud.kernel = &kernel;
	contains(printed(&m, report_print), "2 VMs could not be found there, under pid ");
	free(m.text);
	report = json_of(&m);
	assert_true(json_is_null(json_object_get(item(report, "vms", 0), "kernel_exits")));
	json_decref(report);
	kernel_exits_fini(&kernel);
}

static void without_the_module_kvm_counts(void **state)
{
	const struct baton_kvm_stat stats[] = {
		{ .name = "exits", .grows = true, .value = 2000000 },
		{ .name = "halt_exits", .grows = true },
		{ .name = "guest_mode", .value = 1 },
	};
	struct kernel_exits kernel;
	const json_t *one;
	const char *text;
	struct made_up m;
	json_t *report;
	char root[256];

	make_up(&m);
	begin_folder(root);
	memcpy(m.vms[1].kvm_stats, stats, sizeof(stats));
	kernel_exits_begin(&kernel, root, 2);
	for (size_t i = 0; i < 2; i++)
		kernel_exits_created(&kernel, i);
	kernel_exits_read(&kernel);
	for (size_t i = 0; i < 2; i++)
		kernel_exits_measure(&kernel, i, &m.vms[i]);
	m.cloud.kernel = &kernel;
	text = printed(&m, report_print);
	contains(text, "The kernel's own count, by KVM's figures\n");
	contains(text, "  morpheus  exits   2,000,000\n");
	contains(text, "/proc/baton_exits/exits: there is no such file; see baton exits");
	lacks(text, "halt_exits");
	lacks(text, "guest_mode");
	report = json_of(&m);
	assert_true(json_is_null(json_object_get(item(report, "vms", 0), "kernel_exits")));
	one = json_object_get(item(report, "vms", 1), "kernel_exits");
	assert_string_equal(text_of(one, "source"), "kvm");
	assert_int_equal(json_object_size(json_object_get(one, "stats")), 3);
	assert_int_equal(integer(json_object_get(one, "stats"), "exits"), 2000000);
	json_decref(report);
	m.vms[1].kvm_stats_error = -ENOTSUP;
	kernel_exits_measure(&kernel, 1, &m.vms[1]);
	contains(printed(&m, report_print), "none: this KVM keeps no figures");
	free(m.text);
	kernel_exits_fini(&kernel);
}

/* It may be unloaded, or of another edition. */
static void a_module_that_goes_leaves_kvm(void **state)
{
	struct kernel_exits kernel;
	struct made_up m;
	char root[256], path[300];
	FILE *to;

	make_up(&m);
	begin_folder(root);
	put_vms(root, "", "");
	kernel_exits_begin(&kernel, root, 2);
	assert_int_equal(kernel.by, KERNEL_MODULE);
	snprintf(path, sizeof(path), "%s/proc/baton_exits/exits", root);
	to = fopen(path, "w");
	assert_non_null(to);
	fputs("baton_exits 2\n", to);
	fclose(to);
	kernel_exits_created(&kernel, 0);
	assert_int_equal(kernel.by, KERNEL_KVM);
	kernel_exits_read(&kernel);
	for (size_t i = 0; i < 2; i++)
		kernel_exits_measure(&kernel, i, &m.vms[i]);
	m.cloud.kernel = &kernel;
	contains(printed(&m, report_print), "none: this KVM leaves them all at 0");
	contains(m.text, "exits:1: its format is version 2");
	free(m.text);
	kernel_exits_fini(&kernel);
}

/* -------------------------------------------------------------------- show */

static void exits_are_shown_in_words(void **state)
{
	const struct {
		struct baton_exit exit;
		const char *text;
	} exits[] = {
		{ { .kind = BATON_EXIT_IO_OUT, .addr = 0x10, .data = 65535 },
		  "out 0x10 ← 65535" },
		{ { .kind = BATON_EXIT_IO_IN, .addr = 0x11, .data = 3 }, "in 0x11 → 3" },
		{ { .kind = BATON_EXIT_IO_IN, .addr = 1, .data = 3, .count = 1024 },
		  "in 0x1 → 3 (first of 1024)" },
		{ { .kind = BATON_EXIT_MMIO_WRITE, .addr = 0xfee00000, .data = 255 },
		  "write 0xfee00000 ← 0xff" },
		{ { .kind = BATON_EXIT_MMIO_READ, .addr = 0xfee00000 }, "read 0xfee00000 → 0x0" },
		{ { .kind = BATON_EXIT_HLT }, "hlt" },
		{ { .kind = BATON_EXIT_UNKNOWN, .reason = 99 }, "KVM exit reason 99" },
	};

	for (size_t i = 0; i < COUNT(exits); i++)
		assert_string_equal(show_exit(&exits[i].exit).text, exits[i].text);
}

/* Every byte comes through, as the character of its number; expectations see the bytes. */
static void output_as_json_keeps_every_byte(void **state)
{
	char bytes[600], text[4096], *line = text;
	struct outlet outlet;
	struct made_up m;
	size_t seen = 0;
	int ends[2];
	ssize_t got;

	make_up(&m);
	assert_int_equal(pipe(ends), 0);
	outlet_init(&outlet, ends[1], OUTLET_SPARE);
	output_init(&m.cloud_vms[1].output, &outlet, &(struct terminal){ 0 }, 600);
	m.cloud_vms[1].output.json = true;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	output_write(&m.cloud_vms[1].output, &m.vms[1], bytes, sizeof(bytes));
	assert_memory_equal(m.cloud_vms[1].output.kept, bytes, sizeof(bytes));
	assert_int_equal(outlet_drain(&outlet), 0);
	got = read(ends[0], text, sizeof(text) - 1);
	assert_true(got > 0);
	text[got] = '\0';
	for (char *next; (next = strchr(line, '\n')); line = next + 1) {
		json_t *object = json_loadb(line, (size_t)(next - line), JSON_ALLOW_NUL, NULL);
		const json_t *value = json_object_get(object, "text");
		const unsigned char *c = (const unsigned char *)json_string_value(value);

		assert_string_equal(json_string_value(json_object_get(object, "event")), "output");
		assert_string_equal(json_string_value(json_object_get(object, "vm")), "morpheus");
		for (size_t i = 0; i < json_string_length(value); i++) {
			unsigned char byte = c[i];

			if (byte >= 0x80) {
				assert_in_range(byte, 0xC2, 0xC3);
				byte = (unsigned char)(byte << 6 | (c[++i] & 0x3F));
			}
			assert_int_equal(byte, seen++ % 256);
		}
		json_decref(object);
	}
	assert_int_equal(*line, '\0');
	assert_int_equal(seen, sizeof(bytes));
	output_fini(&m.cloud_vms[1].output);
	outlet_fini(&outlet);
	close(ends[0]);
	close(ends[1]);
}

static void turns_are_shown_with_their_time(void **state)
{
	const struct baton_regs regs = { .rax = 0xbeef };
	struct terminal terminal = { 0 };
	struct show_lines lines;
	struct made_up m;
	size_t size;

	make_up(&m);
	m.scenario.show = SHOW_TURNS;
	terminal.to = open_memstream(&m.text, &size);
	show_init(&lines, &m.scenario, &terminal, NULL);
	assert_null(lines.observer.exit);
	for (int i = 0; i < 2; i++) {
		const struct baton_turn turn = {
			.vm = &m.vms[i], .begin_ns = 5000 * S + (unsigned)i * S,
			.end_ns = 5001 * S + (unsigned)i * S + 2 * MS,
			.slice_ns = i ? BATON_FOREVER : S, .why = BATON_WHY_SLICE, .regs = &regs,
		};

		lines.observer.turn(&lines, &turn);
	}
	fclose(terminal.to);
	assert_string_equal(m.text,
			    "   1.002 s  neo        1002.000 ms of 1 s  slice  rax 0xbeef\n"
			    "   2.002 s  morpheus   1002.000 ms  slice  rax 0xbeef\n");
	free(m.text);
}

/* ---------------------------------------------------------------- terminal */

/* What arrives at the other side of a pseudo-terminal. */
static void read_terminal(int master, char *text, size_t size)
{
	ssize_t got = read(master, text, size - 1);

	assert_true(got >= 0);
	text[got] = '\0';
}

static void a_terminal_gets_colours_and_progress(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	struct terminal terminal;
	char text[256];
	FILE *to;

	if (master < 0 || grantpt(master) || unlockpt(master)) {
		print_message("# no pseudo-terminals here\n");
		skip();
	}
	to = fopen(ptsname(master), "w");
	assert_non_null(to);
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	terminal_init(&terminal, to);
	assert_true(terminal.live && terminal.coloured);
	assert_string_equal(terminal_colour(&terminal, COLOUR_BAD), "\033[31m");
	terminal_progress(&terminal, "%d s", 3);
	read_terminal(master, text, sizeof(text));
	assert_string_equal(text, "\r3 s\033[K");
	terminal_clear(&terminal);
	read_terminal(master, text, sizeof(text));
	assert_string_equal(text, "\r\033[K");
	terminal_clear(&terminal); /* once is enough */
	fputs("x", to);
	fflush(to);
	read_terminal(master, text, sizeof(text));
	assert_string_equal(text, "x");

	setenv("NO_COLOR", "1", 1);
	terminal_init(&terminal, to);
	assert_true(terminal.live && !terminal.coloured);
	assert_string_equal(terminal_colour(&terminal, COLOUR_BAD), "");
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	terminal_init(&terminal, to);
	assert_false(terminal.coloured);
	fclose(to);
	close(master);
}

static void texts_are_wrapped_at_spaces(void **state)
{
	struct terminal terminal = { 0 };
	char *text = NULL;
	size_t size;

	terminal.to = open_memstream(&text, &size);
	terminal_wrap(&terminal, 60, 58, "one two three four five µµµµµµµµµµ six");
	terminal_wrap(&terminal, 70, 70, "0123456789 x");
	terminal_wrap(&terminal, 2, 0, "");
	fclose(terminal.to);
	assert_string_equal(text, "  one two three four\n"
				  "                                                            "
				  "five µµµµµµµµµµ\n"
				  "                                                            six\n"
				  "01234567\n"
				  "                                                            "
				  "          89 x\n");
	free(text);
}

static void a_file_gets_neither(void **state)
{
	FILE *to = fopen("/dev/null", "w");
	struct terminal terminal;

	assert_non_null(to);
	terminal_init(&terminal, to);
	assert_false(terminal.live || terminal.coloured);
	terminal_progress(&terminal, "%d s", 3);
	assert_false(terminal.line_shown);
	fclose(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_says_it_all),
		cmocka_unit_test(a_group_has_one_line_and_names_its_extremes),
		cmocka_unit_test(all_rows_are_shown_if_all_are_wanted),
		cmocka_unit_test(what_is_expected_of_a_group_is_of_each_member),
		cmocka_unit_test(members_that_die_alike_are_told_of_once),
		cmocka_unit_test(what_is_wanted_holds_while_all_want_to_run),
		cmocka_unit_test(who_waits_for_ever_is_told_for_what),
		cmocka_unit_test(a_ledger_that_does_not_balance_is_told),
		cmocka_unit_test(a_run_without_exits_says_so),
		cmocka_unit_test(shares_have_the_decimals_that_were_asked_for),
		cmocka_unit_test(other_policies_want_no_share),
		cmocka_unit_test(skipped_turns_are_told_where_there_is_a_schedule),
		cmocka_unit_test(long_names_and_large_numbers_stay_within_80_columns),
		cmocka_unit_test(expectations_tell_wanted_from_got),
		cmocka_unit_test(output_is_compared_to_its_end),
		cmocka_unit_test(long_expectations_are_cut),
		cmocka_unit_test(lag_beyond_its_bound_is_unmet),
		cmocka_unit_test(a_death_is_explained),
		cmocka_unit_test(code_is_read_in_the_mode_it_ran_in),
		cmocka_unit_test(a_place_is_called_what_it_is),
		cmocka_unit_test(bytes_that_are_no_code_are_shown_as_bytes),
		cmocka_unit_test(steps_are_shown_if_they_led_there),
		cmocka_unit_test(steps_without_code_say_so),
		cmocka_unit_test(sixteen_steps_of_any_kind_fit),
		cmocka_unit_test(walks_are_shown_entry_by_entry),
		cmocka_unit_test(walks_end_in_words),
		cmocka_unit_test(descriptors_are_shown_with_what_they_are_for),
		cmocka_unit_test(descriptors_are_told_in_words),
		cmocka_unit_test(roles_are_told_in_words),
		cmocka_unit_test(code_before_is_shown_from_a_known_start),
		cmocka_unit_test(without_a_known_start_there_is_none),
		cmocka_unit_test(code_before_ends_where_it_is_not_sure),
		cmocka_unit_test(several_stretches_are_joined),
		cmocka_unit_test(deaths_are_sudden_unless_expected),
		cmocka_unit_test(json_has_every_figure),
		cmocka_unit_test(json_has_skipped_turns_under_a_schedule),
		cmocka_unit_test(json_has_the_steps),
		cmocka_unit_test(json_has_the_death),
		cmocka_unit_test(json_has_the_evidence),
		cmocka_unit_test(json_says_no_more_than_is_known),
		cmocka_unit_test(json_that_cannot_be_written_is_an_error),
		cmocka_unit_test(json_has_none_unless_asked),
		cmocka_unit_test(the_module_counts_by_the_processors_reasons),
		cmocka_unit_test(a_vm_that_is_not_sure_is_not_shown),
		cmocka_unit_test(without_the_module_kvm_counts),
		cmocka_unit_test(a_module_that_goes_leaves_kvm),
		cmocka_unit_test(exits_are_shown_in_words),
		cmocka_unit_test(output_as_json_keeps_every_byte),
		cmocka_unit_test(turns_are_shown_with_their_time),
		cmocka_unit_test(a_terminal_gets_colours_and_progress),
		cmocka_unit_test(texts_are_wrapped_at_spaces),
		cmocka_unit_test(a_file_gets_neither),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
