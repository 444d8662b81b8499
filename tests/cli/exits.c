/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.c - the module's text and tracefs' histograms as they are read and refused, and
 * sums and differences of what they say.
 */
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "exits.h"
#include "exits_hist.h"
#include "exits_missing.h"
#include "exits_show.h"
#include "exits_source.h"
#include "exits_text.h"
#include "terminal.h"

#define HEAD "baton_exits 1\nisa svm\ntsc_khz 2000000\nprofile off\nscope vm\nmissed 0\n"
#define TAIL "gone 0 0 0\nend\n"

static const char full[] =
	"baton_exits 1\nisa svm\ntsc_khz 2000000\nprofile 2022\nscope host\nmissed 3\n"
	"vm 2 4711 4 10 6000000\n"
	"exits 7b IOIO 10 2000 4000 0 0\n"
	"exits 72 CPUID 100 200000 0 0 0\n"
	"exits 78 HLT 5 1000 0 18446744073709551615 7\n"
	"vm 5 4712 1 0 0\n"
	"gone 2 1 9\n"
	"exits 72 CPUID 4 8 0 0 0\n"
	"end\n";

static struct exits take(const char *text)
{
	struct exits_error error;
	struct exits exits;

	if (exits_text_read(text, strlen(text), &exits, &error))
		fail_msg("line %u: %s", error.line, error.text);
	return exits;
}

/* Refused, in this line, with these words. */
static void refuses(int expected, unsigned line, const char *text, const char *words)
{
	struct exits_error error = { .text = "" };
	struct exits exits;
	int result = exits_text_read(text, strlen(text), &exits, &error);

	if (result != expected || error.line != line || !strstr(error.text, words))
		fail_msg("%d in line %u: \"%s\"; expected %d in line %u: \"%s\"", result, error.line,
			 error.text, expected, line, words);
	assert_null(exits.vms);
}

/* Behind what every file begins with, which takes six lines. */
static void refuses_line(const char *line, const char *words)
{
	char text[1024];

	snprintf(text, sizeof(text), HEAD "%s\n" TAIL, line);
	refuses(-EINVAL, 7, text, words);
}

static void every_field_is_read(void **state)
{
	struct exits exits = take(full);
	const struct exits_vm *vm = &exits.vms[0];

	assert_int_equal(exits.isa, EXITS_ISA_SVM);
	assert_int_equal(exits.tsc_khz, 2000000);
	assert_string_equal(exits.profile, "2022");
	assert_string_equal(exits.scope, "host");
	assert_int_equal(exits.missed, 3);
	assert_int_equal(exits.vm_count, 2);
	assert_int_equal(vm->id, 2);
	assert_int_equal(vm->pid, 4711);
	assert_int_equal(vm->vcpus, 4);
	assert_int_equal(vm->sums.fast, 10);
	assert_int_equal(vm->sums.guest, 6000000);
	assert_int_equal(vm->sums.count, 3);
	assert_int_equal(vm->sums.rows[2].code, 0x78);
	assert_string_equal(vm->sums.rows[2].name, "HLT");
	assert_int_equal(vm->sums.rows[2].count, 5);
	assert_int_equal(vm->sums.rows[2].kvm, 1000);
	assert_int_equal(vm->sums.rows[0].user, 4000);
	assert_true(vm->sums.rows[2].asleep == UINT64_MAX);
	assert_int_equal(vm->sums.rows[2].preempted, 7);
	assert_int_equal(exits.vms[1].sums.count, 0);
	assert_int_equal(exits.gone_vms, 2);
	assert_int_equal(exits.gone.guest, 9);
	assert_int_equal(exits.gone.rows[0].count, 4);
	exits_fini(&exits);
}

static void later_editions_may_say_more(void **state)
{
	struct exits exits = take("baton_exits 1 beta\nisa vmx\nweather fine\ntsc_khz 1 2\nprofile off\n"
				  "scope vm\nmissed 0\nvm 1 2 3 4 5 6 seven\ncpu 9\n"
				  "exits a CPUID 1 2 3 4 5 6\nempty_fields  in  here \n"
				  "gone 0 0 0 0\nend .\n");

	assert_int_equal(exits.vms[0].sums.rows[0].preempted, 5);
	exits_fini(&exits);
}

/* The module has one number for SVM's ERR and for what it calls OTHER. */
static void reasons_of_one_number_are_told_apart(void **state)
{
	struct exits exits = take(HEAD "vm 1 1 1 0 0\nexits ffffffff ERR 1 0 0 0 0\n"
				  "exits ffffffff OTHER 2 0 0 0 0\n" TAIL);

	assert_int_equal(exits.vms[0].sums.count, 2);
	exits_fini(&exits);
}

static void other_versions_are_refused(void **state)
{
	refuses(-EPROTO, 1, "baton_exits 2\nend\n", "version 2; expected 1");
	refuses(-EPROTO, 1, "baton_exits 0\n" TAIL, "version 0");
	refuses(-EINVAL, 1, "baton_exits\n" TAIL, "has no field VERSION");
	refuses(-EINVAL, 1, "baton_exits 4294967296\n", "too large");
	refuses(-EINVAL, 1, "isa svm\n", "no file of the module baton_exits");
	refuses(-EINVAL, 1, "root:x:0:0:root:/root:/bin/sh\n", "no file of the module");
	refuses(-EINVAL, 1, "\n", "no kind of line");
	refuses(-EINVAL, 1, "\177ELF\2\1\n", "no printable character");
}

/* Wherever it is cut off, it is seen. */
static void no_beginning_of_a_file_will_do(void **state)
{
	for (size_t size = 0; size < sizeof(full) - 1; size++) {
		struct exits_error error;
		struct exits exits;

		if (exits_text_read(full, size, &exits, &error) != -EINVAL)
			fail_msg("the first %zu bytes were read", size);
		assert_string_not_equal(error.text, "");
	}
	refuses(-EINVAL, 0, "", "there is no line baton_exits");
	refuses(-EINVAL, 0, HEAD "gone 0 0 0\n", "cut off");
	refuses(-EINVAL, 8, HEAD "gone 0 0 0\nend", "has no end");
}

static void lines_that_must_be_there_are_missed(void **state)
{
	refuses(-EINVAL, 0, "baton_exits 1\ntsc_khz 1\nprofile off\nscope vm\nmissed 0\n" TAIL,
		"no line isa");
	refuses(-EINVAL, 0, "baton_exits 1\nisa vmx\nprofile off\nscope vm\nmissed 0\n" TAIL,
		"no line tsc_khz");
	refuses(-EINVAL, 0, HEAD "end\n", "no line gone");
	refuses(-EINVAL, 9, HEAD TAIL "vm 1 1 1 1 1\n", "behind \"end\"");
	refuses(-EINVAL, 9, HEAD TAIL "x\n", "behind \"end\"");
}

static void what_stands_twice_is_refused(void **state)
{
	refuses_line("isa vmx", "isa stands here once more");
	refuses_line("baton_exits 1", "once more");
	refuses(-EINVAL, 8, HEAD "gone 0 0 0\ngone 0 0 0\nend\n", "gone stands");
	refuses(-EINVAL, 0, HEAD "vm 7 1 1 1 1\nvm 3 1 1 1 1\nvm 7 2 1 1 1\n" TAIL, "VM 7 stands");
	refuses(-EINVAL, 9,
		HEAD "vm 1 1 1 1 1\nexits 72 CPUID 1 1 1 1 1\nexits 72 CPUID 1 1 1 1 1\n" TAIL,
		"reason CPUID stands twice");
}

static void wrong_fields_are_named(void **state)
{
	refuses(-EINVAL, 2, "baton_exits 1\nisa arm\n", "isa \"arm\" is unknown");
	refuses(-EINVAL, 2, "baton_exits 1\nisa \n", "ISA is empty");
	refuses_line("vm 1 2 3 4", "vm has no field GUEST; expected vm ID PID VCPUS FAST GUEST");
	refuses_line("vm", "no field ID");
	refuses_line("vm  1 2 3 4 5", "ID is empty");
	refuses_line("vm 0 2 3 4 5", "ID is 0");
	refuses_line("vm -1 2 3 4 5", "ID \"-1\" is no decimal number");
	refuses_line("vm 0x1 2 3 4 5", "is no decimal");
	refuses_line("vm 1 2147483648 3 4 5", "PID \"2147483648\" is too large");
	refuses_line("vm 1 2 3 18446744073709551616 5", "FAST \"18446744073709551616\" is too large");
	refuses_line("vm 1 2 3 4 99999999999999999999999999999999999999999999", "is too large");
	refuses_line("exits 72 CPUID 1 1 1 1 1", "belong to no VM");
	refuses_line("vm 1 2 3 4 5\texits", "no printable character");
	refuses_line(" vm 1 2 3 4 5", "no kind of line");
	refuses_line("VM 1 2 3 4 5", "no kind of line");
	refuses(-EINVAL, 8, HEAD "vm 1 1 1 1 1\nexits 72 CPUID 0 1 1 1 1\n" TAIL, "COUNT is 0");
	refuses(-EINVAL, 8, HEAD "vm 1 1 1 1 1\nexits 100000000 CPUID 1 1 1 1 1\n" TAIL,
		"is too large");
	refuses(-EINVAL, 8, HEAD "vm 1 1 1 1 1\nexits 7G CPUID 1 1 1 1 1\n" TAIL,
		"\"7G\" is no hexadecimal");
	refuses(-EINVAL, 8, HEAD "vm 1 1 1 1 1\nexits 72 CP*D 1 1 1 1 1\n" TAIL, "is no name");
	refuses(-EINVAL, 8, HEAD "vm 1 1 1 1 1\nexits 72 ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF 1 1\n" TAIL,
		"NAME is too long");
	refuses(-EINVAL, 8, HEAD "vm 1 1 1 1 1\nexits 72 CPUID 1 1 1 1\n" TAIL,
		"no field PREEMPTED");
}

static void a_vm_has_only_so_many_reasons(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	fputs(HEAD "vm 1 1 1 1 1\n", to);
	for (int i = 0; i <= EXITS_ROWS_MOST; i++)
		fprintf(to, "exits %x X%d 1 0 0 0 0\n", i, i);
	fputs(TAIL, to);
	fclose(to);
	refuses(-EINVAL, 8 + EXITS_ROWS_MOST, text, "one reason too many");
	free(text);
}

/* -------------------------------------------------------------- histograms */

#define ENTRY  "{ common_pid:        812, isa:          2, exit_reason:        123 } hitcount:          5\n"
#define TOTALS "\nTotals:\n    Hits: 5\n    Entries: 1\n    Dropped: 7\n"

static void a_histogram_is_read(void **state)
{
	static const char text[] = "# event histogram\n#\n# trigger info: hist:keys=a [active]\n#\n\n"
				   ENTRY "{ common_pid: 2147483647, isa: 1, exit_reason: 2147483681 } "
				   "hitcount: 18446744073709551615\n" TOTALS;
	struct exits_error error;
	struct exits_hist hist;

	assert_int_equal(exits_hist_read(text, strlen(text), &hist, &error), 0);
	assert_int_equal(hist.count, 2);
	assert_int_equal(hist.entries[0].thread, 812);
	assert_int_equal(hist.entries[0].isa, 2);
	assert_int_equal(hist.entries[0].reason, 123);
	assert_int_equal(hist.entries[0].hits, 5);
	assert_int_equal(hist.entries[1].reason, 0x80000021);
	assert_true(hist.entries[1].hits == UINT64_MAX);
	assert_int_equal(hist.dropped, 7);
	free(hist.entries);
}

static void other_histograms_are_refused(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "cut off" },
		{ ENTRY, "cut off" },
		{ ENTRY "Totals:\n    Hits: 5\n    Dropped: \n", "cut off" },
		{ ENTRY "    Dropped: 7", "cut off" },
		{ "{ common_pid: 1, exit_reason: 2 } hitcount: 3\n" TOTALS, "no entry" },
		{ "{ common_pid: -1, isa: 1, exit_reason: 2 } hitcount: 3\n" TOTALS, "no entry" },
		{ "{ common_pid: 1, isa: 1, exit_reason: 4294967296 } hitcount: 3\n" TOTALS,
		  "no entry" },
		{ "{ common_pid: 1, isa: 1, exit_reason: 2 } hitcount: 3 more: 4\n" TOTALS,
		  "no entry" },
		{ "{ common_pid: 1, isa: 1, exit_reason: 2 } hitcount: 18446744073709551616\n" TOTALS,
		  "no entry" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct exits_error error = { .text = "" };
		struct exits_hist hist;
		const char *text = cases[i].text;

		assert_int_equal(exits_hist_read(text, strlen(text), &hist, &error), -EINVAL);
		if (!strstr(error.text, cases[i].words))
			fail_msg("%s\nwas refused with: %s", text, error.text);
	}
}

/* -------------------------------------------------------------------- sums */

static void totals_have_every_vm_and_those_that_are_gone(void **state)
{
	struct exits exits = take(full);
	struct exits_sums total;

	exits_total(&exits, &total);
	assert_int_equal(total.fast, 11);
	assert_int_equal(total.guest, 6000009);
	assert_int_equal(total.count, 3);
	assert_string_equal(total.rows[0].name, "CPUID"); /* the most frequent one */
	assert_int_equal(total.rows[0].count, 104);
	assert_string_equal(total.rows[2].name, "HLT");
	assert_int_equal(exits_count(&total), 119);
	exits_sums_fini(&total);
	exits_sort(&exits);
	assert_string_equal(exits.vms[0].sums.rows[0].name, "CPUID");
	exits_fini(&exits);
}

static void sums_do_not_wrap(void **state)
{
	struct exits exits = take(HEAD "vm 1 1 1 18446744073709551615 0\n"
				  "exits 72 CPUID 18446744073709551615 18446744073709551615 0 0 0\n"
				  "vm 2 1 1 1 0\nexits 72 CPUID 1 1 0 0 0\n" TAIL);
	struct exits_sums total;

	exits_total(&exits, &total);
	assert_true(total.fast == UINT64_MAX);
	assert_true(total.rows[0].count == UINT64_MAX);
	assert_true(total.rows[0].kvm == UINT64_MAX);
	exits_sums_fini(&total);
	exits_fini(&exits);
}

static void cycles_become_time(void **state)
{
	struct exits exits = { .tsc_khz = 2500000 };

	assert_int_equal(exits_ns(&exits, 2500), 1000);
	assert_true(exits_ns(&exits, UINT64_MAX) == 7378697629483820646);
	exits.tsc_khz = 1;
	assert_true(exits_ns(&exits, UINT64_MAX) == UINT64_MAX);
	exits.tsc_khz = 0;
	assert_int_equal(exits_ns(&exits, 4711), 0);
}

/* ------------------------------------------------------------- differences */

static struct exits since(const char *before, const char *now)
{
	struct exits a = take(before), b = take(now), difference;

	exits_since(&a, &b, &difference);
	exits_fini(&a);
	exits_fini(&b);
	return difference;
}

static void a_difference_is_what_happened_since(void **state)
{
	struct exits d = since(HEAD "vm 1 10 1 1 100\nexits 72 CPUID 5 50 0 0 0\n"
			       "exits 78 HLT 1 1 0 0 0\n" TAIL,
			       HEAD "vm 1 10 1 3 150\nexits 72 CPUID 7 80 4 0 0\n"
			       "exits 78 HLT 1 1 0 0 0\nvm 2 11 1 0 0\nexits 7b IOIO 9 1 1 1 1\n" TAIL);

	assert_false(d.reset);
	assert_int_equal(d.vm_count, 2);
	assert_int_equal(d.vms[0].sums.fast, 2);
	assert_int_equal(d.vms[0].sums.guest, 50);
	assert_int_equal(d.vms[0].sums.count, 1); /* no HLT since */
	assert_int_equal(d.vms[0].sums.rows[0].count, 2);
	assert_int_equal(d.vms[0].sums.rows[0].kvm, 30);
	assert_int_equal(d.vms[0].sums.rows[0].user, 4);
	assert_int_equal(d.vms[1].sums.rows[0].count, 9);
	exits_fini(&d);
}

/* What they had done before is not of that time. */
static void vms_that_ended_count_with_what_they_did_since(void **state)
{
	struct exits d = since(HEAD "vm 1 10 1 0 0\nexits 72 CPUID 5 50 0 0 0\n"
			       "gone 1 0 0\nexits 72 CPUID 100 1 0 0 0\nexits 78 HLT 2 0 0 0 0\nend\n",
			       HEAD "gone 3 0 0\nexits 72 CPUID 112 61 0 0 0\n"
			       "exits 78 HLT 2 0 0 0 0\nend\n");

	assert_false(d.reset);
	assert_int_equal(d.vm_count, 0);
	assert_int_equal(d.gone_vms, 2);
	assert_int_equal(d.gone.count, 1);
	assert_int_equal(d.gone.rows[0].count, 7);
	assert_int_equal(d.gone.rows[0].kvm, 10);
	exits_fini(&d);
}

static void a_reset_meanwhile_is_seen(void **state)
{
	struct exits d = since(HEAD "vm 1 10 1 0 0\nexits 72 CPUID 500 50 0 0 0\n"
			       "vm 2 10 1 0 0\nexits 72 CPUID 5 50 0 0 0\n" TAIL,
			       HEAD "vm 1 10 1 0 0\nexits 72 CPUID 7 20 0 0 0\n"
			       "vm 2 10 1 0 0\nexits 72 CPUID 6 50 0 0 0\n" TAIL);

	assert_true(d.reset);
	assert_int_equal(d.vms[0].sums.rows[0].count, 7);
	assert_int_equal(d.vms[1].sums.rows[0].count, 1);
	exits_fini(&d);
	d = since(HEAD "gone 3 0 0\nexits 72 CPUID 100 1 0 0 0\nend\n",
		  HEAD "gone 1 0 0\nexits 72 CPUID 2 1 0 0 0\nend\n");
	assert_true(d.reset);
	assert_int_equal(d.gone.rows[0].count, 2);
	exits_fini(&d);
}

/* Whoever slept since before has slept without an exit. */
static void times_may_end_without_an_exit(void **state)
{
	struct exits d = since(HEAD "vm 1 10 1 0 0\nexits 78 HLT 5 50 0 0 0\n" TAIL,
			       HEAD "vm 1 10 1 0 0\nexits 78 HLT 5 50 0 9 0\n" TAIL);

	assert_int_equal(d.vms[0].sums.count, 1);
	assert_int_equal(d.vms[0].sums.rows[0].count, 0);
	assert_int_equal(d.vms[0].sums.rows[0].asleep, 9);
	exits_drop_idle(&d);
	assert_int_equal(d.vm_count, 1);
	exits_fini(&d);
	d = since(HEAD "vm 1 10 1 0 0\nexits 78 HLT 5 50 0 0 0\n" TAIL,
		  HEAD "vm 1 10 1 0 9\nexits 78 HLT 5 50 0 0 0\n" TAIL);
	exits_drop_idle(&d);
	assert_int_equal(d.vm_count, 0);
	exits_fini(&d);
}

static void vms_can_be_chosen(void **state)
{
	struct exits exits = take(full);

	exits_keep(&exits, 0, 4712);
	assert_int_equal(exits.vm_count, 1);
	assert_int_equal(exits.vms[0].id, 5);
	assert_int_equal(exits.gone_vms, 0);
	assert_int_equal(exits.gone.count, 0);
	exits_keep(&exits, 2, 0);
	assert_int_equal(exits.vm_count, 0);
	exits_fini(&exits);
}

/* ------------------------------------------------------------------- names */

static void a_process_cannot_write_to_the_terminal(void **state)
{
	struct exits exits = take(full);
	const char *tmp = getenv("TMPDIR");
	char folder[256], path[272], file[288], thread[272], file2[288];
	FILE *to;

	snprintf(folder, sizeof(folder), "%s/baton-proc.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/4711", folder);
	snprintf(file, sizeof(file), "%s/comm", path);
	assert_int_equal(mkdir(path, 0755), 0);
	to = fopen(file, "w");
	assert_non_null(to);
	fputs("a\033[2J, \"b\"\xc3\n", to);
	fclose(to);
	/* The other VM was made by a thread of this process. */
	snprintf(thread, sizeof(thread), "%s/4712", folder);
	snprintf(file2, sizeof(file2), "%s/status", thread);
	assert_int_equal(mkdir(thread, 0755), 0);
	to = fopen(file2, "w");
	assert_non_null(to);
	fputs("Name:\tvmm\nUmask:\t0022\nTgid:\t4711\nPid:\t4712\n", to);
	fclose(to);
	exits_name_processes(&exits, folder);
	assert_int_equal(exits.vms[0].pid, 4711);
	assert_int_equal(exits.vms[1].pid, 4711);
	assert_string_equal(exits.vms[1].process, exits.vms[0].process);
	unlink(file2);
	rmdir(thread);
	assert_string_equal(exits.vms[0].process, "a?[2J, \"b\"?");
	exits_fini(&exits);
	unlink(file);
	rmdir(path);
	exits = take(full);
	exits_name_processes(&exits, folder); /* they are gone */
	assert_int_equal(exits.vms[1].pid, 4712);
	assert_string_equal(exits.vms[1].process, "");
	exits_fini(&exits);
	rmdir(folder);
}

/* Not to the terminal, and not into another column. */
static void a_process_cannot_write_another_column(void **state)
{
	struct exits exits = take(HEAD "vm 1 2 3 0 0\nexits 72 CPUID 1 2000 0 0 0\n" TAIL);
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	strcpy(exits.vms[0].process, "a\",\"b");
	exits.unix_ns = 5;
	exits_csv(&exits, to);
	fclose(to);
	assert_string_equal(text, "5,,1,2,\"a\"\",\"\"b\",3,CPUID,0x72,1,1000,0,0,0\n");
	free(text);
	exits_fini(&exits);
}

static void reasons_of_both_vendors_have_names(void **state)
{
	size_t count;

	assert_string_equal(exits_reason(EXITS_ISA_VMX, 10)->name, "CPUID");
	assert_string_equal(exits_reason(EXITS_ISA_SVM, 0x72)->name, "CPUID");
	assert_string_equal(exits_reason(EXITS_ISA_SVM, 0xffffffff)->name, "ERR");
	assert_null(exits_reason(EXITS_ISA_VMX, 35));
	assert_null(exits_reason(EXITS_ISA_NONE, 1));
	exits_reasons(EXITS_ISA_VMX, &count);
	assert_true(count > 60);
	for (enum exits_isa isa = 0; isa < EXITS_ISAS; isa++) {
		const struct exits_reason *reasons = exits_reasons(isa, &count);

		for (size_t i = 0; i < count; i++)
			assert_true(strlen(reasons[i].name) < EXITS_WORD);
	}
}

/* ----------------------------------------------------------------- sources */

/* Opens a source on a machine that is a folder; says what is in the way. */
static void open_below(const char *root, struct baton_diag diags[EXITS_SOURCES])
{
	const struct exits_places places = { .root = root };
	struct exits_source source;

	assert_true(exits_source_open(&source, &places, diags) < 0);
}

static void make(const char *root, const char *path, mode_t mode)
{
	char name[512];

	snprintf(name, sizeof(name), "%s%s", root, path);
	for (char *slash = name + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(name, 0755);
		*slash = '/';
	}
	assert_int_equal(mkdir(name, mode), 0);
}

static void put_lockdown(const char *root, const char *text)
{
	char name[512];
	FILE *to;

	snprintf(name, sizeof(name), "%s/sys/kernel/security/lockdown", root);
	to = fopen(name, "w");
	assert_non_null(to);
	fputs(text, to);
	fclose(to);
}

/* The folders stay: TMPDIR is the test's own. */
static void what_is_in_the_way_is_named(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct baton_diag diags[EXITS_SOURCES];
	struct exits_facts facts;
	char root[256];

	snprintf(root, sizeof(root), "%s/baton-exits.XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(root));
	open_below(root, diags);
	assert_non_null(strstr(diags[0].where, "/proc/baton_exits/exits"));
	assert_string_equal(diags[0].message, "there is no such file");
	assert_non_null(strstr(diags[1].message, geteuid() ? "only root" : "not mounted"));
	make(root, "/sys/kernel/tracing/instances", 0755);
	open_below(root, diags);
	assert_string_equal(diags[1].message, "there is no event kvm:kvm_exit: no KVM is loaded");
	/* An instance that is no tracefs: nothing is left of it. */
	make(root, "/sys/kernel/tracing/events/kvm/kvm_exit", 0755);
	open_below(root, diags);
	assert_non_null(strstr(diags[1].message, "no instance of it can be made"));
	assert_int_equal(rmdir(strcat(strcpy(diags[1].message, root),
				      "/sys/kernel/tracing/instances")), 0);
	make(root, "/sys/module/kvm_pvm", 0755);
	open_below(root, diags);
	assert_non_null(strstr(diags[1].message, "without the processor's virtualization"));
	make(root, "/sys/kernel/security", 0755);
	put_lockdown(root, "[none] integrity confidentiality\n");
	exits_facts_read(root, &facts);
	assert_true(facts.pvm && !facts.hardware);
	assert_string_equal(facts.lockdown, "");
	put_lockdown(root, "none [integrity] confidentiality\n");
	make(root, "/sys/module/kvm_amd", 0755);
	exits_facts_read(root, &facts);
	assert_true(facts.hardware);
	assert_string_equal(facts.lockdown, "integrity");
}

static char *advice(const struct exits_facts *facts, const char *module, const char *trace)
{
	struct baton_diag diags[EXITS_SOURCES] = { { .where = "M" }, { .where = "T" } };
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	strcpy(diags[0].message, module);
	strcpy(diags[1].message, trace);
	exits_missing_print(facts, diags, to);
	fclose(to);
	return text;
}

static void every_trouble_has_a_way_out(void **state)
{
	static const struct {
		struct exits_facts facts;
		const char *module, *trace, *way;
	} cases[] = {
		{ { .root = true }, "there is no such file", "", "sudo kmod/load" },
		{ { .root = false }, "only root may read it", "", "M: only root may read it\n    → as "
		  "root: sudo baton exits\n" },
		{ { .root = true, .lockdown = "integrity" }, "there is no such file", "", "integrity\n    "
		  "→ this kernel loads signed modules only" },
		{ { .root = false }, "", "only root may look into it", "sudo baton exits" },
		{ { .root = true }, "", "tracefs is not mounted there", "→ mount -t tracefs" },
		{ { .root = true }, "", "no KVM is loaded", "modprobe kvm_intel, or kvm_amd" },
		{ { .root = true, .pvm = true }, "", "without", "baton run --kernel-exits" },
		{ { .root = true, .lockdown = "confidentiality" }, "", "Operation not permitted",
		  "switch Secure Boot off" },
		{ { .root = true }, "", "expected a kernel with", "load the module instead" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = advice(&cases[i].facts, cases[i].module, cases[i].trace);

		if (!strstr(text, cases[i].way))
			fail_msg("no \"%s\" in:\n%s", cases[i].way, text);
		free(text);
	}
}

/* ------------------------------------------------------------------ screen */

static void a_screen_is_cut_at_its_end(void **state)
{
	struct terminal terminal = { 0 };
	char *text = NULL, lines[64] = "";
	size_t size;

	terminal.to = open_memstream(&text, &size);
	terminal_screen(&terminal, "a\nb\n");
	fclose(terminal.to);
	assert_string_equal(text, "\033[Ha\033[K\nb\033[K\n\033[J");
	free(text);
	for (int i = 0; i < 23; i++)
		strcat(lines, "x\n");
	terminal.to = open_memstream(&text, &size);
	terminal_screen(&terminal, lines); /* of 24 lines; the last one is the cursor's */
	fclose(terminal.to);
	assert_null(strstr(text, "more"));
	free(text);
	strcat(lines, "x\n");
	terminal.to = open_memstream(&text, &size);
	terminal_screen(&terminal, lines);
	fclose(terminal.to);
	assert_non_null(strstr(text, "x\033[K\n  … and 2 more lines\033[K\n\033[J"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(later_editions_may_say_more),
		cmocka_unit_test(reasons_of_one_number_are_told_apart),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(no_beginning_of_a_file_will_do),
		cmocka_unit_test(lines_that_must_be_there_are_missed),
		cmocka_unit_test(what_stands_twice_is_refused),
		cmocka_unit_test(wrong_fields_are_named),
		cmocka_unit_test(a_vm_has_only_so_many_reasons),
		cmocka_unit_test(a_histogram_is_read),
		cmocka_unit_test(other_histograms_are_refused),
		cmocka_unit_test(totals_have_every_vm_and_those_that_are_gone),
		cmocka_unit_test(sums_do_not_wrap),
		cmocka_unit_test(cycles_become_time),
		cmocka_unit_test(a_difference_is_what_happened_since),
		cmocka_unit_test(vms_that_ended_count_with_what_they_did_since),
		cmocka_unit_test(a_reset_meanwhile_is_seen),
		cmocka_unit_test(times_may_end_without_an_exit),
		cmocka_unit_test(vms_can_be_chosen),
		cmocka_unit_test(a_process_cannot_write_to_the_terminal),
		cmocka_unit_test(a_process_cannot_write_another_column),
		cmocka_unit_test(reasons_of_both_vendors_have_names),
		cmocka_unit_test(what_is_in_the_way_is_named),
		cmocka_unit_test(every_trouble_has_a_way_out),
		cmocka_unit_test(a_screen_is_cut_at_its_end),
	};

	return cmocka_run_group_tests_name("exits", tests, NULL, NULL);
}
