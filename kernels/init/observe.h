/* What makes one guest itself and not another: told to the harness, when it asks for it. */
#ifndef BASEPOINT_OBSERVE_H
#define BASEPOINT_OBSERVE_H

#include <stdint.h>

/* Keeps what the kernel gave PID 1 itself. `stack`: where it put argc. */
void remember_own_start(const uint64_t *stack);

/* What a process does that PID 1 has started to look at: tells of itself, and ends. */
void __attribute__((noreturn)) tell_parent(const uint64_t *stack);

/*
 * Uses the kernel as a user space does that has been up for a while: random bytes were drawn, the
 * boot id was asked for, a process was started. A template that had never done so would hide what its
 * clones have in common. Does nothing the second time.
 */
void settle(void);

/* Tells random bytes, now. */
void tell_draw(void);

/* Tells everything once, and then random bytes for so long. `hwrng`: what /dev/hwrng gave first. */
void tell_identity(const uint8_t *hwrng, uint32_t for_ms);

#endif
