/* See connections.h. */
#include "connections.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "basepoint.h"

struct connection {
    int fd;          /* -1: the place is free */
    uint64_t serial;
    bool is_harness; /* BASEPOINT_CONTROL=fd: */
    bool broken;     /* it does not read what it is sent */
    bool skipping;   /* the rest of a line that was too long */
    size_t length;
    char buffer[BASEPOINT_LINE_MAX];
    int descriptors[CONNECTION_DESCRIPTORS];
    unsigned descriptor_count;
};

static struct connection *connections; /* CONNECTIONS_MAX, the base point's own */

/*
 * What the harness has not read yet. It asks for hundreds of clones at once, and a socket holds some
 * two hundred replies: to take it for gone would end them all.
 */
#define UNREAD_MAX (1u << 20)
static char *unread; /* the base point's own */
static size_t unread_length;
static uint64_t serials;
static int listener = -1;
static char listener_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
static int listener_pid;

static void greet(struct connection *connection)
{
    char line[BASEPOINT_REPLY_MAX];
    const struct requester requester = { (int)(connection - connections), connection->serial };

    connection_send(&requester, line, basepoint_format_hello(line, sizeof(line), basepoint_pid));
}

static void add_connection(int fd, bool is_harness)
{
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &connections[i];

        if (connection->fd >= 0)
            continue;
        memset(connection, 0, sizeof(*connection));
        connection->fd = fd;
        connection->serial = ++serials;
        connection->is_harness = is_harness;
        descriptors_own(fd);
        greet(connection);
        return;
    }
    real.close(fd);
}

static void drop_descriptors(struct connection *connection)
{
    for (unsigned i = 0; i < connection->descriptor_count; i++) {
        descriptors_disown(connection->descriptors[i]);
        real.close(connection->descriptors[i]);
    }
    connection->descriptor_count = 0;
}

static void end_connection(struct connection *connection, const struct connection_events *events)
{
    const struct requester requester = { (int)(connection - connections), connection->serial };

    drop_descriptors(connection);
    descriptors_disown(connection->fd);
    real.close(connection->fd);
    connection->fd = -1;
    events->left(&requester, connection->is_harness);
}

static void send_unread(struct connection *connection)
{
    ssize_t sent = real.send(connection->fd, unread, unread_length, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent > 0) {
        unread_length -= (size_t)sent;
        memmove(unread, unread + sent, unread_length);
    } else if (errno != EAGAIN && errno != EINTR) {
        connection->broken = true;
    }
}

/* Replies stay in their order. False when there is no more room for them. */
static bool keep_unread(struct connection *connection, const char *line, size_t length)
{
    if (unread_length + length > UNREAD_MAX)
        return false;
    memcpy(unread + unread_length, line, length);
    unread_length += length;
    send_unread(connection);
    return true;
}

void connection_send(const struct requester *requester, const char *line, size_t length)
{
    struct connection *connection = &connections[requester->index];

    if (connection->fd < 0 || connection->serial != requester->serial || connection->broken)
        return;
    if (connection->is_harness && keep_unread(connection, line, length))
        return;
    if (real.send(connection->fd, line, length, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)length)
        connection->broken = true;
}

/* ---- reading */

/* The descriptors belong to the last line of what one recvmsg() brought: see protocol.h. */
static void take_descriptors(struct connection *connection, struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < count; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
            if (connection->descriptor_count == CONNECTION_DESCRIPTORS) {
                real.close(fd);
                continue;
            }
            descriptors_own(fd);
            connection->descriptors[connection->descriptor_count++] = fd;
        }
    }
}

static ssize_t receive(struct connection *connection)
{
    char control[CMSG_SPACE(CONNECTION_DESCRIPTORS * sizeof(int))]
        __attribute__((aligned(sizeof(size_t))));
    struct iovec part = { connection->buffer + connection->length,
                          sizeof(connection->buffer) - connection->length };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                              .msg_controllen = sizeof(control) };
    ssize_t length = recvmsg(connection->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

    if (length > 0) {
        take_descriptors(connection, &message);
        connection->length += (size_t)length;
    }
    return length;
}

static void serve_line(struct connection *connection, size_t length, bool is_last, uint64_t ns,
                       const struct connection_events *events)
{
    const struct requester requester = { (int)(connection - connections), connection->serial };
    const struct received received = {
        .line = connection->buffer, .length = length, .is_last = is_last, .ns = ns,
        .descriptors = connection->descriptors,
        .descriptor_count = is_last ? connection->descriptor_count : 0,
    };

    if (!connection->skipping)
        events->line(&requester, &received);
    connection->skipping = false;
    if (is_last)
        drop_descriptors(connection);
}

static void serve_lines(struct connection *connection, uint64_t ns,
                        const struct connection_events *events)
{
    char *end;

    while ((end = memchr(connection->buffer, '\n', connection->length))) {
        size_t length = (size_t)(end - connection->buffer);
        size_t rest = connection->length - length - 1;

        serve_line(connection, length, rest == 0, ns, events);
        memmove(connection->buffer, end + 1, rest);
        connection->length = rest;
    }
    if (connection->length == sizeof(connection->buffer)) {
        /* Too long: said once, as the parser says it of a line of this length. */
        if (!connection->skipping)
            serve_line(connection, connection->length, true, ns, events);
        connection->skipping = true;
        connection->length = 0;
    }
}

static void serve(struct connection *connection, const struct connection_events *events)
{
    ssize_t length = receive(connection);
    uint64_t ns = now_ns();

    if (length > 0)
        serve_lines(connection, ns, events);
    else if (length == 0 || (errno != EAGAIN && errno != EINTR))
        end_connection(connection, events);
}

/* ---- the set */

unsigned connections_poll(struct pollfd *polled)
{
    unsigned count = 0;

    polled[count++] = (struct pollfd){ .fd = listener, .events = POLLIN };
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        polled[count++] = (struct pollfd){
            .fd = connections[i].fd,
            .events = POLLIN | (connections[i].is_harness && unread_length ? POLLOUT : 0),
        };
    return count;
}

/*
 * Whose template the base point holds may ask for clones of it, and nobody else, whatever the mode of
 * the socket has become: a clone has all that the template knows.
 */
static void admit(int fd)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);
    char line[BASEPOINT_LINE_MAX];

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid()) {
        add_connection(fd, false);
        return;
    }
    basepoint_format_error(line, sizeof(line), "-", ERROR_USER);
    (void)!send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
    real.close(fd);
}

void connections_serve(const struct pollfd *polled, unsigned count,
                       const struct connection_events *events)
{
    for (unsigned i = 1; i < count; i++) {
        struct connection *connection = &connections[i - 1];

        if (polled[i].revents & POLLOUT)
            send_unread(connection);
        if (polled[i].revents & ~POLLOUT)
            serve(connection, events);
        if (connection->fd >= 0 && connection->broken)
            end_connection(connection, events);
    }
    if (polled[0].revents) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            admit(fd);
    }
}

/* ---- opening */

static void open_inherited(const char *number)
{
    char *end;
    long fd = strtol(number, &end, 10);
    int type;
    socklen_t length = sizeof(type);

    if (end == number || *end || getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ||
        type != SOCK_STREAM)
        control_fail("BASEPOINT_CONTROL=fd:NUMBER must name a connected stream socket");
    fcntl((int)fd, F_SETFD, FD_CLOEXEC);
    /*
     * From here on the end of this connection tells of the harness's death. A signal at its death
     * would come first and leave the clones to whoever reaps orphans, if anybody does.
     */
    prctl(PR_SET_PDEATHSIG, 0);
    add_connection((int)fd, true);
}

/* A socket file that a killed base point left behind is taken over; one that is served is not. */
static void remove_stale(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
        errno == ECONNREFUSED)
        unlink(address->sun_path);
    real.close(fd);
}

static void open_listener(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    mode_t before;
    int result;

    if (path[0] != '/' || strlen(path) >= sizeof(address.sun_path))
        control_fail("BASEPOINT_CONTROL=unix:/PATH must be absolute, of at most 107 bytes");
    strcpy(address.sun_path, path);
    strcpy(listener_path, path);
    remove_stale(&address);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    before = umask(0177); /* whoever can connect can kill and clone: the owner alone */
    result = bind(listener, (struct sockaddr *)&address, sizeof(address));
    umask(before);
    if (result < 0 || listen(listener, CONNECTIONS_MAX) < 0)
        control_fail("BASEPOINT_CONTROL=unix:/PATH cannot be listened on");
    descriptors_own(listener);
    listener_pid = basepoint_pid;
}

void connections_open(const char *where)
{
    connections = mappings_make_own(CONNECTIONS_MAX * sizeof(*connections) + UNREAD_MAX);
    unread = (char *)(connections + CONNECTIONS_MAX);
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        connections[i].fd = -1;
    if (strncmp(where, "fd:", 3) == 0)
        open_inherited(where + 3);
    else if (strncmp(where, "unix:", 5) == 0)
        open_listener(where + 5);
    else
        control_fail("BASEPOINT_CONTROL must be fd:NUMBER or unix:/PATH");
}

/* Not in a clone, which ends with the path still in use, nor in a helper QEMU forked. */
__attribute__((destructor)) static void remove_listener(void)
{
    if (listener >= 0 && getpid() == listener_pid)
        unlink(listener_path);
}
