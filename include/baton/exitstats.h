/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * exitstats.h - what the kernel module baton_exits offers, to its host and to guests.
 *
 * Shared by the module, the command and guests, so it includes nothing.
 *
 * BATON_EXITSTATS_FILE is text, a record per line, fields separated by one blank:
 *
 *     baton_exits 1                       the format's version; the first line
 *     isa vmx|svm|none                    whose numbers the reasons are
 *     tsc_khz N                           cycles are those of the time-stamp counter
 *     profile NAME, scope NAME            the module's parameters
 *     missed N                            exits in no count: no memory, or no way to the reason
 *     vm ID PID VCPUS FAST GUEST          a VM; IDs are not used again while it is loaded
 *     exits CODE NAME COUNT KVM USER ASLEEP PREEMPTED
 *                                         a reason of the VM above, with a count above 0
 *     gone VMS FAST GUEST                 VMs that are no more, and their reasons likewise
 *     end                                 the last line: nothing was cut off
 *
 * CODE is hexadecimal, the rest decimal. NAME is one of exit_reasons.def, or OTHER, with the
 * code of a reason that is not defined, or with all ones for those that have no row of their
 * own. PID is the process of whoever made the VM, in the first PID namespace.
 * FAST: exits that were over before KVM's tracepoint; they are in the counts. GUEST, KVM,
 * USER, ASLEEP, PREEMPTED: cycles in the guest; in the kernel and on a CPU; outside of
 * KVM_RUN; asleep in it; and runnable in it, but not on a CPU. The last four belong to the
 * exit before, and are counted when they are over. Fields may be added at the end of a line, and kinds of lines; readers ignore
 * both, and refuse another version.
 *
 * BATON_EXITSTATS_METRICS has the counts and cycles of living VMs for Prometheus.
 * BATON_EXITSTATS_CONTROL takes "reset", or "reset ID", which lets counts begin at 0 again.
 */
#ifndef BATON_EXITSTATS_H
#define BATON_EXITSTATS_H

#define BATON_EXITSTATS_VERSION 1
#define BATON_EXITSTATS_FOLDER	"/proc/baton_exits"
#define BATON_EXITSTATS_FILE	BATON_EXITSTATS_FOLDER "/exits"
#define BATON_EXITSTATS_METRICS BATON_EXITSTATS_FOLDER "/metrics"
#define BATON_EXITSTATS_CONTROL BATON_EXITSTATS_FOLDER "/control"

/* EDX for a reason that is not defined. */
#define BATON_EXIT_UNDEFINED 0xFFFFFFFFu

enum {
#define BATON_VMX_REASON(number, name, handled, edition, text) BATON_VMX_##name = (number),
#define BATON_SVM_REASON(number, name, handled, edition, text) BATON_SVM_##name = (int)(number),
#include "exit_reasons.def"
#undef BATON_VMX_REASON
#undef BATON_SVM_REASON
};

#endif
