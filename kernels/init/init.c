/*
 * PID 1 of the Linux guests: says its marks, waits for frames on the second serial port, answers.
 *
 * The wait is a blocking read of the kernel's own tty. Polling the port from here would race with
 * the kernel's driver, which also reads it, and lose bytes.
 */
#include <asm/termbits.h>
#include <asm/ioctls.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "log.h"
#include "observe.h"
#include "port.h"
#include "random.h"

#define PAGE_SIZE 4096ul
#define TTY_DEVICE ((4 << 8) | 65) /* ttyS1 */

static uint64_t nonce;
static uint32_t counter;

static int open_go_channel(void)
{
	/* devtmpfs is not mounted: one node is all that is needed, and it costs nothing */
	long made = syscall3(SYS_mknod, "/go", S_IFCHR | 0600, TTY_DEVICE);
	must(made, "mknod of ttyS1 failed: errno");
	int tty = must(syscall3(SYS_open, "/go", O_RDWR | O_NOCTTY, 0),
		       "no second serial port (8250.nr_uarts=2?): errno");
	/*
	 * Fast: the driver reads whatever is there, so a frame may leave a rest below the FIFO's trigger
	 * level, which comes in after four character times (0.35 ms; 14 ms more at 2400 baud).
	 */
	struct termios raw = {
		.c_cflag = B115200 | CS8 | CREAD | CLOCAL,
		.c_cc[VMIN] = 1,
	};
	must(syscall3(SYS_ioctl, tty, TCSETS, &raw), "TCSETS failed: errno");
	return tty;
}

static void read_frame(int tty, uint8_t *frame)
{
	for (size_t got = 0; got < BP_LONG_FRAME_SIZE;)
		got += must(syscall3(SYS_read, tty, frame + got, BP_LONG_FRAME_SIZE - got),
			    "read of the go channel failed: errno");
	if (frame[BP_AT_MAGIC] != BP_FRAME_MAGIC)
		give_up("frame without its magic byte", 0);
	counter++;
}

static uint64_t touch_working_set(uint64_t bytes, uint64_t identity)
{
	if (!bytes)
		return 0;
	long at = must(syscall6(SYS_mmap, 0, bytes, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		       "no memory for the working set: errno");
	for (uint64_t offset = 0; offset < bytes; offset += PAGE_SIZE)
		*(volatile uint64_t *)(at + offset) = identity;
	return bytes;
}

/* What the other processes of a guest would do meanwhile, the observed draws stand for. */
static void become_ready(const uint8_t *frame)
{
	uint8_t flags = frame[BP_AT_KIND];
	uint8_t hwrng[16] = { 0 };
	if (flags & BP_FLAG_OBSERVE) {
		settle();
		tell_draw();
	}
	if (flags & BP_FLAG_RESEED)
		reseed(frame + BP_AT_SEED);
	if (flags & BP_FLAG_HWRNG)
		reseed_from_hwrng(hwrng);
	out8(BP_MARK_READY);
	if (flags & BP_FLAG_OBSERVE)
		tell_identity(hwrng, *(const uint32_t *)(frame + BP_AT_OBSERVE_MS));
}

static void go(const uint8_t *frame)
{
	become_ready(frame);
	uint64_t identity = *(const uint64_t *)(frame + BP_AT_NONCE);
	uint64_t wanted = (uint64_t)*(const uint16_t *)(frame + BP_AT_WORK_MIB) << 20;
	uint64_t touched = touch_working_set(wanted, identity);
	uint8_t answer[1 + BP_DATA_SIZE + 1];
	answer[0] = BP_DATA;
	*(uint64_t *)(answer + 1 + BP_DATA_NONCE) = nonce;
	*(uint64_t *)(answer + 1 + BP_DATA_IDENTITY) = identity;
	*(uint32_t *)(answer + 1 + BP_DATA_COUNTER) = counter;
	*(uint64_t *)(answer + 1 + BP_DATA_TOUCHED) = touched;
	draw(answer + 1 + BP_DATA_RANDOM, 32);
	answer[1 + BP_DATA_SIZE] = BP_MARK_WORK;
	out_string(answer, sizeof answer);
	if (frame[BP_AT_KIND] & BP_FLAG_LOG)
		tell_log();
}

void start(const uint64_t *stack)
{
	if (syscall3(SYS_getpid, 0, 0, 0) != 1)
		tell_parent(stack);
	/* Without the privilege level the first mark itself would fault. */
	if (syscall3(SYS_iopl, 3, 0, 0) < 0)
		syscall3(SYS_exit, 1, 0, 0);
	out8(BP_MARK_INIT);
	int tty = open_go_channel();
	open_random();
	remember_own_start(stack);
	load_modules();
	out8(BP_MARK_BASE);
	for (;;) {
		uint8_t frame[BP_LONG_FRAME_SIZE] __attribute__((aligned(8)));
		read_frame(tty, frame);
		switch (frame[BP_AT_KIND] & BP_KIND_MASK) {
		case BP_SEAL:
			nonce = *(uint64_t *)(frame + BP_AT_NONCE);
			settle();
			out8(BP_MARK_SEALED);
			break;
		case BP_GO:
			go(frame);
			break;
		default:
			give_up("frame of unknown kind", 0);
		}
	}
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call start\n");
