// SPDX-License-Identifier: GPL-2.0-only
/*
 * hooks.c - two of KVM's tracepoints, and four of its functions by ftrace.
 *
 *     kvm_entry, kvm_exit                        per exit
 *     kvm_arch_vcpu_load(), kvm_arch_vcpu_put()  a vCPU's thread gets a CPU, or loses it
 *     kvm_arch_vcpu_destroy()                    before its memory is used for another
 *     kvm_cpuid()                                for leaves that are ours, by ours; only if
 *                                                guests read any
 *
 * Of their arguments the first is used, which is the vCPU. kvm_cpuid() is replaced as live
 * patching would do it: ftrace returns into our function instead. Nothing is taken from a
 * pool that may run dry, as a kretprobe's instances are, so no read can miss.
 *
 * The reason of an exit is asked from the vendor's own module, which may come and go while
 * there is no VM.
 */
#include "hooks.h"

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/kvm_host.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/tracepoint.h>
#include <asm/ibt.h>

#include "leaves.h"
#include "ledger.h"
#include "log.h"

/* ------------------------------------------------------------- tracepoints */

/* Defined and exported by kvm.ko; its header is not among those that are installed. */
extern struct tracepoint __tracepoint_kvm_entry, __tracepoint_kvm_exit;

static void on_entry(void *data, struct kvm_vcpu *vcpu)
{
	baton_ledger_entry(vcpu);
}

static void on_exit(void *data, struct kvm_vcpu *vcpu)
{
	if (unlikely(baton_ledger_exit(vcpu)))
		baton_log_write();
}

/* --------------------------------------------------------------- functions */

static struct kvm_vcpu *vcpu_of(struct ftrace_regs *regs)
{
	return (struct kvm_vcpu *)regs->regs.di;
}

static void on_load(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
		    struct ftrace_regs *regs)
{
	baton_ledger_load(vcpu_of(regs));
}

static void on_put(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
		   struct ftrace_regs *regs)
{
	baton_ledger_put(vcpu_of(regs));
}

static void on_destroy(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
		       struct ftrace_regs *regs)
{
	baton_ledger_destroy(vcpu_of(regs));
}

static void on_cpuid(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
		     struct ftrace_regs *regs)
{
	const u32 *eax = (const u32 *)regs->regs.si;

	if (baton_leaf_is_ours(*eax))
		ftrace_instruction_pointer_set(regs, (unsigned long)baton_leaf_answer);
}

/* PERMANENT: kernel.ftrace_enabled cannot be switched off while they are there. */
static struct hook {
	char *function;
	struct ftrace_ops ops;
	bool attached;
} hooks[] = {
	{ "kvm:kvm_arch_vcpu_destroy", { .func = on_destroy, .flags = FTRACE_OPS_FL_PERMANENT } },
	{ "kvm:kvm_arch_vcpu_put", { .func = on_put, .flags = FTRACE_OPS_FL_PERMANENT } },
	{ "kvm:kvm_arch_vcpu_load", { .func = on_load, .flags = FTRACE_OPS_FL_PERMANENT } },
};

/* As long as there are leaves to answer; KVM's own are not touched without. */
static struct hook cpuid_hook = {
	"kvm:kvm_cpuid",
	{ .func = on_cpuid, .flags = FTRACE_OPS_FL_PERMANENT | FTRACE_OPS_FL_IPMODIFY },
};

/* A kprobe tells where a function is, without ever being armed. 0: nowhere. */
static unsigned long address_of(const char *function)
{
	struct kprobe probe = { .symbol_name = function, .flags = KPROBE_FLAG_DISABLED };

	if (register_kprobe(&probe))
		return 0;
	unregister_kprobe(&probe);
	return (unsigned long)probe.addr;
}

/* By address: by name, ftrace would spell out each function of the kernel. */
static int attach(struct hook *hook)
{
	unsigned long at = address_of(hook->function);
	int error = at ? ftrace_set_filter_ip(&hook->ops, at, 0, 1) : -ENOENT;

	if (error) {
		pr_err("this kernel has no function %s that can be traced (%d): the module is for "
		       "Linux 6.1\n", hook->function, error);
		return error;
	}
	error = register_ftrace_function(&hook->ops);
	hook->attached = !error;
	if (error == -EBUSY && hook->ops.flags & FTRACE_OPS_FL_IPMODIFY)
		pr_err("%s is replaced already: is a live patch of KVM loaded?\n", hook->function);
	else if (error == -EBUSY)
		pr_err("function tracing is off: sysctl kernel.ftrace_enabled=1\n");
	else if (error)
		pr_err("%s cannot be traced: %d\n", hook->function, error);
	return error;
}

static void detach(struct hook *hook)
{
	if (hook->attached)
		unregister_ftrace_function(&hook->ops);
	hook->attached = false;
}

/* In the end: they cannot be attached again. */
static void free_filters(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		ftrace_free_filter(&hooks[i].ops);
	ftrace_free_filter(&cpuid_hook.ops);
}

/* ------------------------------------------------------------- the vendors */

static const struct vendor {
	const char *module;
	const char *function;
	enum baton_isa isa;
} vendors[] = {
	{ "kvm_intel", "kvm_intel:vmx_get_exit_info", BATON_ISA_VMX },
	{ "kvm_amd", "kvm_amd:svm_get_exit_info", BATON_ISA_SVM },
};

static bool look_for(const struct vendor *vendor)
{
	unsigned long at = address_of(vendor->function);

	/* Where it may be jumped to, which is before what is traced. */
	if (IS_ENABLED(CONFIG_X86_KERNEL_IBT) && at && is_endbr(*(u32 *)(at - 4)))
		at -= 4;
	if (at)
		baton_ledger_set_isa(vendor->isa, (baton_exit_info_t *)at);
	return at;
}

static int on_module(struct notifier_block *block, unsigned long state, void *data)
{
	const struct module *module = data;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vendors); i++) {
		if (strcmp(module->name, vendors[i].module))
			continue;
		if (state == MODULE_STATE_LIVE && !look_for(&vendors[i]))
			pr_err("%s has no function %s: exits are not counted\n", module->name,
			       vendors[i].function);
		if (state == MODULE_STATE_GOING && baton_ledger_isa() == vendors[i].isa)
			baton_ledger_set_isa(BATON_ISA_NONE, NULL);
	}
	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = on_module };

/* ---------------------------------------------------------------- all of it */

int baton_hooks_cpuid(bool on)
{
	if (on == cpuid_hook.attached)
		return 0;
	if (on)
		return attach(&cpuid_hook);
	detach(&cpuid_hook);
	return 0;
}

int baton_hooks_attach(void)
{
	unsigned int i;
	int error;

	error = register_module_notifier(&notifier);
	if (error)
		return error;
	if (!(look_for(&vendors[0]) | look_for(&vendors[1])))
		pr_notice("no kvm_intel yet with vmx_get_exit_info, nor kvm_amd with svm_get_exit_info\n");
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		error = attach(&hooks[i]);
		if (error)
			goto detach;
	}
	error = tracepoint_probe_register(&__tracepoint_kvm_entry, on_entry, NULL);
	if (error)
		goto detach;
	error = tracepoint_probe_register(&__tracepoint_kvm_exit, on_exit, NULL);
	if (!error) {
		baton_ledger_begin();
		return 0;
	}
	tracepoint_probe_unregister(&__tracepoint_kvm_entry, on_entry, NULL);
	tracepoint_synchronize_unregister();
detach:
	while (i > 0)
		detach(&hooks[--i]);
	free_filters();
	unregister_module_notifier(&notifier);
	return error;
}

void baton_hooks_detach(void)
{
	unsigned int i;

	tracepoint_probe_unregister(&__tracepoint_kvm_exit, on_exit, NULL);
	tracepoint_probe_unregister(&__tracepoint_kvm_entry, on_entry, NULL);
	tracepoint_synchronize_unregister();
	detach(&cpuid_hook);
	for (i = ARRAY_SIZE(hooks); i > 0; i--)
		detach(&hooks[i - 1]);
	free_filters();
	/* Whoever is in our answer to CPUID may have been preempted there. */
	synchronize_rcu_tasks();
	unregister_module_notifier(&notifier);
}
