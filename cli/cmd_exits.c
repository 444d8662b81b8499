/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_exits.c - `baton exits`: who leaves its guests why, on this whole host.
 *
 * Signals that would end it are blocked while a source is open and waited for together
 * with the time, so that what a source has set up is taken down in every case.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "exits_missing.h"
#include "exits_options.h"
#include "exits_show.h"
#include "exits_source.h"
#include "status.h"
#include "terminal.h"
#include "units.h"

#define SECOND_NS UINT64_C(1000000000)
#define LOOK_NS	  UINT64_C(250000000) /* so often, who comes and goes is looked at */

extern char **environ;

struct session {
	const struct exits_options *options;
	struct exits_source source;
	struct terminal terminal;
	FILE *json, *csv;
	sigset_t signals, before;
	bool stopped; /* by a signal */
};

/* -------------------------------------------------------------------- time */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static void hold_signals(struct session *s)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD };

	signal(SIGPIPE, SIG_IGN); /* a write that nobody reads fails instead */
	sigemptyset(&s->signals);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaddset(&s->signals, ends[i]);
	sigprocmask(SIG_BLOCK, &s->signals, &s->before);
}

/* A source that names processes has to see them while they are there. */
static void look(struct session *s)
{
	struct baton_diag diag;
	struct exits exits;

	if (s->source.ops->names && !exits_source_read(&s->source, &exits, &diag))
		exits_fini(&exits);
}

/* The next signal; 0: it is `until`. */
static int wait_until(struct session *s, uint64_t until)
{
	for (uint64_t now = now_ns(); now < until; now = now_ns()) {
		uint64_t ns = until - now;
		struct timespec left;
		int number;

		if (s->source.ops->names && ns > LOOK_NS)
			ns = LOOK_NS;
		left.tv_sec = (time_t)(ns / SECOND_NS);
		left.tv_nsec = (long)(ns % SECOND_NS);
		number = sigtimedwait(&s->signals, NULL, &left);
		if (number > 0)
			return number;
		look(s);
	}
	return 0;
}

/* Waits for the time, or to be stopped. */
static void wait_or_stop(struct session *s, uint64_t until)
{
	int number;

	do
		number = wait_until(s, until);
	while (number == SIGCHLD);
	s->stopped = number;
}

/* ------------------------------------------------------------------ output */

static enum status complain(const struct baton_diag *diag, enum status status)
{
	fprintf(stderr, "baton exits: %s: %s\n", diag->where, diag->message);
	return status;
}

static int open_output(const char *name, FILE **to)
{
	*to = NULL;
	if (!name)
		return 0;
	*to = strcmp(name, "-") ? fopen(name, "ae") : stdout; /* what is there stays, for now */
	if (*to)
		return 0;
	fprintf(stderr, "baton exits: cannot write %s: %s\n", name, strerror(errno));
	return -EINVAL;
}

/* There are figures: what an older run has left goes. */
static void begin_outputs(struct session *s)
{
	if (s->json && s->json != stdout)
		(void)!ftruncate(fileno(s->json), 0); /* a device has no length */
	if (s->csv && s->csv != stdout)
		(void)!ftruncate(fileno(s->csv), 0);
	if (s->csv)
		exits_csv_head(s->csv);
}

static void close_outputs(struct session *s)
{
	if (s->json && s->json != stdout)
		fclose(s->json);
	if (s->csv && s->csv != stdout)
		fclose(s->csv);
}

static bool has_failed(FILE *to)
{
	return to && (fflush(to) || ferror(to));
}

static void print_tables(struct session *s, const struct exits *exits)
{
	struct terminal frame = s->terminal;
	struct exits_show show = {
		.terminal = &frame,
		.source = s->options->from ? "the module baton_exits, in a copy of its file" :
			  s->source.ops->past ? "the module baton_exits" : "tracefs",
		.all = !s->options->vm && !s->options->pid,
		.rates = s->options->watch,
	};
	bool redraw = s->options->watch && s->terminal.live;
	size_t size, lines;
	char *text;

	if (s->terminal.live)
		terminal_size(&s->terminal, &show.width, &lines);
	if (redraw)
		frame.to = open_memstream(&text, &size);
	if (!frame.to)
		return;
	exits_show(&show, exits);
	if (!redraw)
		return;
	fclose(frame.to);
	terminal_screen(&s->terminal, text);
	free(text);
}

/* Writes one set of figures, in all forms that are wanted. */
static enum status report(struct session *s, const struct exits *exits)
{
	if (s->json) {
		json_t *object = exits_json(exits, s->options->from ? "file" : s->source.ops->name);

		json_dumpf(object, s->json, s->options->watch ? JSON_COMPACT : JSON_INDENT(2));
		json_decref(object);
		fputc('\n', s->json);
	}
	if (s->csv)
		exits_csv(exits, s->csv);
	if (s->json != stdout && s->csv != stdout)
		print_tables(s, exits);
	if (has_failed(s->json) || has_failed(s->csv) || has_failed(stdout)) {
		fprintf(stderr, "baton exits: cannot write the figures: %s\n", strerror(errno));
		return STATUS_USAGE;
	}
	return STATUS_MET;
}

/* ----------------------------------------------------------------- reading */

/* A copy that cannot be read is a wrong argument; else this host cannot. */
static enum status take(struct session *s, struct exits *exits)
{
	struct baton_diag diag;

	if (!exits_source_read(&s->source, exits, &diag))
		return STATUS_MET;
	return complain(&diag, s->options->from ? STATUS_USAGE : STATUS_CANNOT);
}

static void choose(struct session *s, struct exits *exits)
{
	if (s->options->vm || s->options->pid)
		exits_keep(exits, s->options->vm, s->options->pid);
}

/* Is there what was chosen, if something was? */
static bool is_there(const struct session *s, const struct exits *exits)
{
	const struct exits_options *o = s->options;

	for (size_t i = 0; i < exits->vm_count; i++)
		if ((!o->vm || exits->vms[i].id == o->vm) && (!o->pid || exits->vms[i].pid == o->pid))
			return true;
	return !o->vm && !o->pid;
}

/* A source that sees VMs only when they leave their guests knows nothing of those that do not. */
static enum status must_be_there(const struct session *s, const struct exits *exits)
{
	const struct exits_options *o = s->options;

	if (!s->source.ops->past || is_there(s, exits))
		return STATUS_MET;
	fputs("baton exits: there is no VM with", stderr);
	if (o->vm)
		fprintf(stderr, " --vm %" PRIu64, o->vm);
	if (o->pid)
		fprintf(stderr, " --pid %" PRIu32, o->pid);
	fprintf(stderr, "; baton exits%s%s lists those that there are\n", o->from ? " --from " : "",
		o->from ? o->from : "");
	return STATUS_USAGE;
}

/* Says so if what was chosen is no more. */
static bool has_gone(const struct session *s, const struct exits *old, const struct exits *new)
{
	if (!s->source.ops->past || !is_there(s, old) || is_there(s, new))
		return false;
	fputs("baton exits: the VM has ended: what it did last is among what is gone\n", stderr);
	return true;
}

/* The figures between two moments. */
static enum status report_since(struct session *s, const struct exits *old, const struct exits *new,
				uint64_t interval_ns)
{
	struct exits difference;
	enum status status;

	exits_since(old, new, &difference);
	difference.interval_ns = interval_ns;
	exits_sort(&difference);
	choose(s, &difference);
	if (s->source.ops->names)
		exits_drop_idle(&difference);
	status = report(s, &difference);
	exits_fini(&difference);
	return status;
}

static enum status show_all(struct session *s)
{
	struct exits exits;
	enum status status = take(s, &exits);

	if (status)
		return status;
	status = must_be_there(s, &exits);
	if (!status) {
		choose(s, &exits);
		begin_outputs(s);
		status = report(s, &exits);
	}
	exits_fini(&exits);
	return status;
}

static enum status watch(struct session *s)
{
	uint64_t step = s->options->interval_ns, then = now_ns(), next = then + step;
	struct exits old, new;
	enum status status = take(s, &old);

	if (status)
		return status;
	status = must_be_there(s, &old);
	if (!status)
		begin_outputs(s);
	if (!status && s->terminal.live && s->json != stdout && s->csv != stdout)
		terminal_screen(&s->terminal, "\n  counting\n");
	while (!status && !s->stopped) {
		uint64_t now;

		wait_or_stop(s, next);
		if (s->stopped)
			break;
		now = now_ns();
		status = take(s, &new);
		if (status)
			break;
		status = report_since(s, &old, &new, now - then);
		s->stopped = has_gone(s, &old, &new);
		exits_fini(&old);
		old = new;
		then = now;
		/* A pause, such as Ctrl-Z, is made up for by nothing. */
		next = next + step > now ? next + step : now + step;
	}
	exits_fini(&old);
	return status;
}

/* ------------------------------------------------------------------ --delta */

/* Starts the command, whose output goes to stderr where the figures are on stdout. */
static int start(struct session *s, pid_t *child)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int error;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setsigmask(&attributes, &s->before);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	if (s->json == stdout || s->csv == stdout)
		posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	error = posix_spawnp(child, s->options->command[0], &files, &attributes, s->options->command,
			     environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	if (error)
		fprintf(stderr, "baton exits: cannot run %s: %s; expected a command\n",
			s->options->command[0], strerror(error));
	return error;
}

static bool has_ended(pid_t child)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

/* Waits for the command. The terminal's Ctrl-C is for it; other signals are passed on. */
static void wait_for_command(struct session *s, pid_t child)
{
	while (!has_ended(child)) {
		int number = wait_until(s, now_ns() + LOOK_NS);

		if (number && number != SIGCHLD && number != SIGINT && number != SIGQUIT)
			kill(child, number);
	}
}

static enum status command_status(pid_t child, const char *name)
{
	int status;

	if (waitpid(child, &status, 0) < 0)
		return STATUS_UNMET;
	if (WIFSIGNALED(status))
		fprintf(stderr, "baton exits: %s was ended by signal %d (%s)\n", name, WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		fprintf(stderr, "baton exits: %s ended with status %d\n", name, WEXITSTATUS(status));
	return status ? STATUS_UNMET : STATUS_MET;
}

static enum status show_delta(struct session *s, uint64_t interval_ns)
{
	uint64_t then = now_ns(), took;
	enum status status, ended = STATUS_MET;
	struct exits old, new;
	pid_t child = 0;

	status = take(s, &old);
	if (status)
		return status;
	status = must_be_there(s, &old);
	if (!status && s->options->command && start(s, &child))
		status = STATUS_USAGE;
	if (status) {
		exits_fini(&old);
		return status;
	}
	if (child)
		wait_for_command(s, child);
	else
		wait_or_stop(s, then + interval_ns);
	took = now_ns() - then;
	status = take(s, &new); /* while its processes are still known */
	if (child)
		ended = command_status(child, s->options->command[0]);
	if (!status) {
		begin_outputs(s);
		status = report_since(s, &old, &new, took);
		has_gone(s, &old, &new);
		exits_fini(&new);
	}
	exits_fini(&old);
	return status ? status : ended;
}

/* -------------------------------------------------------------- the whole */

static enum status open_source(struct session *s)
{
	const struct exits_places places = { .root = "", .copy = s->options->from };
	struct baton_diag diags[EXITS_SOURCES];
	struct exits_facts facts;

	if (!exits_source_open(&s->source, &places, diags)) {
		if (s->source.ops->past || !s->options->vm) {
			if (!s->source.ops->past)
				fprintf(stderr, "baton exits: the module baton_exits is not loaded: "
					"tracefs counts from now on%s\n", s->options->watch ||
					s->options->delta ? "" : ", for 1 s; see --watch and --delta");
			return STATUS_MET;
		}
		exits_source_close(&s->source, &diags[0]);
		fprintf(stderr, "baton exits: --vm %" PRIu64 ": tracefs does not tell the VMs of a "
			"process apart; expected --pid, or the module baton_exits\n", s->options->vm);
		return STATUS_CANNOT;
	}
	if (s->options->from)
		return complain(&diags[0], STATUS_USAGE);
	exits_facts_read("", &facts);
	exits_missing_print(&facts, diags, stderr);
	return STATUS_CANNOT;
}

static enum status run(struct session *s)
{
	struct baton_diag diag;
	enum status status;

	hold_signals(s);
	status = open_source(s);
	if (!status) {
		if (s->options->watch)
			status = watch(s);
		else if (s->options->delta)
			status = show_delta(s, s->options->interval_ns);
		else if (s->source.ops->past)
			status = show_all(s);
		else
			status = show_delta(s, SECOND_NS);
		if (exits_source_close(&s->source, &diag) && !status)
			status = complain(&diag, STATUS_CANNOT);
	}
	sigprocmask(SIG_SETMASK, &s->before, NULL);
	return status;
}

static int print_help(void)
{
	puts("usage: baton exits [OPTION ...]\n"
	     "       baton exits --watch [TIME] [OPTION ...]\n"
	     "       baton exits [OPTION ...] --delta TIME\n"
	     "       baton exits [OPTION ...] --delta -- COMMAND [ARGUMENT ...]\n\n"
	     "How often the VMs of this host, whoever runs them, left their guests, and why.\n");
	exits_options_help(stdout);
	return STATUS_MET;
}

int cmd_exits(int argc, char **argv)
{
	struct exits_options options;
	struct session s = { .options = &options };
	enum status status = STATUS_USAGE;

	if (exits_options_parse(&options, argc, argv))
		return STATUS_USAGE;
	if (options.help)
		return print_help();
	terminal_init(&s.terminal, stdout);
	if (options.reasons) {
		exits_show_names(&s.terminal);
		return STATUS_MET;
	}
	if (!open_output(options.json, &s.json) && !open_output(options.csv, &s.csv))
		status = run(&s);
	close_outputs(&s);
	return status;
}
