/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forks.c - snapshots, forks and resets on a real KVM: whatever a guest did to its
 * vCPU and its memory, a reset takes it back; and nothing grows, however often.
 *
 * The guest sets up all kinds of state, asks port 0x20 what to do, does it, and halts.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <x86intrin.h>
#include <unistd.h>

#include "baton/device.h"
#include "baton/snapshot.h"
#include "vm/vm.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND	     UINT64_C(1000000000)

#define ASK    0x20
#define TELL   0x21
#define SHOWN  0x40000 /* where the guest shows its state */
#define PAGES  0x50000 /* ten pages to write to */
#define MAY    0x42000 /* what the guest may use: FPU, AVX */
#define FPU    1U      /* x87 and SSE */
#define AVX    2U
#define MEMORY (1 << 20)

enum order { WAIT, CHANGE, SHOW, HALT, TOUCH };

/* What it shows. */
struct shown {
	double x87;
	uint64_t xmm0[2], ymm0_high[2];
	uint64_t dr0, dr3, dr7, lstar, kernel_gs, tsc_adjust, cr2, xcr0;
	uint64_t word; /* of memory */
};

/* clang-format off */
__asm__(
	".pushsection .rodata\n"
	"guest_begin:\n"
	/* What it may use of the processor it is told: x87 and SSE, and AVX. */
	"	mov 0x42000, %r14d\n"
	"	mov %r14, %rax\n	and $2, %eax\n	shl $17, %rax\n" /* OSXSAVE */
	"	mov %cr4, %rcx\n	or %rcx, %rax\n	or $0x600, %rax\n	mov %rax, %cr4\n"
	"	test $1, %r14b\n	jz 2f\n"
	"	fninit\n	fld1\n	movdqu ones(%rip), %xmm0\n"
	"	test $2, %r14b\n	jz 2f\n"
	"	xor %ecx, %ecx\n	mov $7, %eax\n	xor %edx, %edx\n	xsetbv\n"
	"	vbroadcastss ones(%rip), %ymm0\n"
	"2:	mov $0x1111, %eax\n	mov %rax, %dr0\n	mov %rax, %dr3\n"
	"	mov $0x2222, %eax\n	mov %rax, %cr2\n"
	"	mov $0xC0000082, %ecx\n	mov $0x3333, %eax\n	xor %edx, %edx\n	wrmsr\n"
	"	mov $0xC0000102, %ecx\n	wrmsr\n"
	"	movq $0x4444, 0x40000 + 0x1000\n"
	"3:	in $0x20, %eax\n"
	"	cmp $1, %eax\n	je change\n"
	"	cmp $2, %eax\n	je show\n"
	"	cmp $4, %eax\n	je touch\n"
	"	cli\n	hlt\n"
	"change:\n"
	"	test $1, %r14b\n	jz 4f\n"
	"	fninit\n	fldpi\n	fldz\n	pcmpeqd %xmm0, %xmm0\n"
	"	test $2, %r14b\n	jz 4f\n"
	"	vxorps %ymm0, %ymm0, %ymm0\n	vbroadcastss twos(%rip), %ymm5\n"
	"	xor %ecx, %ecx\n	mov $3, %eax\n	xor %edx, %edx\n	xsetbv\n"
	"4:	mov $0x9999, %eax\n	mov %rax, %dr0\n	mov %rax, %dr3\n	mov %rax, %cr2\n"
	/* None enabled: QEMU's AMD-V would keep one each time that a guest is left with it. */
	"	mov $0x10400, %eax\n	mov %rax, %dr7\n"
	"	mov $0xC0000082, %ecx\n	mov $0x8888, %eax\n	xor %edx, %edx\n	wrmsr\n"
	"	mov $0xC0000102, %ecx\n	wrmsr\n"
	"	mov $0x10, %ecx\n	mov $0x40, %edx\n	wrmsr\n" /* the time-stamp counter */
	"	mov $0x277, %ecx\n	mov $0x00070406, %eax\n	mov %eax, %edx\n	wrmsr\n"
	"	movq $0x7777, 0x40000 + 0x1000\n"
	"	mov $0x6666, %ebx\n	mov $0x5555, %r12d\n"
	"	out %eax, $0x21\n	cli\n	hlt\n"
	"show:\n"
	"	mov $0x40000, %edi\n"
	"	test $1, %r14b\n	jz 5f\n"
	"	fstpl (%rdi)\n	movdqu %xmm0, 8(%rdi)\n"
	"	test $2, %r14b\n	jz 5f\n"
	"	vextractf128 $1, %ymm0, 24(%rdi)\n"
	"	xor %ecx, %ecx\n	xgetbv\n	mov %rax, 96(%rdi)\n"
	"5:	mov %dr0, %rax\n	mov %rax, 40(%rdi)\n	mov %dr3, %rax\n	mov %rax, 48(%rdi)\n"
	"	mov %dr7, %rax\n	mov %rax, 56(%rdi)\n"
	"	mov $0xC0000082, %ecx\n	rdmsr\n	mov %rax, 64(%rdi)\n"
	"	mov $0xC0000102, %ecx\n	rdmsr\n	mov %rax, 72(%rdi)\n"
	"	mov $0x3B, %ecx\n	rdmsr\n	mov %rax, 80(%rdi)\n"
	"	mov %cr2, %rax\n	mov %rax, 88(%rdi)\n"
	"	mov 0x1000(%rdi), %rax\n	mov %rax, 104(%rdi)\n"
	"	cli\n	hlt\n"
	"touch:\n"
	"	mov $0x50000, %edi\n	mov $10, %ecx\n"
	"6:	mov %rcx, (%rdi)\n	add $0x1000, %rdi\n	loop 6b\n"
	"	out %eax, $0x21\n	cli\n	hlt\n"
	"	.balign 16\n"
	"ones:	.long 0x3f800000, 0x3f800000, 0x3f800000, 0x3f800000\n"
	"twos:	.long 0x40000000, 0x40000000, 0x40000000, 0x40000000\n"
	"guest_end:\n"
	"	.popsection\n");
/* clang-format on */
extern const uint8_t guest_begin[], guest_end[];

/* -------------------------------------------------------------------- a host */

static struct baton_host *host;
static enum order order; /* the answer to who asks; WAIT: none for now */
static uint32_t told;
static bool end_when_told; /* the VM halts within its OUT, which is never completed */

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	(void)state;
	if (a->addr == TELL) {
		told++;
		return end_when_told ? BATON_HALT : BATON_RESUME;
	}
	if (order == WAIT)
		return BATON_BLOCK;
	a->data = order;
	return BATON_RESUME;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	(void)state;
	return baton_device_claim_ports(device, *(struct baton_vm *const *)config, ASK, 2, serve, diag);
}

static const struct baton_device_ops gate = { .name = "gate", .init = init };

static void must(int error, const struct baton_diag *diag)
{
	if (error)
		fail_msg("%s: %s (%d)", diag->where, diag->message, error);
}

static enum baton_run_end run(void)
{
	enum baton_run_end end;

	assert_int_equal(baton_host_run(host, 20 * SECOND, &end), 0);
	return end;
}

static void begin_host(uint32_t max_vms)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_diag diag;

	config.max_vms = max_vms;
	must(baton_host_create(&config, &diag, &host), &diag);
	order = WAIT;
	told = 0;
	end_when_told = false;
}

static struct baton_vm *make(const void *image, size_t size, uint64_t may)
{
	struct baton_vm_config config = BATON_VM_CONFIG;
	struct baton_diag diag;
	struct baton_vm *vm;

	config.name = "parent";
	config.mode = BATON_MODE_LONG;
	config.memory = MEMORY;
	config.load = 0x2000;
	config.image = image;
	config.image_size = size;
	config.watchdog_ns = 20 * SECOND;
	must(baton_vm_create(host, &config, &diag, &vm), &diag);
	must(baton_device_create(host, &gate, &vm, &diag, NULL), &diag);
	assert_int_equal(baton_vm_write(vm, MAY, &may, sizeof(may)), 0);
	order = WAIT;
	run();
	return vm;
}

/* Does a guest come to its IN after this? */
static struct baton_vm *run_probe(const uint8_t *code, size_t size, bool *asks)
{
	struct baton_vm *vm = make(code, size, 0);
	struct baton_vm_stats stats;

	baton_vm_stats(vm, &stats);
	*asks = stats.waits_in == BATON_EXIT_IO_IN;
	return vm;
}

/*
 * What may a guest use here? A KVM that emulates its guests knows neither x87 nor AVX. Of
 * AVX it has to see XSETBV, too: QEMU's processor lets that pass, so that there the AVX of a
 * guest is a matter of luck. What no guest shows is seen by KVM's ioctls, see below.
 */
static uint64_t what_it_may(void)
{
	static const uint8_t fpu[] = {
		0xDB, 0xE3, 0xD9, 0xE8, /* fninit; fld1 */
		0xE5, ASK, 0xF4,	/* in eax, ASK; hlt */
	};
	static const uint8_t avx[] = {
		0x0F, 0x20, 0xE0,	      /* mov rax, cr4 */
		0x0D, 0x00, 0x06, 0x04, 0x00, /* or eax, OSXSAVE and SSE's */
		0x0F, 0x22, 0xE0,	      /* mov cr4, rax */
		0x31, 0xC9, 0x31, 0xD2,	      /* xor ecx, ecx; xor edx, edx */
		0xB8, 0x07, 0x00, 0x00, 0x00, /* mov eax, 7 */
		0x0F, 0x01, 0xD1,	      /* xsetbv */
		0xC5, 0xFC, 0x57, 0xC0,	      /* vxorps ymm0, ymm0, ymm0 */
		0xE5, ASK, 0xF4,	      /* in eax, ASK; hlt */
	};
	struct kvm_xcrs xcrs;
	bool has_fpu, has_avx;
	struct baton_vm *vm;

	baton_vm_destroy(run_probe(fpu, sizeof(fpu), &has_fpu));
	vm = run_probe(avx, sizeof(avx), &has_avx);
	assert_int_equal(ioctl(vm->vcpu.kvm.fd, KVM_GET_XCRS, &xcrs), 0);
	has_avx = has_avx && xcrs.nr_xcrs && xcrs.xcrs[0].value == 7;
	baton_vm_destroy(vm);
	return (has_fpu ? FPU : 0) | (has_fpu && has_avx ? AVX : 0);
}

/* A VM that has set itself up and waits to be told what to do. */
static struct baton_vm *make_parent(void)
{
	struct baton_vm *vm = make(guest_begin, (size_t)(guest_end - guest_begin), what_it_may());
	struct baton_vm_stats stats;

	baton_vm_stats(vm, &stats);
	if (stats.waits_in != BATON_EXIT_IO_IN)
		fail_msg("%s", baton_vm_death(vm) ? baton_vm_death(vm)->sentence : "it does not ask");
	return vm;
}

static struct baton_snapshot *snap(struct baton_vm *vm)
{
	struct baton_snapshot *snapshot;
	struct baton_diag diag;

	must(baton_snapshot_take(&vm, 1, &diag, &snapshot), &diag);
	return snapshot;
}

static struct baton_vm *fork_one(struct baton_snapshot *snapshot, struct baton_pool *pool)
{
	struct baton_fork_config config = BATON_FORK_CONFIG;
	struct baton_diag diag;
	struct baton_vm *vm;

	config.pool = pool;
	must(baton_vm_fork(snapshot, host, &config, &diag, &vm), &diag);
	return vm;
}

/* Lets it do one thing and halt. The others wait, or have ended. */
static void tell(struct baton_vm *vm, enum order what)
{
	order = what;
	baton_vcpu_wake(baton_vm_vcpu(vm));
	run();
	order = WAIT;
	if (baton_vm_death(vm))
		fail_msg("%s", baton_vm_death(vm)->sentence);
}

static void reset(struct baton_vm *vm)
{
	struct baton_diag diag;

	must(baton_vm_reset(vm, &diag), &diag);
}

static uint64_t hash_of(struct baton_vm *vm)
{
	uint64_t hash;

	assert_int_equal(baton_vm_hash(vm, &hash), 0);
	return hash;
}

static uint64_t tsc_of(const struct baton_vm *vm)
{
	struct {
		struct kvm_msrs header;
		struct kvm_msr_entry entry;
	} msr = { .header.nmsrs = 1, .entry.index = 0x10 };

	assert_int_equal(ioctl(vm->vcpu.kvm.fd, KVM_GET_MSRS, &msr), 1);
	return msr.entry.data;
}

/* On some KVMs a guest has the host's counter, whatever it sets its own to. */
static bool has_the_hosts_tsc(const struct baton_vm *vm)
{
	uint64_t before = __rdtsc(), tsc = tsc_of(vm);

	return before <= tsc && tsc <= __rdtsc();
}

/* Has the guest's time-stamp counter been set to what it sets it to? It counts for a minute. */
static bool has_set_tsc(const struct baton_vm *vm)
{
	return tsc_of(vm) >> 38 & 1;
}

static uint64_t hash_of_snapshot(const struct baton_snapshot *snapshot)
{
	uint64_t hash;

	assert_int_equal(baton_snapshot_hash(snapshot, 0, &hash), 0);
	return hash;
}

/* Is all that it set up as it was? */
static void shows_what_it_set_up(struct baton_vm *vm)
{
	const uint32_t one = 0x3f800000;
	struct shown s;
	uint32_t part;
	uint64_t may;

	tell(vm, SHOW);
	assert_int_equal(baton_vm_read(vm, SHOWN, &s, sizeof(s)), 0);
	assert_int_equal(baton_vm_read(vm, MAY, &may, sizeof(may)), 0);
	if (may & FPU) {
		memcpy(&part, &s.xmm0, sizeof(part));
		assert_true(s.x87 == 1.0);
		assert_int_equal(part, one);
	}
	if (may & AVX) {
		memcpy(&part, &s.ymm0_high, sizeof(part));
		assert_int_equal(part, one);
		assert_int_equal(s.xcr0, 7);
	}
	assert_int_equal(s.dr0, 0x1111);
	assert_int_equal(s.dr3, 0x1111);
	assert_int_equal(s.dr7, 0x400);
	assert_int_equal(s.lstar, 0x3333);
	assert_int_equal(s.kernel_gs, 0x3333);
	assert_int_equal(s.tsc_adjust, 0);
	assert_int_equal(s.cr2, 0x2222);
	assert_int_equal(s.word, 0x4444);
}

/* ------------------------------------------------------------------- contents */

static void a_fork_goes_on_where_its_parent_was(void **state)
{
	struct baton_snapshot *snapshot;
	struct baton_vm *parent, *vm;
	uint64_t may;

	(void)state;
	begin_host(8);
	may = what_it_may();
	print_message("# guests %s x87 and SSE here, and %s AVX\n", may & FPU ? "use" : "do not use",
		      may & AVX ? "use" : "do not use");
	parent = make_parent();
	snapshot = snap(parent);
	assert_true(hash_of(parent) == hash_of_snapshot(snapshot));
	baton_vm_destroy(parent);
	vm = fork_one(snapshot, NULL);
	assert_true(hash_of(vm) == hash_of_snapshot(snapshot));
	shows_what_it_set_up(vm);
	baton_snapshot_destroy(snapshot);
	baton_host_destroy(host);
}

static void the_parent_goes_on_and_its_forks_do_not_see_it(void **state)
{
	struct baton_snapshot *snapshot;
	struct baton_vm *parent, *vm;
	uint64_t word, hash;

	(void)state;
	begin_host(8);
	parent = make_parent();
	snapshot = snap(parent);
	hash = hash_of_snapshot(snapshot);
	tell(parent, CHANGE);
	assert_int_equal(told, 1);
	assert_int_equal(baton_vm_read(parent, SHOWN + 0x1000, &word, 8), 0);
	assert_int_equal(word, 0x7777);
	vm = fork_one(snapshot, NULL);
	assert_true(hash_of(vm) == hash);
	shows_what_it_set_up(vm);
	assert_true(hash_of_snapshot(snapshot) == hash);
	baton_snapshot_destroy(snapshot);
	baton_host_destroy(host);
}

static void a_reset_takes_everything_back(void **state)
{
	struct baton_snapshot *snapshot;
	struct baton_diag diag;
	struct baton_pool *pool;
	uint64_t hash;

	(void)state;
	begin_host(8);
	snapshot = snap(make_parent());
	hash = hash_of_snapshot(snapshot);
	must(baton_pool_create(host, MEMORY, 1, &diag, &pool), &diag);
	/* In a machine of its own, in a ready one, in one that has been used. */
	for (int i = 0; i < 3; i++) {
		struct baton_vm *vm = fork_one(snapshot, i ? pool : NULL);

		assert_true(hash_of(vm) == hash);
		tell(vm, CHANGE);
		assert_true(hash_of(vm) != hash);
		assert_true(has_the_hosts_tsc(vm) || has_set_tsc(vm));
		reset(vm);
		assert_true(hash_of(vm) == hash);
		assert_true(has_the_hosts_tsc(vm) || !has_set_tsc(vm));
		shows_what_it_set_up(vm);
		reset(vm);
		assert_true(hash_of(vm) == hash);
		tell(vm, CHANGE);
		baton_vm_destroy(vm);
	}
	baton_snapshot_destroy(snapshot);
	baton_host_destroy(host);
}

/* Registers that are set while an access is pending would be those of nobody. */
static void an_access_that_is_pending_is_no_hindrance(void **state)
{
	struct baton_snapshot *snapshot;
	struct baton_vm *vm;
	uint64_t hash;

	(void)state;
	begin_host(8);
	snapshot = snap(make_parent());
	hash = hash_of_snapshot(snapshot);
	vm = fork_one(snapshot, NULL);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(run(), BATON_RUN_STUCK); /* its IN waits, at the very place */
		reset(vm);
		assert_true(hash_of(vm) == hash);
		shows_what_it_set_up(vm);
		reset(vm);
		end_when_told = true;
		tell(vm, i % 2 ? TOUCH : CHANGE); /* an OUT is left */
		end_when_told = false;
		reset(vm);
		assert_true(hash_of(vm) == hash);
		shows_what_it_set_up(vm);
		reset(vm);
	}
	baton_snapshot_destroy(snapshot);
	baton_host_destroy(host);
}

/* After a triple fault, too, which resets the vCPU on some KVMs. */
static void a_dead_fork_is_reset_like_any_other(void **state)
{
	const uint64_t nowhere = 0;
	struct baton_snapshot *snapshot;
	struct baton_vm *vm;
	uint64_t hash;

	(void)state;
	begin_host(8);
	snapshot = snap(make_parent());
	hash = hash_of_snapshot(snapshot);
	vm = fork_one(snapshot, NULL);
	for (int i = 0; i < 3; i++) {
		/* Its page tables, which lie at the top, are gone: no exception can be handled. */
		for (uint64_t at = MEMORY - 0x10000; at < MEMORY; at += 8)
			assert_int_equal(baton_vm_write(vm, at, &nowhere, 8), 0);
		order = TOUCH;
		run();
		order = WAIT;
		assert_non_null(baton_vm_death(vm));
		reset(vm);
		assert_null(baton_vm_death(vm));
		assert_true(hash_of(vm) == hash);
		shows_what_it_set_up(vm);
		reset(vm);
	}
	baton_snapshot_destroy(snapshot);
	baton_host_destroy(host);
}

static void a_fork_of_a_fork_has_what_its_parent_changed(void **state)
{
	struct baton_snapshot *first, *second;
	struct baton_vm *parent, *child, *grandchild;
	uint64_t word;

	(void)state;
	begin_host(8);
	parent = make_parent();
	first = snap(parent);
	baton_vm_destroy(parent);
	child = fork_one(first, NULL);
	word = 0xABCD;
	assert_int_equal(baton_vm_write(child, PAGES, &word, 8), 0);
	second = snap(child);
	assert_true(hash_of(child) == hash_of_snapshot(second));
	word = 0;
	assert_int_equal(baton_vm_write(child, PAGES, &word, 8), 0);
	baton_snapshot_destroy(first);
	grandchild = fork_one(second, NULL);
	assert_true(hash_of(grandchild) == hash_of_snapshot(second));
	assert_int_equal(baton_vm_read(grandchild, PAGES, &word, 8), 0);
	assert_int_equal(word, 0xABCD);
	shows_what_it_set_up(child);
	reset(grandchild);
	tell(grandchild, TOUCH);
	reset(grandchild);
	assert_true(hash_of(grandchild) == hash_of_snapshot(second));
	reset(child);
	assert_int_equal(baton_vm_read(child, PAGES, &word, 8), 0);
	assert_int_equal(word, 0);
	baton_snapshot_destroy(second);
	baton_host_destroy(host);
}

/* -------------------------------------------------------------------- groups */

#define REGION 0x60000

/* Asks for a number, adds it to the word that both VMs have, and ends with the sum. */
static const uint8_t adds[] = {
	0xE5, ASK,			     /* in eax, ASK */
	0x01, 0x04, 0x25, 0, 0, 0x06, 0,     /* add [REGION], eax */
	0x8B, 0x04, 0x25, 0, 0, 0x06, 0,     /* mov eax, [REGION] */
	0xFA, 0xF4,			     /* cli; hlt */
};

static uint32_t sum_after(struct baton_vm *vm, unsigned number)
{
	struct baton_vm_stats stats;

	tell(vm, (enum order)number);
	baton_vm_stats(vm, &stats);
	assert_int_equal(stats.outcome, BATON_HALTED);
	return stats.status;
}

static void fork_both(struct baton_snapshot *snapshot, struct baton_vm *vms[2])
{
	struct baton_fork_config config = BATON_FORK_CONFIG;
	struct baton_diag diag;

	must(baton_vm_fork(snapshot, host, &config, &diag, vms), &diag);
	run(); /* both ask, and wait */
}

static void groups_share_a_region_among_themselves_alone(void **state)
{
	static const bool trapped[] = { false, true };

	(void)state;
	for (int t = 0; t < 2; t++) {
		struct baton_vm *parents[2], *one[2], *other[2];
		struct baton_snapshot *snapshot;
		struct baton_region *region;
		const uint32_t begin = 100;
		struct baton_diag diag;

		begin_host(8);
		must(baton_region_create(host, 4096, &diag, &region), &diag);
		for (int i = 0; i < 2; i++) {
			struct baton_vm_config config = BATON_VM_CONFIG;

			config.name = i ? "b" : "a";
			config.mode = BATON_MODE_LONG;
			config.memory = MEMORY;
			config.load = 0x2000;
			config.image = adds;
			config.image_size = sizeof(adds);
			must(baton_vm_create(host, &config, &diag, &parents[i]), &diag);
			must(baton_device_create(host, &gate, &parents[i], &diag, NULL), &diag);
			must((trapped[t] ? baton_region_trap : baton_region_share)
			     (region, parents[i], REGION, &diag), &diag);
		}
		assert_int_equal(baton_vm_write(parents[0], REGION, &begin, sizeof(begin)), 0);
		order = WAIT;
		run();
		must(baton_snapshot_take(parents, 2, &diag, &snapshot), &diag);
		fork_both(snapshot, one);
		assert_int_equal(sum_after(one[0], 5), 105);
		assert_int_equal(sum_after(parents[1], 50), 150);
		fork_both(snapshot, other);
		assert_int_equal(sum_after(other[1], 9), 109);
		assert_int_equal(sum_after(one[1], 7), 112);
		reset(one[0]);
		run();
		assert_int_equal(sum_after(one[1], 2), 102);
		assert_int_equal(sum_after(other[0], 1), 110);
		assert_int_equal(sum_after(parents[0], 3), 153);
		baton_snapshot_destroy(snapshot);
		baton_host_destroy(host);
	}
}

/* ------------------------------------------------------------ extended state */

/* (SDM vol. 1, 13.4: the legacy region, the header, and where AVX's halves lie as a standard.) */
#define XMM0	  160
#define XSTATE_BV 512
#define YMM0	  576

/* Fills x87, SSE, and AVX where the processor has it, as no guest has to be able to. */
static void poke_extended(struct baton_vm *vm, uint8_t with)
{
	struct kvm_xcrs xcrs;
	struct kvm_xsave xsave;
	uint8_t *bytes = (uint8_t *)xsave.region;
	uint64_t features = 3;

	assert_int_equal(ioctl(vm->vcpu.kvm.fd, KVM_GET_XCRS, &xcrs), 0);
	if (xcrs.nr_xcrs) {
		xcrs.xcrs[0].value = 7;
		if (!ioctl(vm->vcpu.kvm.fd, KVM_SET_XCRS, &xcrs))
			features = 7;
	}
	assert_int_equal(ioctl(vm->vcpu.kvm.fd, KVM_GET_XSAVE, &xsave), 0);
	memset(bytes + 32, with, 10); /* the first of x87's registers */
	memset(bytes + XMM0, with, 256);
	if (features & 4)
		memset(bytes + YMM0, with, 256);
	memcpy(bytes + XSTATE_BV, &features, sizeof(features));
	assert_int_equal(ioctl(vm->vcpu.kvm.fd, KVM_SET_XSAVE, &xsave), 0);
}

static void has_extended(struct baton_vm *vm, uint8_t with)
{
	struct kvm_xcrs xcrs;
	struct kvm_xsave xsave;
	const uint8_t *bytes = (const uint8_t *)xsave.region;

	assert_int_equal(ioctl(vm->vcpu.kvm.fd, KVM_GET_XCRS, &xcrs), 0);
	assert_int_equal(ioctl(vm->vcpu.kvm.fd, KVM_GET_XSAVE, &xsave), 0);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(bytes[32 + i], with);
	for (unsigned i = 0; i < 256; i++) {
		assert_int_equal(bytes[XMM0 + i], with);
		if (xcrs.nr_xcrs && xcrs.xcrs[0].value == 7)
			assert_int_equal(bytes[YMM0 + i], with);
	}
}

static void extended_state_goes_along(void **state)
{
	struct baton_snapshot *snapshot;
	struct baton_vm *parent, *vm;
	struct baton_diag diag;
	struct baton_pool *pool;
	struct kvm_xcrs xcrs;

	(void)state;
	begin_host(8);
	must(baton_pool_create(host, MEMORY, 1, &diag, &pool), &diag);
	parent = make_parent();
	poke_extended(parent, 0x11);
	assert_int_equal(ioctl(parent->vcpu.kvm.fd, KVM_GET_XCRS, &xcrs), 0);
	print_message("# AVX %s\n", xcrs.nr_xcrs && xcrs.xcrs[0].value == 7 ?
		      "goes along" : "is not there");
	snapshot = snap(parent);
	poke_extended(parent, 0x22);
	for (int i = 0; i < 3; i++) {
		vm = fork_one(snapshot, i ? pool : NULL);
		has_extended(vm, 0x11);
		assert_true(hash_of(vm) == hash_of_snapshot(snapshot));
		poke_extended(vm, 0x33);
		assert_true(hash_of(vm) != hash_of_snapshot(snapshot));
		reset(vm);
		has_extended(vm, 0x11);
		baton_vm_destroy(vm);
	}
	has_extended(parent, 0x22);
	baton_snapshot_destroy(snapshot);
	baton_host_destroy(host);
}

/* ----------------------------------------------------------------- very often */

static unsigned descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Mappings, and pages that are in memory. */
static unsigned mappings(unsigned long *pages)
{
	FILE *file = fopen("/proc/self/maps", "r");
	unsigned n = 0;
	int c;

	while ((c = getc(file)) != EOF)
		n += c == '\n';
	fclose(file);
	file = fopen("/proc/self/statm", "r");
	assert_int_equal(fscanf(file, "%*u %lu", pages), 1);
	fclose(file);
	return n;
}

/* As often as half a minute allows; with BATON_TEST_LONG, a quarter of an hour. */
static unsigned how_often(void)
{
	const char *kvm = getenv("BATON_TEST_KVM");
	bool is_long = getenv("BATON_TEST_LONG");

	if (!kvm || !strcmp(kvm, "native"))
		return 100000;
	if (!strcmp(kvm, "svm"))
		return is_long ? 100000 : 2000;
	return is_long ? 5000 : 300;
}

static void nothing_grows_however_often(void **state)
{
	const unsigned count = how_often();
	unsigned fds = 0, maps = 0;
	struct baton_snapshot *snapshot;
	unsigned long pages = 0, now;
	struct baton_diag diag;
	struct baton_pool *pool;
	uint64_t hash;

	(void)state;
	begin_host(8);
	snapshot = snap(make_parent());
	hash = hash_of_snapshot(snapshot);
	must(baton_pool_create(host, MEMORY, 2, &diag, &pool), &diag);
	for (unsigned i = 0; i < count; i++) {
		struct baton_vm *vm = fork_one(snapshot, pool);

		tell(vm, i % 2 ? TOUCH : CHANGE);
		reset(vm);
		assert_true(hash_of(vm) == hash);
		tell(vm, TOUCH);
		baton_vm_destroy(vm);
		if (i == 100) {
			fds = descriptors();
			maps = mappings(&pages);
		} else if (i % 100 == 0 && i) {
			assert_int_equal(descriptors(), fds);
			assert_int_equal(mappings(&now), maps);
			if (now > pages + 64)
				fail_msg("%lu pages after %u times, %lu after 100", now, i, pages);
		}
	}
	assert_int_equal(told, 2 * count);
	assert_int_equal(baton_pool_ready(pool), 2);
	assert_true(hash_of_snapshot(snapshot) == hash);
	baton_snapshot_destroy(snapshot);
	baton_host_destroy(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fork_goes_on_where_its_parent_was),
		cmocka_unit_test(the_parent_goes_on_and_its_forks_do_not_see_it),
		cmocka_unit_test(a_reset_takes_everything_back),
		cmocka_unit_test(an_access_that_is_pending_is_no_hindrance),
		cmocka_unit_test(a_dead_fork_is_reset_like_any_other),
		cmocka_unit_test(a_fork_of_a_fork_has_what_its_parent_changed),
		cmocka_unit_test(groups_share_a_region_among_themselves_alone),
		cmocka_unit_test(extended_state_goes_along),
		cmocka_unit_test(nothing_grows_however_often),
	};
	sigset_t kick;

	/* A test that fails leaves its host; its mask is put back, and its kick would be our end. */
	sigemptyset(&kick);
	sigaddset(&kick, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &kick, NULL);
	return cmocka_run_group_tests_name("forks", tests, NULL, NULL);
}
