/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.c - cuts time into parts, and counts exits.
 */
#include "host/ledger.h"

#include <stdlib.h>

/* The largest value that falls into a bucket. */
static uint64_t bucket_end(unsigned bucket)
{
	unsigned octave;

	if (bucket < BATON__BUCKET_STEPS)
		return bucket;
	octave = bucket / BATON__BUCKET_STEPS - 1;
	return ((uint64_t)(BATON__BUCKET_STEPS + bucket % BATON__BUCKET_STEPS + 1) << octave) - 1;
}

static uint64_t percentile(const struct baton__histogram *h, uint64_t count, unsigned percent)
{
	uint64_t rank = (count * percent + 99) / 100, seen = 0;

	if (!h || !count)
		return 0;
	for (unsigned i = 0; i < BATON__BUCKETS; i++) {
		seen += h->count[i];
		if (seen >= rank)
			return bucket_end(i);
	}
	return bucket_end(BATON__BUCKETS - 1);
}

void baton__ledger_open(struct baton__ledger *ledger, uint64_t now)
{
	ledger->open = true;
	ledger->first_ns = ledger->last_ns = now;
}

void baton__account_open(struct baton__account *account, uint64_t now)
{
	account->born_ns = account->last_ns = now;
}

void baton__account_fini(struct baton__account *account)
{
	for (int i = 0; i < BATON_EXIT_KINDS; i++)
		free(account->by_kind[i].handler);
	*account = (struct baton__account){ 0 };
}

void baton__account_served_rarely(struct baton__account *account, uint64_t ns, bool done)
{
	struct baton__histogram **handler = &account->by_kind[account->kind].handler;

	account->served_ns += ns;
	if (!done)
		return;
	if (!*handler)
		*handler = calloc(1, sizeof(**handler));
	if (*handler)
		(*handler)->count[baton__bucket_of(account->served_ns)]++;
	account->served_ns = 0;
}

uint64_t baton__account_exits(const struct baton__account *account)
{
	uint64_t exits = 0;

	for (int i = 0; i < BATON_EXIT_KINDS; i++)
		exits += account->by_kind[i].count;
	return exits;
}

void baton__account_stats(const struct baton__account *account, enum baton__doing doing,
			  uint64_t until, struct baton_vm_stats *stats)
{
	struct baton__account a = *account;

	baton__account_cut(&a, doing, until);
	stats->turns = a.turns;
	stats->exits = baton__account_exits(&a);
	stats->lifetime_ns = a.last_ns - a.born_ns;
	stats->run_ns = a.part_ns[BATON__RUNNING];
	stats->handler_ns = a.part_ns[BATON__SERVED];
	stats->ready_ns = a.part_ns[BATON__READY];
	stats->blocked_ns = a.part_ns[BATON__WAITING];
	for (int i = 0; i < BATON_EXIT_KINDS; i++) {
		uint64_t served = 0;

		if (a.by_kind[i].handler)
			for (unsigned b = 0; b < BATON__BUCKETS; b++)
				served += a.by_kind[i].handler->count[b];
		stats->by_kind[i] = (struct baton_exit_stats){
			.count = a.by_kind[i].count,
			.run_ns = a.by_kind[i].run_ns,
			.handler_ns = a.by_kind[i].handler_ns,
			.p50_ns = percentile(a.by_kind[i].handler, served, 50),
			.p99_ns = percentile(a.by_kind[i].handler, served, 99),
		};
	}
}
