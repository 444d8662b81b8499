/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libc.c - the C library's calls that acquire something, wrapped by the linker
 * (--wrap): counted, and made to fail on request. Calls from shared libraries
 * are not wrapped.
 */
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "fake.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *block);
int __real_memfd_create(const char *name, unsigned flags);
int __real_ftruncate64(int fd, off64_t size);
int __real_fallocate64(int fd, int mode, off64_t at, off64_t size);
off64_t __real_lseek64(int fd, off64_t at, int whence);
void *__real_mmap64(void *at, size_t size, int prot, int flags, int fd, off64_t offset);
int __real_mprotect(void *at, size_t size, int prot);
int __real_munmap(void *at, size_t size);
int __real_open64(const char *path, int flags, ...);
int __real_fstat64(int fd, struct stat64 *st);
ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __real_pread64(int fd, void *to, size_t size, off64_t at);
ssize_t __real_write(int fd, const void *from, size_t size);
ssize_t __real_pwrite64(int fd, const void *from, size_t size, off64_t at);
int __real_fcntl64(int fd, int command, ...);
int __real_madvise(void *at, size_t size, int advice);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);
int __wrap_memfd_create(const char *name, unsigned flags);
int __wrap_ftruncate64(int fd, off64_t size);
int __wrap_fallocate64(int fd, int mode, off64_t at, off64_t size);
off64_t __wrap_lseek64(int fd, off64_t at, int whence);
void *__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd, off64_t offset);
int __wrap_mprotect(void *at, size_t size, int prot);
int __wrap_munmap(void *at, size_t size);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_fstat64(int fd, struct stat64 *st);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_pread64(int fd, void *to, size_t size, off64_t at);
ssize_t __wrap_write(int fd, const void *from, size_t size);
ssize_t __wrap_pwrite64(int fd, const void *from, size_t size, off64_t at);
int __wrap_fcntl64(int fd, int command, ...);
int __wrap_madvise(void *at, size_t size, int advice);

/* To fail is to set errno and return -1. */
static bool fails(enum fake_op op)
{
	int error = fake_call(op);

	if (error)
		errno = -error;
	return error;
}

static void *count(void *block)
{
	if (block) {
		fake.live.blocks++;
		fake.live.heap_bytes += (int64_t)malloc_usable_size(block);
	}
	return block;
}

static void discount(void *block)
{
	if (block) {
		fake.live.blocks--;
		fake.live.heap_bytes -= (int64_t)malloc_usable_size(block);
	}
}

void *__wrap_malloc(size_t size)
{
	return fails(FAKE_MALLOC) ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails(FAKE_CALLOC) ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *block, size_t size)
{
	void *bigger;

	if (fails(FAKE_REALLOC))
		return NULL;
	discount(block);
	bigger = __real_realloc(block, size);
	count(bigger ? bigger : block);
	return bigger;
}

char *__wrap_strdup(const char *text)
{
	return fails(FAKE_STRDUP) ? NULL : count(__real_strdup(text));
}

void __wrap_free(void *block)
{
	discount(block);
	__real_free(block);
}

int __wrap_memfd_create(const char *name, unsigned flags)
{
	return fails(FAKE_MEMFD) ? -1 : __real_memfd_create(name, flags);
}

int __wrap_ftruncate64(int fd, off64_t size)
{
	return fails(FAKE_FTRUNCATE) ? -1 : __real_ftruncate64(fd, size);
}

int __wrap_fallocate64(int fd, int mode, off64_t at, off64_t size)
{
	return fails(FAKE_FALLOCATE) ? -1 : __real_fallocate64(fd, mode, at, size);
}

off64_t __wrap_lseek64(int fd, off64_t at, int whence)
{
	return fails(FAKE_LSEEK) ? -1 : __real_lseek64(fd, at, whence);
}

void *__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd, off64_t offset)
{
	void *area;

	if (fails(FAKE_MMAP))
		return MAP_FAILED;
	area = __real_mmap64(at, size, prot, flags, fd, offset);
	/* A fixed mapping replaces part of one that is counted already. */
	if (area != MAP_FAILED && !(flags & MAP_FIXED))
		fake.live.mapped_bytes += (int64_t)size;
	return area;
}

int __wrap_mprotect(void *at, size_t size, int prot)
{
	return fails(FAKE_MPROTECT) ? -1 : __real_mprotect(at, size, prot);
}

int __wrap_munmap(void *at, size_t size)
{
	fake.calls[FAKE_MUNMAP]++;
	fake.live.mapped_bytes -= (int64_t)size;
	return __real_munmap(at, size);
}

int __wrap_open64(const char *path, int flags, ...)
{
	return fails(FAKE_OPEN) ? -1 : __real_open64(path, flags, 0);
}

int __wrap_fstat64(int fd, struct stat64 *st)
{
	return fails(FAKE_FSTAT) ? -1 : __real_fstat64(fd, st);
}

ssize_t __wrap_read(int fd, void *to, size_t size)
{
	return fails(FAKE_READ) ? -1 : __real_read(fd, to, size);
}

ssize_t __wrap_pread64(int fd, void *to, size_t size, off64_t at)
{
	return fails(FAKE_PREAD) ? -1 : __real_pread64(fd, to, size, at);
}

ssize_t __wrap_write(int fd, const void *from, size_t size)
{
	return fails(FAKE_WRITE) ? -1 : __real_write(fd, from, size);
}

ssize_t __wrap_pwrite64(int fd, const void *from, size_t size, off64_t at)
{
	return fails(FAKE_PWRITE) ? -1 : __real_pwrite64(fd, from, size, at);
}

/* The library gives it one int at most. */
int __wrap_fcntl64(int fd, int command, ...)
{
	va_list list;
	int argument;

	va_start(list, command);
	argument = va_arg(list, int);
	va_end(list);
	return fails(FAKE_FCNTL) ? -1 : __real_fcntl64(fd, command, argument);
}

int __wrap_madvise(void *at, size_t size, int advice)
{
	return fails(FAKE_MADVISE) ? -1 : __real_madvise(at, size, advice);
}
