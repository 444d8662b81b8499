/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_source.h - who counts the exits of all VMs on this host.
 *
 * A source is opened, read as often as one likes, and closed; what it set up to count is
 * gone then. Errors are 0 or a negative errno with a diagnostic.
 */
#ifndef BATON_CLI_EXITS_SOURCE_H
#define BATON_CLI_EXITS_SOURCE_H

#include <stdbool.h>

#include "baton/baton.h"
#include "exits.h"

/* Where to look: a root that tests can choose, "" for this machine; and a copy, or NULL. */
struct exits_places {
	const char *root;
	const char *copy; /* of the module's file, from whatever machine */
};

struct exits_source_ops {
	const char *name; /* as in the JSON report */
	bool past;	  /* it counted before it was opened */
	bool names;	  /* it names processes itself, and wants to see them while they live */
	int (*open)(const struct exits_places *places, struct baton_diag *diag, void **state);
	int (*read)(void *state, struct exits *exits, struct baton_diag *diag);
	int (*close)(void *state, struct baton_diag *diag);
};

/* The kernel module baton_exits, or a copy of its file; and tracefs. In this order. */
extern const struct exits_source_ops exits_module, exits_trace;
#define EXITS_SOURCES 2

struct exits_source {
	const struct exits_source_ops *ops;
	void *state;
	char *proc; /* where processes have names; NULL: nowhere */
};

/* The first source that can be had; why others cannot is in `diags`. */
int exits_source_open(struct exits_source *source, const struct exits_places *places,
		      struct baton_diag diags[EXITS_SOURCES]);

/* Sorted, and with names. To be freed by exits_fini(). */
int exits_source_read(struct exits_source *source, struct exits *exits, struct baton_diag *diag);

int exits_source_close(struct exits_source *source, struct baton_diag *diag);

/* The folder of the processes that sources speak of; NULL: not known here. The caller frees it. */
char *exits_source_proc(const struct exits_places *places);

/* Fills `diag`, as words for `error`; returns `error`. */
__attribute__((format(printf, 4, 5)))
int exits_source_fail(struct baton_diag *diag, int error, const char *where, const char *format, ...);

/* Reads a file, from its beginning to its end, at most `most` bytes. The caller frees `text`. */
int exits_source_slurp(const char *path, size_t most, char **text, size_t *size);

#endif
