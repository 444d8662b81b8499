/* SPDX-License-Identifier: 0BSD */
/*
 * matrix.c - two VMs, Neo and Morpheus, take turns on one thread, on KVM alone.
 *
 *     matrix a|b|c [SECONDS]
 *
 * a  Each I/O exit ends the turn.
 * b  The guests never exit; a timer ends each turn after QUANTUM seconds.
 * c  As b, but of FRAC_A + FRAC_B turns Neo gets FRAC_A and Morpheus FRAC_B.
 *
 * It ends after SECONDS, by default one round of c. Exit status: 0, 1 a guest went
 * wrong, 2 wrong command line, 4 no usable KVM. simple-kvm.c explains the set-up.
 *
 * How a turn ends without a signal handler and without losing a signal: the timer's
 * signal is blocked in this thread; only KVM_RUN unblocks it. One that comes before
 * KVM_RUN stays pending, and KVM_RUN returns at once. The clock decides, not the signal.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Change them here, or with -DQUANTUM=0.01. A fraction of 0 never runs. */
#ifndef QUANTUM
#define QUANTUM 1 /* seconds */
#endif
#ifndef FRAC_A
#define FRAC_A 7
#endif
#ifndef FRAC_B
#define FRAC_B 3
#endif
_Static_assert(FRAC_A >= 0 && FRAC_B >= 0 && FRAC_A + FRAC_B > 0, "negative, or both 0");

#define SECOND      1000000000ull /* all times are in ns of CLOCK_MONOTONIC */
#define QUANTUM_NS  ((uint64_t)(QUANTUM * 1e9))
#define KICK        SIGRTMIN /* the timer's signal */
#define MEMORY_SIZE 0x1000

#ifndef sigev_notify_thread_id /* older C libraries do not name this member */
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* Neo in 16-bit code: xor ax, ax; 1: out 0x10, ax; inc ax; jmp 1b. Morpheus: port 0x11, dec. */
static const uint8_t neo[] = {0x31, 0xc0, 0xe7, 0x10, 0x40, 0xeb, 0xfb};
static const uint8_t morpheus[] = {0x31, 0xc0, 0xe7, 0x11, 0x48, 0xeb, 0xfb};
/* The same without the OUT. */
static const uint8_t neo_b[] = {0x31, 0xc0, 0x40, 0xeb, 0xfd};
static const uint8_t morpheus_b[] = {0x31, 0xc0, 0x48, 0xeb, 0xfd};

struct vm {
	int fd, vcpu;              /* `fd` is also its name in the output */
	const struct kvm_run *run; /* where KVM describes an exit */
	unsigned turns;
	double ran; /* seconds */
};

struct kick {
	timer_t timer;
	sigset_t set; /* KICK alone */
};

static int check(int result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "matrix: %s: %s\n", what, strerror(errno));
		exit(4);
	}
	return result;
}

#define IOCTL(fd, request, argument) check(ioctl(fd, request, argument), #request)

static void *map(int fd, size_t size, int flags, const char *what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	check(at == MAP_FAILED ? -1 : 0, what);
	return at;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

/* Gives KVM_RUN this thread's signal mask, less KICK. */
static void unblock_kick_in_guest(int vcpu)
{
	/* struct kvm_signal_mask: the length of the set, then the kernel's set of 64 signals. */
	uint32_t mask[1 + 2] = {8};
	sigset_t set; /* the C library's, of 1024 */

	sigprocmask(SIG_SETMASK, NULL, &set);
	sigdelset(&set, KICK);
	memcpy(&mask[1], &set, 8);
	IOCTL(vcpu, KVM_SET_SIGNAL_MASK, mask);
}

/* A VM with one page of memory and one vCPU, in real mode at GPA 0. */
static struct vm create_vm(int kvm, const uint8_t *code, size_t size)
{
	struct vm vm = {.fd = IOCTL(kvm, KVM_CREATE_VM, 0)};
	void *memory = map(-1, MEMORY_SIZE, MAP_PRIVATE | MAP_ANONYMOUS, "guest memory");
	struct kvm_userspace_memory_region region = {.memory_size = MEMORY_SIZE};
	struct kvm_regs regs = {.rip = 0, .rflags = 0x2};
	struct kvm_sregs sregs;

	memcpy(memory, code, size);
	region.userspace_addr = (uintptr_t)memory;
	IOCTL(vm.fd, KVM_SET_TSS_ADDR, 0xfffbd000);
	IOCTL(vm.fd, KVM_SET_USER_MEMORY_REGION, &region);
	vm.vcpu = IOCTL(vm.fd, KVM_CREATE_VCPU, 0);
	vm.run = map(vm.vcpu, IOCTL(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), MAP_SHARED, "kvm_run");
	IOCTL(vm.vcpu, KVM_GET_SREGS, &sregs);
	sregs.cs.base = sregs.cs.selector = 0; /* out of reset it is F000:FFF0 */
	IOCTL(vm.vcpu, KVM_SET_SREGS, &sregs);
	IOCTL(vm.vcpu, KVM_SET_REGS, &regs);
	unblock_kick_in_guest(vm.vcpu);
	printf("VMFD: %d, Loaded Program with size: %zu\n", vm.fd, size);
	return vm;
}

/* Blocks KICK in this thread and makes a timer that sends it to this thread alone. */
static struct kick create_kick(void)
{
	struct kick kick;
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = KICK};

	event.sigev_notify_thread_id = getpid(); /* of the only thread */
	sigemptyset(&kick.set);
	sigaddset(&kick.set, KICK);
	check(sigprocmask(SIG_BLOCK, &kick.set, NULL), "sigprocmask");
	check(timer_create(CLOCK_MONOTONIC, &event, &kick.timer), "timer_create");
	return kick;
}

static void arm(const struct kick *kick, uint64_t at)
{
	struct itimerspec t = {.it_value = {at / SECOND, at % SECOND}};

	check(timer_settime(kick->timer, TIMER_ABSTIME, &t, NULL), "timer_settime");
}

/* Runs a VM to its next exit, or to the deadline: KVM_EXIT_INTR. Returns the exit reason. */
static uint32_t run_until(const struct vm *vm, uint64_t deadline, const struct kick *kick)
{
	const struct timespec at_once = {0, 0};

	while (now() < deadline) {
		if (ioctl(vm->vcpu, KVM_RUN, 0) == 0)
			return vm->run->exit_reason;
		if (errno != EINTR)
			check(-1, "KVM_RUN");
		/* No exit: exit_reason is an earlier one's. A signal that came early is used up. */
		if (sigtimedwait(&kick->set, NULL, &at_once) == KICK && now() < deadline)
			arm(kick, deadline);
	}
	return KVM_EXIT_INTR;
}

static void show_io(const struct vm *vm)
{
	const struct kvm_run *run = vm->run;
	uint32_t data = 0;

	memcpy(&data, (const uint8_t *)run + run->io.data_offset, run->io.size);
	printf("VMFD: %d KVM_EXIT_IO\nVMFD: %d %s port: %u, data: %u\n", vm->fd, vm->fd,
	       run->io.direction == KVM_EXIT_IO_OUT ? "out" : "in", run->io.port, data);
}

/* One turn: to its first exit, or serving exits until the deadline. */
static void take_turn(struct vm *vm, bool one_exit, uint64_t deadline, const struct kick *kick)
{
	struct kvm_regs regs;
	uint32_t reason;

	printf("VMFD: %d started running\n", vm->fd);
	vm->turns++;
	do {
		uint64_t begin = now();

		reason = run_until(vm, deadline, kick);
		vm->ran += (now() - begin) / 1e9;
		printf("VMFD: %d stopped running - exit reason: %u\n", vm->fd, reason);
		if (reason == KVM_EXIT_IO)
			show_io(vm);
	} while (reason == KVM_EXIT_IO && !one_exit);

	if (reason == KVM_EXIT_INTR) {
		IOCTL(vm->vcpu, KVM_GET_REGS, &regs);
		printf("VMFD: %d KVM_EXIT_INTR\nVMFD: %d RAX: %llu\n", vm->fd, vm->fd, regs.rax);
	} else if (reason != KVM_EXIT_IO) {
		exit(1);
	}
}

int main(int argc, char **argv)
{
	char mode = argc > 1 && strlen(argv[1]) == 1 ? *argv[1] : '?';
	double seconds = argc > 2 ? atof(argv[2]) : (double)QUANTUM * (FRAC_A + FRAC_B);

	if (argc > 3 || !strchr("abc", mode) || !(seconds > 0 && seconds < 1e6)) {
		fputs("usage: matrix a|b|c [SECONDS]\n", stderr);
		return 2;
	}

	bool exits = mode == 'a';
	struct kick kick = create_kick();
	int kvm = check(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm (see simple-kvm)");
	size_t size = exits ? sizeof(neo) : sizeof(neo_b);
	struct vm vms[2];

	vms[0] = create_vm(kvm, exits ? neo : neo_b, size);
	vms[1] = create_vm(kvm, exits ? morpheus : morpheus_b, size);

	/* Of `round` turns in a row Neo gets `part`, spread evenly: 0 never, `round` always. */
	uint64_t part = mode == 'c' ? FRAC_A : 1, round = mode == 'c' ? FRAC_A + FRAC_B : 2;
	uint64_t begin = now(), end = begin + (uint64_t)(seconds * 1e9), deadline = end, t;

	arm(&kick, end);
	for (uint64_t turn = 0; (t = now()) < end; turn++) {
		if (!exits) {
			deadline = end - t < QUANTUM_NS ? end : t + QUANTUM_NS;
			arm(&kick, deadline);
		}
		take_turn(&vms[turn * part % round >= part], exits, deadline, &kick);
		if (!exits)
			printf("Time: %.3f\n", (now() - begin) / 1e9);
	}
	for (int i = 0; i < 2; i++)
		printf("VMFD: %d had %u turns, %.3f s, %.2f %%\n", vms[i].fd, vms[i].turns,
		       vms[i].ran, 100 * vms[i].ran / (vms[0].ran + vms[1].ran));
	return 0;
}
