// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c - lines in the kernel's log.
 */
#include "log.h"

#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "ledger.h"

static void log_vm(const struct baton_vm_info *info, const struct baton_sums *sums)
{
	struct baton_row all = {};
	unsigned int row;

	for (row = 0; row < BATON_ROWS; row++) {
		if (row == BATON_ROW_NONE)
			continue;
		all.exits += sums->rows[row].exits;
		all.kvm += sums->rows[row].kvm;
	}
	pr_info("vm %llu pid %d: exits %llu cycles %llu\n", info->id, info->pid, all.exits, all.kvm);
	for (row = 0; row < BATON_ROWS; row++)
		if (sums->rows[row].exits)
			pr_info("vm %llu: reason %#x %s exits %llu cycles %llu\n", info->id,
				baton_reason_code(baton_ledger_isa(), row),
				baton_reason(baton_ledger_isa(), row)->name ?: "OTHER",
				sums->rows[row].exits, sums->rows[row].kvm);
}

static void write_lines(struct work_struct *work)
{
	struct baton_sums *sums = kmalloc(sizeof(*sums), GFP_KERNEL);
	struct baton_vm_info info = {};

	if (!sums)
		return;
	while (baton_ledger_vm(info.id + 1, &info, sums))
		if (baton_ledger_log_due(info.id))
			log_vm(&info, sums);
	kfree(sums);
}

static DECLARE_WORK(work, write_lines);

void baton_log_write(void)
{
	schedule_work(&work);
}

void baton_log_flush(void)
{
	flush_work(&work);
}
