/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario_yaml.h - private to the files that read a scenario from YAML.
 */
#ifndef BATON_CLI_SCENARIO_YAML_H
#define BATON_CLI_SCENARIO_YAML_H

#include "scenario.h"
#include "yaml_reader.h"

/* The name of a VM, or of a group. */
int scenario_read_vms(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		      const struct scenario *scenario, struct scenario_vms *vms);

/* The name of a VM, which may be a group's member but no group. */
int scenario_read_vm(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		     const struct scenario *scenario, size_t *vm);

/* Reads `expect:` into the struct scenario that `object` is. */
int scenario_read_expect(struct yaml_reader *reader, const yaml_node_t *node,
			 const struct yaml_field *field, void *object);

/* Reads `explore:` likewise. */
int scenario_read_explore(struct yaml_reader *reader, const yaml_node_t *node,
			  const struct yaml_field *field, void *object);

/* Reads `regions:` into the struct scenario that `object` is. */
int scenario_read_regions(struct yaml_reader *reader, const yaml_node_t *node,
			  const struct yaml_field *field, void *object);

#endif
