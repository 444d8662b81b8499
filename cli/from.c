/* SPDX-License-Identifier: Apache-2.0 */
/*
 * from.c - see from.h.
 */
#include "from.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heap.h"
#include "outlet.h"

/* ----------------------------------------------------------------- opening */

static int open_file(const char *path, struct baton_diag *diag, struct baton_snapshot_file **file)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;

	if (fd < 0) {
		error = -errno;
		snprintf(diag->where, sizeof(diag->where), "%s", path);
		snprintf(diag->message, sizeof(diag->message), "%s", strerror(-error));
		return error;
	}
	error = baton_snapshot_file_read(fd, path, diag, file);
	close(fd);
	return error;
}

enum status from_open(struct from *from, const char *command, const char *path)
{
	struct baton_diag diag = { .message = "" };
	int error = open_file(path, &diag, &from->file);
	const void *bytes;
	size_t size;

	*from = (struct from){ .file = error ? NULL : from->file };
	if (error) {
		fprintf(stderr, "baton %s: %s: %s\n", command, diag.where, diag.message);
		return error == -ENOMEM || error == -EMFILE ? STATUS_CANNOT : STATUS_USAGE;
	}
	bytes = baton_snapshot_file_note(from->file, &size);
	if (note_read(&from->note, bytes, size) &&
	    !run_options_parse(&from->made_by, from->note.argument_count, from->note.arguments))
		return STATUS_MET;
	fprintf(stderr, "baton %s: %s: its note does not say how the VMs were made; expected a file of "
		"baton snapshot\n", command, path);
	from_close(from);
	return STATUS_USAGE;
}

void from_close(struct from *from)
{
	baton_snapshot_file_close(from->file);
	note_fini(&from->note);
}

/* ---------------------------------------------------------------- scenario */

const char *from_scenario(const struct from *from)
{
	return from->note.scenario.bytes && from->made_by.operand_count ? from->made_by.operands[0] :
									  NULL;
}

int from_parse(const struct from *from, struct scenario *scenario, struct yaml_error *error)
{
	const struct note_bytes *text = &from->note.scenario;
	int result = 0;

	if (text->bytes)
		result = scenario_parse(scenario, text->bytes, text->size, error);
	else
		for (int i = 0; i < from->made_by.operand_count && !result; i++)
			result = scenario_add_image(scenario, from->made_by.operands[i], error);
	return result ? result : run_options_apply(&from->made_by, scenario, error);
}

/* How often something was done in a whole run cannot be told from its rest. */
static void drop_counts(struct scenario *scenario)
{
	size_t kept = 0;

	for (size_t i = 0; i < scenario->expectation_count; i++) {
		struct expectation *e = &scenario->expectations[i];

		if (e->what == EXPECT_EXITS || e->what == EXPECT_TURNS)
			expectation_fini(e);
		else
			scenario->expectations[kept++] = *e;
	}
	scenario->expectation_count = kept;
}

int from_blank(const struct from *from, struct scenario *scenario, struct yaml_error *error)
{
	struct baton_snapshot_vm info;

	drop_counts(scenario);
	for (size_t i = 0; i < scenario->vm_count; i++) {
		struct scenario_vm *vm = &scenario->vms[i];

		if (baton_snapshot_file_vm(from->file, (uint32_t)i, &info)) {
			error->at = vm->at;
			snprintf(error->text, sizeof(error->text), "the snapshot has fewer VMs than its "
				 "scenario");
			return -EINVAL;
		}
		if (!vm->has_mode)
			vm->mode = info.mode;
		vm->has_mode = vm->blank = true;
		vm->load = info.image_first;
		vm->entry = BATON_DEFAULT_ADDRESS;
		vm->arrives_ns = 0;
	}
	return 0;
}

/* ----------------------------------------------------------------- loading */

static enum status fail(int error, const struct baton_diag *diag)
{
	enum status status = cloud_status(error);

	fprintf(stderr, "baton run: %s: %s\n%s", diag->where, diag->message,
		status == STATUS_CANNOT ? "baton doctor says what this machine can do\n" : "");
	return status;
}

/* What was written before belongs to what is expected of the whole. */
static void take_output(struct output *output, const struct note_output *before)
{
	size_t kept = before->kept.size < output->room ? before->kept.size : output->room;

	if (kept)
		memcpy(output->kept, before->kept.bytes, kept);
	output->size = before->written;
}

static int load(const struct from *from, struct cloud *cloud, struct baton_diag *diag,
		struct baton_snapshot **snapshot)
{
	size_t count = cloud->scenario->vm_count;
	struct baton_vm **vms = heap_zeroed(count, sizeof(*vms));
	int error;

	for (size_t i = 0; i < count; i++)
		vms[i] = cloud->vms[i].vm;
	error = baton_snapshot_load(from->file, vms, (uint32_t)count, diag, snapshot);
	free(vms);
	return error;
}

static int go_on(const struct from *from, struct cloud *cloud, struct baton_diag *diag,
		 struct baton_snapshot *snapshot)
{
	const struct baton_fork_config config = {
		.share = BATON_FORK_SHARE, .same_names = true, .repeat = !from->anew,
		.seed = cloud->scenario->seed,
	};
	size_t count = cloud->scenario->vm_count;
	struct baton_vm **vms = heap_zeroed(count, sizeof(*vms));
	int error = baton_vm_fork(snapshot, cloud->host, &config, diag, vms);

	for (size_t i = 0; i < count && !error; i++)
		cloud->vms[i].vm = vms[i];
	free(vms);
	return error;
}

enum status from_load(const struct from *from, struct cloud *cloud, struct show_lines *lines,
		      struct outlet *to)
{
	struct baton_diag diag = { .message = "" };
	struct baton_snapshot *snapshot;
	int error = load(from, cloud, &diag, &snapshot);

	if (error)
		return fail(error, &diag);
	/* They were there to be looked at; consoles and the like are the cloud's, and stay. */
	to->host = NULL;
	baton_host_destroy(cloud->host);
	cloud->host = NULL;
	error = cloud_add_host(cloud, lines, NULL, &diag);
	if (!error) {
		to->host = cloud->host;
		error = go_on(from, cloud, &diag, snapshot);
	}
	baton_snapshot_destroy(snapshot);
	if (error)
		return fail(error, &diag);
	for (size_t i = 0; i < cloud->scenario->vm_count && i < from->note.output_count; i++)
		take_output(&cloud->vms[i].output, &from->note.outputs[i]);
	return STATUS_MET;
}
