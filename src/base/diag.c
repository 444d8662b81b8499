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

const char *baton__limit_hint(int error)
{
	switch (error) {
	case EMFILE:
		return "; raise the limit on open files (ulimit -n): a VM takes three";
	case ENFILE:
		return "; the whole system may have no more open files (sysctl fs.file-max)";
	case EAGAIN:
		return "; raise the limit on tasks (ulimit -u, or the cgroup's pids.max): KVM takes "
		       "one per VM";
	default:
		return "";
	}
}

const char *baton__mapping_hint(int error)
{
	return error == ENOMEM ? "; out of memory, or of mappings (sysctl vm.max_map_count): a VM "
				 "takes four" : baton__limit_hint(error);
}
