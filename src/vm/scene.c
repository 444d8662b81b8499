/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene.c - guest memory, as the dead vCPU saw it.
 */
#include "vm/scene.h"

size_t baton__scene_read(const struct baton__scene *s, uint64_t at, void *to, size_t size)
{
	return baton__walk_read(&s->vm->memory, &s->f.tables.paging, at, to, size);
}

size_t baton__scene_read_code(const struct baton__scene *s, uint64_t at, void *to, size_t size)
{
	struct baton__tables first = baton__boot_tables(s->vm->mode, &s->vm->layout, false);
	size_t n = baton__scene_read(s, at, to, size);

	return n ? n : baton__walk_read(&s->vm->memory, &first.paging, at, to, size);
}

uint64_t baton__scene_word(const struct baton__scene *s, uint64_t at, unsigned size)
{
	uint64_t value = 0;

	baton__scene_read(s, at, &value, size);
	return value;
}

struct baton__insn baton__scene_insn(const struct baton__scene *s, uint64_t at)
{
	uint8_t bytes[BATON__INSN_MAX];
	size_t n = baton__scene_read_code(s, at, bytes, BATON__INSN_MAX);

	return baton__decode(bytes, n, s->d->code_bits);
}

uint64_t baton__scene_operand(const struct baton__scene *s, const struct baton__insn *in,
			      uint64_t rip)
{
	uint64_t at = baton__insn_offset(in, &s->d->regs, rip);

	if (s->d->code_bits != 64)
		return (uint32_t)(at + s->segment[in->segment]);
	return in->segment >= BATON__FS ? at + s->segment[in->segment] : at;
}

uint64_t baton__scene_stack(const struct baton__scene *s)
{
	uint64_t rsp = s->d->regs.rsp;

	if (s->d->code_bits == 64)
		return rsp;
	return s->segment[BATON__SS] + (s->sregs.ss.db ? (uint32_t)rsp : rsp & 0xFFFF);
}
