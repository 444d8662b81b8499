/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.c - cuts time into parts, and counts exits.
 */
#include "host/ledger.h"

#include <stdlib.h>

/*
 * A histogram of nanoseconds, to within 1/16: values below 16 have a bucket each,
 * every power of two above is cut into 16. The last bucket takes the rest (68 s).
 */
#define STEPS_SHIFT 4
#define STEPS	    (1u << STEPS_SHIFT)
#define OCTAVES	    32
#define BUCKETS	    (STEPS * (OCTAVES + 1))

struct baton__histogram {
	uint64_t count[BUCKETS];
};

static unsigned bucket_of(uint64_t ns)
{
	unsigned octave, bucket;

	if (ns < STEPS)
		return (unsigned)ns;
	octave = 63 - (unsigned)__builtin_clzll(ns) - STEPS_SHIFT;
	bucket = (octave + 1) * STEPS + ((unsigned)(ns >> octave) & (STEPS - 1));
	return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* The largest value that falls into a bucket. */
static uint64_t bucket_end(unsigned bucket)
{
	unsigned octave;

	if (bucket < STEPS)
		return bucket;
	octave = bucket / STEPS - 1;
	return ((uint64_t)(STEPS + bucket % STEPS + 1) << octave) - 1;
}

static uint64_t percentile(const struct baton__histogram *h, uint64_t count, unsigned percent)
{
	uint64_t rank = (count * percent + 99) / 100, seen = 0;

	if (!h || !count)
		return 0;
	for (unsigned i = 0; i < BUCKETS; i++) {
		seen += h->count[i];
		if (seen >= rank)
			return bucket_end(i);
	}
	return bucket_end(BUCKETS - 1);
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

void baton__account_exit(struct baton__account *account, enum baton_exit_kind kind, uint64_t now)
{
	account->kind = kind;
	account->exits++;
	account->by_kind[kind].count++;
	account->by_kind[kind].run_ns += now - account->last_ns;
	baton__account_cut(account, BATON__RUNNING, now);
}

void baton__account_served(struct baton__account *account, uint64_t now, bool done)
{
	enum baton_exit_kind kind = account->kind;
	struct baton__histogram **handler = &account->by_kind[kind].handler;
	uint64_t ns = now - account->last_ns;

	account->by_kind[kind].handler_ns += ns;
	account->served_ns += ns;
	if (done) {
		if (!*handler)
			*handler = calloc(1, sizeof(**handler));
		if (*handler)
			(*handler)->count[bucket_of(account->served_ns)]++;
		account->served_ns = 0;
	}
	baton__account_cut(account, BATON__SERVED, now);
}

void baton__account_stats(const struct baton__account *account, enum baton__doing doing,
			  uint64_t until, struct baton_vm_stats *stats)
{
	struct baton__account a = *account;

	baton__account_cut(&a, doing, until);
	stats->turns = a.turns;
	stats->exits = a.exits;
	stats->lifetime_ns = a.last_ns - a.born_ns;
	stats->run_ns = a.part_ns[BATON__RUNNING];
	stats->handler_ns = a.part_ns[BATON__SERVED];
	stats->ready_ns = a.part_ns[BATON__READY];
	stats->blocked_ns = a.part_ns[BATON__WAITING];
	for (int i = 0; i < BATON_EXIT_KINDS; i++) {
		uint64_t served = 0;

		if (a.by_kind[i].handler)
			for (unsigned b = 0; b < BUCKETS; b++)
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
