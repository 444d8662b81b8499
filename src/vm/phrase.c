/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phrase.c - the names that a text of causes.def may use, and what each stands for.
 *
 * A function per fact writes it and says whether it is known.
 */
#include "vm/phrase.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "baton/abi.h"

#define EFER_LME    (UINT64_C(1) << 8)
#define CR0_PG	    (UINT64_C(1) << 31)
#define NS_PER_MS   1000000
#define BYTES_SHOWN 8

/* Bits of a page fault's error code. */
#define PF_WRITE 2u
#define PF_FETCH 16u

/* Bits of EFER that any processor defines (APM vol. 2, 3.1.7). */
#define EFER_DEFINED UINT64_C(0x00167D01)

/* A place for a fact's words. */
struct out {
	char *to;
	size_t size;
};

typedef const struct baton__facts facts;
typedef const struct baton_death death;

__attribute__((format(printf, 2, 3)))
static bool say(struct out *o, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(o->to, o->size, format, args);
	va_end(args);
	return true;
}

static bool hex(struct out *o, uint64_t value)
{
	return say(o, "0x%" PRIx64, value);
}

/* --------------------------------------------------- where, and what is there */

static bool suspected(facts *f)
{
	return f->lost && f->suspect.cause != BATON_CAUSE_UNKNOWN;
}

/* The instruction to blame: the one that died, or the one that is suspected. */
static const struct baton__insn *insn_of(facts *f)
{
	return f->lost ? &f->suspect.insn : &f->insn;
}

static bool at(struct out *o, facts *f, death *d)
{
	if (f->lost)
		return suspected(f) && hex(o, f->suspect.at);
	return (d->at_death || d->kind != BATON_DEATH_MMIO) && hex(o, d->address);
}

static bool bytes(struct out *o, facts *f, death *d)
{
	const uint8_t *code = f->lost ? f->suspect.code : d->code;
	size_t count = insn_of(f)->length, n = 0;

	if (!f->lost && !d->at_death)
		return false;
	if (!count)
		count = f->lost ? 0 : d->code_size;
	if (count > BYTES_SHOWN && !insn_of(f)->length)
		count = BYTES_SHOWN;
	for (size_t i = 0; i < count && n + 3 < o->size; i++)
		n += (size_t)snprintf(o->to + n, o->size - n, "%s%02x", i ? " " : "", code[i]);
	return count;
}

static bool last(struct out *o, facts *f, death *d)
{
	return f->lost && hex(o, d->address);
}

static bool target(struct out *o, facts *f, death *d)
{
	if (suspected(f))
		return false;
	return hex(o, f->branches ? f->target : d->address);
}

static bool raised(struct out *o, facts *f, death *d)
{
	return !f->lost && hex(o, d->address);
}

static bool branch(struct out *o, facts *f, death *d)
{
	if (suspected(f))
		return hex(o, f->suspect.at);
	return f->branches && hex(o, d->address);
}

static bool caller(struct out *o, facts *f, death *d)
{
	return f->caller && hex(o, f->caller);
}

static bool holder(struct out *o, facts *f, death *d)
{
	return f->holder && !f->caller && !f->branches && say(o, "%s", f->holder);
}

static bool operand(struct out *o, facts *f, death *d)
{
	return f->has_operand && hex(o, f->operand);
}

static bool number(struct out *o, facts *f, death *d)
{
	return f->has_number && hex(o, f->number);
}

/* ------------------------------------------------------------------ the stack */

static bool rsp(struct out *o, facts *f, death *d)
{
	return !f->lost && hex(o, d->regs.rsp);
}

/* The stack's bounds, in the copy of memory that the guest uses. */
static bool stack_bound(struct out *o, facts *f, death *d, uint64_t bound)
{
	return hex(o, bound + (d->regs.rsp >= f->layout.alias ? f->layout.alias : 0));
}

static bool stack_top(struct out *o, facts *f, death *d)
{
	return stack_bound(o, f, d, f->layout.stack_top);
}

static bool stack_end(struct out *o, facts *f, death *d)
{
	return stack_bound(o, f, d, f->layout.stack_end);
}

/* ---------------------------------------------------------------- exceptions */

static bool vector(struct out *o, facts *f, death *d)
{
	return d->vector >= 0 && say(o, "%d", d->vector);
}

static bool exception(struct out *o, facts *f, death *d)
{
	static const char *const names[BATON__VECTORS] = {
		"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", NULL, "#TS",
		"#NP", "#SS", "#GP", "#PF", NULL, "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
		[28] = "#HV", [29] = "#VC", [30] = "#SX",
	};

	return d->vector >= 0 && d->vector < BATON__VECTORS && names[d->vector] &&
	       say(o, "%s", names[d->vector]);
}

static bool error(struct out *o, facts *f, death *d)
{
	return baton__boot_has_error_code(d->vector) && hex(o, d->error_code);
}

static bool cr2(struct out *o, facts *f, death *d)
{
	return !f->lost && hex(o, f->cr2);
}

/* Named by the error code, or by the instruction itself where that says 0. */
/*
 * The error code holds the vector times 8, and that it is about the IDT (SDM vol. 3,
 * 6.13). QEMU's SVM gives it times 16 in long mode.
 */
int baton__phrase_irq_line(const struct baton_death *d)
{
	uint32_t code = d->error_code & 0xFFFF;
	int line = (int)(code >> 3) - BATON_IRQ_VECTOR;

	if (d->vector != 13 || !(code & 2))
		return -1;
	if (line >= BATON_IRQ_LINES && d->code_bits == 64)
		line = (int)(code >> 4) - BATON_IRQ_VECTOR;
	return line < BATON_IRQ_LINES ? line : -1;
}

static bool irq_line(struct out *o, facts *f, death *d)
{
	int line = baton__phrase_irq_line(d);

	return line >= 0 && say(o, "%d", line);
}

static bool selector(struct out *o, facts *f, death *d)
{
	const struct baton__insn *in = insn_of(f);

	if (suspected(f))
		return f->suspect.has_value && hex(o, f->suspect.value);
	if (d->error_code & 0xFFFC)
		return hex(o, d->error_code & 0xFFFC);
	if (baton__insn_is(in, 1, 0xEA))
		return hex(o, in->selector);
	return baton__insn_is(in, 1, 0x8E) && !in->memory &&
	       hex(o, baton__reg(&d->regs, in->rm) & 0xFFFF);
}

/* ----------------------------------------------------------- accesses */

/* The last exit; all zeroes if there was none. */
static const struct baton_exit *deadly_exit(death *d)
{
	return &d->last[d->last_count ? d->last_count - 1 : 0];
}

static bool is_access(death *d)
{
	return d->last_count && (d->kind == BATON_DEATH_PORT || d->kind == BATON_DEATH_MMIO ||
				 d->kind == BATON_DEATH_FAULT);
}

static bool accessed(struct out *o, facts *f, death *d)
{
	bool write = d->error_code & PF_WRITE;

	if (d->error_code & PF_FETCH)
		return say(o, "fetched from");
	if (is_access(d))
		write = deadly_exit(d)->kind == BATON_EXIT_IO_OUT ||
			deadly_exit(d)->kind == BATON_EXIT_MMIO_WRITE;
	return say(o, write ? "wrote to" : "read from");
}

static bool port(struct out *o, facts *f, death *d)
{
	return is_access(d) && hex(o, deadly_exit(d)->addr);
}

static bool place(struct out *o, facts *f, death *d)
{
	bool io = is_access(d) && (deadly_exit(d)->kind == BATON_EXIT_IO_IN ||
				   deadly_exit(d)->kind == BATON_EXIT_IO_OUT);

	return is_access(d) && say(o, "%s 0x%" PRIx64, io ? "port" : "GPA", deadly_exit(d)->addr);
}

static bool bits(struct out *o, facts *f, death *d)
{
	return is_access(d) && say(o, "%u", deadly_exit(d)->size * 8u);
}

static bool beyond(struct out *o, facts *f, death *d)
{
	return is_access(d) && deadly_exit(d)->addr >= f->memory &&
	       hex(o, deadly_exit(d)->addr - f->memory);
}

static bool memory(struct out *o, facts *f, death *d)
{
	return hex(o, f->memory);
}

static bool device(struct out *o, facts *f, death *d)
{
	return f->device && say(o, "%s", f->device);
}

static bool why(struct out *o, facts *f, death *d)
{
	return f->why && say(o, "%s", f->why);
}

static size_t range(char *to, size_t size, const struct baton__claim *c)
{
	int n;

	if (c->first == c->last)
		n = snprintf(to, size, "0x%" PRIx64 " (%s)", c->first, c->name);
	else
		n = snprintf(to, size, "0x%" PRIx64 " to 0x%" PRIx64 " (%s)", c->first, c->last,
			     c->name);
	return n < 0 || (size_t)n >= size ? size - 1 : (size_t)n;
}

static bool neighbours(struct out *o, facts *f, death *d)
{
	size_t n = 0;

	if (f->below)
		n = range(o->to, o->size, f->below);
	if (f->below && f->above)
		n += (size_t)snprintf(o->to + n, o->size - n, " and ");
	if (f->above && n < o->size)
		range(o->to + n, o->size - n, f->above);
	return f->below || f->above;
}

/* ---------------------------------------------------------- control registers */

static bool cr3(struct out *o, facts *f, death *d)
{
	if (suspected(f))
		return f->suspect.has_value && hex(o, f->suspect.value);
	return !f->lost && hex(o, d->cr3);
}

static bool loader(struct out *o, facts *f, death *d)
{
	if (suspected(f))
		return (baton__insn_is_group(&f->suspect.insn, 2, 0x22, 3) ||
			baton__insn_is_group(&f->suspect.insn, 2, 0x01, 2)) &&
		       hex(o, f->suspect.at);
	return f->cr3_writer && hex(o, f->cr3_writer);
}

static bool tables_wrong(struct out *o, facts *f, death *d)
{
	bool nowhere = f->fetch == BATON_WALK_NO_TABLE;

	if (suspected(f))
		nowhere = f->suspect.has_value && f->suspect.value >= f->memory;
	return say(o, nowhere ? "lie where there is no memory" : "do not map the code that runs");
}

static bool control(struct out *o, facts *f, death *d)
{
	return say(o, "CR%u", insn_of(f)->reg);
}

/* What was written: to EFER, or from a register to a control register. */
static bool value(struct out *o, facts *f, death *d)
{
	if (suspected(f))
		return f->suspect.has_value && hex(o, f->suspect.value);
	if (baton__insn_is(&f->insn, 2, 0x30))
		return hex(o, d->regs.rdx << 32 | (uint32_t)d->regs.rax);
	return baton__insn_is(&f->insn, 2, 0x22) && hex(o, baton__reg(&d->regs, f->insn.rm));
}

static bool efer_wrong(struct out *o, facts *f, death *d)
{
	uint64_t written = d->regs.rdx << 32 | (uint32_t)d->regs.rax;

	if (written & ~EFER_DEFINED)
		return say(o, "sets the reserved bits 0x%" PRIx64, written & ~EFER_DEFINED);
	if ((written ^ d->efer) & EFER_LME && d->cr0 & CR0_PG)
		return say(o, "changes LME while paging is on");
	return say(o, "sets bits that this KVM does not offer");
}

static bool msr(struct out *o, facts *f, death *d)
{
	return hex(o, (uint32_t)d->regs.rcx);
}

static bool msr_access(struct out *o, facts *f, death *d)
{
	return say(o, f->insn.opcode == 0x30 ? "WRMSR" : "RDMSR");
}

static bool gdt(struct out *o, facts *f, death *d)
{
	if (suspected(f))
		return f->suspect.has_value && hex(o, f->suspect.value);
	return hex(o, f->tables.gdt);
}

static bool idt(struct out *o, facts *f, death *d)
{
	return !f->lost && hex(o, f->tables.idt);
}

static bool idt_limit(struct out *o, facts *f, death *d)
{
	return !f->lost && hex(o, f->tables.idt_limit);
}

/* ------------------------------------------------------------- KVM, and time */

static bool reason(struct out *o, facts *f, death *d)
{
	return hex(o, d->detail);
}

static bool exit_name(struct out *o, facts *f, death *d)
{
	return d->last_count && say(o, "%s", baton_exit_name(deadly_exit(d)->kind));
}

static bool quiet(struct out *o, facts *f, death *d)
{
	return say(o, "%" PRIu64 " ms", f->quiet_ns / NS_PER_MS);
}

static bool low(struct out *o, facts *f, death *d)
{
	return f->kicks > 1 && f->low != f->high && hex(o, f->low);
}

static bool high(struct out *o, facts *f, death *d)
{
	return f->kicks > 1 && f->low != f->high && hex(o, f->high);
}

/* ---------------------------------------------------------------- the names */

#define NAME(fact) { #fact, fact }

static const struct name {
	const char *name;
	bool (*say)(struct out *o, facts *f, death *d);
} names[] = {
	NAME(accessed), NAME(at), NAME(beyond), NAME(bits), NAME(branch), NAME(bytes),
	NAME(caller), NAME(control), NAME(cr2), NAME(cr3), NAME(device), NAME(efer_wrong),
	NAME(error), NAME(exception), NAME(gdt), NAME(high), NAME(holder), NAME(idt),
	NAME(idt_limit), NAME(last), NAME(loader), NAME(low), NAME(memory), NAME(msr),
	NAME(msr_access), NAME(neighbours), NAME(number), NAME(operand), NAME(place), NAME(port),
	NAME(irq_line), NAME(quiet), NAME(raised), NAME(reason), NAME(rsp), NAME(selector), NAME(stack_end),
	NAME(stack_top), NAME(tables_wrong), NAME(target), NAME(value), NAME(vector), NAME(why),
	{ "exit", exit_name }, { "gpa", port },
};

static const struct name *find(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == length && !strncmp(names[i].name, text, length))
			return &names[i];
	return NULL;
}

bool baton__phrase_knows(const char *name, size_t length)
{
	return find(name, length);
}

/* A text that grows; what does not fit is counted, and not written. */
struct text {
	char *to;
	size_t size, length;
};

static void append(struct text *t, char c)
{
	if (t->length + 1 < t->size)
		t->to[t->length] = c;
	t->length++;
}

/* Appends the fact of that name; returns whether it is known. */
static bool append_fact(struct text *t, const char *text, size_t length, facts *f, death *d)
{
	const struct name *name = find(text, length);
	char words[128];
	struct out o = { words, sizeof(words) };
	bool known = name && name->say(&o, f, d);

	for (const char *w = known ? words : "?"; *w; w++)
		append(t, *w);
	return known;
}

void baton__phrase(const char *text, facts *f, death *d, char *to, size_t size)
{
	struct text t = { .to = to, .size = size };
	size_t bracket = 0;   /* where the part in brackets began */
	bool unknown = false; /* a fact in it is */

	for (; *text; text++) {
		size_t length;

		switch (*text) {
		case '[':
			bracket = t.length;
			unknown = false;
			break;
		case ']':
			if (unknown)
				t.length = bracket;
			break;
		case '{':
			length = strcspn(++text, "}");
			if (!append_fact(&t, text, length, f, d))
				unknown = true;
			text += text[length] ? length : length - 1;
			break;
		default:
			append(&t, *text);
		}
	}
	to[t.length < size ? t.length : size - 1] = '\0';
}
