// SPDX-License-Identifier: GPL-2.0-only
/*
 * readout.c - writes the ledger down, for programs and for Prometheus. For root alone: what
 * a VM does is not everybody's business.
 */
#include "readout.h"

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/tsc.h>

#include "exitstats.h"
#include "leaves.h"
#include "ledger.h"

static const char *name_of(unsigned int row)
{
	return baton_reason(baton_ledger_isa(), row)->name ?: "OTHER";
}

/* ---------------------------------------------------------------- the text */

static void show_rows(struct seq_file *m, const struct baton_sums *sums)
{
	unsigned int row;

	for (row = 0; row < BATON_ROWS; row++) {
		const struct baton_row *r = &sums->rows[row];

		if (r->exits)
			seq_printf(m, "exits %x %s %llu %llu %llu %llu %llu\n",
				   baton_reason_code(baton_ledger_isa(), row), name_of(row), r->exits,
				   r->kvm, r->user, r->asleep, r->preempted);
	}
}

static void show_all(struct seq_file *m, struct baton_sums *sums)
{
	struct baton_vm_info info = {};
	u64 n;

	seq_printf(m, "baton_exits %d\nisa %s\ntsc_khz %u\nprofile %s\nscope %s\nmissed %llu\n",
		   BATON_EXITSTATS_VERSION, baton_isa_name(baton_ledger_isa()), tsc_khz,
		   baton_leaf_profile(), baton_leaf_scope(), baton_ledger_missed());
	while (baton_ledger_vm(info.id + 1, &info, sums)) {
		seq_printf(m, "vm %llu %d %u %llu %llu\n", info.id, info.pid, info.vcpus, sums->fast,
			   sums->guest);
		show_rows(m, sums);
	}
	n = baton_ledger_gone(sums);
	seq_printf(m, "gone %llu %llu %llu\n", n, sums->fast, sums->guest);
	show_rows(m, sums);
	seq_puts(m, "end\n");
}

/* Room for a VM's sums, for a reader who may. A container's root has the files' owner, no more. */
static struct baton_sums *take_sums(void)
{
	return capable(CAP_SYS_ADMIN) ? kmalloc(sizeof(struct baton_sums), GFP_KERNEL) ?: ERR_PTR(-ENOMEM) :
					ERR_PTR(-EPERM);
}

/* A VM that ends meanwhile would be in it twice: then once more, unless they end all the time. */
static int show_exits(struct seq_file *m, void *unused)
{
	struct baton_sums *sums = take_sums();
	size_t begin = m->count;
	unsigned int trial = 0;
	u64 gone;

	if (IS_ERR(sums))
		return PTR_ERR(sums);
	do {
		gone = baton_ledger_gone(sums);
		m->count = begin;
		show_all(m, sums);
	} while (baton_ledger_gone(sums) != gone && ++trial < 10);
	kfree(sums);
	return 0;
}

/* ----------------------------------------------------------------- metrics */

static void show_metric(struct seq_file *m, const char *name, const char *help)
{
	seq_printf(m, "# HELP %s %s\n# TYPE %s counter\n", name, help, name);
}

#define LABELS "vm=\"%llu\",pid=\"%d\",code=\"%x\",reason=\"%s\""

static void show_cycles(struct seq_file *m, const struct baton_vm_info *info, const char *where,
			unsigned int row, u64 cycles)
{
	seq_printf(m, "baton_exits_cycles_total{" LABELS ",where=\"%s\"} %llu\n",
		   info->id, info->pid, baton_reason_code(baton_ledger_isa(), row), name_of(row), where,
		   cycles);
}

/* Prometheus wants the lines of one metric together. */
static void show_metric_rows(struct seq_file *m, struct baton_sums *sums, bool cycles)
{
	struct baton_vm_info info = {};
	unsigned int row;

	while (baton_ledger_vm(info.id + 1, &info, sums))
		for (row = 0; row < BATON_ROWS; row++) {
			const struct baton_row *r = &sums->rows[row];

			if (!r->exits)
				continue;
			if (!cycles) {
				seq_printf(m, "baton_exits_total{" LABELS "} %llu\n", info.id, info.pid,
					   baton_reason_code(baton_ledger_isa(), row), name_of(row),
					   r->exits);
				continue;
			}
			show_cycles(m, &info, "kvm", row, r->kvm);
			show_cycles(m, &info, "user", row, r->user);
			show_cycles(m, &info, "asleep", row, r->asleep);
			show_cycles(m, &info, "preempted", row, r->preempted);
		}
}

static int show_metrics(struct seq_file *m, void *unused)
{
	struct baton_sums *sums = take_sums();

	if (IS_ERR(sums))
		return PTR_ERR(sums);
	show_metric(m, "baton_exits_total", "Exits of living VMs by the processor's reason.");
	show_metric_rows(m, sums, false);
	show_metric(m, "baton_exits_cycles_total", "TSC cycles from an exit to the next entry.");
	show_metric_rows(m, sums, true);
	seq_printf(m, "# HELP baton_exits_tsc_hertz Cycles per second.\n"
		   "# TYPE baton_exits_tsc_hertz gauge\nbaton_exits_tsc_hertz %llu\n", tsc_khz * 1000ULL);
	show_metric(m, "baton_exits_missed_total", "Exits in no count: no memory, or no way to the reason.");
	seq_printf(m, "baton_exits_missed_total %llu\n", baton_ledger_missed());
	kfree(sums);
	return 0;
}

/* ----------------------------------------------------------------- control */

static ssize_t write_control(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	char text[32] = "";
	char *word;
	u64 id = 0;
	int error;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, size))
		return -EFAULT;
	word = strim(text);
	if (strncmp(word, "reset", 5))
		return -EINVAL;
	word += 5;
	if (*word && (*word != ' ' || kstrtou64(word + 1, 10, &id) || !id))
		return -EINVAL;
	error = baton_ledger_reset(id);
	return error ?: size;
}

static const struct proc_ops control_ops = { .proc_write = write_control };

/* ------------------------------------------------------------------- files */

int baton_readout_create(void)
{
	struct proc_dir_entry *folder = proc_mkdir("baton_exits", NULL);

	if (folder && proc_create_single("exits", 0400, folder, show_exits) &&
	    proc_create_single("metrics", 0400, folder, show_metrics) &&
	    proc_create("control", 0200, folder, &control_ops))
		return 0;
	if (folder)
		proc_remove(folder);
	return -ENOMEM;
}

void baton_readout_remove(void)
{
	remove_proc_subtree("baton_exits", NULL);
}
