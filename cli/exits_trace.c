/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_trace.c - the source without the module: the kernel's own tracing. An instance of
 * tracefs, private to this process, has a histogram of the event kvm:kvm_exit, which
 * counts for as long as it is there. Who uses tracing otherwise is not disturbed.
 *
 * The instance's trace_pipe stays open: so the kernel refuses to remove an instance whose
 * owner lives, and whatever can be removed was left by one that was killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exits_hist.h"
#include "exits_source.h"
#include "heap.h"

#define EVENT	  "events/kvm/kvm_exit"
#define TRIGGER	  "hist:keys=" EXITS_HIST_KEYS ":size=16384"
#define HIST_MOST (16 << 20)
#define TRIES	  8
#define ISA_VMX	  1 /* as the event has it */
#define ISA_SVM	  2

/* A thread that has run a vCPU; as it was when it was first seen. */
struct thread {
	uint32_t id, process;
	char name[EXITS_WORD]; /* the process's */
	uint64_t read;	       /* the last reading that had it */
};

struct trace {
	char *instance;
	char *proc; /* NULL: not that of those numbers */
	int held; /* its trace_pipe */
	struct thread *threads;
	size_t thread_count;
	uint64_t reads;
};

/* ---------------------------------------------------------------- instance */

static bool has(const char *folder, const char *file)
{
	char *path = heap_print("%s/%s", folder, file);
	bool found = !access(path, F_OK);

	free(path);
	return found;
}

/* Where tracefs is mounted; NULL: nowhere. */
static char *find_tracefs(const char *root)
{
	static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

	for (size_t i = 0; i < 2; i++) {
		char *path = heap_print("%s%s", root, places[i]);

		if (has(path, "instances"))
			return path;
		free(path);
	}
	return NULL;
}

/* Removes what was left by those who were killed; the others are in use. */
static void sweep(const char *tracefs)
{
	char *folder = heap_print("%s/instances", tracefs), *path;
	DIR *all = opendir(folder);
	const struct dirent *one;

	while (all && (one = readdir(all))) {
		const char *name = one->d_name;

		if (strncmp(name, "baton-", 6) || strspn(name + 6, "0123456789-") != strlen(name + 6))
			continue;
		path = heap_print("%s/%s", folder, name);
		rmdir(path);
		free(path);
	}
	if (all)
		closedir(all);
	free(folder);
}

static int write_trigger(const char *instance, const char *text)
{
	char *path = heap_print("%s/" EVENT "/trigger", instance);
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	free(path);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		error = -errno;
	close(fd);
	return error;
}

/* Makes an instance that nobody else has; others may be in other PID namespaces. */
static int make_instance(const char *tracefs, char **instance, int *held)
{
	int error = -EEXIST;

	for (int i = 0; i < TRIES && (error == -EEXIST || error == -ENOENT); i++) {
		char *path = heap_print("%s/instances/baton-%ld-%d", tracefs, (long)getpid(), i), *pipe;

		error = mkdir(path, 0700) ? -errno : 0;
		if (!error) {
			pipe = heap_print("%s/trace_pipe", path);
			*held = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
			error = *held < 0 ? -errno : 0;
			free(pipe);
			if (!error) {
				*instance = path;
				return 0;
			}
			rmdir(path);
		}
		free(path);
	}
	return error;
}

static int refused(int error, const char *where, struct baton_diag *diag)
{
	if (error == -EACCES || error == -EPERM)
		return exits_source_fail(diag, -EACCES, where, geteuid() ? "only root may make an "
					 "instance of it" : "even root may not: the kernel is locked "
					 "down, or this is a container");
	return exits_source_fail(diag, error, where, "no instance of it can be made: %s",
				 strerror(-error));
}

static int attach(const char *tracefs, struct trace *trace, struct baton_diag *diag)
{
	int error;

	sweep(tracefs);
	error = make_instance(tracefs, &trace->instance, &trace->held);
	if (error)
		return refused(error, tracefs, diag);
	error = write_trigger(trace->instance, TRIGGER);
	if (!error)
		return 0;
	close(trace->held);
	rmdir(trace->instance);
	free(trace->instance);
	return exits_source_fail(diag, error, tracefs, "a histogram of " EVENT " cannot be made: %s; "
				 "expected a kernel with CONFIG_HIST_TRIGGERS", strerror(-error));
}

/* A KVM that has no exits of a processor. */
static bool only_pvm(const char *root)
{
	char *modules = heap_print("%s/sys/module", root);
	bool only = has(modules, "kvm_pvm") && !has(modules, "kvm_intel") && !has(modules, "kvm_amd");

	free(modules);
	return only;
}

static int trace_open(const struct exits_places *places, struct baton_diag *diag, void **state)
{
	struct trace *trace;
	char *tracefs;
	int error;

	if (only_pvm(places->root))
		return exits_source_fail(diag, -ENODEV, "/sys/module/kvm_pvm", "this KVM runs guests "
					 "without the processor's virtualization: no exit has such a "
					 "reason");
	tracefs = find_tracefs(places->root);
	if (!tracefs) /* it is hidden from those who may not look, too */
		return exits_source_fail(diag, geteuid() ? -EACCES : -ENOENT, "/sys/kernel/tracing",
					 geteuid() ? "only root may look into it" :
						     "tracefs is not mounted there");
	trace = heap_zeroed(1, sizeof(*trace));
	if (!has(tracefs, EVENT))
		error = exits_source_fail(diag, -ENODEV, tracefs, "there is no event kvm:kvm_exit: no "
					  "KVM is loaded");
	else
		error = attach(tracefs, trace, diag);
	free(tracefs);
	if (error) {
		free(trace);
		return error;
	}
	trace->proc = exits_source_proc(places);
	*state = trace;
	return 0;
}

static int trace_close(void *state, struct baton_diag *diag)
{
	struct trace *trace = state;
	int error = 0;

	write_trigger(trace->instance, "!" TRIGGER);
	close(trace->held);
	if (rmdir(trace->instance)) {
		error = -errno;
		exits_source_fail(diag, error, trace->instance, "cannot be removed: %s; rmdir it once "
				  "nobody reads there", strerror(errno));
	}
	free(trace->instance);
	free(trace->proc);
	free(trace->threads);
	free(trace);
	return error;
}

/* ----------------------------------------------------------------- threads */

static struct thread *find_thread(struct trace *trace, uint32_t id)
{
	struct thread *thread;

	for (size_t i = 0; i < trace->thread_count; i++)
		if (trace->threads[i].id == id)
			return &trace->threads[i];
	trace->threads = heap_grow(trace->threads, trace->thread_count, sizeof(*trace->threads));
	thread = &trace->threads[trace->thread_count++];
	thread->id = id;
	thread->process = id;
	if (trace->proc) {
		thread->process = exits_process_of(trace->proc, id);
		exits_process_name(trace->proc, thread->process, thread->name);
	}
	return thread;
}

/* ----------------------------------------------------------------- figures */

/* The VMs of a thread's process. */
static struct exits_vm *vm_of(struct exits *exits, const struct thread *thread)
{
	struct exits_vm *vm;

	for (size_t i = 0; i < exits->vm_count; i++)
		if (exits->vms[i].pid == thread->process)
			return &exits->vms[i];
	vm = exits_add_vm(exits);
	vm->pid = thread->process;
	memcpy(vm->process, thread->name, sizeof(vm->process));
	return vm;
}

static void add_entry(struct trace *trace, struct exits *exits, const struct exits_hist_entry *e)
{
	enum exits_isa isa = e->isa == ISA_VMX ? EXITS_ISA_VMX :
			     e->isa == ISA_SVM ? EXITS_ISA_SVM : EXITS_ISA_NONE;
	/* VMX: the high bits tell more than the reason. */
	uint32_t code = isa == EXITS_ISA_VMX ? e->reason & 0xffff : e->reason;
	const struct exits_reason *reason = exits_reason(isa, code);
	struct thread *thread = find_thread(trace, e->thread);
	struct exits_vm *vm = vm_of(exits, thread);
	struct exits_row *row = exits_get_row(&vm->sums, code, reason ? reason->name : "OTHER");

	row->count = exits_plus(row->count, e->hits);
	vm->vcpus += thread->read != trace->reads;
	thread->read = trace->reads;
	if (isa != EXITS_ISA_NONE)
		exits->isa = isa;
}

static int trace_read(void *state, struct exits *exits, struct baton_diag *diag)
{
	struct trace *trace = state;
	char *path = heap_print("%s/" EVENT "/hist", trace->instance), *text;
	struct exits_error wrong;
	struct exits_hist hist;
	size_t size;
	int error = exits_source_slurp(path, HIST_MOST, &text, &size);

	if (error) {
		exits_source_fail(diag, error, path, "cannot be read: %s", strerror(-error));
	} else {
		error = exits_hist_read(text, size, &hist, &wrong);
		free(text);
		if (error)
			exits_source_fail(diag, error, path, "%s", wrong.text);
	}
	free(path);
	if (error)
		return error;
	*exits = (struct exits){ .missed = hist.dropped };
	trace->reads++;
	for (size_t i = 0; i < hist.count; i++)
		add_entry(trace, exits, &hist.entries[i]);
	free(hist.entries);
	return 0;
}

const struct exits_source_ops exits_trace = {
	.name = "tracefs", .names = true,
	.open = trace_open, .read = trace_read, .close = trace_close,
};
