/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plains.c - copies bytes from devices and back.
 */
#include "plains.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int plains_init(struct plains *p, struct baton_host *host)
{
	struct baton_device *d;
	size_t size;

	p->host = host;
	for (uint32_t i = 0; (d = baton_host_device(host, i)); i++) {
		baton_device_plain(d, &size);
		p->size += size;
	}
	p->bytes = calloc(1, p->size + 1);
	return p->bytes ? 0 : -ENOMEM;
}

void plains_fini(struct plains *p)
{
	store_fini(&p->store);
	free(p->bytes);
}

uint32_t plains_number(struct plains *p)
{
	struct baton_device *d;
	uint8_t *to = p->bytes;
	size_t size;

	for (uint32_t i = 0; (d = baton_host_device(p->host, i)); i++) {
		const void *bytes = baton_device_plain(d, &size);

		memcpy(to, bytes, size);
		to += size;
	}
	return store_add(&p->store, p->bytes, p->size, NULL);
}

void plains_put(struct plains *p, uint32_t number)
{
	struct baton_device *d;
	size_t size;
	const uint8_t *from = store_get(&p->store, number, &size);

	for (uint32_t i = 0; (d = baton_host_device(p->host, i)); i++) {
		void *bytes = baton_device_plain(d, &size);

		if (size && memcmp(bytes, from, size)) {
			memcpy(bytes, from, size);
			baton_device_restored(d);
		}
		from += size;
	}
}
