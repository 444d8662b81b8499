/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_subject.c - see explore_subject.h.
 */
#include "explore_subject.h"

#include <errno.h>
#include <stdio.h>

#include "run_options.h"
#include "suggest.h"

void explore_subject_complain(const struct explore_subject *subject, const struct yaml_error *error)
{
	const char *file = subject->scenario.file;

	if (error->at.line)
		fprintf(stderr, "%s:%u:%u: %s\n", file, error->at.line, error->at.column, error->text);
	else
		fprintf(stderr, "%s: %s\n", file, error->text);
}

/* A file, or a lab's, for which the labs are read. NULL after a message. */
static const char *find_file(struct labs *labs, const char *command, const char *name)
{
	const struct lab *lab;
	const char *meant;

	if (run_options_is_scenario(name))
		return name;
	labs_init(labs);
	lab = labs_find(labs, name);
	if (lab)
		return lab->path;
	meant = suggest(name, labs_word, labs);
	fprintf(stderr, "baton %s: \"%s\" is no scenario, and no lab%s%s%s; baton lab lists them\n",
		command, name, meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "");
	return NULL;
}

/* Of whose turn it is, when, and what is shown of it the search decides. */
static void forget_time(struct scenario *scenario)
{
	scenario->policy = "null";
	scenario->show = SHOW_NONE;
	scenario->watchdog_ns = 0;
	for (size_t i = 0; i < scenario->vm_count; i++)
		scenario->vms[i].watchdog_ns = scenario->vms[i].arrives_ns = 0;
}

int explore_subject_open(struct explore_subject *subject, const char *command, const char *name)
{
	struct yaml_error error;
	const char *file;

	subject->labs = (struct labs){ .count = 0 };
	file = find_file(&subject->labs, command, name);
	scenario_init(&subject->scenario, file);
	if (!file)
		return -EINVAL;
	if (!scenario_load(&subject->scenario, &error)) {
		forget_time(&subject->scenario);
		if (!scenario_finish(&subject->scenario, &error))
			return 0;
	}
	explore_subject_complain(subject, &error);
	return -EINVAL;
}

void explore_subject_close(struct explore_subject *subject)
{
	scenario_fini(&subject->scenario);
	labs_fini(&subject->labs);
}
