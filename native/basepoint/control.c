/*
 * The control thread: one loop that waits for requests, for clones to say that they are rebuilt,
 * and for clones to end. It blocks on nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "basepoint.h"
#include "connections.h"
#include "text.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* Place 0 is the base point itself; then come living clones, and ended ones kept for "stages". */
#define PLACES (1 + BASEPOINT_CLONES_MAX + BASEPOINT_KEPT)

enum life { LIFE_NONE, LIFE_UNDER_WAY, LIFE_LIVING, LIFE_ENDED };

struct clone {
    enum life life;
    char id[BASEPOINT_ID_MAX + 1];
    int pid, pidfd;
    struct requester requester;
    bool alone;        /* no other was under way or asked for when it was made */
    uint64_t deadline; /* LIFE_UNDER_WAY */
    bool timed_out;
    uint64_t ended; /* LIFE_ENDED: a count, to find the oldest */
};

/* The base point's own; of what polled and places are about, see control(). */
static struct {
    struct clone clones[PLACES];
    struct pollfd polled[1 + CONNECTION_POLLS + PLACES];
    int places[PLACES];
} *own;
static struct clone_slot *slots; /* shared memory, a slot for each place */
static int done_fd;              /* an eventfd: some clone's slot has changed */
static unsigned busy_count, ended_count;
static uint64_t ends;

static void tell(const struct clone *clone, size_t (*format)(char *, size_t, const struct clone *))
{
    char line[BASEPOINT_REPLY_MAX];

    connection_send(&clone->requester, line, format(line, sizeof(line), clone));
}

static size_t say_cloned(char *line, size_t size, const struct clone *clone)
{
    return basepoint_format_cloned(line, size, clone->id, clone->pid,
                                   &slots[clone - own->clones].stages);
}

static size_t say_refused(char *line, size_t size, const struct clone *clone)
{
    const struct refusal *refusal = &slots[clone - own->clones].refusal;

    return basepoint_format_refused(line, size, clone->id, refusal->code, refusal->sentence);
}

static size_t say_stages(char *line, size_t size, const struct clone *clone)
{
    return basepoint_format_stages(line, size, clone->id, &slots[clone - own->clones].stages);
}

static void tell_error(const struct requester *requester, const char *id,
                       enum basepoint_error error)
{
    char line[BASEPOINT_REPLY_MAX];

    connection_send(requester, line, basepoint_format_error(line, sizeof(line), id, error));
}

/* ---- the clones */

static bool is_busy(const struct clone *clone)
{
    return clone->life == LIFE_UNDER_WAY || clone->life == LIFE_LIVING;
}

/* A living clone before an ended one of the same ID, of which the newest was kept. */
static struct clone *find_clone(const char *id)
{
    struct clone *found = NULL;

    for (int i = 0; i < PLACES; i++) {
        struct clone *clone = &own->clones[i];
        if (clone->life == LIFE_NONE || strcmp(clone->id, id) != 0)
            continue;
        if (!found || is_busy(clone))
            found = clone;
    }
    return found;
}

static void forget(struct clone *clone)
{
    if (clone->life == LIFE_ENDED)
        ended_count--;
    clone->life = LIFE_NONE;
}

static struct clone *free_place(void)
{
    struct clone *oldest = NULL;

    if (busy_count == BASEPOINT_CLONES_MAX)
        return NULL;
    for (int i = 1; i < PLACES; i++) {
        struct clone *clone = &own->clones[i];
        if (clone->life == LIFE_NONE && ended_count < BASEPOINT_KEPT)
            return clone;
        if (clone->life == LIFE_ENDED && (!oldest || clone->ended < oldest->ended))
            oldest = clone;
    }
    forget(oldest);
    return oldest;
}

static void kill_clone(const struct clone *clone)
{
    syscall(SYS_pidfd_send_signal, clone->pidfd, SIGKILL, NULL, 0);
}

static bool any_under_way(void)
{
    for (int i = 1; i < PLACES; i++)
        if (own->clones[i].life == LIFE_UNDER_WAY)
            return true;
    return false;
}

/*
 * What is waited for while a clone comes first: that it is rebuilt, its end, or something to do. In
 * shared memory, as the clone's pidfd: to write to a page of its own just after the fork would cost
 * the base point a copy of it, and the clone is waiting.
 */
#define ASIDE_MS 5
#define ASIDE_POLLS (2 + CONNECTION_POLLS)
static struct pollfd *aside;
static unsigned aside_count;

/* The result is where the clone's pidfd belongs. */
static int *prepare_aside(void)
{
    aside[0] = (struct pollfd){ .fd = done_fd, .events = POLLIN };
    aside[1] = (struct pollfd){ .fd = -1, .events = POLLIN };
    aside_count = 2 + connections_poll(aside + 2);
    return &aside[1].fd;
}

/* Besides what was read already: it may come from somebody else, or with descriptors. */
static bool is_more_asked(void)
{
    return syscall(SYS_poll, aside, aside_count, 0) != 0;
}

void control_step_aside(void)
{
    syscall(SYS_poll, aside, aside_count, ASIDE_MS);
}

static void refuse_clone(struct clone *clone, const struct refusal *refusal)
{
    slots[clone - own->clones].refusal = *refusal;
    tell(clone, say_refused);
}

static void make_clone(const struct basepoint_request *request, const struct requester *requester,
                       const struct received *received)
{
    int scm[CONNECTION_DESCRIPTORS]; /* the connection is not there in the clone */
    const struct channels channels = { request->channels, request->channel_count, scm,
                                       received->descriptor_count };
    struct clone *clone = find_clone(request->id);
    struct refusal refusal = { 0 };
    struct clone_slot *slot;
    int *pidfd;

    if (clone && is_busy(clone)) {
        tell_error(requester, request->id, ERROR_DUPLICATE);
        return;
    }
    if (clone)
        forget(clone);
    clone = free_place();
    if (!clone) {
        char line[BASEPOINT_REPLY_MAX];
        connection_send(requester, line,
                        basepoint_format_refused(line, sizeof(line), request->id, REFUSAL_LIMIT,
                                                 "too many clones are alive"));
        return;
    }
    *clone = (struct clone){ .requester = *requester };
    memcpy(clone->id, request->id, sizeof(clone->id));
    slot = &slots[clone - own->clones];
    memset(slot, 0, sizeof(*slot));
    slot->stages.ns[STAGE_REQUEST] = received->ns;

    memcpy(scm, received->descriptors, received->descriptor_count * sizeof(*scm));
    pidfd = prepare_aside();
    clone->alone = received->is_last && !any_under_way() && !is_more_asked();
    clone->pid = clone_make(&channels, slot, done_fd, clone->alone, pidfd, &refusal);
    clone->pidfd = *pidfd;
    if (clone->pid < 0) {
        refuse_clone(clone, &refusal);
        return;
    }
    descriptors_own(clone->pidfd);
    clone->life = LIFE_UNDER_WAY;
    clone->deadline = now_ns() + REBUILD_TIMEOUT_NS;
    busy_count++;
}

/* A clone that says so is rebuilt. One that failed says so too, and is heard when it has ended. */
static void hear_clones(void)
{
    uint64_t count;

    (void)!read(done_fd, &count, sizeof(count));
    for (int i = 1; i < PLACES; i++)
        if (own->clones[i].life == LIFE_UNDER_WAY &&
            __atomic_load_n(&slots[i].state, __ATOMIC_ACQUIRE) == CLONE_READY) {
            own->clones[i].life = LIFE_LIVING;
            if (own->clones[i].alone)
                clones_free_processor();
            tell(&own->clones[i], say_cloned);
        }
}

static void tell_how_it_failed(struct clone *clone, const siginfo_t *end)
{
    struct clone_slot *slot = &slots[clone - own->clones];

    if (clone->timed_out)
        refuse(&slot->refusal, REFUSAL_TIMEOUT, "the clone was not rebuilt within %lu ms",
               (unsigned long)(REBUILD_TIMEOUT_NS / 1000000));
    else if (slot->state != CLONE_FAILED)
        refuse(&slot->refusal, REFUSAL_DIED, "the clone ended while it was rebuilt: %s %d",
               end->si_code == CLD_EXITED ? "code" : "signal", end->si_status);
    tell(clone, say_refused);
}

static void reap(struct clone *clone)
{
    char line[BASEPOINT_REPLY_MAX];
    siginfo_t end = { 0 };

    if (waitid(P_PIDFD, (id_t)clone->pidfd, &end, WEXITED | WNOHANG | __WALL) < 0 ||
        end.si_pid == 0)
        return;
    if (clone->life == LIFE_UNDER_WAY)
        hear_clones(); /* it may have been rebuilt, and ended since */
    if (clone->life == LIFE_UNDER_WAY) {
        if (clone->alone)
            clones_free_processor();
        tell_how_it_failed(clone, &end);
    } else {
        connection_send(&clone->requester, line,
                        basepoint_format_exited(line, sizeof(line), clone->id, clone->pid,
                                                end.si_code != CLD_EXITED, end.si_status));
    }
    descriptors_disown(clone->pidfd);
    real.close(clone->pidfd);
    busy_count--;
    clone->life = LIFE_ENDED;
    clone->ended = ++ends;
    ended_count++;
}

/* ---- requests */

static struct requester parker; /* who asked for the threads to stand still */

static void park(const struct requester *requester)
{
    char line[BASEPOINT_REPLY_MAX];
    struct text reply = TEXT(line);
    struct refusal refusal = { 0 };
    static size_t huge;

    if (!clones_stopped()) { /* else one of the threads may hold the heap's lock, or the loader's */
        heap_tidy();
        huge = huge_code();
    }
    if (clones_stand(&refusal) < 0) {
        connection_send(requester, line,
                        basepoint_format_refused(line, sizeof(line), "-", refusal.code,
                                                 refusal.sentence));
        return;
    }
    parker = *requester;
    text_add(&reply, "parked huge=%lu\n", (unsigned long)huge);
    connection_send(requester, line, reply.length);
}

static void answer(const struct requester *requester, const struct received *received)
{
    struct basepoint_request request;
    enum basepoint_error error = basepoint_parse(received->line, received->length, &request);
    char line[BASEPOINT_REPLY_MAX];
    struct text reply = TEXT(line);
    struct clone *clone;

    if (error) {
        tell_error(requester, request.id, error);
        return;
    }
    switch (request.verb) {
    case VERB_CLONE:
        make_clone(&request, requester, received);
        return;
    case VERB_STAGES:
        clone = find_clone(request.id);
        if (!clone)
            break;
        connection_send(requester, line, say_stages(line, sizeof(line), clone));
        return;
    case VERB_KILL:
        clone = find_clone(request.id);
        if (!clone || !is_busy(clone))
            break;
        kill_clone(clone);
        text_add(&reply, "killing %s\n", request.id);
        connection_send(requester, line, reply.length);
        return;
    case VERB_PARK:
        park(requester);
        return;
    case VERB_UNPARK:
        clones_stand_no_more();
        text_add(&reply, "running\n");
        connection_send(requester, line, reply.length);
        return;
    case VERB_PING:
        text_add(&reply, "pong clones=%d\n", (int)busy_count);
        connection_send(requester, line, reply.length);
        return;
    }
    tell_error(requester, request.id, ERROR_UNKNOWN_ID);
}

/*
 * A requester that left knows of the clones it was told of, and they live on. One that is under way
 * nobody will ever use. When the harness itself is gone, so is the reason for all of this.
 */
static void left(const struct requester *requester, bool is_harness)
{
    for (int i = 1; i < PLACES; i++)
        if (is_busy(&own->clones[i]) &&
            (is_harness || (own->clones[i].life == LIFE_UNDER_WAY &&
                            own->clones[i].requester.serial == requester->serial)))
            kill_clone(&own->clones[i]);
    if (parker.serial == requester->serial)
        clones_stand_no_more();
    if (!is_harness)
        return;
    for (int i = 1; i < PLACES; i++) /* or they would stay as zombies where init does not reap */
        if (is_busy(&own->clones[i]))
            waitid(P_PIDFD, (id_t)own->clones[i].pidfd, &(siginfo_t){ 0 }, WEXITED | __WALL);
    kill(basepoint_pid, SIGKILL);
}

static const struct connection_events events = { .line = answer, .left = left };

/* ---- the loop */

/*
 * What is due by the clock is done here. The result is the time for poll(): -1 is for ever. The
 * threads of the base point run again once nobody is under way.
 */
static int until_deadline(void)
{
    uint64_t now = now_ns(), first = UINT64_MAX, settled;

    for (int i = 1; i < PLACES; i++) {
        if (own->clones[i].life != LIFE_UNDER_WAY || own->clones[i].timed_out)
            continue;
        if (own->clones[i].deadline <= now) {
            own->clones[i].timed_out = true;
            kill_clone(&own->clones[i]);
        } else if (own->clones[i].deadline < first) {
            first = own->clones[i].deadline;
        }
    }
    settled = clones_settle(first == UINT64_MAX);
    if (settled && settled < first)
        first = settled;
    return first == UINT64_MAX ? -1 : (int)((first - now) / 1000000) + 1;
}

static void *control(void *unused)
{
    struct pollfd *polled = own->polled;
    int *places = own->places; /* of the clones that are polled */

    prctl(PR_SET_NAME, "basepoint");
    threads_confirm_layout();
    for (;;) {
        unsigned connection_polls, count;

        if (!any_under_way())
            clones_prepare();
        polled[0] = (struct pollfd){ .fd = done_fd, .events = POLLIN };
        connection_polls = connections_poll(polled + 1);
        count = 0;
        for (int i = 1; i < PLACES; i++)
            if (is_busy(&own->clones[i])) {
                places[count] = i;
                polled[1 + connection_polls + count++] =
                    (struct pollfd){ .fd = own->clones[i].pidfd, .events = POLLIN };
            }
        if (poll(polled, 1 + connection_polls + count, until_deadline()) < 0)
            continue;
        if (polled[0].revents)
            hear_clones();
        for (unsigned i = 0; i < count; i++)
            if (polled[1 + connection_polls + i].revents)
                reap(&own->clones[places[i]]);
        connections_serve(polled + 1, connection_polls, &events);
    }
    return unused;
}

void control_fail(const char *why)
{
    struct iovec parts[] = { { (void *)"basepoint: ", 11 },
                             { (void *)why, strlen(why) },
                             { (void *)"\n", 1 } };

    (void)!real.writev(2, parts, 3);
    _exit(1);
}

void control_start(const char *where)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;

    connections_open(where);
    done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    slots = real.mmap(NULL,
                      PLACES * sizeof(*slots) + ASIDE_POLLS * sizeof(*aside) + warm_size(),
                      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (done_fd < 0 || slots == MAP_FAILED)
        control_fail("no memory, or no descriptor left");
    descriptors_own(done_fd);
    mappings_accept(slots);
    aside = (struct pollfd *)&slots[PLACES];
    warm_open(aside + ASIDE_POLLS);
    own = mappings_make_own(sizeof(*own));
    own->clones[0] = (struct clone){ .life = LIFE_ENDED, .id = "self" };
    own_stages = &slots[0].stages;

    /* A signal for QEMU must not be delivered to this thread, in the base point or in a clone. */
    sigfillset(&all);
    real.pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    if (pthread_create(&thread, &attributes, control, NULL) != 0)
        control_fail("the control thread cannot be started");
    pthread_attr_destroy(&attributes);
    real.pthread_sigmask(SIG_SETMASK, &before, NULL);
}
