/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kick.h - gets a host's thread out of KVM_RUN at a deadline, or at once.
 *
 * The signal is only a kick; time decides. It may come early, late, twice or
 * from somebody else: after any -EINTR the loop calls baton__kick_consume() and
 * reads the clock. tests/model/kick.pml checks the protocol.
 *
 * The timer is armed lazily: while it stands at or before the deadline that is
 * wanted, it is left alone; when it fires early it is consumed and armed again.
 * That spares a system call per turn where turns end by themselves.
 */
#ifndef BATON_KVM_KICK_H
#define BATON_KVM_KICK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvm/timer.h"

struct baton__kick {
	struct baton__timer timer;
	uint64_t armed_ns; /* when the timer fires, as far as we know; UINT64_MAX: it does not */
	uint64_t consumed; /* signals taken so far */
	atomic_bool stop;
};

int baton__kick_init(struct baton__kick *kick, int signal);
void baton__kick_fini(struct baton__kick *kick);

/* Forgets what is known of the timer: somebody may have taken its signal since. */
void baton__kick_begin(struct baton__kick *kick);

/* Makes sure that KVM_RUN ends by `deadline_ns` (UINT64_MAX: no need to). */
void baton__kick_by(struct baton__kick *kick, uint64_t deadline_ns);

/* Waits until a kick comes, or for `ns`; consumes it. */
void baton__kick_wait(struct baton__kick *kick, uint64_t ns);

/* Takes every pending kick, so that the next entry is not ended by an old one. */
void baton__kick_consume(struct baton__kick *kick);

/* Asks the host to stop, and kicks. From any thread, and from signal handlers. */
void baton__kick_stop(struct baton__kick *kick);

/* Was a stop asked for? Answers true once per request. */
bool baton__kick_stopped(struct baton__kick *kick);

#endif
