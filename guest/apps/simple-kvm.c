/* SPDX-License-Identifier: 0BSD */
/*
 * simple-kvm.c - every hypercall of the course once, in the order of its
 * reference run. What the counts must be stands beside each; where they depend
 * on the convention, BY_OUT chooses the one that passes buffers and structs. Real
 * mode passes buffers in any case.
 * Ends with 42 at GPA 0x400 and in EAX.
 */
#include "course.h"

#if defined(BY_OUT) || defined(GUEST_REAL)
#define BUFFERS
#define EXITS_BY_TYPE(text) HC_numExitsByTypeInto(text)
#else
#define EXITS_BY_TYPE(text) (text = HC_numExitsByType())
#endif

#ifdef BY_OUT
#define GVA_TO_HVA(gva) HC_gvaToHvaByStruct(gva)
#else
#define GVA_TO_HVA(gva) HC_gvaToHva(gva)
#endif

int main(void)
{
#ifdef BUFFERS
	char first[64], second[64];
#else
	char *first, *second;
#endif
	uint32_t before, after;

	for (const char *p = "Hello 695!\n"; *p; p++)
		HC_print8bit((uint8_t)*p);
	HC_print32bit(2048);
	HC_print32bit(4294967295u);
	before = HC_numExits(); /* 14: eleven characters, two numbers, this call */
	HC_printStr("CS695 Assignment 2\n");
	after = HC_numExits(); /* 16 */
	HC_print32bit(before);
	HC_print32bit(after);
	EXITS_BY_TYPE(first); /* in 3, out 16; by OUT: in 2, out 17 */
	HC_print32bit(GVA_TO_HVA(1024));
	HC_print32bit(GVA_TO_HVA(4294967295u)); /* nothing is there: "Invalid GVA", and 0 */
	EXITS_BY_TYPE(second); /* in 6, out 20; by OUT: in 2, out 22 */
	HC_printStr(first);
	HC_printStr(second);

	guest_result = 42;
	return 42;
}
