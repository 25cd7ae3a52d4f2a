/*
 * What a guest and the harness say to each other. The one place both guests read; a test compares
 * it with src/marks.ts.
 *
 * Out, by single-byte writes to an I/O port (QEMU's isa-debugcon: no driver needed). Every code is
 * above 0x7f, so console text that lands on the same port can never be taken for a mark.
 *
 * In, by the second serial port (COM2): frames. A short one is 14 bytes, the trigger level of the
 * tiny guest; a long one, which begins like a short one, a multiple of 8, that of Linux: a 16550
 * with its FIFO on interrupts at once when that many bytes are there, and only after four silent
 * character times for a rest. Each filling of the FIFO costs a start two switches between threads of
 * QEMU, so a frame is as short as it can be: for the short one it is filled once, and the identity,
 * which is random, is most of the seed. A guest declares which it takes (`frames` in guest.yaml, or
 * of a guest by path); BP_FLAG_LONG says which a frame is.
 */
#ifndef BASEPOINT_PROTOCOL_H
#define BASEPOINT_PROTOCOL_H

#define BP_PORT 0xe9

/* 0x90 is also the divisor of 800 baud: a stock Linux given earlyprintk=serial,0xe9,800 writes it
 * to this port while it programs what it takes for a serial port, before it prints anything. */
#define BP_MARK_KERNEL 0x90
#define BP_MARK_INIT 0x91
#define BP_MARK_BASE 0x92   /* waiting for a frame: the guest's base point */
#define BP_MARK_SEALED 0x93 /* the seal frame was stored; waiting again */
#define BP_MARK_READY 0x94
#define BP_MARK_WORK 0x95
#define BP_DATA 0x96  /* BP_DATA_SIZE bytes follow: the guest's answer */
#define BP_ERROR 0x97 /* text up to a newline follows: why the guest gives up */
#define BP_MARK_BURNT 0x98
#define BP_DRAWN 0x99    /* BP_DRAWN_SIZE bytes follow: random bytes and when they were drawn */
#define BP_OBSERVED 0x9a /* BP_OBSERVED_SIZE bytes follow: what makes this guest itself */
#define BP_LOG 0x9b      /* how many bytes follow, in 32 bits, and those: the kernel's log */
#define BP_MARK_SYNC 0x9c /* a line that says BP_SYNC_TEXT goes into the kernel's log now */

#define BP_FRAME_SIZE 14
#define BP_LONG_FRAME_SIZE 48
#define BP_FRAME_MAGIC 0xb5

/* Kinds of frame, in the lower bits of a byte whose others are the flags. */
#define BP_KIND_MASK 0x07
#define BP_SEAL 1 /* keep the nonce: whoever answers with it was restored from this template */
#define BP_GO 2   /* identity and seed: become ready, do the work, answer */
#define BP_BURN 3 /* run that many loop iterations, then say BURNT (tiny only) */

#define BP_FLAG_LOG 0x08     /* after the work, tell the kernel's log (Linux only) */
#define BP_FLAG_RESEED 0x10  /* stir the seed into the random number generator */
#define BP_FLAG_HWRNG 0x20   /* stir in what the hardware's generator (virtio-rng) gives (Linux only) */
#define BP_FLAG_OBSERVE 0x40 /* tell what makes this guest itself, before and after ready (Linux only) */
#define BP_FLAG_LONG 0x80    /* the frame is long; the tiny guest takes none of these */

/* What the log's own times are compared with the harness's by. */
#define BP_SYNC_TEXT "basepoint: now"

/* Offsets in a frame; numbers are little endian. */
#define BP_AT_MAGIC 0
#define BP_AT_KIND 1
#define BP_AT_WORK_MIB 2 /* 16 bits: GO's working set */
#define BP_AT_NONCE 4    /* 64 bits: SEAL's nonce, GO's identity, BURN's thousands of iterations */
#define BP_AT_SEED 12    /* 32 bytes, of which a short frame has the first 2 */
#define BP_AT_OBSERVE_MS 44 /* 32 bits, long only: how long to go on drawing after ready */

/* Offsets in the answer. */
#define BP_DATA_SIZE 60
#define BP_DATA_NONCE 0     /* 64 bits: 0 unless sealed */
#define BP_DATA_IDENTITY 8  /* 64 bits: as given by GO */
#define BP_DATA_COUNTER 16  /* 32 bits: frames since boot, so 1 after a boot, 2 after a restore */
#define BP_DATA_TOUCHED 20  /* 64 bits: bytes of working set touched */
#define BP_DATA_RANDOM 28   /* 32 bytes from the guest's random number generator */

/* Offsets in what was drawn. */
#define BP_DRAWN_SIZE 24
#define BP_DRAWN_AT 0     /* 64 bits: the guest's CLOCK_MONOTONIC in ns */
#define BP_DRAWN_RANDOM 8 /* 16 bytes */

/* Offsets in what was observed; zeros stand for what this kernel does not tell. Clocks are in ns. */
#define BP_OBSERVED_SIZE 152
#define BP_OBSERVED_AT 0           /* 64 bits: CLOCK_MONOTONIC */
#define BP_OBSERVED_REALTIME 8     /* 64 bits */
#define BP_OBSERVED_BOOTTIME 16    /* 64 bits */
#define BP_OBSERVED_UUID 24        /* 16 bytes: /proc/sys/kernel/random/uuid */
#define BP_OBSERVED_BOOT_ID 40     /* 16 bytes: /proc/sys/kernel/random/boot_id */
#define BP_OBSERVED_NEW_RANDOM 56  /* 16 bytes: AT_RANDOM of a new process: its stack canary */
#define BP_OBSERVED_NEW_STACK 72   /* 64 bits: address of a new process's stack */
#define BP_OBSERVED_NEW_MMAP 80    /* 64 bits: address that mmap gives it */
#define BP_OBSERVED_NEW_VDSO 88    /* 64 bits */
#define BP_OBSERVED_INIT_RANDOM 96 /* 16 bytes: AT_RANDOM of PID 1, drawn when it was started */
#define BP_OBSERVED_INIT_STACK 112 /* 64 bits */
#define BP_OBSERVED_TEXT 120       /* 64 bits: address of the kernel's text */
#define BP_OBSERVED_DIRECT_MAP 128 /* 64 bits: where the kernel maps all memory */
#define BP_OBSERVED_HWRNG 136      /* 16 bytes: the first that /dev/hwrng gave, if it was read */

#endif
