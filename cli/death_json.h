/* SPDX-License-Identifier: Apache-2.0 */
/*
 * death_json.h - a guest's death, as a program wants to read it.
 */
#ifndef BATON_CLI_DEATH_JSON_H
#define BATON_CLI_DEATH_JSON_H

#include <jansson.h>

struct baton_death;

/* The member `death` of a VM. `path` is its image, which may have symbols, or NULL. */
json_t *death_json(const struct baton_death *death, const char *path);

#endif
