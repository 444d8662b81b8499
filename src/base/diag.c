/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag.c - fills the caller's diagnostic. Keeps errno as it was.
 */
#include "base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "baton/device.h"

__attribute__((format(printf, 3, 0)))
static void fill(struct baton_diag *diag, const char *where, const char *format, va_list args)
{
	int saved = errno;

	if (diag) {
		snprintf(diag->where, sizeof(diag->where), "%s", where ? where : "");
		vsnprintf(diag->message, sizeof(diag->message), format, args);
	}
	errno = saved;
}

int baton__diag(struct baton_diag *diag, int error, const char *where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(diag, where, format, args);
	va_end(args);
	return error;
}

int baton_diag_set(struct baton_diag *diag, int error, const char *where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(diag, where, format, args);
	va_end(args);
	return error;
}
