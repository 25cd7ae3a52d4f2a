/*
 * The kernel's log. Nobody prints it while the guest boots: the lines of initcall_debug on a console
 * would take longer than most of the initcalls they are about.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "log.h"
#include "port.h"

#define KMSG_DEVICE ((1 << 8) | 11)
#define READ_ALL 3
#define BUFFER_SIZE 10

/* The harness takes the one it saw soonest; /dev/kmsg takes ten lines before it drops any. */
#define SYNCS 8

static void synchronise(void)
{
	syscall3(SYS_mknod, "/kmsg", S_IFCHR | 0600, KMSG_DEVICE);
	int log = must(syscall3(SYS_open, "/kmsg", O_WRONLY, 0),
		       "the kernel keeps no log (CONFIG_PRINTK): errno");
	for (int i = 0; i < SYNCS; i++) {
		out8(BP_MARK_SYNC);
		/* A line without its end could go on, and the log would not show it yet. */
		must(syscall3(SYS_write, log, BP_SYNC_TEXT "\n", sizeof BP_SYNC_TEXT),
		     "write to /dev/kmsg failed: errno");
	}
	syscall3(SYS_close, log, 0, 0);
}

void tell_log(void)
{
	synchronise();
	/* The kernel gives its lines with their times in front, which its buffer does not hold. */
	long most = 2 * must(syscall3(SYS_syslog, BUFFER_SIZE, 0, 0), "no size of the log: errno");
	long at = must(syscall6(SYS_mmap, 0, most, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		       "no memory for the log: errno");
	uint32_t size = must(syscall3(SYS_syslog, READ_ALL, at, most), "no log: errno");
	out8(BP_LOG);
	out_string((const uint8_t *)&size, sizeof size);
	out_string((const uint8_t *)at, size);
}
