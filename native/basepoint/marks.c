/*
 * Stamps made inside the QEMU process: an observer at the other end of a socket sees a byte 0.1 ms
 * to 2.7 ms late (measured from Node.js), which is as long as what is to be measured.
 */
#include "basepoint.h"

struct basepoint_stages *own_stages;
int marks_fd = -1;

void marks_stamp_run(void)
{
    struct basepoint_stages *stages = own_stages;

    if (stages && stages->ns[STAGE_RUN] == 0)
        stages->ns[STAGE_RUN] = now_ns();
}

/* By its first mark; where nobody marks, by its first run, and else (TCG) by its making. */
bool marks_tell_started(void)
{
    const uint64_t *ns = own_stages->ns;
    uint64_t run = ns[STAGE_RUN] ? ns[STAGE_RUN] : ns[STAGE_REVIVED];
    uint64_t started = marks_fd < 0 ? run : ns[STAGE_MARK];

    return started && now_ns() > started + 1000000000ull;
}

static void stamp_byte(struct basepoint_stages *stages, uint8_t byte, uint64_t at)
{
    uint32_t place = __atomic_load_n(&stages->mark_count, __ATOMIC_RELAXED);

    if (place < BASEPOINT_MARKS_MAX)
        stages->marks[place] = (struct basepoint_mark){ at, byte };
    /* A reader in another process must not see the count before the mark. */
    __atomic_store_n(&stages->mark_count, place + 1, __ATOMIC_RELEASE);
}

/* One device writes to a descriptor, under QEMU's lock of its chardev: no two calls at once. */
size_t marks_stamp(const struct iovec *vector, int count)
{
    struct basepoint_stages *stages = own_stages;
    uint64_t at = now_ns();
    size_t stamped = 0;

    if (!stages)
        return 0;
    if (stages->ns[STAGE_MARK] == 0)
        stages->ns[STAGE_MARK] = at;
    for (int i = 0; i < count; i++)
        for (size_t j = 0; j < vector[i].iov_len; j++, stamped++)
            stamp_byte(stages, ((const uint8_t *)vector[i].iov_base)[j], at);
    return stamped;
}

/* They will be written again, and stamped then. */
void marks_take_back(size_t stamped, ssize_t written)
{
    struct basepoint_stages *stages = own_stages;
    size_t left = stamped - (written > 0 ? (size_t)written : 0);
    uint32_t count;

    if (!stages || left == 0)
        return;
    count = __atomic_sub_fetch(&stages->mark_count, (uint32_t)left, __ATOMIC_RELEASE);
    if (count == 0)
        stages->ns[STAGE_MARK] = 0;
}
