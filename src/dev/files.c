/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.c - files of one folder of the host's, for one VM.
 *
 * The kernel keeps a path beneath the folder (openat2 with RESOLVE_BENEATH: neither
 * "..", nor an absolute path, nor a symbolic link leads out of it), and only regular
 * files are opened. A guest gets no descriptor of the host's, only a number in
 * our table. How much it may write in all is limited, so that it cannot fill a disk.
 *
 * What a guest asks wrongly is an error that it is told, not its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "baton/abi.h"
#include "baton/device.h"

#define OPEN_MAX 16
#define PIECE	 4096
#define ALL_MAX	 65536 /* bytes per call; more is done in part, as files allow */
#define FLAGS_ALL                                                                            \
	(BATON_OPEN_READ | BATON_OPEN_WRITE | BATON_OPEN_CREATE | BATON_OPEN_TRUNCATE |      \
	 BATON_OPEN_APPEND)

struct files {
	struct baton_vm *vm;
	int folder;
	bool writable;
	uint64_t left; /* bytes that may still be written */
	int fds[OPEN_MAX]; /* -1: free */
};

/* -------------------------------------------------------------------- tables */

static int find_free(const struct files *f)
{
	for (int i = 0; i < OPEN_MAX; i++)
		if (f->fds[i] < 0)
			return i;
	return -EMFILE;
}

/* The descriptor behind a guest's number, or -EBADF. */
static int descriptor(const struct files *f, uint64_t number)
{
	return number < OPEN_MAX && f->fds[number] >= 0 ? f->fds[number] : -EBADF;
}

static void close_all(struct files *f)
{
	for (int i = 0; i < OPEN_MAX; i++) {
		if (f->fds[i] >= 0)
			close(f->fds[i]);
		f->fds[i] = -1;
	}
}

/* ------------------------------------------------------------------- opening */

static long open_beneath(int folder, const char *path, uint64_t flags)
{
	const struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		.mode = flags & O_CREAT ? 0644 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* The flags of open(2) that stand for a guest's; or -errno. */
static int64_t host_flags(const struct files *f, uint64_t flags)
{
	bool in = flags & BATON_OPEN_READ, out = flags & BATON_OPEN_WRITE;

	if (flags & ~(uint64_t)FLAGS_ALL || !(in || out) || (!out && flags != BATON_OPEN_READ))
		return -EINVAL;
	if (out && !f->writable)
		return -EROFS;
	return (in && out ? O_RDWR : in ? O_RDONLY : O_WRONLY) |
	       (flags & BATON_OPEN_CREATE ? O_CREAT : 0) |
	       (flags & BATON_OPEN_TRUNCATE ? O_TRUNC : 0) |
	       (flags & BATON_OPEN_APPEND ? O_APPEND : 0);
}

/* A path without a NUL, which would end it early. 0 or -errno. */
static int read_path(const struct files *f, const struct baton_call_open *call, char *path)
{
	if (call->size > BATON_PATH_MAX)
		return -ENAMETOOLONG;
	if (baton_vm_read(f->vm, call->path, path, call->size))
		return -EFAULT;
	path[call->size] = '\0';
	return strlen(path) == call->size ? 0 : -EINVAL;
}

static int64_t open_file(struct files *f, const struct baton_call_open *call)
{
	int number = find_free(f), error;
	char path[BATON_PATH_MAX + 1];
	int64_t flags = host_flags(f, call->flags);
	struct stat stat;
	long fd;

	if (flags < 0 || number < 0)
		return flags < 0 ? flags : number;
	error = read_path(f, call, path);
	if (error)
		return error;
	fd = open_beneath(f->folder, path, (uint64_t)flags);
	if (fd < 0)
		return fd;
	if (fstat((int)fd, &stat) || !S_ISREG(stat.st_mode)) {
		close((int)fd);
		return S_ISDIR(stat.st_mode) ? -EISDIR : -EACCES;
	}
	f->fds[number] = (int)fd;
	return number;
}

/* --------------------------------------------------------- reading and writing */

static bool in_memory(const struct files *f, uint64_t at, uint64_t size)
{
	uint64_t memory = baton_vm_memory(f->vm);

	return at <= memory && size <= memory - at;
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Reads in pieces until the end, an error, or enough. What was read counts before an error. */
static int64_t read_file(struct files *f, const struct baton_call_read *call)
{
	uint64_t size = at_most(call->size, ALL_MAX), done = 0;
	int fd = descriptor(f, call->file);
	char piece[PIECE];

	if (fd < 0)
		return fd;
	if (!in_memory(f, call->bytes, size))
		return -EFAULT;
	while (done < size) {
		ssize_t got = read(fd, piece, at_most(size - done, PIECE));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && !done)
			return -errno;
		if (got <= 0)
			break;
		baton_vm_write(f->vm, call->bytes + done, piece, (size_t)got);
		done += (uint64_t)got;
	}
	return (int64_t)done;
}

static int64_t write_file(struct files *f, const struct baton_call_write *call)
{
	uint64_t size = at_most(call->size, ALL_MAX), done = 0;
	int fd = descriptor(f, call->file);
	char piece[PIECE];

	if (fd < 0)
		return fd;
	if (!in_memory(f, call->bytes, size))
		return -EFAULT;
	if (size && !f->left)
		return -EDQUOT;
	size = at_most(size, f->left);
	while (done < size) {
		uint64_t part = at_most(size - done, PIECE);
		ssize_t put;

		baton_vm_read(f->vm, call->bytes + done, piece, part);
		put = write(fd, piece, part);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && !done)
			return -errno;
		if (put <= 0)
			break;
		done += (uint64_t)put;
	}
	f->left -= done;
	return (int64_t)done;
}

static int64_t seek_file(struct files *f, const struct baton_call_seek *call)
{
	static const int whences[] = { SEEK_SET, SEEK_CUR, SEEK_END };
	int fd = descriptor(f, call->file);
	off_t at;

	if (fd < 0)
		return fd;
	if (call->whence >= sizeof(whences) / sizeof(whences[0]))
		return -EINVAL;
	at = lseek(fd, (off_t)call->offset, whences[call->whence]);
	return at < 0 ? -errno : at;
}

static int64_t close_file(struct files *f, const struct baton_call_close *call)
{
	int fd = descriptor(f, call->file);

	if (fd < 0)
		return fd;
	f->fds[call->file] = -1;
	return close(fd) ? -errno : 0;
}

/* --------------------------------------------------------------------- calls */

/* Each call's struct ends in its result. */
#define SERVE(name)                                                                         \
	static enum baton_verdict serve_##name(void *state, struct baton_access *a)          \
	{                                                                                    \
		struct baton_call_##name *call = (void *)a->args;                            \
                                                                                             \
		call->result = (baton_field)name##_file(state, call);                        \
		return BATON_RESUME;                                                         \
	}

SERVE(open)
SERVE(read)
SERVE(write)
SERVE(seek)
SERVE(close)

static int claim_all(struct baton_device *device, struct baton_vm *vm, struct baton_diag *diag)
{
	static const struct {
		uint32_t call;
		baton_access_fn serve;
	} calls[] = {
		{ BATON_CALL_OPEN, serve_open },   { BATON_CALL_READ, serve_read },
		{ BATON_CALL_WRITE, serve_write }, { BATON_CALL_SEEK, serve_seek },
		{ BATON_CALL_CLOSE, serve_close },
	};
	int error = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && !error; i++)
		error = baton_device_claim_call(device, vm, calls[i].call, calls[i].serve, diag);
	return error;
}

/* Opens the folder, and asks the kernel for openat2 by using it. */
static int open_folder(struct files *f, const char *path, struct baton_diag *diag)
{
	long probe;

	f->folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (f->folder < 0)
		return baton_diag_set(diag, -errno, "files", "folder %s: %s", path,
				      strerror(errno));
	probe = open_beneath(f->folder, ".", O_DIRECTORY);
	if (probe >= 0) {
		close((int)probe);
		return 0;
	}
	close(f->folder);
	return baton_diag_set(diag, (int)probe, "files", "folder %s: %s%s", path,
			      strerror((int)-probe),
			      probe == -ENOSYS ? "; openat2 needs Linux 5.6 or later" : "");
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	const struct baton_files_config *c = config;
	struct files *f = state;
	int error;

	f->vm = c->vm;
	f->writable = c->writable;
	f->left = c->limit;
	for (int i = 0; i < OPEN_MAX; i++)
		f->fds[i] = -1;
	error = open_folder(f, c->folder, diag);
	if (error)
		return error;
	error = claim_all(device, c->vm, diag);
	if (error)
		close(f->folder);
	return error;
}

static void ended(void *state, struct baton_vm *vm)
{
	struct files *f = state;

	if (f->vm == vm)
		close_all(f);
}

static void fini(void *state)
{
	struct files *f = state;

	close_all(f);
	close(f->folder);
}

const struct baton_device_ops baton_files = {
	.name = "files",
	.size = sizeof(struct files),
	.init = init,
	.ended = ended,
	.fini = fini,
};
