/* SPDX-License-Identifier: Apache-2.0 */
/*
 * course.c - the hypercalls that courses teach with: numbers, strings, counts of
 * exits, and the way of an address from guest to host.
 *
 * A guest's pointer is translated by its own page tables, and what it leads to is
 * always checked against guest memory, also where there is no paging. What is
 * passed from one access to the next (the address that GVA_TO_HVA asked for) is
 * kept here, never in the port.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "baton/device.h"
#include "dev/plain.h"

#define STRING_MAX 4096 /* bytes, its NUL included */

struct course {
	struct baton_course_config config;
	uint64_t text_slots;	 /* in the memory that the VM keeps for devices */
	char string[STRING_MAX]; /* for one access */

	/* From here on it is plain. */
	uint64_t texts; /* written there so far */
	uint32_t hva;	/* the answer to the last GVA_TO_HVA */
	bool asked;	/* and it has not been fetched */
};

static enum baton_verdict fault(struct baton_access *a, const char *why)
{
	a->why = why;
	return BATON_FAULT;
}

static enum baton_verdict print32(struct course *c, struct baton_access *a)
{
	char text[16];
	int size = snprintf(text, sizeof(text), "%" PRIu32 "\n", (uint32_t)a->data);

	baton_console_write(c->config.console, text, (size_t)size);
	return BATON_RESUME;
}

static enum baton_verdict num_exits(struct course *c, struct baton_access *a)
{
	a->data = (uint32_t)baton_vm_exits(a->vm, BATON_EXIT_KINDS);
	return BATON_RESUME;
}

static enum baton_verdict print_str(struct course *c, struct baton_access *a)
{
	size_t length;

	switch (baton_vcpu_read_string(a->vcpu, a->data, c->string, STRING_MAX, &length)) {
	case 0:
		baton_console_write(c->config.console, c->string, length);
		return BATON_RESUME;
	case -EFAULT:
		return fault(a, "its string leaves guest memory");
	case -ENAMETOOLONG:
		return fault(a, "its string has no end within 4 KiB");
	default:
		return fault(a, "the registers for its string cannot be read");
	}
}

static size_t exits_text(const struct baton_access *a, char text[BATON_COURSE_TEXT])
{
	int size = snprintf(text, BATON_COURSE_TEXT, "IO in: %" PRIu64 "\nIO out: %" PRIu64 "\n",
			    baton_vm_exits(a->vm, BATON_EXIT_IO_IN),
			    baton_vm_exits(a->vm, BATON_EXIT_IO_OUT));

	return (size_t)size + 1;
}

/* OUT of a buffer's GVA, or IN of the GVA of a text that we keep. */
static enum baton_verdict exits_by_type(struct course *c, struct baton_access *a)
{
	char text[BATON_COURSE_TEXT];
	size_t size = exits_text(a, text);
	uint64_t reserved;

	if (a->write) {
		if (baton_vcpu_write(a->vcpu, a->data, text, size))
			return fault(a, "its buffer is not in guest memory");
		return BATON_RESUME;
	}
	if (!c->text_slots)
		return fault(a, "this VM keeps no memory for texts: pass a buffer by OUT");
	a->data = baton_vm_reserved(a->vm, &reserved) +
		  c->texts++ % c->text_slots * BATON_COURSE_TEXT;
	baton_vm_write(a->vm, a->data, text, size);
	return BATON_RESUME;
}

/* The low half of the host address behind a GVA; or 0, and a line that says so. */
static uint32_t host_address(struct course *c, struct baton_access *a, uint32_t gva)
{
	static const char invalid[] = "Invalid GVA\n";
	baton_gpa_t gpa;

	if (!baton_vcpu_translate(a->vcpu, gva, &gpa))
		return (uint32_t)baton_vm_host_address(a->vm, gpa);
	baton_console_write(c->config.console, invalid, sizeof(invalid) - 1);
	return 0;
}

static enum baton_verdict translate_struct(struct course *c, struct baton_access *a)
{
	struct {
		uint32_t gva, result;
	} query;

	if (baton_vcpu_read(a->vcpu, a->data, &query, sizeof(query)))
		return fault(a, "its struct is not in guest memory");
	query.result = host_address(c, a, query.gva);
	baton_vcpu_write(a->vcpu, a->data, &query, sizeof(query));
	return BATON_RESUME;
}

static enum baton_verdict gva_to_hva(struct course *c, struct baton_access *a)
{
	switch (c->config.gva) {
	case BATON_COURSE_GVA_TWO_STEP:
		c->hva = host_address(c, a, (uint32_t)a->data);
		c->asked = true;
		return BATON_RESUME;
	case BATON_COURSE_GVA_STRUCT:
		return translate_struct(c, a);
	default:
		return fault(a, "host addresses are not shown: gva_to_hva is off");
	}
}

static enum baton_verdict hva(struct course *c, struct baton_access *a)
{
	if (!c->asked)
		return fault(a, "asks for the answer to gva_to_hva without a question");
	c->asked = false;
	a->data = c->hva;
	return BATON_RESUME;
}

/* ---------------------------------------------------------------- dispatch */

enum direction { in = 1, out = 2, both = in | out };

static const struct call {
	enum baton_verdict (*serve)(struct course *c, struct baton_access *a);
	enum direction direction;
} calls[] = {
#define BATON_COURSE_CALL(id, name, dir, summary) { .serve = name, .direction = dir },
#include "baton/course.def"
#undef BATON_COURSE_CALL
};

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	enum direction direction = a->write ? out : in;
	struct course *c = state;

	if (a->size != 4)
		return fault(a, "the course's calls are 4 bytes wide");
	if (a->write && !baton_console_ready(c->config.console, a))
		return BATON_BLOCK;
	for (unsigned i = 0; i < BATON_COURSE_CALLS; i++)
		if (c->config.map.port[i] == a->addr && calls[i].direction & direction)
			return calls[i].serve(c, a);
	return fault(a, "this call goes in the other direction");
}

static const struct baton_course_map maps[] = {
#define BATON_COURSE_MAP(id, name, print8, ...) { name, print8, { __VA_ARGS__ } },
#include "baton/course.def"
#undef BATON_COURSE_MAP
	{ 0 },
};

const struct baton_course_map *baton_course_maps(void)
{
	return maps;
}

/* Has an earlier call the same port? Then its claim is there, if the directions allow it. */
static int check_shared_port(const struct baton_course_map *map, unsigned i, bool *shared,
			     struct baton_diag *diag)
{
	*shared = false;
	for (unsigned k = 0; k < i; k++) {
		if (map->port[k] != map->port[i])
			continue;
		if (calls[k].direction & calls[i].direction)
			return baton_diag_set(diag, -EEXIST, "course",
					      "two calls of one direction have port 0x%x",
					      map->port[i]);
		*shared = true;
	}
	return 0;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	struct course *c = state;
	uint64_t reserved;

	c->config = *(const struct baton_course_config *)config;
	baton_vm_reserved(c->config.vm, &reserved);
	c->text_slots = reserved / BATON_COURSE_TEXT;
	for (unsigned i = 0; i < BATON_COURSE_CALLS; i++) {
		const struct baton_course_map *map = &c->config.map;
		bool shared;
		int error = check_shared_port(map, i, &shared, diag);

		if (!error && !shared)
			error = baton_device_claim_ports(device, c->config.vm, map->port[i], 1,
							 serve, diag);
		if (error)
			return error;
	}
	return 0;
}

static int forked(struct baton_device *device, void *state,
		  const struct baton_forking *forking, struct baton_diag *diag)
{
	struct course *c = state;

	c->config.vm = baton_forking_vm(forking, c->config.vm);
	c->config.console = baton_forking_device(forking, c->config.console);
	if (!c->config.console)
		return baton_diag_set(diag, -EINVAL, "course", "the snapshot does not have its console");
	return 0;
}

static int check_plain(const void *state)
{
	const struct course *c = state;

	return baton__is_bool(&c->asked) ? 0 : -EINVAL;
}

const struct baton_device_ops baton_course = {
	.name = "course",
	.size = sizeof(struct course),
	.init = init,
	.plain = sizeof(struct course) - offsetof(struct course, texts),
	.forked = forked,
	.check = check_plain,
};
