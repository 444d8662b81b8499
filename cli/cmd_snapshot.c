/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_snapshot.c - `baton snapshot`: runs a scenario for a while, and writes what its VMs
 * are then into a file, from which `baton run --from` goes on.
 *
 * The file appears under its name once all of it has reached the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloud.h"
#include "cmd.h"
#include "from.h"
#include "heap.h"
#include "interrupt.h"
#include "outlet.h"
#include "show.h"
#include "snapshot_options.h"
#include "snapshot_show.h"
#include "status.h"
#include "terminal.h"
#include "units.h"

#define AGAIN_NS  UINT64_C(1000000)
#define AGAIN_MAX 1000

static int print_help(void)
{
	puts("usage: baton snapshot [OPTION ...] --at TIME | --exits N IMAGE[:SHARE[:MODE]] ...\n"
	     "       baton snapshot [OPTION ...] --at TIME | --exits N SCENARIO.yaml\n"
	     "       baton snapshot --show FILE [--json]\n\n"
	     "baton run --from FILE goes on from there.\n");
	snapshot_options_help(stdout);
	return STATUS_MET;
}

/* -------------------------------------------------------------------- files */

/* The file's text, for the note. NULL with a message on stderr. */
static char *read_text(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	ssize_t got = file ? getdelim(&text, &room, EOF, file) : -1;

	/* An empty one gives nothing, and has been refused before. */
	if (got < 0) {
		fprintf(stderr, "baton snapshot: %s: %s\n", path, strerror(errno));
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	*size = got < 0 ? 0 : (size_t)got;
	return text;
}

/* "labs/emu/3.yaml" gives "3.snapshot", here. */
static char *default_name(const char *operand)
{
	const char *slash = strrchr(operand, '/'), *base = slash ? slash + 1 : operand;

	return heap_print("%.*s.snapshot", (int)strcspn(base, ".:"), base);
}

static int write_to(const struct baton_snapshot *snapshot, int fd, const struct note_writer *note,
		    struct baton_diag *diag)
{
	int error = baton_snapshot_write(snapshot, fd, note->text, note->size, diag);

	/* What is no file need not be able to. */
	if (!error && fsync(fd) && errno != EINVAL && errno != EROFS) {
		error = -errno;
		snprintf(diag->message, sizeof(diag->message), "%s", strerror(-error));
	}
	if (close(fd) && !error) {
		error = -errno;
		snprintf(diag->message, sizeof(diag->message), "%s", strerror(-error));
	}
	return error;
}

/* Under another name first; what is there and no file, such as a pipe, is written to. */
static int write_file(const struct baton_snapshot *snapshot, const char *name,
		      const struct note_writer *note, struct baton_diag *diag)
{
	struct stat there;
	bool direct = !stat(name, &there) && !S_ISREG(there.st_mode);
	char *part = direct ? heap_copy(name) : heap_print("%s.%d", name, (int)getpid());
	int fd = open(part, direct ? O_WRONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		      0666);
	int error = fd < 0 ? -errno : 0;

	if (error)
		snprintf(diag->message, sizeof(diag->message), "%s", strerror(-error));
	else
		error = write_to(snapshot, fd, note, diag);
	if (!error && !direct && rename(part, name)) {
		error = -errno;
		snprintf(diag->message, sizeof(diag->message), "%s", strerror(-error));
	}
	if (error && !direct && fd >= 0)
		unlink(part);
	free(part);
	return error;
}

/* ------------------------------------------------------------------- taking */

/* Stops the host after so many exits. */
struct counter {
	struct baton_observer observer;
	struct baton_host *host;
	uint64_t left;
};

static void count(void *context, struct baton_vm *vm, const struct baton_exit *exit)
{
	struct counter *counter = context;

	if (counter->left && !--counter->left)
		baton_host_stop(counter->host);
}

static void write_note(const struct snapshot_options *options, const struct cloud *cloud,
		       const char *text, size_t size, struct note_writer *note)
{
	const struct run_options *run = &options->run;

	note_begin(note);
	note_argument(note, "run");
	for (int i = 0; i < RUN_OPTIONS; i++) {
		const struct options_row *row = run_options_row((enum run_option)i);
		char *argument;

		if (!run->given[i])
			continue;
		argument = heap_print("--%s%s%s", row->name, row->argument ? "=" : "",
				      row->argument ? run->given[i] : "");
		note_argument(note, argument);
		free(argument);
	}
	note_argument(note, "--");
	for (int i = 0; i < run->operand_count; i++)
		note_argument(note, run->operands[i]);
	if (text)
		note_scenario(note, text, size);
	for (size_t i = 0; i < cloud->scenario->vm_count; i++) {
		const struct output *output = &cloud->vms[i].output;

		note_output(note, output->size, output->kept,
			    output->size < output->room ? (size_t)output->size : output->room);
	}
}

/* A VM in the midst of an instruction is let go on. */
static int take(struct cloud *cloud, struct baton_diag *diag, struct baton_snapshot **snapshot)
{
	size_t vm_count = cloud->scenario->vm_count;
	struct baton_vm **vms = heap_zeroed(vm_count, sizeof(*vms));
	int error = 0;

	for (size_t i = 0; i < vm_count && !error; i++) {
		vms[i] = cloud->vms[i].vm;
		if (cloud->vms[i].stats.lifetime_ns || !cloud->scenario->vms[i].arrives_ns)
			continue;
		error = -EINVAL;
		snprintf(diag->where, sizeof(diag->where), "%s", baton_vm_name(vms[i]));
		snprintf(diag->message, sizeof(diag->message), "it arrives after %s; expected a time when "
			 "it is there", units_time(cloud->scenario->vms[i].arrives_ns).text);
	}
	if (!error)
		error = baton_snapshot_take(vms, (uint32_t)vm_count, diag, snapshot);
	for (int i = 0; i < AGAIN_MAX && error == -EAGAIN; i++) {
		error = baton_host_run(cloud->host, AGAIN_NS, NULL);
		if (!error)
			error = baton_snapshot_take(vms, (uint32_t)vm_count, diag, snapshot);
	}
	free(vms);
	return error;
}

static enum status take_and_write(const struct snapshot_options *options, struct cloud *cloud,
				  const char *text, size_t size)
{
	char *name = options->output ? heap_copy(options->output) :
				       default_name(options->run.operands[0]);
	struct baton_diag diag = { .message = "" };
	struct baton_snapshot *snapshot;
	enum status status = STATUS_MET;
	struct note_writer note;
	int error = take(cloud, &diag, &snapshot);

	if (error) {
		fprintf(stderr, "baton snapshot: %s: %s\n", diag.where, diag.message);
		free(name);
		return cloud_status(error);
	}
	write_note(options, cloud, text, size, &note);
	if (write_file(snapshot, name, &note, &diag)) {
		fprintf(stderr, "baton snapshot: cannot write %s: %s\n", name, diag.message);
		status = STATUS_USAGE;
	} else {
		fprintf(stderr, "baton snapshot: %zu VM%s after %s, in %s\n", cloud->scenario->vm_count,
			cloud->scenario->vm_count == 1 ? "" : "s", units_time(cloud->stats.wall_ns).text,
			name);
	}
	free(note.text);
	baton_snapshot_destroy(snapshot);
	free(name);
	return status;
}

/* --------------------------------------------------------------------- running */

static enum status run(const struct snapshot_options *options, struct cloud *cloud,
		       struct terminal *terminal, struct counter *counter, const char *text, size_t size)
{
	int error;

	counter->host = cloud->host;
	interrupt_stops(cloud->host);
	error = cloud_run(cloud, terminal, true);
	interrupt_ends();
	if (error) {
		fprintf(stderr, "baton snapshot: KVM_RUN failed: %s\n"
			"baton doctor says what this machine can do\n", strerror(-error));
		return STATUS_CANNOT;
	}
	if (cloud->end == BATON_RUN_STOPPED && (!options->exits || counter->left)) {
		fprintf(stderr, "baton snapshot: stopped; nothing was written\n");
		return STATUS_UNMET;
	}
	return take_and_write(options, cloud, text, size);
}

static enum status make_and_run(const struct snapshot_options *options, struct scenario *scenario,
				const char *text, size_t size)
{
	struct counter counter = { .observer = { .exit = count }, .left = options->exits };
	const struct cloud_tape tape = { .observer = &counter.observer, .context = &counter };
	struct show_lines lines;
	struct terminal terminal;
	struct outlet guests;
	struct yaml_error error;
	struct cloud cloud;
	enum status status;

	signal(SIGPIPE, SIG_IGN); /* a write that nobody reads fails instead */
	outlet_init(&guests, STDOUT_FILENO, OUTLET_SPARE);
	terminal_init(&terminal, stderr);
	show_init(&lines, scenario, &terminal, &guests);
	status = cloud_create(&cloud, scenario, &lines, &tape, &guests, &terminal, &error);
	if (status) {
		char *message = scenario_error(scenario, &error);

		fprintf(stderr, "%s%s\n", message, status == STATUS_CANNOT ?
			"\nbaton doctor says what this machine can do" : "");
		free(message);
	} else {
		status = run(options, &cloud, &terminal, &counter, text, size);
	}
	guests.host = NULL; /* it goes */
	cloud_destroy(&cloud);
	if (outlet_drain(&guests) && !status) {
		fprintf(stderr, "baton snapshot: cannot write what the guests said\n");
		status = STATUS_USAGE;
	}
	outlet_fini(&guests);
	return status;
}

/* From what the command line names to a scenario that is ready. */
static int prepare(const struct snapshot_options *options, const char *text, size_t size,
		   struct scenario *scenario, struct yaml_error *error)
{
	const struct run_options *run = &options->run;
	int result = 0;

	if (text)
		result = scenario_parse(scenario, text, size, error);
	for (int i = 0; i < run->operand_count && !text && !result; i++)
		result = scenario_add_image(scenario, run->operands[i], error);
	if (!result)
		result = run_options_apply(run, scenario, error);
	scenario->for_ns = options->at_ns;
	scenario->show = SHOW_NONE;
	scenario->format = FORMAT_LINES;
	if (!result && scenario_uses_schedule(scenario)) {
		error->at = scenario->policy_at;
		snprintf(error->text, sizeof(error->text), "policy script goes by a schedule, and no "
			 "snapshot knows how far; expected another policy, as with --policy share");
		return -EINVAL;
	}
	return result ? result : scenario_finish(scenario, error);
}

static enum status snapshot(const struct snapshot_options *options)
{
	const char *file = options->run.operands[0];
	struct scenario scenario;
	struct yaml_error error;
	enum status status;
	char *text = NULL;
	size_t size = 0;

	if (!run_options_is_scenario(file))
		file = NULL;
	else if (!(text = read_text(file, &size)))
		return STATUS_USAGE;
	scenario_init(&scenario, file);
	if (prepare(options, text, size, &scenario, &error)) {
		char *message = scenario_error(&scenario, &error);

		fprintf(stderr, "%s\n", message);
		free(message);
		status = STATUS_USAGE;
	} else {
		status = make_and_run(options, &scenario, text, size);
	}
	scenario_fini(&scenario);
	free(text);
	return status;
}

static enum status show(const struct snapshot_options *options)
{
	enum status status;
	struct from from;

	status = from_open(&from, "snapshot", options->show);
	if (status)
		return status;
	if (options->json)
		snapshot_show_json(&from, stdout);
	else
		snapshot_show(&from, stdout);
	from_close(&from);
	if (!fflush(stdout) && !ferror(stdout))
		return STATUS_MET;
	fprintf(stderr, "baton snapshot: cannot write: %s\n", strerror(errno));
	return STATUS_USAGE;
}

int cmd_snapshot(int argc, char **argv)
{
	struct snapshot_options options;

	if (snapshot_options_parse(&options, argc, argv))
		return STATUS_USAGE;
	if (options.help)
		return print_help();
	return options.show ? show(&options) : snapshot(&options);
}
