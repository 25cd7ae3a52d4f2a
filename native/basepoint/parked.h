/* What threads.c (which stops them) and revive.c (which makes them again) both know of a thread. */
#ifndef BASEPOINT_PARKED_H
#define BASEPOINT_PARKED_H

#include "basepoint.h"

/* What a function must find unchanged after a call, and where it was called. Used from assembly. */
struct registers {
    unsigned long rbx, rbp, r12, r13, r14, r15, rsp, rip;
};

struct parked_thread {
    struct registers registers; /* first: thread_spawn() reads it */
    char *thread_pointer;
    int id;              /* the base point's; in a clone, once it is made again, the clone's */
    bool waits;          /* it was stopped in a system call */
    unsigned generation; /* written last: it stands still in this parking */
    void *robust_list;
    size_t robust_list_size;
    char name[16];
    unsigned long processors[PROCESSOR_WORDS];
};

extern struct parked_thread threads[THREADS_MAX];
unsigned threads_parked(void); /* how many of them stand */

static inline int own_tid(void)
{
    return (int)syscall(SYS_gettid);
}

/*
 * Returns 0, and returns again with 1 in the thread that threads_revive() makes from what it saved:
 * setjmp and longjmp, but without the C library's pointer guard and across clone().
 */
int registers_save(struct registers *registers) __attribute__((returns_twice));

/* What clone() does not carry over, and the signal's frame does not hold. */
void thread_save(struct parked_thread *thread);
void thread_restore(const struct parked_thread *thread);

/* Where the main thread's record may hold its id: see threads_confirm_layout(). */
void layout_remember(void);

#endif
