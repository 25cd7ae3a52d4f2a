/* The guest kernel's random number generator: drawing from it, and making it fresh. */
#include <fcntl.h>
#include <linux/random.h>
#include <sys/stat.h>

#include "port.h"
#include "random.h"

#define URANDOM_DEVICE ((1 << 8) | 9)
#define HWRNG_DEVICE ((10 << 8) | 183)

/*
 * The driver of virtio-rng asks for its next 64 bytes ahead of need, and the kernel keeps 64 more: up
 * to 128 bytes of what /dev/hwrng gives first were fetched before the template was frozen, and every
 * clone gets the same. As much again is read after them.
 */
#define HWRNG_BYTES 256

static int random = -1;
static int hwrng = -1;

void open_random(void)
{
	long made = syscall3(SYS_mknod, "/urandom", S_IFCHR | 0600, URANDOM_DEVICE);
	must(made, "mknod of urandom failed: errno");
	random = must(syscall3(SYS_open, "/urandom", O_RDWR, 0), "open of urandom failed: errno");
}

void draw(uint8_t *bytes, uint64_t count)
{
	must(syscall3(SYS_getrandom, bytes, count, 0), "getrandom failed: errno");
}

void reseed_now(void)
{
	must(syscall3(SYS_ioctl, random, RNDRESEEDCRNG, 0), "RNDRESEEDCRNG failed: errno");
}

/* A write to /dev/urandom only queues the bytes; a clone would go on handing out its twin's. */
static void stir(const uint8_t *bytes, int count)
{
	struct {
		struct rand_pool_info info;
		uint8_t bytes[HWRNG_BYTES];
	} pool = { .info = { .entropy_count = 256, .buf_size = count } };
	for (int i = 0; i < count; i++)
		pool.bytes[i] = bytes[i];
	must(syscall3(SYS_ioctl, random, RNDADDENTROPY, &pool), "RNDADDENTROPY failed: errno");
	reseed_now();
}

void reseed(const uint8_t *seed)
{
	stir(seed, 32);
}

void load_modules(void)
{
	char path[] = "/modules/0";
	for (; path[9] <= '9'; path[9]++) {
		int file = syscall3(SYS_open, path, O_RDONLY, 0);
		if (file < 0)
			return;
		must(syscall3(SYS_finit_module, file, "", 0), "a module cannot be loaded: errno");
		syscall3(SYS_close, file, 0, 0);
	}
}

void open_hwrng(void)
{
	if (hwrng >= 0)
		return;
	syscall3(SYS_mknod, "/hwrng", S_IFCHR | 0600, HWRNG_DEVICE);
	hwrng = syscall3(SYS_open, "/hwrng", O_RDONLY, 0);
}

void reseed_from_hwrng(uint8_t *first)
{
	uint8_t bytes[HWRNG_BYTES];
	open_hwrng();
	must(hwrng, "no /dev/hwrng: errno");
	for (int got = 0; got < HWRNG_BYTES;)
		got += must(syscall3(SYS_read, hwrng, bytes + got, HWRNG_BYTES - got),
			    "/dev/hwrng gives nothing (no virtio-rng, or no driver for it): errno");
	for (int i = 0; i < 16; i++)
		first[i] = bytes[i];
	stir(bytes, HWRNG_BYTES);
}
