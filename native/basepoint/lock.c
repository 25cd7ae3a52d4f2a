/* A futex lock with three states, after Drepper's "Futexes Are Tricky". See basepoint.h for why. */
#include <linux/futex.h>

#include "basepoint.h"

void lock_take(struct lock *lock)
{
    int seen = 0;

    if (__atomic_compare_exchange_n(&lock->state, &seen, 1, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
        return;
    __atomic_add_fetch(&lock->waiting, 1, __ATOMIC_RELAXED);
    while (__atomic_exchange_n(&lock->state, 2, __ATOMIC_ACQUIRE) != 0)
        syscall(SYS_futex, &lock->state, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 2, NULL, NULL, 0);
    __atomic_sub_fetch(&lock->waiting, 1, __ATOMIC_RELAXED);
}

bool lock_try(struct lock *lock)
{
    int free = 0;

    return __atomic_compare_exchange_n(&lock->state, &free, 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

bool lock_is_awaited(const struct lock *lock)
{
    return __atomic_load_n(&lock->waiting, __ATOMIC_RELAXED) != 0;
}

void lock_release(struct lock *lock)
{
    if (__atomic_exchange_n(&lock->state, 0, __ATOMIC_RELEASE) == 2)
        syscall(SYS_futex, &lock->state, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}
