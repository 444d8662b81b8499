/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject.c - loads and unloads the module.
 */
#include "subject.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "baton/exitstats.h"
#include "counts.h"

const char *subject_file;

bool is_svm(void)
{
	return !access("/sys/module/kvm_amd", F_OK);
}

bool is_long(void)
{
	return getenv("BATON_TEST_LONG");
}

uint32_t how_much(uint32_t long_svm, uint32_t long_vmx, uint32_t svm, uint32_t vmx)
{
	return is_long() ? (is_svm() ? long_svm : long_vmx) : is_svm() ? svm : vmx;
}

int command(const char *format, ...)
{
	char text[512];
	va_list list;
	int status;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	status = system(text);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void load(const char *parameters)
{
	assert_int_equal(command("insmod %s %s", subject_file, parameters), 0);
}

void unload(void)
{
	assert_int_equal(command("rmmod baton_exits"), 0);
}

int subject_end(void **state)
{
	trace_end();
	command("rmmod baton_exits 2>/dev/null");
	return 0;
}

uint32_t io(void)
{
	return is_svm() ? BATON_SVM_IOIO : BATON_VMX_IO_INSTRUCTION;
}

uint32_t cpuid(void)
{
	return is_svm() ? BATON_SVM_CPUID : BATON_VMX_CPUID;
}

uint32_t hlt(void)
{
	return is_svm() ? BATON_SVM_HLT : BATON_VMX_HLT;
}

void stay_on(int count)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < count; i++)
		CPU_SET(i, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}
