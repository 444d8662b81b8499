/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linear.c - guest memory at linear addresses, for handlers of calls that take them.
 *
 * The walk is walk.c's, over the page tables that the vCPU uses at this moment. A
 * copy goes page by page, and writes nothing before all of it is known to be there.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "base/arith.h"
#include "baton/control.h"
#include "vm/vm.h"
#include "vm/walk.h"

static int paging_of(const struct baton_vcpu *vcpu, struct baton__paging *paging)
{
	struct kvm_sregs sregs;
	int error = baton__vcpu_get_sregs(&vcpu->kvm, &sregs);

	if (!error)
		*paging = (struct baton__paging){
			.cr0 = sregs.cr0, .cr3 = sregs.cr3, .cr4 = sregs.cr4, .efer = sregs.efer,
		};
	return error;
}

int baton_vcpu_walk(struct baton_vcpu *vcpu, uint64_t linear, struct baton_walk *walk)
{
	struct baton__paging paging;
	int error = paging_of(vcpu, &paging);

	if (!error)
		*walk = baton__walk(&vcpu->vm->memory, &paging, linear);
	return error;
}

int baton_vcpu_translate(struct baton_vcpu *vcpu, uint64_t linear, baton_gpa_t *gpa)
{
	struct baton_walk walk;
	int error = baton_vcpu_walk(vcpu, linear, &walk);

	if (error)
		return error;
	if (walk.end != BATON_WALK_MAPPED)
		return -EFAULT;
	*gpa = walk.gpa;
	return 0;
}

int baton_vcpu_read(struct baton_vcpu *vcpu, uint64_t linear, void *to, size_t size)
{
	struct baton__paging paging;
	int error = paging_of(vcpu, &paging);

	if (error)
		return error;
	return baton__walk_read(&vcpu->vm->memory, &paging, linear, to, size) == size ? 0 : -EFAULT;
}

int baton_vcpu_write(struct baton_vcpu *vcpu, uint64_t linear, const void *from, size_t size)
{
	struct baton__memory *memory = &vcpu->vm->memory;
	struct baton__paging paging;
	int error = paging_of(vcpu, &paging);

	if (error)
		return error;
	vcpu->inputs++;
	/* Once to see whether all of it is there, and once to write. */
	for (int writing = 0; writing < 2; writing++) {
		for (size_t done = 0, bytes; done < size; done += bytes) {
			uint64_t at = linear + done;
			struct baton_walk walk = baton__walk(memory, &paging, at);

			bytes = baton__min(size - done, BATON__PAGE - at % BATON__PAGE);
			if (walk.end != BATON_WALK_MAPPED ||
			    !baton__in_range(walk.gpa, bytes, memory->size))
				return -EFAULT;
			if (writing)
				baton__memory_write(memory, walk.gpa, (const char *)from + done,
						    bytes);
		}
	}
	return 0;
}

int baton_vcpu_read_string(struct baton_vcpu *vcpu, uint64_t linear, char *to, size_t room,
			   size_t *length)
{
	struct baton__paging paging;
	int error = paging_of(vcpu, &paging);
	size_t had;
	char *end;

	if (error)
		return error;
	had = baton__walk_read(&vcpu->vm->memory, &paging, linear, to, room);
	end = memchr(to, 0, had);
	if (!end)
		return had == room ? -ENAMETOOLONG : -EFAULT;
	*length = (size_t)(end - to);
	return 0;
}
