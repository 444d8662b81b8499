/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag.h - fills the caller's diagnostic. Does no I/O.
 */
#ifndef BATON_BASE_DIAG_H
#define BATON_BASE_DIAG_H

struct baton_diag;

/*
 * Writes `where` and a formatted message into `diag`, which may be NULL, and
 * returns `error` (a negative errno), so that a check reads
 *	return baton__diag(diag, -EINVAL, name, "share is %d, expected …", share);
 */
__attribute__((format(printf, 4, 5)))
int baton__diag(struct baton_diag *diag, int error, const char *where, const char *format, ...);

/*
 * What to do about an errno that a limit may be behind, to follow strerror(); "" if none is.
 * The second is for what mmap() and its like gave.
 */
const char *baton__limit_hint(int error);
const char *baton__mapping_hint(int error);

#endif
