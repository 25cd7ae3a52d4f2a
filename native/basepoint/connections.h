/* Who may ask: the harness's socket, or those accepted where BASEPOINT_CONTROL=unix: says. */
#ifndef BASEPOINT_CONNECTIONS_H
#define BASEPOINT_CONNECTIONS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONNECTIONS_MAX 8
#define CONNECTION_POLLS (1 + CONNECTIONS_MAX)
#define CONNECTION_DESCRIPTORS 16 /* that may come with one line */

/* Names a connection for as long as it lives; one that comes after it has another serial. */
struct requester {
    int index;
    uint64_t serial;
};

struct received {
    const char *line;
    size_t length;
    bool is_last; /* nothing after it has been read yet */
    uint64_t ns;  /* when it was read */
    const int *descriptors;
    unsigned descriptor_count;
};

struct connection_events {
    void (*line)(const struct requester *, const struct received *);
    void (*left)(const struct requester *, bool is_harness);
};

/* Open what BASEPOINT_CONTROL names; dies loudly when it cannot. */
void connections_open(const char *where);

/* Fill in what to poll; the result is their number. Then serve what was found. */
unsigned connections_poll(struct pollfd *polled);
void connections_serve(const struct pollfd *polled, unsigned count,
                       const struct connection_events *events);

/*
 * Send a whole line, or give the connection up: the loop waits for nobody. To a requester that left
 * it does nothing.
 */
void connection_send(const struct requester *requester, const char *line, size_t length);

#endif
