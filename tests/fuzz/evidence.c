/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.c - fuzz target: any registers and any tables in guest memory, looked at
 * by the autopsy and put into words by the command.
 *
 * The input is text, numbers in hexadecimal: the registers in the order of `names`
 * below, then pairs of a GPA and the eight bytes that stand there.
 *
 * With clang, `ninja tests/fuzz/fuzz-evidence` builds it for libFuzzer:
 *	build/tests/fuzz/fuzz-evidence CORPUS tests/fuzz/corpus/evidence
 * Everywhere else replay.c runs it over the corpus, as a test.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "disassembly.h"
#include "evidence.h"
#include "vm/scene.h"

#define MEMORY (UINT64_C(128) << 10)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The registers, in their order. */
enum { CR0, CR3, CR4, EFER, GDT, GDT_LIMIT, IDT, IDT_LIMIT, LDT, LDT_LIMIT, CS, CS_BASE, RIP, CR2,
       KIND, VECTOR, ERROR_CODE, INT, NUMBERS };

/* Reads a number; false at the end of the text, or at what is none. */
static bool next(char **text, uint64_t *number)
{
	char *end;

	*number = strtoull(*text, &end, 16);
	if (end == *text)
		return false;
	*text = end;
	return true;
}

static void make_scene(const uint64_t *n, struct baton_vm *vm, struct baton_death *d,
		       struct baton__scene *s)
{
	d->kind = (enum baton_death_kind)(n[KIND] % BATON_DEATH_KINDS);
	d->vector = (int)(n[VECTOR] % 257) - 1;
	d->error_code = (uint32_t)n[ERROR_CODE];
	d->cr0 = n[CR0];
	d->cr2 = n[CR2];
	d->cs = n[CS] & 0xFFFF;
	d->cs_base = n[CS_BASE];
	d->regs.rip = n[RIP];
	d->address = n[CS_BASE] + n[RIP];
	d->has_sregs = true;
	d->code_bits = n[EFER] & 0x400 ? 64 : n[CR0] & 1 ? 32 : 16;
	*s = (struct baton__scene){ .vm = vm, .d = d };
	s->f.tables = (struct baton__tables){
		.memory = &vm->memory, .paging = { n[CR0], n[CR3], n[CR4], n[EFER] },
		.gdt = n[GDT], .gdt_limit = (uint16_t)n[GDT_LIMIT],
		.idt = n[IDT], .idt_limit = (uint16_t)n[IDT_LIMIT],
		.ldt = n[LDT], .ldt_limit = (uint32_t)n[LDT_LIMIT],
	};
	s->f.has_number = n[INT] & 0x100;
	s->f.number = (uint8_t)n[INT];
	s->f.cs_usable = baton__segment(&s->f.tables, (uint16_t)d->cs).usable;
	d->code_size = (uint32_t)baton__scene_read_code(s, d->address, d->code, sizeof(d->code));
}

static void check_walk(const struct baton_walk *w)
{
	bool arrived = w->end == BATON_WALK_MAPPED || w->end == BATON_WALK_UNBACKED;
	const char *flags[EVIDENCE_FLAGS];

	if (w->levels > BATON_WALK_LEVELS || w->count > w->levels)
		abort();
	if (arrived && (w->gpa < MEMORY) != (w->end == BATON_WALK_MAPPED))
		abort();
	if (w->levels && !w->count && w->end != BATON_WALK_NON_CANONICAL)
		abort();
	for (uint32_t i = 0; i < w->count; i++) {
		const struct baton_walk_entry *e = &w->entries[i];
		bool last = i == w->count - 1;

		if (e->present != (!last || arrived))
			abort();
		if (!e->present && (evidence_flags(e, flags) || e->reserved))
			abort();
		if (e->reserved & ~e->value)
			abort();
		if (e->at + 4 > MEMORY && !(last && w->end == BATON_WALK_NO_TABLE))
			abort();
		if (!*evidence_entry_name(w, i))
			abort();
	}
	if (!*evidence_walk_end(w).text || !*evidence_walk_end_name(w->end))
		abort();
}

static void check_descriptor(const struct baton_death *death, const struct baton_descriptor *d)
{
	bool there = d->end == BATON_DESCRIPTOR_THERE;

	if (there != (d->size == 4 || d->size == 8 || d->size == 16) || (!there && d->size))
		abort();
	if (!there && (d->raw[0] || d->raw[1] || d->present || d->kind != BATON_DESCRIPTOR_INVALID))
		abort();
	if (d->type > 15 || d->dpl > 3 || d->ist > 7)
		abort();
	if (!*evidence_content(death, d).text || !*evidence_place(d).text ||
	    !*evidence_role(d).text || !*evidence_type_name(d) || !*evidence_role_name(d->role) ||
	    !*evidence_table_name(d->table) || !*evidence_end_name(d->end))
		abort();
}

static void check(const struct baton_death *d)
{
	bool starts[BATON_CODE_BEFORE];
	struct disassembly code;

	if (d->walk_count < 1 || d->walk_count > 2 || d->descriptor_count > BATON_ROLES)
		abort();
	for (uint32_t i = 0; i < d->walk_count; i++)
		check_walk(&d->walks[i]);
	for (uint32_t i = 0; i < d->descriptor_count; i++)
		check_descriptor(d, &d->descriptors[i]);
	if (d->before_size > BATON_CODE_BEFORE || d->before_size > d->regs.rip)
		abort();
	for (size_t i = 0; i < BATON_CODE_BEFORE; i++)
		starts[i] = d->before[i] & 1;
	disassemble(d, starts, &code);
	for (size_t i = 1; i < code.count; i++)
		if (code.lines[i].address != code.lines[i - 1].address + code.lines[i - 1].size)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint64_t numbers[NUMBERS] = { 0 }, gpa, value;
	struct baton_vm vm = { .mode = BATON_MODE_REAL };
	struct baton_death death = { 0 };
	struct baton__scene scene;
	char *text = malloc(size + 1), *at = text;

	if (!text || baton__memory_create(&vm.memory, MEMORY, NULL))
		abort();
	memcpy(text, bytes, size);
	text[size] = '\0';
	for (int i = 0; i < NUMBERS && next(&at, &numbers[i]); i++)
		;
	while (next(&at, &gpa) && next(&at, &value))
		baton__memory_write(&vm.memory, gpa, &value, sizeof(value));
	make_scene(numbers, &vm, &death, &scene);
	baton__scene_evidence(&scene);
	check(&death);
	baton__memory_destroy(&vm.memory);
	free(text);
	return 0;
}
