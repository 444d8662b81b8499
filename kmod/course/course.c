// SPDX-License-Identifier: GPL-2.0-only
/*
 * course.c - the counters, as CPUID shows them to guests and a parameter of kvm.ko to the
 * host.
 *
 *     /sys/module/kvm/parameters/course        off, 2020, 2021 or 2022: leaves for guests
 *     /sys/module/kvm/parameters/course_exits  the counters, for root
 */
#include <linux/kvm_host.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "course.h"
#include "exitstats.h"

atomic64_t course_exits[COURSE_ROWS], course_cycles[COURSE_ROWS];
atomic64_t course_all_exits, course_all_cycles;
EXPORT_SYMBOL_GPL(course_exits);
EXPORT_SYMBOL_GPL(course_cycles);
EXPORT_SYMBOL_GPL(course_all_exits);
EXPORT_SYMBOL_GPL(course_all_cycles);

/* ----------------------------------------------------------------- reasons */

struct reason {
	u32 code;
	u16 edition;
	bool handled;
};

static const struct reason vmx[] = {
#define BATON_VMX_REASON(number, name, handled, edition, text) { number, edition, handled },
#include "exit_reasons.def"
#undef BATON_VMX_REASON
};

static const struct reason svm[] = {
#define BATON_SVM_REASON(number, name, handled, edition, text) { number, edition, handled },
#include "exit_reasons.def"
#undef BATON_SVM_REASON
};

/* NULL: not defined. */
static const struct reason *find(u32 code, u16 edition)
{
	bool amd = boot_cpu_has(X86_FEATURE_SVM);
	const struct reason *reason = amd ? svm : vmx;
	const struct reason *end = reason + (amd ? ARRAY_SIZE(svm) : ARRAY_SIZE(vmx));

	for (; reason < end; reason++)
		if (reason->code == code && reason->edition <= edition)
			return reason;
	return NULL;
}

/* ------------------------------------------------------------------- CPUID */

struct profile {
	const char *name;
	u32 exits, cycles, exits_of, cycles_of; /* leaves; 0: none */
	u16 edition;
};

static const struct profile profiles[] = {
	{ .name = "off" },
#define BATON_EXIT_PROFILE(name, exits, cycles, exits_of, cycles_of, edition) \
	{ #name, exits, cycles, exits_of, cycles_of, edition },
#include "exit_profiles.def"
#undef BATON_EXIT_PROFILE
};
static const struct profile *profile = &profiles[0];

bool course_cpuid(u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	const struct profile *p = READ_ONCE(profile);
	const atomic64_t *exits = &course_all_exits, *cycles = &course_all_cycles;
	bool of_reason = *eax && (*eax == p->exits_of || *eax == p->cycles_of);
	bool of_all = *eax && (*eax == p->exits || *eax == p->cycles);
	bool want_exits = *eax == p->exits || *eax == p->exits_of;
	bool want_cycles = *eax == p->cycles || *eax == p->cycles_of;
	u32 code = *ecx;

	if (!of_reason && !of_all)
		return false;
	*eax = *ebx = *ecx = *edx = 0;
	if (of_reason) {
		const struct reason *reason = find(code, p->edition);
		u32 row = code == ~0u ? COURSE_ERR : code;

		if (!reason) {
			*edx = BATON_EXIT_UNDEFINED;
			return true;
		}
		if (!reason->handled)
			return true;
		exits = &course_exits[row];
		cycles = &course_cycles[row];
	}
	if (want_exits)
		*eax = atomic64_read(exits);
	if (want_cycles) {
		u64 n = atomic64_read(cycles);

		*ebx = n >> 32;
		*ecx = n;
	}
	return true;
}

static int set_profile(const char *value, const struct kernel_param *param)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(profiles); i++)
		if (sysfs_streq(value, profiles[i].name)) {
			WRITE_ONCE(profile, &profiles[i]);
			return 0;
		}
	return -EINVAL;
}

static int get_profile(char *to, const struct kernel_param *param)
{
	return sprintf(to, "%s\n", READ_ONCE(profile)->name);
}

static const struct kernel_param_ops profile_ops = { .set = set_profile, .get = get_profile };

module_param_cb(course, &profile_ops, NULL, 0644);
MODULE_PARM_DESC(course, "leaves that guests read exits from: off (default), 2020, 2021, 2022");

/* ---------------------------------------------------------------- the host */

/*
 * "CODE COUNT CYCLES" for each reason that has occurred, CODE hexadecimal or `other`, the
 * sums as `total`, and last `end`. It is one page at most, which holds all that KVM handles.
 */
static int get_exits(char *to, const struct kernel_param *param)
{
	size_t size = 0;
	u32 row;

	for (row = 0; row < COURSE_ROWS; row++) {
		u64 exits = atomic64_read(&course_exits[row]);
		char code[16] = "other";

		if (!exits)
			continue;
		if (row != COURSE_OTHER)
			sprintf(code, "%x", row == COURSE_ERR ? ~0u : row);
		size += scnprintf(to + size, PAGE_SIZE - size, "%s %llu %llu\n", code, exits,
				  (u64)atomic64_read(&course_cycles[row]));
	}
	size += scnprintf(to + size, PAGE_SIZE - size, "total %llu %llu\nend\n",
			  (u64)atomic64_read(&course_all_exits),
			  (u64)atomic64_read(&course_all_cycles));
	return size;
}

static const struct kernel_param_ops exits_ops = { .get = get_exits };

module_param_cb(course_exits, &exits_ops, NULL, 0400);
MODULE_PARM_DESC(course_exits, "exits of all VMs by reason, and their cycles; for reading");
