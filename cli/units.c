/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units.c - reads and writes quantities; every product and sum is checked.
 */
#include "units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOO_LARGE "is too large"

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit durations[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "µs", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "min", UINT64_C(60000000000) },
	{ "h", UINT64_C(3600000000000) },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "KiB", 1 << 10 },
	{ "MiB", 1 << 20 },
	{ "GiB", 1 << 30 },
	{ NULL, 0 },
};

static int digit(char c, unsigned base)
{
	int value = c >= '0' && c <= '9' ? c - '0'
		  : c >= 'a' && c <= 'f' ? c - 'a' + 10
		  : c >= 'A' && c <= 'F' ? c - 'A' + 10
					 : 16;

	return value < (int)base ? value : -1;
}

/* Reads digits from `*text` on and leaves it behind them. At least one must be there. */
static const char *read_digits(const char **text, unsigned base, uint64_t *value)
{
	const char *at = *text;
	uint64_t sum = 0;

	if (digit(*at, base) < 0)
		return "is not a number";
	for (; digit(*at, base) >= 0; at++) {
		if (__builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit(*at, base), &sum))
			return TOO_LARGE;
	}
	*text = at;
	*value = sum;
	return NULL;
}

const char *units_read_number(const char *text, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *wrong;
	uint64_t number;

	if (text[0] == '-' && digit(text[1], 10) >= 0)
		return "is negative";
	if (!hex && text[0] == '0' && digit(text[1], 10) >= 0)
		return "begins with 0";
	text += hex ? 2 : 0;
	wrong = read_digits(&text, hex ? 16 : 10, &number);
	if (wrong)
		return wrong;
	if (*text)
		return "is not a whole number";
	*value = number;
	return NULL;
}

/* The digits behind a decimal point, as a part of `factor`; it must come out even. */
static const char *read_fraction(const char *text, size_t digits, uint64_t factor, uint64_t *part)
{
	unsigned __int128 sum = 0, power = 1;

	if (!digits)
		return "has no digits behind its point";
	if (digits > 12)
		return "is finer than can be told apart";
	for (size_t i = 0; i < digits; i++) {
		sum = sum * 10 + (unsigned)digit(text[i], 10);
		power *= 10;
	}
	if (sum * factor % power)
		return "is finer than can be told apart";
	*part = (uint64_t)(sum * factor / power);
	return NULL;
}

static const struct unit *find_unit(const struct unit *units, const char *name)
{
	while (units->name && strcmp(units->name, name))
		units++;
	return units->name ? units : NULL;
}

static const char *read_quantity(const char *text, const struct unit *units, uint64_t *result)
{
	const char *point = NULL, *wrong;
	const struct unit *unit;
	uint64_t whole, part = 0;
	size_t decimals = 0;

	if (text[0] == '-' && digit(text[1], 10) >= 0)
		return "is negative";
	if (text[0] == '0' && digit(text[1], 10) >= 0)
		return "begins with 0";
	wrong = read_digits(&text, 10, &whole);
	if (wrong)
		return wrong;
	if (*text == '.') {
		point = text + 1;
		decimals = strspn(point, "0123456789");
		text = point + decimals;
	}
	text += *text == ' ' && text[1];
	unit = find_unit(units, text);
	if (!unit)
		return *text ? "has an unknown unit" : "has no unit";
	if (point) {
		wrong = read_fraction(point, decimals, unit->factor, &part);
		if (wrong)
			return wrong;
	}
	if (__builtin_mul_overflow(whole, unit->factor, &whole) ||
	    __builtin_add_overflow(whole, part, &whole) || whole > INT64_MAX)
		return TOO_LARGE;
	*result = whole;
	return NULL;
}

const char *units_read_duration(const char *text, uint64_t *ns)
{
	return read_quantity(text, durations, ns);
}

const char *units_read_size(const char *text, uint64_t *bytes)
{
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return units_read_number(text, bytes);
	return read_quantity(text, sizes, bytes);
}

const char *units_read_percent(const char *text, double *percent, unsigned *decimals)
{
	size_t whole = strspn(text, "0123456789"), behind = 0;
	double value;

	if (!whole)
		return text[0] == '-' ? "is negative" : "is not a number";
	if (text[whole] == '.')
		behind = strspn(text + whole + 1, "0123456789");
	if (text[whole] == '.' ? !behind || text[whole + 1 + behind] : text[whole] != '\0')
		return "is not a number";
	if (behind > 9)
		return "is finer than can be told apart";
	value = strtod(text, NULL);
	if (value > 100)
		return "is above 100";
	*percent = value;
	*decimals = (unsigned)behind;
	return NULL;
}

struct units_text units_count(uint64_t count)
{
	struct units_text grouped;
	char digits[24];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count), used = 0;

	for (size_t i = 0; i < length; i++) {
		if (i && !((length - i) % 3))
			grouped.text[used++] = ',';
		grouped.text[used++] = digits[i];
	}
	grouped.text[used] = '\0';
	return grouped;
}

/* `value` / `factor` with up to three digits behind the point, and no zeros at the end. */
static struct units_text scaled(uint64_t value, uint64_t factor, const char *unit)
{
	uint64_t whole = value / factor;
	unsigned part = (unsigned)(value % factor * 1000 / factor);
	struct units_text result;
	int digits = 3;

	for (; digits && !(part % 10); digits--)
		part /= 10;
	if (digits)
		snprintf(result.text, sizeof(result.text), "%" PRIu64 ".%0*u %s", whole, digits,
			 part, unit);
	else
		snprintf(result.text, sizeof(result.text), "%" PRIu64 " %s", whole, unit);
	return result;
}

struct units_text units_duration(uint64_t ns)
{
	if (ns < 1000)
		return scaled(ns, 1, "ns");
	if (ns < 1000000)
		return scaled(ns, 1000, "µs");
	if (ns < 1000000000)
		return scaled(ns, 1000000, "ms");
	return scaled(ns, 1000000000, "s");
}

struct units_text units_seconds(uint64_t ns)
{
	struct units_text seconds;

	snprintf(seconds.text, sizeof(seconds.text), "%" PRIu64 ".%03u", ns / 1000000000,
		 (unsigned)(ns % 1000000000 / 1000000));
	return seconds;
}

struct units_text units_time(uint64_t ns)
{
	static const struct {
		uint64_t factor;
		const char *name;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "µs" } };
	struct units_text text;

	for (unsigned i = 0; i < 3; i++) {
		uint64_t factor = units[i].factor;

		if (ns < factor)
			continue;
		snprintf(text.text, sizeof(text.text), "%" PRIu64 ".%03u %s", ns / factor,
			 (unsigned)(ns % factor * 1000 / factor), units[i].name);
		return text;
	}
	return units_duration(ns);
}

struct units_text units_brief(uint64_t ns)
{
	static const struct {
		double factor;
		const char *name;
	} units[] = { { 1, "ns" }, { 1e3, "µs" }, { 1e6, "ms" }, { 1e9, "s" }, { 3600e9, "h" } };
	struct units_text text = { "0" };
	double value = (double)ns;
	unsigned i = 0;

	if (!ns)
		return text;
	/* 999.5 of a unit is shown as 1.00 of the next. */
	while (i < 4 && value >= 0.9995 * units[i + 1].factor)
		i++;
	value /= units[i].factor;
	if (i)
		snprintf(text.text, sizeof(text.text), "%.*f %s", value < 9.995 ? 2 : value < 99.95,
			 value, units[i].name);
	else
		snprintf(text.text, sizeof(text.text), "%" PRIu64 " ns", ns);
	return text;
}

struct units_text units_size(uint64_t bytes)
{
	static const char *const names[] = { "bytes", "KiB", "MiB", "GiB" };
	struct units_text size;
	unsigned i = 0;

	for (; i < 3 && bytes && !(bytes % 1024); i++)
		bytes /= 1024;
	snprintf(size.text, sizeof(size.text), "%" PRIu64 " %s", bytes, names[i]);
	return size;
}

struct units_text units_percent(double percent, unsigned decimals)
{
	struct units_text text;

	snprintf(text.text, sizeof(text.text), "%.*f %%", (int)decimals, percent);
	return text;
}
