/* SPDX-License-Identifier: 0BSD */
/*
 * course.h - hypercalls under the names that courses use. Each is one exit, or as
 * many as its comment says.
 *
 * The ports are those of a published map: HC_MAP names it (COURSE, E4, F0 or EA; see
 * baton/course.def), and the scenario's `ports` names the same one.
 *
 * A GVA has 32 bits in all of them, so a 64-bit guest passes addresses of its lower
 * copy of memory, and gets such.
 */
#ifndef COURSE_H
#define COURSE_H

#include "guest.h"

#ifndef HC_MAP
#define HC_MAP COURSE
#endif

enum {
#define BATON_COURSE_MAP(id, name, print8, print32, num_exits, print_str, exits_by_type,   \
			 gva_to_hva, hva)                                                  \
	HC_PRINT8_##id = print8, HC_PRINT32_##id = print32, HC_NUM_EXITS_##id = num_exits, \
	HC_PRINT_STR_##id = print_str, HC_EXITS_BY_TYPE_##id = exits_by_type,              \
	HC_GVA_TO_HVA_##id = gva_to_hva, HC_HVA_##id = hva,
#include <baton/course.def>
#undef BATON_COURSE_MAP
};

#define HC_PORT_OF(call, map) HC_##call##_##map
#define HC_PORT_IN(call, map) HC_PORT_OF(call, map)
#define HC_PORT(call)	      HC_PORT_IN(call, HC_MAP)

/* One byte to the console. */
static inline void HC_print8bit(uint8_t value)
{
	out8(HC_PORT(PRINT8), value);
}

/* A number, unsigned and decimal, and a newline. */
static inline void HC_print32bit(uint32_t value)
{
	out32(HC_PORT(PRINT32), value);
}

/* How many exits this VM has had, this one included. */
static inline uint32_t HC_numExits(void)
{
	return in32(HC_PORT(NUM_EXITS));
}

/* A string as it is, without a newline; at most 4095 characters. */
static inline void HC_printStr(const char *string)
{
	out32(HC_PORT(PRINT_STR), (uint32_t)guest_gpa(string));
}

/*
 * "IO in: X\nIO out: Y\n", exits by direction, this one included. The text lies in
 * memory that the host keeps; it stays until 63 more have been asked for. Not for
 * real mode, which does not reach that memory.
 */
static inline char *HC_numExitsByType(void)
{
	return (char *)(uintptr_t)in32(HC_PORT(EXITS_BY_TYPE));
}

/* The same into a buffer of at least 64 bytes. */
static inline void HC_numExitsByTypeInto(char *buffer)
{
	out32(HC_PORT(EXITS_BY_TYPE), (uint32_t)guest_gpa(buffer));
}

/*
 * The low half of the host's address of a GVA; 0 if nothing is there. Two exits.
 * Only if the scenario says `gva_to_hva: two-step`.
 */
static inline uint32_t HC_gvaToHva(uint32_t gva)
{
	out32(HC_PORT(GVA_TO_HVA), gva);
	return in32(HC_PORT(HVA));
}

/* The same in one exit, by a struct; only if the scenario says `gva_to_hva: struct`. */
static inline uint32_t HC_gvaToHvaByStruct(uint32_t gva)
{
	struct {
		uint32_t gva, hva;
	} query = { .gva = gva };

	out32(HC_PORT(GVA_TO_HVA), (uint32_t)guest_gpa(&query));
	return query.hva;
}

/* Nanoseconds since the VM could first run. */
static inline uint64_t HC_getTimestamp(void)
{
	return baton_time_ns();
}

#endif
