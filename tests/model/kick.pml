/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kick.pml - the protocol by which a host's thread gets out of KVM_RUN, for the
 * model checker spin: src/kvm/kick.c and timer.c, and src/host/loop.c as far as it
 * uses them, step by step, against a kernel, a clock, and others that interfere at
 * every moment.
 *
 * Checked, for all interleavings within the bounds below:
 * - no kick is lost: a thread that is in KVM_RUN, or waits, with a deadline behind
 *   it or a stop sent, comes out. Everything here is finite, so a thread that does
 *   not come out shows as an invalid end state.
 * - none is acted on early: a turn that ends by its slice ends at or after its end
 *   (an assertion).
 * - no stop is lost: a run that begins after baton_host_stop() was through and not
 *   yet answered, returns STOPPED (an assertion); one that comes during a run gets
 *   the thread out even if the turn has no end (an invalid end state otherwise).
 *
 * Each of these macros makes a mistake that must be found:
 *   UNBLOCKED        the signal is not blocked outside KVM_RUN: it is delivered, and gone
 *   SEND_FIRST       stop sends the signal, then sets the flag
 *   STALE_BELIEF     a consumed expiry leaves the belief that the timer stands
 *   NO_CLOCK         the signal ends the turn, whatever the time
 *   NO_REARM         a re-entry after a kick does not look after the timer
 *   KEEP_BELIEF      a run trusts what the run before knew of the timer
 *   CONSUME_LATE     what is pending is consumed after the timer was set
 *   CLEAR_LATE       the flag is taken back when a run begins
 *
 * The macros under "bounds" say how much may happen; kick.sh says which bounds are
 * checked. Times are small numbers that count from the last reading of the clock.
 *
 * Left out: that turns end by exits (to the protocol that is a yield), and the
 * watchdog (one deadline more).
 */

#define NEVER 7 /* of times, which count from the last reading of the clock */
#define AFTER 3 /* the clock goes on to one tick past the longest deadline */

/* Bounds. */
#ifndef RUNS
#define RUNS	   2 /* calls of baton_host_run() */
#endif
#ifndef TURNS
#define TURNS	   3 /* in all of them */
#endif
#ifndef EXITS
#define EXITS	   1
#endif
#ifndef EARLY
#define EARLY	   1 /* expiries that come before their time */
#endif
#ifndef FOREIGN
#define FOREIGN	   1 /* kick signals of somebody else */
#endif
#ifndef INTERRUPTS
#define INTERRUPTS 1 /* signals that the embedder handles */
#endif

/* -------------------------------------------------------------- the world */

byte now;		/* the clock */
byte timer_at = NEVER;	/* the kernel's timer; NEVER: not armed */
bool pending_timer;	/* its signal: in the queue once at most */
byte pending_other;	/* the same signal from others, and from stop */
bool interrupted;	/* a handled signal came while the thread was in a system call */
bool in_kernel;		/* the thread is in KVM_RUN, or waits */
bool in_run;		/* it is in KVM_RUN: there the kick is unblocked */
bool done;

bool stop;		/* kick.stop */

/* What a stop is owed, for the assertions alone. */
bit answers;		/* how often the flag was taken, modulo 2 */
bool asked;		/* a stop is through and not answered */
byte stoppers = 2;	/* that may still come */

#define pending (pending_timer || pending_other > 0)

/* A signal for the host's thread. Where it is not blocked it is delivered, which does nothing. */
inline send_other()
{
#ifdef UNBLOCKED
	if
	:: in_run -> pending_other++
	:: else -> skip
	fi
#else
	pending_other++
#endif
}

/* ---------------------------------------------------------------- the host */

/* timer_settime(): a signal that is pending already may be taken back by the kernel, or not. */
inline kick_by(at)
{
	if
	:: belief <= at -> skip
	:: else ->
		atomic {
			timer_at = at;
			if
			:: pending_timer = false
			:: skip
			fi;
			belief = at
		}
	fi
}

inline take_timer()
{
	d_step {
		pending_timer -> pending_timer = false;
#ifndef STALE_BELIEF
		belief = NEVER
#endif
	}
}

/* sigtimedwait() until there is nothing more. */
inline kick_consume()
{
	do
	:: take_timer()
	:: d_step { pending_other > 0 -> pending_other-- }
	:: !pending -> break
	od
}

inline since(time)
{
	time = (time == NEVER -> NEVER : (time > now -> time - now : 0))
}

/* A reading of the clock: all times count from here. */
inline read_clock()
{
	d_step {
		since(timer_at);
		since(belief);
		since(end);
		since(run_end);
		now = 0
	}
}

active proctype host()
{
	byte belief = NEVER; /* kick.armed_ns */
	byte runs, turns, exits = EXITS;
	byte run_end = NEVER, end = NEVER, left = NEVER;
	bool active_turn, kicked, owed;

next_run:
	if
	:: runs == RUNS -> goto finish
	:: else -> runs++
	fi;
	/* Between runs another host on this thread may take what is pending. */
	if
	:: d_step { pending_timer = false; pending_other = 0 }
	:: skip
	fi;
	owed = asked;
#ifdef CLEAR_LATE
	stop = false;
#endif
#ifndef KEEP_BELIEF
	belief = NEVER;
#endif
	read_clock();
	if
	:: run_end = 1
	:: run_end = 2
	:: run_end = NEVER
	fi;
	end = left;
	left = NEVER;

again:
	if
	:: stop -> d_step { stop = false; asked = false; answers++ }; goto returned
	:: else -> skip
	fi;
	if
	:: run_end == 0 -> assert(!owed); goto returned
	:: else -> skip
	fi;
	if
	:: active_turn -> goto enter
	:: !active_turn && turns == TURNS -> goto finish
	:: !active_turn && turns < TURNS -> turns++; active_turn = true
	:: !active_turn && turns < TURNS -> turns++; goto idle /* nobody is runnable, for a while */
	fi;
	if
	:: end = 1
	:: end = 2
	:: end = NEVER
	fi;

enter:
	if
	:: end < run_end -> kick_by(end)
	:: else -> kick_by(run_end)
	fi;
#ifdef CONSUME_LATE
	kick_consume();
#endif
reenter:
	read_clock();
	if
	:: end == 0 || run_end == 0 -> goto leave
	:: else -> skip
	fi;
inside:
	atomic { in_kernel = true; in_run = true };
	if
	:: d_step { pending || interrupted -> kicked = true }
	:: d_step { exits > 0 -> exits--; kicked = false }
	/* No end, and nobody left who could ask for one: then it may stay for ever. */
	:: end == NEVER && run_end == NEVER && !stop && stoppers == 0 && !pending -> goto finish
	fi;
	d_step { in_kernel = false; in_run = false; interrupted = false };
	read_clock();
	if
	:: kicked ->
		kicked = false;
#ifdef UNBLOCKED
		d_step { pending_timer = false; pending_other = 0; belief = NEVER };
#else
		kick_consume();
#endif
#ifdef NO_CLOCK
		goto over;
#endif
		if
		:: stop -> goto leave
		:: else -> skip
		fi;
		if
#ifdef NO_REARM
		:: end > 0 && run_end > 0 -> goto reenter
#else
		:: end > 0 && run_end > 0 -> goto enter
#endif
		:: else -> skip
		fi
	:: else ->
		read_clock(); /* its handler is through */
		if
		:: end > 0 && run_end > 0 -> goto inside
		:: end > 0 && run_end > 0 -> goto over_by_itself /* it yields, or blocks */
		:: else -> skip
		fi
	fi;

leave:
	if
	:: end == 0 -> goto over
	:: else -> goto again
	fi;
over:
	assert(now >= end);
over_by_itself:
	active_turn = false;
	end = NEVER;
	goto again;

idle:
	in_kernel = true;
	if
	:: take_timer()
	:: d_step { pending_other > 0 -> pending_other-- }
	:: interrupted
	:: now >= 1 /* no later than the run's end */
	fi;
	d_step { in_kernel = false; interrupted = false };
	read_clock();
	goto again;

returned:
	read_clock();
	d_step { left = end; end = NEVER; run_end = NEVER; owed = false };
	goto next_run;

finish:
	done = true
}

/* ----------------------------------------------------------------- others */

active proctype clock()
{
end:	do
	:: d_step { !done && now < AFTER -> now++ }
	:: done -> break
	od
}

/* Fires at any time after its expiry, and now and then before. */
active proctype timer()
{
	byte early = EARLY;

end:	do
	:: atomic {
		!done && timer_at != NEVER && (now >= timer_at || early > 0) ->
		if
		:: now >= timer_at -> skip
		:: else -> early--
		fi;
		timer_at = NEVER;
#ifdef UNBLOCKED
		pending_timer = in_run
#else
		pending_timer = true
#endif
	   }
	:: done -> break
	od
}

/* baton_host_stop(), on another thread. May also not come at all. */
active proctype stopper()
{
	bit mine;

	if
	:: goto through
	:: skip
	fi;
#ifdef SEND_FIRST
	atomic { send_other() };
	d_step { stop = true; mine = answers };
#else
	d_step { stop = true; mine = answers };
	atomic { send_other() };
#endif
	/* Unless a run has answered it meanwhile, the next one has to. */
	d_step { asked = (asked || mine == answers); mine = 0 };
through:
	stoppers--
}

/* The same in a signal handler on the host's thread, which does not go on meanwhile. */
active proctype handler()
{
	if
	:: stoppers--
	:: atomic {
		stop = true;
		send_other();
		asked = true;
		interrupted = in_kernel;
		stoppers--
	   }
	fi
}

active proctype somebody()
{
	byte foreign = FOREIGN, interrupts = INTERRUPTS;

end:	do
	:: atomic { !done && foreign > 0 -> foreign--; send_other() }
	:: d_step { !done && interrupts > 0 && in_kernel -> interrupts--; interrupted = true }
	:: done -> break
	od
}
