/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaves.c - what a guest reads by CPUID.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baton/exitstats.h"
#include "counts.h"
#include "machine.h"
#include "subject.h"
#include "tests.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct row {
	uint32_t number;
	bool handled;
	unsigned edition;
};

static const struct row vmx[] = {
#define BATON_VMX_REASON(number, name, handled, edition, text) { number, handled, edition },
#include "baton/exit_reasons.def"
#undef BATON_VMX_REASON
};

static const struct row svm[] = {
#define BATON_SVM_REASON(number, name, handled, edition, text) { number, handled, edition },
#include "baton/exit_reasons.def"
#undef BATON_SVM_REASON
};

static const struct profile {
	const char *name;
	uint32_t all, all_cycles, of, of_cycles;
	unsigned edition;
} profiles[] = {
#define BATON_EXIT_PROFILE(name, all, all_cycles, of, of_cycles, edition) \
	{ #name, all, all_cycles, of, of_cycles, edition },
#include "baton/exit_profiles.def"
#undef BATON_EXIT_PROFILE
};

static const struct row *row_of(uint32_t number)
{
	const struct row *rows = is_svm() ? svm : vmx;
	size_t count = is_svm() ? COUNT(svm) : COUNT(vmx);

	for (size_t i = 0; i < count; i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}

static void check_reason(struct vcpu *v, const struct profile *p, uint32_t number)
{
	const struct row *row = row_of(number);
	struct registers r = vcpu_cpuid(v, p->of, number), c = { 0 };
	bool counts = row && row->handled;

	if (p->of_cycles)
		c = vcpu_cpuid(v, p->of_cycles, number);
	if (!row || row->edition > p->edition) {
		assert_int_equal(r.edx, BATON_EXIT_UNDEFINED);
		assert_int_equal(r.eax | r.ebx | r.ecx, 0);
		if (p->of_cycles)
			assert_int_equal(c.edx, BATON_EXIT_UNDEFINED);
		assert_int_equal(c.eax | c.ebx | c.ecx, 0);
		return;
	}
	assert_int_equal(r.ebx | r.ecx | r.edx, 0);
	assert_int_equal(c.eax | c.edx, 0);
	if (!counts)
		assert_int_equal(r.eax | c.ebx | c.ecx, 0);
	if (number == io() || number == cpuid() || number == hlt()) {
		assert_in_range(r.eax, 100, 10000);
		if (p->of_cycles)
			assert_int_not_equal(c.ebx | c.ecx, 0);
	}
}

static void profile_is_as_published(const struct profile *p)
{
	static struct counts before, after;
	struct registers all, cycles;
	struct machine m;
	char text[32];

	snprintf(text, sizeof(text), "profile=%s", p->name);
	load(text);
	machine_create(&m, 1, false);
	vcpu_tell(&m.vcpus[0], 100, 100, 100);
	vcpu_to_mark(&m.vcpus[0]);
	vcpu_to_mark(&m.vcpus[0]);

	counts_read(&before, 0);
	all = vcpu_cpuid(&m.vcpus[0], p->all, 0);
	cycles = vcpu_cpuid(&m.vcpus[0], p->all_cycles, 0);
	counts_read(&after, 0);
	/* Two IN, and the CPUID itself; other exits may come in between. */
	assert_in_range(all.eax, counts_sum(&before) + 3, counts_sum(&after));
	assert_in_range((uint64_t)cycles.ebx << 32 | cycles.ecx, before.kvm, after.kvm);
	assert_int_equal(all.edx | cycles.edx, 0);
	if (p->all != p->all_cycles)
		assert_int_equal(all.ebx | all.ecx | cycles.eax, 0);
	for (uint32_t number = 0; number < 0xb0; number++)
		check_reason(&m.vcpus[0], p, number);
	for (uint32_t number = 0x3f8; number < 0x418; number++)
		check_reason(&m.vcpus[0], p, number);
	for (uint32_t bit = 0x800; bit; bit <<= 1)
		check_reason(&m.vcpus[0], p, bit);
	check_reason(&m.vcpus[0], p, 0x10000 | cpuid());
	check_reason(&m.vcpus[0], p, 0xffffffff);
	machine_destroy(&m);
	unload();
}

void profile_2020(void **state)
{
	profile_is_as_published(&profiles[0]);
}

void profile_2021(void **state)
{
	profile_is_as_published(&profiles[1]);
}

void profile_2022(void **state)
{
	profile_is_as_published(&profiles[2]);
}

/* Every leaf that there may be, and those around ours. */
static void dump(struct vcpu *v, const struct profile *p, FILE *to)
{
	static const struct {
		uint32_t first, count, subleaves;
	} ranges[] = {
		{ 0, 0x28, 8 }, { 0x40000000, 0x10, 1 }, { 0x40000100, 4, 1 }, { 0x4ffffff0, 16, 4 },
		{ 0x50000000, 4, 1 }, { 0x80000000, 0x30, 4 }, { 0xc0000000, 8, 1 }, { 0xfffffff8, 8, 1 },
	};

	for (size_t i = 0; i < COUNT(ranges); i++)
		for (uint32_t leaf = 0; leaf < ranges[i].count; leaf++)
			for (uint32_t sub = 0; sub < ranges[i].subleaves; sub++) {
				uint32_t n = ranges[i].first + leaf;
				struct registers r;

				if (p && (n == p->all || n == p->all_cycles || n == p->of || n == p->of_cycles))
					continue;
				r = vcpu_cpuid(v, n, sub);
				fprintf(to, "%x.%x %x %x %x %x\n", n, sub, r.eax, r.ebx, r.ecx, r.edx);
			}
}

static char *dump_all(const struct profile *p)
{
	struct machine m;
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	machine_create(&m, 1, false);
	vcpu_to_mark(&m.vcpus[0]);
	vcpu_to_mark(&m.vcpus[0]);
	dump(&m.vcpus[0], p, to);
	machine_destroy(&m);
	fclose(to);
	return text;
}

void no_other_leaf_changes(void **state)
{
	char *stock[COUNT(profiles)], *whole, *now;

	stay_on(1); /* KVM tells a guest what this CPU says, its number included */
	whole = dump_all(NULL);
	for (size_t i = 0; i < COUNT(profiles); i++)
		stock[i] = dump_all(&profiles[i]);
	load("");
	now = dump_all(NULL);
	assert_string_equal(now, whole);
	free(now);
	for (size_t i = 0; i < COUNT(profiles); i++) {
		assert_int_equal(write_file(SUBJECT_PARAMETERS "profile", profiles[i].name), 0);
		now = dump_all(&profiles[i]);
		assert_string_equal(now, stock[i]);
		free(now);
		free(stock[i]);
	}
	unload();
	now = dump_all(NULL);
	assert_string_equal(now, whole);
	free(now);
	free(whole);
	stay_on(SUBJECT_CPUS);
}

static bool is_hooked(void)
{
	return !command("grep -q '^kvm_cpuid ' /sys/kernel/tracing/enabled_functions");
}

/* Not even looked at. */
void without_leaves_cpuid_is_left_alone(void **state)
{
	load("");
	assert_false(is_hooked());
	assert_int_equal(write_file(SUBJECT_PARAMETERS "profile", "2022"), 0);
	assert_true(is_hooked());
	assert_int_equal(write_file(SUBJECT_PARAMETERS "profile", "log"), 0);
	assert_false(is_hooked());
	assert_int_equal(write_file(SUBJECT_PARAMETERS "profile", "2020"), 0);
	assert_int_equal(write_file(SUBJECT_PARAMETERS "profile", "2021"), 0);
	assert_true(is_hooked());
	assert_int_equal(write_file(SUBJECT_PARAMETERS "profile", "off"), 0);
	assert_false(is_hooked());
	unload();
	load("profile=2022");
	assert_true(is_hooked());
	unload();
	assert_false(is_hooked());
}
