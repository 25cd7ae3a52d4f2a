/*
 * PID 1 of the container tiers: what PID 1 of the Linux guests does (init/init.c), over inherited
 * sockets instead of ports, on the host's kernel instead of a guest's.
 *
 * It ends when its go channel is hung up. That is how it is asked to quit, and how it dies when the
 * harness was killed: a parent-death signal would not reach it, because the runtime forks it and may
 * itself be gone before it runs.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "../init/syscalls.h"
#include "../protocol.h"

#define PAGE_SIZE 4096ul
#define MARKS 3 /* the numbers that --preserve-fds 2 hands on */
#define GO 4

static uint32_t counter;

static void __attribute__((noreturn)) leave(int code)
{
	for (;;)
		syscall3(SYS_exit_group, code, 0, 0);
}

static void say(const void *bytes, size_t count)
{
	if (syscall3(SYS_write, MARKS, bytes, count) != (long)count)
		leave(1);
}

static void say_mark(uint8_t code)
{
	say(&code, 1);
}

/* Ends the start: the harness turns the text into the sample's failure. */
static void __attribute__((noreturn)) give_up(const char *what)
{
	size_t length = 0;
	while (what[length])
		length++;
	say_mark(BP_ERROR);
	say(what, length);
	say_mark('\n');
	leave(1);
}

static void read_frame(uint8_t *frame)
{
	for (size_t got = 0; got < BP_LONG_FRAME_SIZE;) {
		long count = syscall3(SYS_read, GO, frame + got, BP_LONG_FRAME_SIZE - got);
		if (count == 0 && got == 0)
			leave(0);
		if (count <= 0)
			give_up("read of the go channel failed");
		got += count;
	}
	if (frame[BP_AT_MAGIC] != BP_FRAME_MAGIC)
		give_up("frame without its magic byte");
	counter++;
}

static uint64_t touch_working_set(uint64_t bytes, uint64_t identity)
{
	if (!bytes)
		return 0;
	long at = syscall6(SYS_mmap, 0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	if (at < 0)
		give_up("no memory for the working set");
	for (uint64_t offset = 0; offset < bytes; offset += PAGE_SIZE)
		*(volatile uint64_t *)(at + offset) = identity;
	return bytes;
}

/*
 * The seed is received and not used: random numbers come from the host's kernel, which was never
 * part of a template, so no two containers can have the same pool.
 */
static void go(const uint8_t *frame)
{
	say_mark(BP_MARK_READY);

	uint64_t identity = *(const uint64_t *)(frame + BP_AT_NONCE);
	uint64_t wanted = (uint64_t)*(const uint16_t *)(frame + BP_AT_WORK_MIB) << 20;
	uint64_t touched = touch_working_set(wanted, identity);
	uint8_t answer[1 + BP_DATA_SIZE + 1];
	answer[0] = BP_DATA;
	*(uint64_t *)(answer + 1 + BP_DATA_NONCE) = 0;
	*(uint64_t *)(answer + 1 + BP_DATA_IDENTITY) = identity;
	*(uint32_t *)(answer + 1 + BP_DATA_COUNTER) = counter;
	*(uint64_t *)(answer + 1 + BP_DATA_TOUCHED) = touched;
	if (syscall3(SYS_getrandom, answer + 1 + BP_DATA_RANDOM, 32, 0) != 32)
		give_up("getrandom failed");
	answer[1 + BP_DATA_SIZE] = BP_MARK_WORK;
	say(answer, sizeof answer);
}

void start(void)
{
	say_mark(BP_MARK_INIT);
	for (;;) {
		uint8_t frame[BP_LONG_FRAME_SIZE] __attribute__((aligned(8)));
		read_frame(frame);
		if ((frame[BP_AT_KIND] & BP_KIND_MASK) != BP_GO)
			give_up("frame of unknown kind");
		go(frame);
	}
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call start\n");
