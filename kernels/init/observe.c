/*
 * What makes one guest itself and not another: told to the harness, when it asks for it.
 *
 * Everything is asked of the kernel anew each time; what it does not tell (no /proc/sys, no
 * /proc/kcore) stays zero.
 */
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <time.h>

#include "observe.h"
#include "port.h"
#include "random.h"

#define MS 1000000ul
#define TIGHT_DRAWS 16 /* one after the other; then what takes longer to ask for; then the rest */
#define SHORTEST_PAUSE_NS 50000
#define REPORT_FD 3
#define NO_ADDRESS (~0ul)
#define LOWEST_TEXT 0xffffffff80000000ul

/* What a new process tells of itself. */
struct layout {
	uint8_t random[16];
	uint64_t stack, mmap, vdso;
};

static struct layout own;
static uint8_t observed[1 + BP_OBSERVED_SIZE];

static void copy(void *to, const void *from, int count)
{
	for (int i = 0; i < count; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
}

static void put64(int at, uint64_t value)
{
	*(uint64_t *)(observed + 1 + at) = value;
}

static uint64_t clock_ns(int which)
{
	struct timespec time;
	must(syscall3(SYS_clock_gettime, which, &time, 0), "clock_gettime failed: errno");
	return time.tv_sec * 1000ul * MS + time.tv_nsec;
}

static struct layout layout_of(const uint64_t *stack)
{
	struct layout found = { .stack = (uint64_t)stack };
	const uint64_t *at = stack + 1 + stack[0] + 1; /* past argc, argv and its end */
	while (*at++)
		;
	for (; at[0] != AT_NULL; at += 2) {
		if (at[0] == AT_RANDOM)
			copy(found.random, (const void *)at[1], sizeof found.random);
		if (at[0] == AT_SYSINFO_EHDR)
			found.vdso = at[1];
	}
	return found;
}

void remember_own_start(const uint64_t *stack)
{
	own = layout_of(stack);
}

void tell_parent(const uint64_t *stack)
{
	struct layout found = layout_of(stack);
	found.mmap = syscall6(SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long told = syscall3(SYS_write, REPORT_FD, &found, sizeof found);
	for (;;)
		syscall3(SYS_exit_group, told != sizeof found, 0, 0);
}

/* Starts this program once more, as any process is started. */
static struct layout new_process(void)
{
	int ends[2];
	struct layout found;
	const char *const arguments[] = { "/init", 0 };
	must(syscall3(SYS_pipe2, ends, 0, 0), "pipe2 failed: errno");
	long pid = must(syscall3(SYS_fork, 0, 0, 0), "fork failed: errno");
	if (pid == 0) {
		syscall3(SYS_dup2, ends[1], REPORT_FD, 0);
		syscall3(SYS_execve, "/init", arguments, arguments + 1);
		syscall3(SYS_exit_group, 1, 0, 0);
	}
	syscall3(SYS_close, ends[1], 0, 0);
	long got = syscall3(SYS_read, ends[0], &found, sizeof found);
	syscall3(SYS_close, ends[0], 0, 0);
	syscall6(SYS_wait4, pid, 0, 0, 0, 0, 0);
	if (got != sizeof found)
		give_up("a new process did not tell of itself", 0);
	return found;
}

static long read_file(const char *path, void *bytes, long most)
{
	long file = syscall3(SYS_open, path, O_RDONLY, 0);
	if (file < 0)
		return 0;
	long got = syscall3(SYS_read, file, bytes, most);
	syscall3(SYS_close, file, 0, 0);
	return got;
}

/* 32 hexadecimal digits and four dashes, as 16 bytes. */
static void read_uuid(const char *path, uint8_t *bytes)
{
	char text[37];
	int digits = 0;
	if (read_file(path, text, sizeof text) != sizeof text)
		return;
	for (const char *c = text; digits < 32; c++)
		if (*c != '-') {
			uint8_t digit = *c <= '9' ? *c - '0' : *c - 'a' + 10;
			bytes[digits / 2] = bytes[digits / 2] << 4 | digit;
			digits++;
		}
}

/* The program headers of /proc/kcore say where the kernel has put itself and the memory. */
static void read_kernel_addresses(void)
{
	static union {
		Elf64_Ehdr head;
		uint8_t bytes[4096];
	} core;
	long got = read_file("/proc/kcore", core.bytes, sizeof core.bytes);
	for (int i = 0; got == sizeof core.bytes && i < core.head.e_phnum; i++) {
		uint64_t end = core.head.e_phoff + (i + 1) * sizeof(Elf64_Phdr);
		const Elf64_Phdr *part = (const Elf64_Phdr *)(core.bytes + end) - 1;
		if (end > sizeof core.bytes || part->p_type != PT_LOAD || part->p_paddr == NO_ADDRESS)
			continue;
		if (part->p_vaddr >= LOWEST_TEXT)
			put64(BP_OBSERVED_TEXT, part->p_vaddr);
		else
			put64(BP_OBSERVED_DIRECT_MAP, part->p_vaddr - part->p_paddr);
	}
}

static void look(void)
{
	for (unsigned i = 1; i < sizeof observed; i++)
		observed[i] = 0;
	put64(BP_OBSERVED_AT, clock_ns(CLOCK_MONOTONIC));
	put64(BP_OBSERVED_REALTIME, clock_ns(CLOCK_REALTIME));
	put64(BP_OBSERVED_BOOTTIME, clock_ns(CLOCK_BOOTTIME));
	read_uuid("/proc/sys/kernel/random/uuid", observed + 1 + BP_OBSERVED_UUID);
	read_uuid("/proc/sys/kernel/random/boot_id", observed + 1 + BP_OBSERVED_BOOT_ID);
	struct layout child = new_process();
	copy(observed + 1 + BP_OBSERVED_NEW_RANDOM, child.random, sizeof child.random);
	put64(BP_OBSERVED_NEW_STACK, child.stack);
	put64(BP_OBSERVED_NEW_MMAP, child.mmap);
	put64(BP_OBSERVED_NEW_VDSO, child.vdso);
	copy(observed + 1 + BP_OBSERVED_INIT_RANDOM, own.random, sizeof own.random);
	put64(BP_OBSERVED_INIT_STACK, own.stack);
	read_kernel_addresses();
}

void settle(void)
{
	static int settled;
	uint8_t ignored[16];
	if (settled++)
		return;
	syscall3(SYS_mkdir, "/proc", 0500, 0);
	syscall6(SYS_mount, (long)"proc", (long)"/proc", (long)"proc", MS_NOSUID, 0, 0);
	draw(ignored, sizeof ignored); /* waits until the generator has been seeded */
	/*
	 * A kernel that has just booted reseeds by itself every second or two. Where that falls into the
	 * first milliseconds of a clone is chance, and would hide that clones are twins. From Linux 6.2 on
	 * it keeps to a timer of its own, which this does not move.
	 */
	reseed_now();
	draw(ignored, sizeof ignored);
	open_hwrng();
	look();
}

void tell_draw(void)
{
	uint8_t drawn[1 + BP_DRAWN_SIZE] = { BP_DRAWN };
	*(uint64_t *)(drawn + 1 + BP_DRAWN_AT) = clock_ns(CLOCK_MONOTONIC);
	draw(drawn + 1 + BP_DRAWN_RANDOM, 16);
	out_string(drawn, sizeof drawn);
}

static void tell_observed(const uint8_t *hwrng)
{
	look();
	copy(observed + 1 + BP_OBSERVED_HWRNG, hwrng, 16);
	observed[0] = BP_OBSERVED;
	out_string(observed, sizeof observed);
}

/* The pauses grow with the time that has passed, so that few draws span both one ms and seconds. */
void tell_identity(const uint8_t *hwrng, uint32_t for_ms)
{
	uint64_t from = clock_ns(CLOCK_MONOTONIC);
	for (int i = 0; i < TIGHT_DRAWS; i++)
		tell_draw();
	tell_observed(hwrng);
	for (uint64_t passed; (passed = clock_ns(CLOCK_MONOTONIC) - from) < for_ms * MS;) {
		struct timespec pause = { .tv_sec = 0, .tv_nsec = passed / 16 };
		if (pause.tv_nsec >= (long)(1000 * MS))
			pause = (struct timespec){ .tv_sec = 1 };
		if (pause.tv_sec || pause.tv_nsec > SHORTEST_PAUSE_NS)
			syscall3(SYS_nanosleep, &pause, 0, 0);
		tell_draw();
	}
}
