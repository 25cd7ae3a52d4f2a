/*
 * The heap of the base point, put in order before it is cloned.
 *
 * What start-up freed lies in it unsorted, and the next malloc() of some size sorts it: every clone
 * would do that again, and copy the pages. And what is free is scattered over all of it: a clone that
 * takes a block here and one there copies a page for each, where blocks from the heap's end share
 * theirs. So it is sorted here once, while all threads still run, and all that is free but for the
 * end is taken; it is given back when the base point is parked again.
 *
 * (It reaches the arena of this thread: MALLOC_ARENA_MAX=1 makes that the only one. The few blocks
 * that each thread keeps for itself are out of reach.)
 */
#include <malloc.h>
#include <stdlib.h>

#include "basepoint.h"

#define LARGEST (100 * 1024ul) /* below the threshold of mmap, which freeing a larger one raises */
#define SMALL 1024ul    /* up to here the C library has a list for each size */
#define SIZE_STEP 16ul

struct taken {
    struct taken *next;
};
static struct taken *hoard;

static void sort(void)
{
    void *block;

    malloc_trim(0);
    block = malloc(LARGEST);
    __asm__ volatile("" : "+r"(block)); /* or the compiler takes both calls out */
    free(block);
}

/*
 * Large ones first: each has a head, and a page that was free altogether is in memory again with one.
 * No more than the C library says are free: malloc() may be somebody else's.
 */
static void take_all(void)
{
    const struct mallinfo2 info = mallinfo2();
    const char *end = (const char *)sbrk(0) - info.keepcost; /* from here nothing was used */
    size_t left = info.fordblks - info.keepcost, size = LARGEST;

    while (size >= SIZE_STEP) {
        struct taken *block = left >= size ? malloc(size) : NULL;

        if (block && (const char *)block < end) {
            block->next = hoard;
            hoard = block;
            left -= size;
            continue;
        }
        free(block);
        size = size > SMALL ? size / 4 * 3 : size - SIZE_STEP;
    }
}

void heap_tidy(void)
{
    while (hoard) { /* of a base point that is parked again */
        struct taken *block = hoard;

        hoard = block->next;
        free(block);
    }
    sort();
    take_all();
}
