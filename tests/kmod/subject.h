/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject.h - the module under test, and the machine that it is tested on. What fails here
 * fails the test.
 */
#ifndef TESTS_KMOD_SUBJECT_H
#define TESTS_KMOD_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#define SUBJECT_PARAMETERS "/sys/module/baton_exits/parameters/"

/* The leaves of the profile 2022. */
enum { ALL = 0x4FFFFFFC, ALL_CYCLES, OF, OF_CYCLES };

/* Where the module lies. */
extern const char *subject_file;

void load(const char *parameters);
void unload(void);

/* After each test: nothing is left of it. */
int subject_end(void **state);

/* A shell's command, printf-style: its exit status. */
__attribute__((format(printf, 1, 2)))
int command(const char *format, ...);

bool is_svm(void);
bool is_long(void);

/* How much of something: the Intel VT-x bed is slow. */
uint32_t how_much(uint32_t long_svm, uint32_t long_vmx, uint32_t svm, uint32_t vmx);

/* Codes of what the guest does. */
uint32_t io(void);
uint32_t cpuid(void);
uint32_t hlt(void);

/* This thread, and those that it begins, stay on so many CPUs from the first one on. */
#define SUBJECT_CPUS 4 /* at most: of the bed */
void stay_on(int count);

#endif
