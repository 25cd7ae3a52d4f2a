/*
 * Feeds the parser mutated lines until the time is over: test-fuzz SEED SECONDS. The sanitizers
 * find bad accesses; what is checked here is that whatever it accepts is within its own limits, and
 * that it gives the same answer twice.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol.h"

static uint64_t state;

static uint32_t next(uint32_t below) /* xorshift64* */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545f4914f6cdd1dull) >> 32) % below;
}

static const char *const seeds[] = {
    "clone a1 fd:3=connect:@name fd:4=connect:/run/clone.sock path:/tmp/q=scm:0 fd:9=null",
    "clone x path:@abstract=connect:@other path:/p=null",
    "stages self", "stages a1", "kill a1", "ping", "park", "unpark",
    "clone", "clone y fd:8=reopen fd:3=scm:1", "",
};

static const char *const pieces[] = {
    "clone ", "kill ", "stages ", "ping", "park", "unpark", "self", "fd:", "path:", "=", "connect:",
    "scm:", "reopen", "null", "@", "/", " ", "65535", "65536", "99999999999999999999", "-1", "\r", "\n", "\t", "\x7f", "\xff",
};

#define PIECES (sizeof(pieces) / sizeof(pieces[0]))
#define LONGEST (BASEPOINT_LINE_MAX + 64)

static size_t insert(char *line, size_t length, size_t at, const char *piece, size_t size)
{
    if (length + size > LONGEST)
        return length;
    memmove(line + at + size, line + at, length - at);
    memcpy(line + at, piece, size);
    return length + size;
}

static size_t mutate(char *line, size_t length)
{
    size_t at = next((uint32_t)length + 1);
    const char *piece = pieces[next(PIECES)];
    char run[256];
    size_t count;

    switch (next(6)) {
    case 0: /* change a byte */
        if (at < length)
            line[at] = (char)next(256);
        return length;
    case 1: /* remove some */
        count = next((uint32_t)(length - at) + 1);
        memmove(line + at, line + at + count, length - at - count);
        return length - count;
    case 2: /* a word of the grammar */
        return insert(line, length, at, piece, strlen(piece));
    case 3: /* repeat what is there */
        count = length - at < sizeof(run) ? length - at : sizeof(run);
        memcpy(run, line + at, count);
        return insert(line, length, next((uint32_t)length + 1), run, count);
    case 4: /* many of one byte */
        memset(run, "a /@=\0"[next(6)], sizeof(run));
        return insert(line, length, at, run, next(sizeof(run)));
    default: /* cut */
        return at;
    }
}

static void check(const char *line, size_t length)
{
    static struct basepoint_request first, second;
    char *exact = malloc(length ? length : 1); /* so that reading beyond it is seen */
    enum basepoint_error error;

    memcpy(exact, line, length);
    memset(&first, 0xaa, sizeof(first));
    memset(&second, 0x55, sizeof(second));
    error = basepoint_parse(exact, length, &first);
    assert(basepoint_parse(exact, length, &second) == error);
    assert(memcmp(&first, &second, sizeof(first)) == 0);
    free(exact);

    assert(strlen(first.id) <= BASEPOINT_ID_MAX && first.id[0]);
    assert(!strpbrk(first.id, " \r\n"));
    assert(basepoint_error_code(error) && basepoint_error_sentence(error));
    if (error)
        return;
    assert(length < BASEPOINT_LINE_MAX + 1 && first.channel_count <= BASEPOINT_CHANNELS_MAX);
    for (unsigned i = 0; i < first.channel_count; i++) {
        const struct basepoint_channel *channel = &first.channels[i];
        assert(channel->fd >= 0 && channel->fd < 65536);
        assert(channel->scm >= 0 && channel->scm < 65536);
        assert(strlen(channel->which_path) <= BASEPOINT_PATH_MAX);
        assert(strlen(channel->connect_path) <= BASEPOINT_PATH_MAX);
        assert((channel->which == WHICH_PATH) == (channel->which_path[0] != '\0'));
    }
}

int main(int count, char **arguments)
{
    static char line[LONGEST + 1];
    unsigned long long lines = 0;
    time_t end;

    if (count != 3) {
        fputs("usage: test-fuzz SEED SECONDS\n", stderr);
        return 2;
    }
    state = strtoull(arguments[1], NULL, 0) * 2 + 1; /* never zero */
    end = time(NULL) + strtol(arguments[2], NULL, 10);
    while (lines % 1024 || time(NULL) < end) {
        const char *seed = seeds[next(sizeof(seeds) / sizeof(seeds[0]))];
        size_t length = strlen(seed);

        memcpy(line, seed, length);
        for (uint32_t steps = 1 + next(8); steps; steps--) {
            length = mutate(line, length);
            check(line, length);
        }
        lines++;
    }
    printf("ok the parser survives %llu lines, each mutated up to 8 times\n", lines);
    return 0;
}
