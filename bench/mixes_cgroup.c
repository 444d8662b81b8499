/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mixes_cgroup.c - control groups with CPU weights, of either version (Linux,
 * Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mixes.h"

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(text);
	bool written;

	if (fd < 0)
		return false;
	written = write(fd, text, length) == (ssize_t)length;
	close(fd);
	return written;
}

static bool is_there(const char *path)
{
	return !access(path, F_OK);
}

/* Where the controller `cpu` is mounted. */
static const char *find(bool *v2)
{
	static const char *const v1[] = { "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct" };
	char path[300], controllers[300] = "";
	FILE *file;

	*v2 = false;
	for (size_t i = 0; i < sizeof(v1) / sizeof(v1[0]); i++) {
		snprintf(path, sizeof(path), "%s/cpu.shares", v1[i]);
		if (is_there(path))
			return v1[i];
	}
	*v2 = true;
	file = fopen("/sys/fs/cgroup/cgroup.controllers", "re");
	if (file && fgets(controllers, sizeof(controllers), file))
		controllers[strcspn(controllers, "\n")] = ' ';
	if (file)
		fclose(file);
	if (strncmp(controllers, "cpu ", 4) && !strstr(controllers, " cpu "))
		return NULL;
	write_text("/sys/fs/cgroup/cgroup.subtree_control", "+cpu");
	return "/sys/fs/cgroup";
}

/* A file of the i-th group. */
static const char *member(const struct mixes_cgroup *g, uint32_t i, const char *file, char *path,
			  size_t size)
{
	snprintf(path, size, "%s/%u%s", g->path, i, file);
	return path;
}

static bool make_one(struct mixes_cgroup *g, const struct runner *runner)
{
	char path[300], weight[32];
	uint32_t i = g->count;

	if (mkdir(member(g, i, "", path, sizeof(path)), 0755))
		return false;
	g->count++;
	/* 1 to 100, in version 1 from a scale on which 2 is the least. */
	snprintf(weight, sizeof(weight), "%llu",
		 (unsigned long long)runner->weight * (g->v2 ? 1 : 100));
	return write_text(member(g, i, g->v2 ? "/cpu.weight" : "/cpu.shares", path, sizeof(path)),
			  weight);
}

const char *mixes_cgroup_make(struct mixes_cgroup *g, const struct mix *mix)
{
	const char *root = find(&g->v2);
	char path[300];

	g->count = 0;
	g->path[0] = '\0';
	if (!root)
		return "no control groups with the controller cpu are mounted";
	snprintf(g->path, sizeof(g->path), "%s/baton-bench-%d", root, (int)getpid());
	if (mkdir(g->path, 0755)) {
		g->path[0] = '\0';
		return errno == EACCES || errno == EPERM || errno == EROFS ?
			       "only root may make control groups" : "no control group can be made";
	}
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", g->path);
	if (g->v2 && !write_text(path, "+cpu"))
		return "the controller cpu cannot be had in a control group";
	for (uint32_t i = 0; i < mix->count; i++)
		if (!make_one(g, &mix->runners[i]))
			return "not enough control groups can be made";
	return NULL;
}

bool mixes_cgroup_put(const struct mixes_cgroup *g, uint32_t i, int pid)
{
	char path[300], text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return write_text(member(g, i, "/cgroup.procs", path, sizeof(path)), text);
}

void mixes_cgroup_remove(struct mixes_cgroup *g)
{
	char path[300];

	while (g->count)
		rmdir(member(g, --g->count, "", path, sizeof(path)));
	if (g->path[0])
		rmdir(g->path);
	g->path[0] = '\0';
}
