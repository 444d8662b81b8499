/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.h - a device as a scenario describes it, and how it is made: one table
 * per type, in a file of its own; device.c lists them.
 */
#ifndef BATON_CLI_DEVICE_H
#define BATON_CLI_DEVICE_H

#include "baton/traffic.h"
#include "yaml_reader.h"

struct output;
struct scenario;
struct show_device;
struct scenario_vm;
struct device_settings;

/* A VM that devices may be given to. */
struct device_site_vm {
	struct baton_vm *vm;
	struct output *output;
	bool traffic; /* a device of the scenario serves its ports 0x10 to 0x12 */
};

/* Where devices are made. */
struct device_site {
	const struct scenario *scenario;
	struct baton_host *host;
	struct device_site_vm *vms; /* in the scenario's order */
	size_t member; /* which of them, from 0, it is made for now */
	struct show_device *shown;  /* the context for events of the device that is made now */
};

struct device_type {
	const char *name;
	size_t size;			 /* of its settings */
	const struct yaml_field *fields; /* read into the settings; the first is DEVICE_TYPE_FIELD */

	/* Sets what is not 0 by default. May be NULL. */
	void (*defaults)(struct device_settings *settings);
	/* Frees what reading allocated. May be NULL. */
	void (*fini)(struct device_settings *settings);
	/* Tells the site what others must know before anything is created. May be NULL. */
	void (*prepare)(const struct device_settings *settings, struct device_site *site);
	/* 0, or -errno with a diagnostic. */
	int (*create)(const struct device_settings *settings, struct device_site *site,
		      struct baton_diag *diag);
};

/* The settings of each type begin with these. */
struct device_settings {
	const struct device_type *type;
	const struct scenario *scenario; /* whose VMs it may name, while it is read */
	struct place at;
	size_t others; /* VMs behind the one it names, which have such a device each: a group's */
};

struct console_settings {
	struct device_settings head;
	size_t vm;
	uint16_t port;
};

struct latch_settings {
	struct device_settings head;
	size_t vm;
	uint16_t first;
	uint32_t count;
};

struct course_settings {
	struct device_settings head;
	size_t vm;
	struct baton_course_map map;
	enum baton_course_gva gva;
};

/* What some VMs have together. */
struct peers_settings {
	struct device_settings head;
	size_t *vms;
	size_t count;
};

struct files_settings {
	struct device_settings head;
	size_t vm;
	char *folder;
	bool writable;
	uint64_t limit;
};

/* A device between two VMs. The settings of each type of these begin so. */
struct traffic_settings {
	struct device_settings head;
	size_t producer, consumer;
};

struct handoff_settings {
	struct traffic_settings between;
	uint64_t depth;
	uint16_t produce, consume, consumed;
};

struct batch_settings {
	struct traffic_settings between;
	uint64_t size;
	struct baton_batch_ports ports;
};

struct ring_settings {
	struct traffic_settings between;
	uint64_t capacity, state;
	enum baton_ring_layout layout;
	uint16_t begin, produced, consumed;
};

/* All types, ended by NULL. */
extern const struct device_type *const device_types[];

extern const struct device_type device_course; /* not in the list: what `ports` of a VM says */
extern const struct device_type device_console;
extern const struct device_type device_doorbell;
extern const struct device_type device_files;
extern const struct device_type device_latch;
extern const struct device_type device_handoff;
extern const struct device_type device_batch;
extern const struct device_type device_ring;
extern const struct device_type device_section;

/* New settings with the type's defaults; device_settings_free() takes them back. */
struct device_settings *device_settings_new(const struct device_type *type,
					    const struct scenario *scenario, struct place at);
void device_settings_free(struct device_settings *settings);

/* Reads one item of `devices:`. On success the caller owns `*settings`. */
int device_read(struct yaml_reader *reader, const yaml_node_t *node,
		const struct scenario *scenario, struct device_settings **settings);

/* What a VM has on its ports without asking, and what `ports` of the VM makes of it: perhaps none. */
struct device_settings *device_course_new(const struct scenario *scenario, size_t vm);
int device_course_read(struct yaml_reader *reader, const yaml_node_t *node,
		       struct device_settings *settings, bool *none);

/* Another VM gets those, or the like of them. */
void device_course_give(struct device_settings *settings, size_t vm);
struct device_settings *device_course_copy(const struct device_settings *settings);

/* The key `type`, which has been read already. */
#define DEVICE_TYPE_FIELD { "type", device_read_type, 0, 0, 0, true }
int device_read_type(struct yaml_reader *reader, const yaml_node_t *node,
		     const struct yaml_field *field, void *settings);

/* For tables: the name of a VM, which is no group's, into a size_t. */
int device_read_vm(struct yaml_reader *reader, const yaml_node_t *node,
		   const struct yaml_field *field, void *settings);

/*
 * For tables: the name of a VM, or of a group, of which the first goes into a size_t: then
 * each member gets such a device.
 */
int device_read_each_vm(struct yaml_reader *reader, const yaml_node_t *node,
			const struct yaml_field *field, void *settings);

/* The first rows of devices between two VMs. */
#define TRAFFIC_FIELDS                                                                            \
	DEVICE_TYPE_FIELD,                                                                        \
		{ "producer", device_read_vm, offsetof(struct traffic_settings, producer), 0, 0, true }, \
		{ "consumer", traffic_read_consumer, 0, 0, 0, true }
int traffic_read_consumer(struct yaml_reader *reader, const yaml_node_t *node,
			  const struct yaml_field *field, void *settings);

/* What such a device is made with. */
struct baton_traffic_config traffic_config(const struct traffic_settings *settings,
					   const struct device_site *site);

/* A VM whose port is one of the latch's by default has no latch then. */
void traffic_takes_port(struct device_site *site, size_t vm, uint16_t port);

/* For tables: a port, into a uint16_t. */
int device_read_port(struct yaml_reader *reader, const yaml_node_t *node,
		     const struct yaml_field *field, void *settings);

#endif
