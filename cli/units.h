/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units.h - numbers, durations and sizes as people write and read them. Pure.
 *
 * Readers take the whole text or nothing. They return NULL, or what is wrong
 * with it as a clause that follows the value: "is too large". The result is
 * written on success only.
 */
#ifndef BATON_CLI_UNITS_H
#define BATON_CLI_UNITS_H

#include <stdint.h>

/* Decimal or 0x hexadecimal. No sign, and no leading zero that could mean octal. */
const char *units_read_number(const char *text, uint64_t *value);

/* "500us", "10ms", "1.5s", "2min", "1h" in nanoseconds; "µs" is "us". */
const char *units_read_duration(const char *text, uint64_t *ns);

/* "64KiB", "1MiB", "2GiB", or plain bytes. */
const char *units_read_size(const char *text, uint64_t *bytes);

/* "70" or "0.25": a per cent value. `decimals` says how many digits followed the point. */
const char *units_read_percent(const char *text, double *percent, unsigned *decimals);

#define UNITS_NUMBER   "a whole number"
#define UNITS_DURATION "a duration such as 500us, 10ms, 1.5s or 2min"
#define UNITS_SIZE     "a size such as 64KiB, 1MiB, 2GiB or plain bytes"
#define UNITS_PERCENT  "a value from 0 to 100"

/* A short text by value, so that it can stand right in a call of printf. */
struct units_text {
	char text[32];
};

struct units_text units_count(uint64_t count);	       /* "1,234,567" */
struct units_text units_duration(uint64_t ns);	       /* "312 µs", "10 ms", "1.5 s" */
struct units_text units_seconds(uint64_t ns);	       /* "1.002": three decimals */
struct units_text units_time(uint64_t ns);	       /* "312.000 µs", "7.000 s": for columns */
struct units_text units_brief(uint64_t ns);	       /* "1.23 µs", "45.6 ms", "0": three digits */
struct units_text units_size(uint64_t bytes);	       /* "64 KiB", "1 MiB" */
struct units_text units_percent(double percent, unsigned decimals); /* "70.02 %" */

#endif
