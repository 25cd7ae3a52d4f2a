/* The guest kernel's random number generator: drawing from it, and making it fresh. */
#ifndef BASEPOINT_RANDOM_H
#define BASEPOINT_RANDOM_H

#include <stdint.h>

void open_random(void);
void draw(uint8_t *bytes, uint64_t count);

/* Makes the kernel use what it has gathered at once, once its generator has been seeded. */
void reseed_now(void);

/* Stirs 32 bytes in, and makes the kernel use them at once. */
void reseed(const uint8_t *seed);

/* Loads the modules that the initramfs brings, if any: the driver of virtio-rng where it is one. */
void load_modules(void);

/* Opens /dev/hwrng, so that a clone need not. */
void open_hwrng(void);

/* Stirs in what /dev/hwrng gives; `first` takes the 16 bytes that came first. */
void reseed_from_hwrng(uint8_t *first);

#endif
