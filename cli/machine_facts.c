/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine_facts.c - reads /proc, /sys, /dev, /run and /etc, below a root that
 * tests can choose.
 */
#include "machine_facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calibrate.h"
#include "heap.h"

/* -------------------------------------------------------------- small files */

static bool has(const char *root, const char *path)
{
	char *full = heap_print("%s%s", root, path);
	struct stat info;
	bool found = !stat(full, &info);

	free(full);
	return found;
}

static FILE *open_below(const char *root, const char *path)
{
	char *full = heap_print("%s%s", root, path);
	FILE *file = fopen(full, "re");

	free(full);
	return file;
}

/* Calls `each` for every line, without its newline, until it returns false. */
static void each_line(const char *root, const char *path,
		      bool (*each)(struct machine_facts *facts, char *line, void *context),
		      struct machine_facts *facts, void *context)
{
	FILE *file = open_below(root, path);
	char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!each(facts, line, context))
			break;
	}
	free(line);
	if (file)
		fclose(file);
}

/* Is `word` one of the words in a line? */
static bool has_word(const char *line, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = line; (at = strstr(at, word)); at += size)
		if ((at == line || strchr(" \t,:", at[-1])) &&
		    (!at[size] || strchr(" \t,", at[size])))
			return true;
	return false;
}

/* A number or, for "max" and "unlimited", no limit; a file that is not there limits nothing. */
static uint64_t limit_in(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	return end == text ? FACTS_NO_LIMIT : value;
}

static uint64_t read_limit(const char *root, const char *path)
{
	FILE *file = open_below(root, path);
	char text[32] = "";

	if (!file)
		return FACTS_NO_LIMIT;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return limit_in(text);
}

/* ---------------------------------------------------------------- the node */

static bool read_uid(struct machine_facts *facts, char *line, void *context)
{
	unsigned *uid = context;

	return sscanf(line, "Uid:\t%u", uid) != 1;
}

static bool read_groups(struct machine_facts *facts, char *line, void *context)
{
	char gid[16];

	if (strncmp(line, "Groups:", 7) && strncmp(line, "Gid:", 4))
		return true;
	snprintf(gid, sizeof(gid), "%u", facts->owner_gid);
	facts->group_active = facts->group_active || has_word(line, gid);
	return true;
}

/* passwd: NAME:x:UID:… */
static bool read_user(struct machine_facts *facts, char *line, void *context)
{
	const unsigned *uid = context;
	char name[sizeof(facts->user)];
	unsigned id;

	if (sscanf(line, "%63[^:]:%*[^:]:%u:", name, &id) != 2 || id != *uid)
		return true;
	snprintf(facts->user, sizeof(facts->user), "%s", name);
	return false;
}

/* group: NAME:x:GID:USER,USER */
static bool read_group(struct machine_facts *facts, char *line, void *context)
{
	char name[sizeof(facts->group)];
	const char *members = strrchr(line, ':');
	unsigned id;

	if (sscanf(line, "%63[^:]:%*[^:]:%u:", name, &id) != 2 || id != facts->owner_gid)
		return true;
	snprintf(facts->group, sizeof(facts->group), "%s", name);
	facts->group_lists_user = *facts->user && members && has_word(members + 1, facts->user);
	return false;
}

static void read_device(const char *root, struct machine_facts *facts)
{
	char *path = heap_print("%s/dev/kvm", root);
	unsigned uid = 0;
	struct stat info;
	int fd;

	each_line(root, "/proc/self/status", read_uid, facts, &uid);
	facts->root = !uid;
	each_line(root, "/etc/passwd", read_user, facts, &uid);
	facts->device = !stat(path, &info);
	facts->open_errno = ENOENT;
	if (facts->device) {
		facts->mode = info.st_mode & 0777;
		facts->owner_gid = info.st_gid;
		fd = open(path, O_RDWR | O_CLOEXEC);
		facts->open_errno = fd < 0 ? errno : 0;
		if (fd >= 0)
			close(fd);
		each_line(root, "/proc/self/status", read_groups, facts, NULL);
		each_line(root, "/etc/group", read_group, facts, NULL);
	}
	free(path);
}

/* ------------------------------------------------- processor and kernel */

static bool read_cpu(struct machine_facts *facts, char *line, void *context)
{
	if (!strncmp(line, "vendor_id", 9))
		facts->amd = strstr(line, "AuthenticAMD") || strstr(line, "HygonGenuine");
	if (strncmp(line, "flags", 5))
		return true;
	facts->vmx = has_word(line, "vmx");
	facts->svm = has_word(line, "svm");
	facts->under_hypervisor = has_word(line, "hypervisor");
	facts->invariant_tsc = has_word(line, "constant_tsc") && has_word(line, "nonstop_tsc");
	return false; /* all processors of a machine are alike in this */
}

static bool read_kernel(struct machine_facts *facts, char *line, void *context)
{
	/* WSL 1 says "Microsoft" and has no Linux kernel; WSL 2 says "microsoft-standard". */
	if (strstr(line, "microsoft"))
		facts->wsl = 2;
	else if (strstr(line, "Microsoft"))
		facts->wsl = 1;
	return false;
}

static bool read_container_cgroup(struct machine_facts *facts, char *line, void *context)
{
	if (strstr(line, "docker"))
		facts->container = CONTAINER_DOCKER;
	else if (strstr(line, "libpod"))
		facts->container = CONTAINER_PODMAN;
	else if (strstr(line, "kubepods") || strstr(line, "/lxc"))
		facts->container = CONTAINER_OTHER;
	return facts->container == CONTAINER_NONE;
}

static void read_kernel_facts(const char *root, struct machine_facts *facts)
{
	facts->module_kvm = has(root, "/sys/module/kvm");
	facts->module_intel = has(root, "/sys/module/kvm_intel");
	facts->module_amd = has(root, "/sys/module/kvm_amd");
	facts->module_pvm = has(root, "/sys/module/kvm_pvm");
	each_line(root, "/proc/version", read_kernel, facts, NULL);
	if (has(root, "/run/.containerenv"))
		facts->container = CONTAINER_PODMAN;
	else if (has(root, "/.dockerenv"))
		facts->container = CONTAINER_DOCKER;
	else
		each_line(root, "/proc/self/cgroup", read_container_cgroup, facts, NULL);
}

/* ------------------------------------------------------------------ limits */

/* The second word: "1024   524288   files". */
static uint64_t hard_limit_in(const char *text)
{
	text += strspn(text, " ");
	text += strcspn(text, " ");
	return limit_in(text);
}

static bool read_rlimit(struct machine_facts *facts, char *line, void *context)
{
	static const char tasks[] = "Max processes", files[] = "Max open files";

	if (!strncmp(line, tasks, strlen(tasks)))
		facts->tasks_rlimit = limit_in(line + strlen(tasks));
	if (!strncmp(line, files, strlen(files))) {
		facts->files = limit_in(line + strlen(files));
		facts->files_hard = hard_limit_in(line + strlen(files));
	}
	return true;
}

/* What one cgroup of the pids controller leaves. */
static uint64_t left_in_cgroup(const char *root, const char *mount, const char *group)
{
	char *path = heap_print("%s%s/pids.max", mount, group);
	uint64_t most = read_limit(root, path), now;

	free(path);
	if (most == FACTS_NO_LIMIT)
		return most;
	path = heap_print("%s%s/pids.current", mount, group);
	now = read_limit(root, path);
	free(path);
	return now == FACTS_NO_LIMIT || now < most ? most - (now == FACTS_NO_LIMIT ? 0 : now) : 0;
}

/* "0::/path" of cgroup 2, or "8:pids:/path" of cgroup 1; every level up to the root counts. */
static bool read_pids_cgroup(struct machine_facts *facts, char *line, void *context)
{
	const char *root = context, *mount = NULL;
	char *controllers = strchr(line, ':');
	char *group = controllers ? strchr(controllers + 1, ':') : NULL;

	if (!group)
		return true;
	*group++ = '\0';
	if (!controllers[1])
		mount = "/sys/fs/cgroup";
	else if (has_word(controllers + 1, "pids"))
		mount = "/sys/fs/cgroup/pids";
	while (mount) {
		char *slash = strrchr(group, '/');
		uint64_t left = left_in_cgroup(root, mount, group);

		if (left < facts->tasks_cgroup)
			facts->tasks_cgroup = left;
		if (!slash)
			break;
		*slash = '\0';
	}
	return true;
}

static bool count_line(struct machine_facts *facts, char *line, void *context)
{
	++*(uint64_t *)context;
	return true;
}

static uint64_t count_entries(const char *root, const char *path)
{
	char *full = heap_print("%s%s", root, path);
	DIR *dir = opendir(full);
	const struct dirent *entry;
	uint64_t count = 0;

	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	free(full);
	return count;
}

static bool read_memory(struct machine_facts *facts, char *line, void *context)
{
	static const char key[] = "MemAvailable:";

	if (strncmp(line, key, strlen(key)))
		return true;
	facts->memory_kib = limit_in(line + strlen(key));
	return false;
}

/* "0.20 0.18 0.12 1/80 11206": of 80 tasks, one runs. */
static bool read_tasks(struct machine_facts *facts, char *line, void *context)
{
	const char *slash = strchr(line, '/');

	facts->tasks_used = slash ? strtoull(slash + 1, NULL, 10) : 0;
	return false;
}

/* "6.13.2-amd64": until then, KVM's tasks were the kernel's own. */
static bool read_release(struct machine_facts *facts, char *line, void *context)
{
	unsigned major = 0, minor = 0;

	if (sscanf(line, "%u.%u", &major, &minor) == 2)
		facts->workers_are_ours = major > 6 || (major == 6 && minor >= 13);
	return false;
}

static void read_limits(const char *root, struct machine_facts *facts)
{
	each_line(root, "/proc/self/limits", read_rlimit, facts, NULL);
	each_line(root, "/proc/self/cgroup", read_pids_cgroup, facts, (void *)root);
	facts->files_used = count_entries(root, "/proc/self/fd");
	facts->tasks_kernel = read_limit(root, "/proc/sys/kernel/threads-max");
	facts->task_numbers = read_limit(root, "/proc/sys/kernel/pid_max");
	each_line(root, "/proc/loadavg", read_tasks, facts, NULL);
	facts->mappings = read_limit(root, "/proc/sys/vm/max_map_count");
	each_line(root, "/proc/self/maps", count_line, facts, &facts->mappings_used);
	each_line(root, "/proc/meminfo", read_memory, facts, NULL);
	each_line(root, "/proc/sys/kernel/osrelease", read_release, facts, NULL);
}

static const struct machine_facts unlimited = {
	.tasks_rlimit = FACTS_NO_LIMIT,
	.tasks_cgroup = FACTS_NO_LIMIT,
	.files = FACTS_NO_LIMIT,
	.files_hard = FACTS_NO_LIMIT,
	.tasks_kernel = FACTS_NO_LIMIT,
	.task_numbers = FACTS_NO_LIMIT,
	.mappings = FACTS_NO_LIMIT,
	.memory_kib = FACTS_NO_LIMIT,
};

void machine_limits_read(const char *root, struct machine_facts *facts)
{
	unsigned uid = 0;

	*facts = unlimited;
	each_line(root, "/proc/self/status", read_uid, facts, &uid);
	facts->root = !uid;
	read_kernel_facts(root, facts);
	read_limits(root, facts);
}

void machine_facts_read(const char *root, struct machine_facts *facts)
{
	*facts = unlimited;
	read_device(root, facts);
	each_line(root, "/proc/cpuinfo", read_cpu, facts, NULL);
	read_kernel_facts(root, facts);
	read_limits(root, facts);
}

void machine_trial_run(const char *kvm_path, struct machine_trial *trial)
{
	*trial = (struct machine_trial){ 0 };
	trial->error = baton_kvm_inspect(kvm_path, &trial->diag, &trial->info);
	trial->slice_error = trial->error;
	if (!trial->error)
		trial->slice_error = calibrate_slice(&trial->diag, &trial->slice_ns);
}
