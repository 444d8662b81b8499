/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_traffic.c - what devices between a producer and a consumer share.
 */
#include "device.h"
#include "scenario.h"
#include "show.h"

int traffic_read_consumer(struct yaml_reader *reader, const yaml_node_t *node,
			  const struct yaml_field *field, void *settings)
{
	struct traffic_settings *s = settings;
	const struct yaml_field consumer = {
		.key = field->key, .offset = offsetof(struct traffic_settings, consumer),
	};
	int error = device_read_vm(reader, node, &consumer, settings);

	if (!error && s->consumer == s->producer)
		error = yaml_fail(reader, node, "consumer %s is the producer, too; expected "
				  "another VM", yaml_describe(node).text);
	return error;
}

struct baton_traffic_config traffic_config(const struct traffic_settings *settings,
					   const struct device_site *site)
{
	const bool shown = site->scenario->show == SHOW_TRAFFIC;

	return (struct baton_traffic_config){
		.producer = site->vms[settings->producer].vm,
		.consumer = site->vms[settings->consumer].vm,
		.event = shown ? show_traffic : NULL,
		.ready = show_ready,
		.context = site->shown,
	};
}

void traffic_takes_port(struct device_site *site, size_t vm, uint16_t port)
{
	if (port >= COURSE_LATCH && port < COURSE_LATCH + COURSE_LATCH_COUNT)
		site->vms[vm].traffic = true;
}
