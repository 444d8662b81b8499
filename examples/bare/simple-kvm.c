/* SPDX-License-Identifier: 0BSD */
/*
 * simple-kvm.c - one virtual machine on KVM alone: the whole way from
 * open("/dev/kvm") to the guest's HLT, with the purpose of every ioctl.
 *
 *     simple-kvm real|protected|paged|long
 *
 * The guest prints a line and a number by hypercalls, writes 42 to GPA 0x400 and
 * halts with 42 in EAX; the host checks both. Exit status: 0 both are right, 1 the
 * guest went wrong, 2 wrong command line, 4 no usable KVM.
 *
 * It has no interrupts, one vCPU and two ports. Mode `paged` needs a KVM with
 * 32-bit paging; kvm-pvm has none and answers KVM_EXIT_SHUTDOWN at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define MEMORY_SIZE 0x400000 /* 4 MiB: one large page of 32-bit paging, two of long mode */
#define RESULT      0x400    /* GPA of the guest's result */
#define TABLES      0x1000   /* GPA of the page tables, three pages at most */
#define PRINT8      0xE9     /* OUT8: one character */
#define PRINT32     0xEA     /* OUT32: an unsigned number, shown with a newline */

/* SDM vol. 3, 2.2, 2.5 and 4.3 to 4.5; APM vol. 2, 3.1 and 5.2 to 5.3. */
#define CR0_PE    (1u << 0)  /* protection: segments are descriptors, not paragraphs */
#define CR0_PG    (1u << 31) /* paging */
#define CR4_PSE   (1u << 4)  /* 32-bit paging: a directory entry may map 4 MiB itself */
#define CR4_PAE   (1u << 5)  /* page table entries of 64 bits; long mode needs them */
#define EFER_LME  (1u << 8)  /* long mode is wanted ... */
#define EFER_LMA  (1u << 10) /* ... and active */
#define PTE_TABLE 0x03       /* present, writable: points to the next table */
#define PTE_LARGE 0x83       /* present, writable, large: maps memory itself */

/*
 * The guest: one text, assembled for 16, 32 and 64 bits into our own read-only
 * data, between two linker symbols. It will run at GPA 0, so an address in it is
 * the distance from its first byte. It needs no stack.
 */
#define GUEST(name, code)                                                                          \
	extern const char name[], name##_end[];                                                    \
	__asm__(".pushsection .rodata\n" code "\n" #name ":\n"                                     \
		"   mov $(9f - " #name "), %esi\n"                                                 \
		"1: lodsb\n"                                                                       \
		"   test %al, %al\n"                                                               \
		"   jz 2f\n"                                                                       \
		"   out %al, $0xE9\n"                                                              \
		"   jmp 1b\n"                                                                      \
		"2: mov $2048, %eax\n"                                                             \
		"   out %eax, $0xEA\n"                                                             \
		"   movl $42, 0x400\n"                                                             \
		"   mov $42, %eax\n"                                                               \
		"   hlt\n"                                                                         \
		"9: .asciz \"Hello 695!\\n\"\n" #name "_end:\n"                                    \
		".code64\n.popsection\n")

GUEST(guest16, ".code16");
GUEST(guest32, ".code32");
GUEST(guest64, ".code64");

enum mode { REAL, PROTECTED, PAGED, LONG, MODES };

static const struct {
	const char *name, *guest, *guest_end;
} modes[MODES] = {
	[REAL] = {"real", guest16, guest16_end},
	[PROTECTED] = {"protected", guest32, guest32_end},
	[PAGED] = {"paged", guest32, guest32_end},
	[LONG] = {"long", guest64, guest64_end},
};

/* Ends the program if a system call failed. */
static int check(int result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "simple-kvm: %s: %s\n", what, strerror(errno));
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

static int open_kvm(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0 && (errno == EACCES || errno == EPERM))
		check(kvm, "/dev/kvm (join the group that owns it, mostly `kvm`)");
	return check(kvm, "/dev/kvm (load kvm_intel or kvm_amd; if that fails, turn virtualization "
			  "on in the firmware, or nesting in the hypervisor below)");
}

/* Flat segments: base 0, limit 4 GiB, ring 0. KVM takes descriptors as they are; no GDT is read. */
static void set_segments(struct kvm_sregs *sregs, enum mode mode)
{
	struct kvm_segment s = {.limit = 0xffffffff, .g = 1, .s = 1, .present = 1, .db = 1};

	s.selector = 0x10;
	s.type = 3; /* data, writable, accessed */
	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = s;
	s.selector = 0x08;
	s.type = 11;        /* code, readable, accessed */
	s.l = mode == LONG; /* 64-bit code ... */
	s.db = !s.l;        /* ... or 32-bit code */
	sregs->cs = s;
	sregs->cr0 |= CR0_PE;
}

/* 32-bit paging: CR3 -> page directory. Its entry 0 maps the first 4 MiB to themselves. */
static void set_paging32(struct kvm_sregs *sregs, uint8_t *memory)
{
	*(uint32_t *)(memory + TABLES) = 0 | PTE_LARGE;
	sregs->cr3 = TABLES;
	sregs->cr4 |= CR4_PSE;
	sregs->cr0 |= CR0_PG;
}

/* Long mode: CR3 -> PML4 -> pointers -> directory. Its entries 0 and 1 map 2 MiB each. */
static void set_paging64(struct kvm_sregs *sregs, uint8_t *memory)
{
	uint64_t *pml4 = (uint64_t *)(memory + TABLES);
	uint64_t *pointers = (uint64_t *)(memory + TABLES + 0x1000);
	uint64_t *directory = (uint64_t *)(memory + TABLES + 0x2000);

	pml4[0] = (TABLES + 0x1000) | PTE_TABLE;     /* one entry spans 512 GiB */
	pointers[0] = (TABLES + 0x2000) | PTE_TABLE; /* one entry spans 1 GiB */
	directory[0] = 0x000000 | PTE_LARGE;
	directory[1] = 0x200000 | PTE_LARGE;
	sregs->cr3 = TABLES;
	sregs->cr4 |= CR4_PAE;
	sregs->cr0 |= CR0_PG;
	sregs->efer |= EFER_LME | EFER_LMA;
}

/* The state in which the guest begins. */
static void set_state(int vcpu, uint8_t *memory, enum mode mode)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs = {.rip = 0, .rflags = 0x2}; /* bit 1 is always 1; IF = 0 */

	/* 8: special registers. A new vCPU is in real mode at F000:FFF0; we change what we must. */
	IOCTL(vcpu, KVM_GET_SREGS, &sregs);
	if (mode == REAL)
		sregs.cs.base = sregs.cs.selector = 0; /* the base counts; keep both the same */
	else
		set_segments(&sregs, mode);
	if (mode == PAGED)
		set_paging32(&sregs, memory);
	if (mode == LONG)
		set_paging64(&sregs, memory);
	IOCTL(vcpu, KVM_SET_SREGS, &sregs);
	IOCTL(vcpu, KVM_SET_REGS, &regs); /* 9: general registers, RIP and RFLAGS */
}

/* Serves one OUT. The datum lies in the shared pages, where KVM says. */
static bool serve_io(const struct kvm_run *run)
{
	const uint8_t *data = (const uint8_t *)run + run->io.data_offset;
	bool out = run->io.direction == KVM_EXIT_IO_OUT && run->io.count == 1;

	if (out && run->io.port == PRINT8 && run->io.size == 1)
		return putchar(*data) != EOF;
	if (out && run->io.port == PRINT32 && run->io.size == 4)
		return printf("%u\n", *(const uint32_t *)data) > 0;
	fprintf(stderr, "simple-kvm: nobody serves port 0x%x\n", run->io.port);
	return false;
}

/* 10: runs the guest on this thread until it needs us, serves it, and so on. True at HLT. */
static bool run_to_halt(int vcpu, const struct kvm_run *run)
{
	do {
		while (ioctl(vcpu, KVM_RUN, 0) < 0) {
			if (errno != EINTR) /* EINTR: a signal came, and nothing else */
				check(-1, "KVM_RUN");
		}
		if (run->exit_reason == KVM_EXIT_HLT)
			return true;
	} while (run->exit_reason == KVM_EXIT_IO && serve_io(run));

	fprintf(stderr, "simple-kvm: stopped by exit reason %u\n", run->exit_reason);
	if (run->exit_reason == KVM_EXIT_SHUTDOWN)
		fputs("A fault without a handler, or a mode that this KVM lacks.\n", stderr);
	return false;
}

int main(int argc, char **argv)
{
	enum mode mode = REAL;
	struct kvm_regs regs;
	uint32_t result;

	while (argc == 2 && mode < MODES && strcmp(argv[1], modes[mode].name))
		mode++;
	if (argc != 2 || mode == MODES) {
		fputs("usage: simple-kvm real|protected|paged|long\n", stderr);
		return 2;
	}
	/* 1: the door to KVM.  2: its version, 12 since Linux 2.6.22; never another one. */
	int kvm = open_kvm();
	if (IOCTL(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
		fputs("simple-kvm: this KVM does not speak version 12 of the API\n", stderr);
		return 4;
	}
	int vm = IOCTL(kvm, KVM_CREATE_VM, 0);   /* 3: a VM, yet without memory and processor */
	IOCTL(vm, KVM_SET_TSS_ADDR, 0xfffbd000); /* 4: where old Intel CPUs emulate real mode */

	/* 5: memory of this process becomes the guest's, from GPA 0 on; code gets in by a copy. */
	uint8_t *memory = map(-1, MEMORY_SIZE, MAP_PRIVATE | MAP_ANONYMOUS, "guest memory");
	struct kvm_userspace_memory_region region = {.slot = 0, .flags = 0, .guest_phys_addr = 0};
	region.memory_size = MEMORY_SIZE;
	region.userspace_addr = (uintptr_t)memory;
	IOCTL(vm, KVM_SET_USER_MEMORY_REGION, &region);
	memcpy(memory, modes[mode].guest, modes[mode].guest_end - modes[mode].guest);

	/* 6: a processor, number 0.  7: pages shared with KVM, where each exit is described. */
	int vcpu = IOCTL(vm, KVM_CREATE_VCPU, 0);
	int run_size = IOCTL(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	const struct kvm_run *run = map(vcpu, run_size, MAP_SHARED, "kvm_run");

	set_state(vcpu, memory, mode);
	if (!run_to_halt(vcpu, run))
		return 1;

	/* 11: EAX is asked of the vCPU, the result read from memory. Our exit frees everything. */
	IOCTL(vcpu, KVM_GET_REGS, &regs);
	memcpy(&result, memory + RESULT, sizeof(result));
	printf("%s mode: %u at 0x400, EAX = %u\n", argv[1], result, (uint32_t)regs.rax);
	return result == 42 && (uint32_t)regs.rax == 42 ? 0 : 1;
}
