// SPDX-License-Identifier: GPL-2.0-only
/*
 * ledger.c - the records, who writes them, and their sums.
 *
 * A vCPU is in the guest, in the kernel, or away: between kvm_arch_vcpu_put() and
 * kvm_arch_vcpu_load() its thread is in userspace, asleep or preempted. Each state has a
 * counter, by the reason of the last exit, which the time until the next change is
 * charged to.
 *
 * An exit is counted once per entry, at the first sign of it. That is KVM's tracepoint,
 * but on AMD it comes late: interrupts are on by then, so the thread may have lost its CPU
 * before; and where KVM's fast path goes back in, there is none. Then the VMCB still names
 * the reason. VMX always passes the tracepoint first: without it there was no exit,
 * as the entry had failed.
 */
#include "ledger.h"

#include <linux/hashtable.h>
#include <linux/kvm_host.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct vcpu {
	struct rcu_head rcu; /* kfree_rcu() wants it near the beginning */
	struct kvm_vcpu *kvm;
	struct vm *vm;
	unsigned int row; /* of the last exit */
	u64 *charged;	  /* the counter of the present state */
	u64 since;	  /* the last change of state */
	u64 logged;	  /* exits when the log was last written */
	u64 exits;
	struct baton_sums sums;
	struct hlist_node by_kvm;
	struct list_head in_vm;
};

struct vm {
	struct rcu_head rcu;
	struct kvm *kvm;
	struct baton_vm_info info;
	bool log; /* its line in the kernel's log is due */
	struct list_head vcpus;
	struct baton_sums retired; /* of vCPUs that are no more */
	struct baton_sums base;	   /* what had been counted at the last reset */
	struct list_head in_vms;
};

/*
 * What follows is written under the lock; the sequence tells readers, which take no lock,
 * that counts have moved from one place to another.
 */
static DEFINE_RAW_SPINLOCK(lock);
static seqcount_raw_spinlock_t moved = SEQCNT_RAW_SPINLOCK_ZERO(moved, &lock);
static DEFINE_HASHTABLE(vcpus, 10);
static LIST_HEAD(vms); /* by ID */
static u64 last_id, gone_vms;
static struct baton_sums gone;

static atomic64_t missed = ATOMIC64_INIT(0);
static DEFINE_PER_CPU(struct vcpu *, loaded);
static enum baton_isa isa;
static baton_exit_info_t *exit_info;
static bool counting;  /* all hooks are there */
static u64 due_every; /* exits of a vCPU; 0: its VM is never due for the log */

/* ----------------------------------------------------------------- records */

static struct vcpu *find(const struct kvm_vcpu *kvm)
{
	struct vcpu *v;

	hash_for_each_possible_rcu(vcpus, v, by_kvm, (unsigned long)kvm)
		if (v->kvm == kvm)
			return v;
	return NULL;
}

static struct vm *find_vm(const struct kvm *kvm)
{
	struct vm *vm;

	list_for_each_entry_rcu(vm, &vms, in_vms, lockdep_is_held(&lock))
		if (vm->kvm == kvm)
			return vm;
	return NULL;
}

/* Under the lock. */
static struct vm *new_vm(struct kvm *kvm)
{
	struct vm *vm = kzalloc(sizeof(*vm), GFP_ATOMIC | __GFP_NOWARN);

	if (!vm)
		return NULL;
	vm->kvm = kvm;
	vm->info.id = ++last_id;
	vm->info.pid = task_tgid_nr(current);
	INIT_LIST_HEAD(&vm->vcpus);
	list_add_tail_rcu(&vm->in_vms, &vms);
	return vm;
}

static struct vcpu *add(struct kvm_vcpu *kvm, bool entered)
{
	struct vcpu *v = kzalloc(sizeof(*v), GFP_ATOMIC | __GFP_NOWARN);
	unsigned long flags;

	if (!v)
		return NULL;
	v->kvm = kvm;
	v->row = BATON_ROW_NONE;
	v->charged = entered ? &v->sums.guest : &v->sums.rows[v->row].kvm;
	v->since = rdtsc();

	raw_spin_lock_irqsave(&lock, flags);
	v->vm = find_vm(kvm->kvm) ?: new_vm(kvm->kvm);
	if (v->vm) {
		v->vm->info.vcpus++;
		list_add_rcu(&v->in_vm, &v->vm->vcpus);
		hash_add_rcu(vcpus, &v->by_kvm, (unsigned long)kvm);
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	if (v->vm)
		return v;
	kfree(v);
	return NULL;
}

/* The record of a vCPU that is loaded here. NULL: it has none. here() looks where it was last. */
static noinline struct vcpu *look_up(struct kvm_vcpu *kvm)
{
	struct vcpu *v;

	rcu_read_lock();
	v = find(kvm);
	rcu_read_unlock();
	__this_cpu_write(loaded, v);
	return v;
}

static __always_inline struct vcpu *here(struct kvm_vcpu *kvm)
{
	struct vcpu *v = __this_cpu_read(loaded);

	return likely(v && v->kvm == kvm) ? v : look_up(kvm);
}

/*
 * The same, with a new one if need be, of which it is known whether it is in the guest.
 * NULL: there is no memory for one.
 */
static __always_inline struct vcpu *here_or_new(struct kvm_vcpu *kvm, bool entered)
{
	struct vcpu *v = here(kvm);

	if (unlikely(!v) && READ_ONCE(counting)) {
		v = add(kvm, entered);
		__this_cpu_write(loaded, v);
	}
	return v;
}

/* ------------------------------------------------------------------ events */

/* Written by one, read by others: in one piece. */
static __always_inline void count(u64 *counter, u64 by)
{
	WRITE_ONCE(*counter, *counter + by);
}

static __always_inline bool in_guest(const struct vcpu *v)
{
	return v->charged == &v->sums.guest;
}

/* The state changes: from now on its time is for the next counter. */
static __always_inline void change(struct vcpu *v, u64 *next)
{
	u64 now = rdtsc();

	/* Clocks of two CPUs may be a little apart. */
	if (likely((s64)(now - v->since) > 0))
		count(v->charged, now - v->since);
	v->since = now;
	v->charged = next;
}

static __always_inline void change_to_kvm(struct vcpu *v)
{
	change(v, &v->sums.rows[v->row].kvm);
}

static __always_inline bool is_due(struct vcpu *v)
{
	u64 every = READ_ONCE(due_every);

	if (likely(!every || v->exits - v->logged < every))
		return false;
	v->logged = v->exits;
	WRITE_ONCE(v->vm->log, true);
	return true;
}

static __always_inline void left(struct vcpu *v)
{
	baton_exit_info_t *ask = READ_ONCE(exit_info);
	struct baton_row *row;
	u32 reason, intr, error;
	u64 info1, info2;

	change_to_kvm(v);
	if (unlikely(!ask)) { /* said when the vendor's module came */
		atomic64_inc(&missed);
		return;
	}
	ask(v->kvm, &reason, &info1, &info2, &intr, &error);
	v->row = baton_reason_row(isa, reason);
	row = &v->sums.rows[v->row];
	v->charged = &row->kvm;
	count(&row->exits, 1);
	v->exits++;
}

/* The guest was left, and the tracepoint has not told so yet, or will not. */
static noinline void left_unseen(struct vcpu *v)
{
	if (isa == BATON_ISA_SVM)
		left(v);
	else
		change_to_kvm(v);
}

void baton_ledger_entry(struct kvm_vcpu *kvm)
{
	struct vcpu *v = here_or_new(kvm, false);

	if (unlikely(!v))
		return;
	if (unlikely(in_guest(v))) {
		left_unseen(v);
		count(&v->sums.fast, isa == BATON_ISA_SVM);
	}
	change(v, &v->sums.guest);
}

bool baton_ledger_exit(struct kvm_vcpu *kvm)
{
	struct vcpu *v = here_or_new(kvm, true);

	if (unlikely(!v)) {
		if (READ_ONCE(counting))
			atomic64_inc(&missed);
		return false;
	}
	if (likely(in_guest(v)))
		left(v);
	return is_due(v);
}

/*
 * KVM loads vCPUs while it destroys them, too, when their records are gone already: with
 * their VM, which nobody uses then, or because they never became one of it.
 */
static bool is_alive(struct kvm_vcpu *kvm)
{
	return refcount_read(&kvm->kvm->users_count) &&
	       kvm_get_vcpu(kvm->kvm, kvm->vcpu_idx) == kvm;
}

void baton_ledger_load(struct kvm_vcpu *kvm)
{
	struct vcpu *v = here(kvm);

	if (unlikely(!v) && is_alive(kvm))
		v = here_or_new(kvm, false);
	if (v)
		change_to_kvm(v);
}

void baton_ledger_put(struct kvm_vcpu *kvm)
{
	struct vcpu *v = here(kvm);
	struct baton_row *row;

	if (v) {
		if (unlikely(in_guest(v)))
			left_unseen(v);
		row = &v->sums.rows[v->row];
		change(v, READ_ONCE(kvm->preempted) ? &row->preempted :
			  READ_ONCE(current->__state) != TASK_RUNNING ? &row->asleep : &row->user);
	}
	__this_cpu_write(loaded, NULL);
}

void baton_ledger_set_isa(enum baton_isa new_isa, baton_exit_info_t *info)
{
	isa = new_isa;
	WRITE_ONCE(exit_info, info);
}

void baton_ledger_begin(void)
{
	WRITE_ONCE(counting, true);
}

enum baton_isa baton_ledger_isa(void)
{
	return isa;
}

/* -------------------------------------------------------------------- sums */

static void add_row(struct baton_row *to, const struct baton_row *from)
{
	to->exits += READ_ONCE(from->exits);
	to->kvm += READ_ONCE(from->kvm);
	to->user += READ_ONCE(from->user);
	to->asleep += READ_ONCE(from->asleep);
	to->preempted += READ_ONCE(from->preempted);
}

static void take_row(struct baton_row *to, const struct baton_row *base)
{
	to->exits -= base->exits;
	to->kvm -= base->kvm;
	to->user -= base->user;
	to->asleep -= base->asleep;
	to->preempted -= base->preempted;
}

static void add_sums(struct baton_sums *to, const struct baton_sums *from)
{
	unsigned int i;

	to->fast += READ_ONCE(from->fast);
	to->guest += READ_ONCE(from->guest);
	for (i = 0; i < BATON_ROWS; i++)
		add_row(&to->rows[i], &from->rows[i]);
}

/* All that a VM has ever counted. */
static void vm_total(const struct vm *vm, struct baton_sums *sums)
{
	const struct vcpu *v;

	*sums = vm->retired;
	list_for_each_entry_rcu(v, &vm->vcpus, in_vm, lockdep_is_held(&lock))
		add_sums(sums, &v->sums);
}

static void since_reset(const struct vm *vm, struct baton_sums *sums)
{
	unsigned int i;

	sums->fast -= vm->base.fast;
	sums->guest -= vm->base.guest;
	for (i = 0; i < BATON_ROWS; i++)
		take_row(&sums->rows[i], &vm->base.rows[i]);
}

/* Rows from `first` to before `end` of one record. */
static void add_rows(struct baton_row *to, const struct baton_sums *from, unsigned int first,
		     unsigned int end)
{
	for (; first < end; first++)
		if (first != BATON_ROW_NONE)
			add_row(to, &from->rows[first]);
}

static void add_vm(struct baton_row *to, const struct vm *vm, unsigned int first, unsigned int end)
{
	const struct vcpu *v;

	add_rows(to, &vm->retired, first, end);
	list_for_each_entry_rcu(v, &vm->vcpus, in_vm)
		add_rows(to, &v->sums, first, end);
	for (; first < end; first++)
		if (first != BATON_ROW_NONE)
			take_row(to, &vm->base.rows[first]);
}

static void guest_rows(struct kvm_vcpu *kvm, bool host, unsigned int first, unsigned int end,
		       struct baton_row *sum)
{
	const struct vcpu *v;
	const struct vm *vm;
	unsigned int seq;

	rcu_read_lock();
	v = find(kvm);
	do {
		memset(sum, 0, sizeof(*sum));
		seq = read_seqcount_begin(&moved);
		if (host) {
			add_rows(sum, &gone, first, end);
			list_for_each_entry_rcu(vm, &vms, in_vms)
				add_vm(sum, vm, first, end);
		} else if (v) {
			add_vm(sum, v->vm, first, end);
		}
	} while (read_seqcount_retry(&moved, seq));
	rcu_read_unlock();
}

void baton_ledger_guest(struct kvm_vcpu *vcpu, bool host, unsigned int row, struct baton_row *sum)
{
	guest_rows(vcpu, host, row, row + 1, sum);
}

void baton_ledger_guest_all(struct kvm_vcpu *vcpu, bool host, struct baton_row *sum)
{
	guest_rows(vcpu, host, 0, BATON_ROWS, sum);
}

bool baton_ledger_vm(u64 id, struct baton_vm_info *info, struct baton_sums *sums)
{
	const struct vm *vm, *found;
	unsigned int seq;

	rcu_read_lock();
	do {
		found = NULL;
		seq = read_seqcount_begin(&moved);
		list_for_each_entry_rcu(vm, &vms, in_vms)
			if (vm->info.id >= id) {
				found = vm;
				*info = vm->info;
				vm_total(vm, sums);
				since_reset(vm, sums);
				break;
			}
	} while (read_seqcount_retry(&moved, seq));
	rcu_read_unlock();
	return found;
}

u64 baton_ledger_gone(struct baton_sums *sums)
{
	unsigned int seq;
	u64 n;

	do {
		seq = read_seqcount_begin(&moved);
		*sums = gone;
		n = gone_vms;
	} while (read_seqcount_retry(&moved, seq));
	return n;
}

void baton_ledger_log_every(u64 exits)
{
	WRITE_ONCE(due_every, exits);
}

bool baton_ledger_log_due(u64 id)
{
	struct vm *vm;
	bool due = false;

	rcu_read_lock();
	list_for_each_entry_rcu(vm, &vms, in_vms)
		if (vm->info.id == id)
			due = xchg(&vm->log, false);
	rcu_read_unlock();
	return due;
}

u64 baton_ledger_missed(void)
{
	return atomic64_read(&missed);
}

/* -------------------------------------------------------------------- ends */

static void retire_vm(struct vm *vm)
{
	since_reset(vm, &vm->retired);
	add_sums(&gone, &vm->retired);
	gone_vms++;
	list_del_rcu(&vm->in_vms);
	kfree_rcu(vm, rcu);
}

/* A VM ends with its last vCPU: KVM destroys vCPUs with their VM only. */
void baton_ledger_destroy(struct kvm_vcpu *kvm)
{
	unsigned long flags;
	struct vcpu *v;

	raw_spin_lock_irqsave(&lock, flags);
	write_seqcount_begin(&moved);
	v = find(kvm);
	if (v) {
		hash_del_rcu(&v->by_kvm);
		list_del_rcu(&v->in_vm);
		add_sums(&v->vm->retired, &v->sums);
		if (!--v->vm->info.vcpus)
			retire_vm(v->vm);
		kfree_rcu(v, rcu);
	}
	write_seqcount_end(&moved);
	raw_spin_unlock_irqrestore(&lock, flags);
}

int baton_ledger_reset(u64 id)
{
	struct baton_sums *sums = kmalloc(sizeof(*sums), GFP_KERNEL);
	int error = id ? -ENOENT : 0;
	unsigned long flags;
	struct vm *vm;

	if (!sums)
		return -ENOMEM;
	raw_spin_lock_irqsave(&lock, flags);
	write_seqcount_begin(&moved);
	list_for_each_entry(vm, &vms, in_vms)
		if (!id || vm->info.id == id) {
			vm_total(vm, sums);
			vm->base = *sums;
			error = 0;
		}
	if (!id) {
		memset(&gone, 0, sizeof(gone));
		gone_vms = 0;
		atomic64_set(&missed, 0);
	}
	write_seqcount_end(&moved);
	raw_spin_unlock_irqrestore(&lock, flags);
	kfree(sums);
	return error;
}

void baton_ledger_free(void)
{
	struct hlist_node *next;
	struct vm *vm, *next_vm;
	struct vcpu *v;
	int i;

	rcu_barrier();
	hash_for_each_safe(vcpus, i, next, v, by_kvm)
		kfree(v);
	list_for_each_entry_safe(vm, next_vm, &vms, in_vms)
		kfree(vm);
}
