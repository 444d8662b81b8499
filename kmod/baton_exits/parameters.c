// SPDX-License-Identifier: GPL-2.0-only
/*
 * parameters.c - profile, scope and log_every.
 *
 * They may be set before the module is up, and while it ends. All of this happens under the
 * kernel's lock of the module's parameters.
 */
#include "parameters.h"

#include <linux/module.h>
#include <linux/moduleparam.h>

#include "hooks.h"
#include "leaves.h"
#include "ledger.h"

#define LOG_EVERY_MIN 1000 /* more often, the log would be most of what the host does */
#define LOG_EVERY_MAX 1000000000000ULL

static bool up;
static u64 log_every = 1000000;

static void set_log(void)
{
	baton_ledger_log_every(baton_leaf_is_log(baton_leaf_chosen()) ? log_every : 0);
}

static int set_profile(const char *value, const struct kernel_param *param)
{
	const struct baton_profile *p = baton_leaf_find(value);
	int error;

	if (!p) {
		pr_err("profile=%s: expected off, log, 2020, 2021 or 2022\n", value);
		return -EINVAL;
	}
	if (up && baton_leaf_has_any(p)) {
		error = baton_hooks_cpuid(true);
		if (error)
			return error;
	}
	baton_leaf_choose(p);
	set_log();
	if (up && !baton_leaf_has_any(p))
		baton_hooks_cpuid(false);
	return 0;
}

static int get_profile(char *to, const struct kernel_param *param)
{
	return sprintf(to, "%s\n", baton_leaf_profile());
}

static int set_scope(const char *value, const struct kernel_param *param)
{
	if (baton_leaf_set_scope(value))
		return 0;
	pr_err("scope=%s: expected vm (a guest sees its own exits) or host (all of them)\n", value);
	return -EINVAL;
}

static int get_scope(char *to, const struct kernel_param *param)
{
	return sprintf(to, "%s\n", baton_leaf_scope());
}

static int set_log_every(const char *value, const struct kernel_param *param)
{
	u64 n;

	if (kstrtou64(value, 0, &n) || n < LOG_EVERY_MIN || n > LOG_EVERY_MAX) {
		pr_err("log_every=%s: expected a number of exits from %u to %llu\n", value,
		       LOG_EVERY_MIN, LOG_EVERY_MAX);
		return -EINVAL;
	}
	log_every = n;
	set_log();
	return 0;
}

static int get_log_every(char *to, const struct kernel_param *param)
{
	return sprintf(to, "%llu\n", log_every);
}

static const struct kernel_param_ops profile_ops = { .set = set_profile, .get = get_profile };
static const struct kernel_param_ops scope_ops = { .set = set_scope, .get = get_scope };
static const struct kernel_param_ops log_every_ops = { .set = set_log_every, .get = get_log_every };

module_param_cb(profile, &profile_ops, NULL, 0644);
MODULE_PARM_DESC(profile, "leaves that guests read: off (default), 2020, 2021, 2022; or log");
module_param_cb(scope, &scope_ops, NULL, 0644);
MODULE_PARM_DESC(scope, "whose exits a guest reads: vm (its own, default) or host (a side channel)");
module_param_cb(log_every, &log_every_ops, NULL, 0644);
MODULE_PARM_DESC(log_every, "profile log: exits of a vCPU between two lines (1000000)");

int baton_parameters_begin(void)
{
	int error = 0;

	kernel_param_lock(THIS_MODULE);
	if (baton_leaf_has_any(baton_leaf_chosen()))
		error = baton_hooks_cpuid(true);
	up = !error;
	kernel_param_unlock(THIS_MODULE);
	return error;
}

void baton_parameters_end(void)
{
	kernel_param_lock(THIS_MODULE);
	up = false;
	kernel_param_unlock(THIS_MODULE);
}
