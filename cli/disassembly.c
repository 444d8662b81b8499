/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disassembly.c - asks capstone. See disassembly.h.
 */
#include "disassembly.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <string.h>

#include "baton/baton.h"

static cs_mode code_mode(uint32_t bits)
{
	return bits == 64 ? CS_MODE_64 : bits == 32 ? CS_MODE_32 : CS_MODE_16;
}

static void set_line(struct disassembly_line *line, const cs_insn *insn)
{
	*line = (struct disassembly_line){ .address = insn->address, .size = insn->size };
	memcpy(line->bytes, insn->bytes, sizeof(line->bytes));
	snprintf(line->text, sizeof(line->text), "%s%s%s", insn->mnemonic,
		 *insn->op_str ? " " : "", insn->op_str);
}

/* The guilty instruction, and those behind it. */
static void add_from(const struct baton_death *death, csh engine, struct disassembly *d)
{
	cs_insn *insn;
	size_t count = cs_disasm(engine, death->code, death->code_size, death->address,
				 DISASSEMBLY_FROM, &insn);

	for (size_t i = 0; i < count; i++) {
		set_line(&d->lines[d->count], &insn[i]);
		d->lines[d->count++].guilty = !i;
	}
	if (count)
		cs_free(insn, count);
}

/*
 * Fills `lines`, of which the first `room` are free, from their end with the last
 * instructions of the bytes [from, to) before the address. Returns how many are free
 * then, or SIZE_MAX if the bytes do not come out even.
 */
static size_t fill(const struct baton_death *death, csh engine, size_t from, size_t to,
		   struct disassembly_line *lines, size_t room)
{
	uint64_t begin = death->address - death->before_size;
	cs_insn *insn;
	size_t count = cs_disasm(engine, death->before + from, to - from, begin + from, 0, &insn);
	bool even;

	if (!count)
		return SIZE_MAX;
	even = insn[count - 1].address + insn[count - 1].size == begin + to;
	for (size_t i = count; even && i && room; i--)
		set_line(&lines[--room], &insn[i - 1]);
	cs_free(insn, count);
	return even ? room : SIZE_MAX;
}

/* From one known start back to the one before. */
static void add_before(const struct baton_death *death, csh engine, const bool *starts,
		       struct disassembly *d)
{
	struct disassembly_line lines[DISASSEMBLY_BEFORE];
	size_t room = DISASSEMBLY_BEFORE, to = death->before_size;

	while (room) {
		size_t from = to, left;

		while (from && !starts[from - 1])
			from--;
		if (!from)
			break;
		left = fill(death, engine, from - 1, to, lines, room);
		if (left == SIZE_MAX)
			break;
		room = left;
		to = from - 1;
	}
	d->count = DISASSEMBLY_BEFORE - room;
	memcpy(d->lines, lines + room, d->count * sizeof(*lines));
}

void disassemble(const struct baton_death *death, const bool *starts,
		 struct disassembly *disassembly)
{
	size_t before;
	csh engine;

	*disassembly = (struct disassembly){ .count = 0 };
	if (cs_open(CS_ARCH_X86, code_mode(death->code_bits), &engine))
		return;
	add_before(death, engine, starts, disassembly);
	before = disassembly->count;
	add_from(death, engine, disassembly);
	if (disassembly->count == before)
		disassembly->count = 0;
	cs_close(&engine);
}

/* In a loop an instruction is there several times, and died the last time. */
static bool is_guilty(const struct baton_death *death, uint32_t i)
{
	for (uint32_t later = i + 1; later < death->step_count; later++)
		if (death->steps[later].address == death->address)
			return false;
	return death->steps[i].address == death->address;
}

void disassemble_step(const struct baton_death *death, uint32_t i, struct disassembly_line *line)
{
	const struct baton_step *step = &death->steps[i];
	cs_insn *insn = NULL;
	size_t count = 0;
	csh engine;

	*line = (struct disassembly_line){ .address = step->address, .size = step->code_size };
	memcpy(line->bytes, step->code, step->code_size);
	strcpy(line->text, step->code_size ? "no valid instruction" : "no guest memory there");
	if (!cs_open(CS_ARCH_X86, code_mode(step->code_bits), &engine)) {
		count = cs_disasm(engine, step->code, step->code_size, step->address, 1, &insn);
		if (count) {
			set_line(line, insn);
			cs_free(insn, count);
		}
		cs_close(&engine);
	}
	line->guilty = is_guilty(death, i);
}
