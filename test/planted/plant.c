/*
 * A regression planted into QEMU, from outside of what measures it: a library that stands behind the
 * base-point library and meets each process at the first KVM_RUN of its own, which is when its guest
 * is told to run: of a cold boot, a restore, or a clone.
 *
 *   PLANT_MS=3        sleep so long before it
 *   PLANT_EXIT=1      end there, as a QEMU that crashed
 *   PLANT_EVERY=5     only every fifth process
 *   PLANT_COUNT=FILE  where processes are counted: a byte each
 *
 * With none of them it changes nothing: the other side of the comparison has it loaded too.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static int (*real)(int, unsigned long, ...);
static long sleep_ms, every, ends;
static const char *count;
static int met; /* the process that was met last; a clone has another id than its base point */

static long number(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void start(void)
{
	real = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	sleep_ms = number("PLANT_MS", 0);
	ends = number("PLANT_EXIT", 0);
	every = number("PLANT_EVERY", 1);
	count = getenv("PLANT_COUNT");
}

/* Which process this is, from 1. A write with O_APPEND leaves the offset behind its own byte. */
static long place(void)
{
	int fd = count ? open(count, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	long at = 0;

	if (fd < 0)
		return 0;
	if (write(fd, ".", 1) == 1)
		at = lseek(fd, 0, SEEK_CUR);
	close(fd);
	return at;
}

static void plant(void)
{
	struct timespec wait = { sleep_ms / 1000, sleep_ms % 1000 * 1000000 };

	if (place() % every)
		return;
	if (ends)
		_exit(1);
	nanosleep(&wait, NULL);
}

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *argument;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	if (!real)
		start();
	if ((unsigned)request == KVM_RUN && (sleep_ms || ends) && met != getpid()) {
		met = getpid();
		plant();
	}
	return real(fd, request, argument);
}
