/*
 * One clone, from the request to its threads. The stages are those of protocol.h; the comment there
 * says what holds at the end of each. What fails before "forked" leaves no trace; what fails after
 * it ends the clone, and the base point never noticed.
 */
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "parked.h"
#include "text.h"

static void stamp(struct clone_slot *slot, enum basepoint_stage stage)
{
    slot->stages.ns[stage] = now_ns();
}

int refuse(struct refusal *refusal, enum basepoint_refusal code, const char *format, ...)
{
    struct text sentence = TEXT(refusal->sentence);
    va_list arguments;

    refusal->code = code;
    va_start(arguments, format);
    text_add_list(&sentence, format, arguments);
    va_end(arguments);
    return -1;
}

static bool standing; /* clones_stand() was asked for */

/* ---- the processor */

/*
 * A new process starts on an idle processor, if there is one, and so does each of its threads. To
 * wake it takes an interrupt, in a virtual machine 50 to 200 us, and its caches hold nothing of the
 * memory that was just copied. Until its guest has spoken, a clone is one thread that wakes another
 * and waits for it. So a clone that nobody else competes with starts where the base point runs,
 * which steps aside (control.c), and stays there until then, but no longer than HOLD_NS. The base
 * point, which has a reply to send meanwhile, is woken on another processor.
 */
#define HOLD_NS 10000000u
#define HOLD_STEP_NS 2000000u

static unsigned long processors[PROCESSOR_WORDS]; /* those of the control thread */
static int kept = -1;                /* the clone's; -1: none was kept for it */

static void keep_processor(void)
{
    unsigned long only[PROCESSOR_WORDS] = { 0 };
    int processor = sched_getcpu();

    kept = -1;
    if (processor < 0 || processor / 64 >= PROCESSOR_WORDS ||
        syscall(SYS_sched_getaffinity, 0, sizeof(processors), processors) < 0)
        return;
    kept = processor; /* in the clone, too */
    only[processor / 64] = 1ul << processor % 64;
    syscall(SYS_sched_setaffinity, 0, sizeof(only), only);
}

static void free_processor(void)
{
    if (kept >= 0)
        syscall(SYS_sched_setaffinity, 0, sizeof(processors), processors);
}

/* By the clone, of its base point's control thread; where there is no other, nothing changes. */
static void send_elsewhere(int thread)
{
    unsigned long others[PROCESSOR_WORDS];

    if (kept < 0)
        return;
    memcpy(others, processors, sizeof(others));
    others[kept / 64] &= ~(1ul << kept % 64);
    syscall(SYS_sched_setaffinity, thread, sizeof(others), others);
}

/* By its first mark; where nobody marks, by its first run, which TCG does not tell. */
static bool has_spoken(void)
{
    return own_stages->ns[marks_fd < 0 ? STAGE_RUN : STAGE_MARK] != 0;
}

static const struct timespec step = { .tv_nsec = HOLD_STEP_NS };

static void hold(void)
{
    for (unsigned held = 0; held < HOLD_NS && !has_spoken(); held += HOLD_STEP_NS)
        nanosleep(&step, NULL);
}

void clones_free_processor(void)
{
    free_processor();
    kept = -1;
}

/* ---- in the clone */

static void tell(int done_fd)
{
    static const uint64_t one = 1;

    (void)!real.write(done_fd, &one, sizeof(one));
}

static int rebuild(const struct channels *channels, struct clone_slot *slot)
{
    if (kvm_rebuild_vm(&slot->refusal) < 0)
        return -1;
    stamp(slot, STAGE_VM);
    if (descriptors_renew(channels, &slot->refusal) < 0)
        return -1;
    for (unsigned i = 0; i < channels->scm_count; i++)
        real.close(channels->scm[i]);
    stamp(slot, STAGE_DESCRIPTORS);
    if (kvm_rebuild_rest(&slot->refusal) < 0)
        return -1;
    stamp(slot, STAGE_KVM);
    return threads_revive(&slot->refusal);
}

/* Twice: a thread that was being made when its maker was let go has the maker's old processors. */
static void let_go(void)
{
    threads_let_go(processors);
    nanosleep(&step, NULL);
    threads_let_go(processors);
}

/* What is left to do once the threads run. The first clone of a base point is held for no time. */
static void look_after(int done_fd)
{
    bool learns = standing && warm_begin();

    if (!learns)
        real.close(done_fd);
    if (threads_held_on >= 0) {
        if (!learns)
            hold();
        let_go();
    }
    if (!learns)
        return;
    warm_learn();
    tell(done_fd); /* that there is something to take */
    real.close(done_fd);
}

/*
 * The thread that runs this is all that fork() left, and so the leader of the clone's threads. It
 * must not end: the kernel shows the memory of a process (/proc/PID/smaps_rollup) only while its
 * leader lives. It has every signal blocked, and is of no more use once the clone has begun.
 */
static _Noreturn void clone_main(const struct channels *channels, struct clone_slot *slot,
                                 int done_fd, int parent, int control, bool alone)
{
    int state;

    stamp(slot, STAGE_FORKED);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before it could be watched */
        _exit(1);
    warm_up(); /* before this writes to a page of its own: each would be a fault */
    prctl(PR_SET_NAME, threads_leader_name()); /* tools name a process after its leader */
    basepoint_pid = *threads_own_id() = getpid();
    is_clone = true;
    own_stages = &slot->stages;
    threads_held_on = alone ? kept : -1;
    for (unsigned i = 0; i < channels->scm_count; i++) /* needed to the end of the renewal */
        descriptors_disown(channels->scm[i]);
    descriptors_disown(done_fd); /* needed once more */
    descriptors_close_own();
    stamp(slot, STAGE_WARMED);
    state = rebuild(channels, slot) < 0 ? CLONE_FAILED : CLONE_READY;
    stamp(slot, STAGE_REVIVED);
    if (alone) /* before the base point can know: it takes all its processors back then */
        send_elsewhere(control);
    /* Before the threads run: one may end the clone at once, which is not a failure to rebuild. */
    __atomic_store_n(&slot->state, state, __ATOMIC_RELEASE);
    if (state == CLONE_READY) {
        kvm_thaw();
        threads_release();
    }
    tell(done_fd);
    if (state == CLONE_FAILED)
        _exit(1);
    look_after(done_fd);
    for (;;)
        syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
}

/* ---- in the base point */

static int check_channels(const struct channels *channels, struct refusal *refusal)
{
    for (unsigned i = 0; i < channels->count; i++)
        if (channels->list[i].becomes == BECOMES_SCM &&
            (unsigned)channels->list[i].scm >= channels->scm_count)
            return refuse(refusal, REFUSAL_CHANNEL, "scm:%d: the line came with %d descriptors",
                          channels->list[i].scm, (int)channels->scm_count);
    return 0;
}

/*
 * The raw system call: fork() would run handlers and take locks that a parked thread may hold. No
 * exit signal: QEMU must not take the clone for one of the helpers it started. It is waited for
 * with __WALL, which QEMU does not use.
 */
static int fork_clone(int *pidfd)
{
    return (int)syscall(SYS_clone,
                        CLONE_PIDFD | CLONE_CHILD_CLEARTID, 0, pidfd,
                        threads_own_id(), 0);
}

/*
 * The threads stay parked until the clones under way are rebuilt (clones_settle()): the clone gets
 * the processors they would take, pages that only it writes to are copied once instead of twice,
 * and of several requests at once only the first parks.
 */
static uint64_t parked_since; /* 0: the threads run */

/*
 * A thread that waits for the frozen journal waits in a system call, and is busy all the same: it
 * may hold a mutex that is its own by its id (see threads.c). Thawed, it gets on.
 */
static int try_to_park(uint64_t deadline, struct refusal *refusal)
{
    if (!kvm_freeze())
        return refuse(refusal, REFUSAL_THREAD, "a thread did not come to rest within %lu ms: it "
                      "is in an ioctl of KVM", (unsigned long)(PARK_TIMEOUT_NS / 1000000));
    if (kvm_check(refusal) == 0 && threads_park(deadline, refusal) == 0) {
        if (!kvm_is_awaited())
            return 0;
        threads_release();
        refuse(refusal, REFUSAL_THREAD, "a thread did not come to rest within %lu ms: it speaks "
               "to KVM", (unsigned long)(PARK_TIMEOUT_NS / 1000000));
    }
    kvm_thaw();
    return -1;
}

static int park_all(struct refusal *refusal)
{
    static const struct timespec moment = { .tv_nsec = 50000 };
    uint64_t deadline = now_ns() + PARK_TIMEOUT_NS;

    if (parked_since)
        return 0;
    while (try_to_park(deadline, refusal) < 0) {
        if (refusal->code != REFUSAL_THREAD || now_ns() > deadline)
            return -1;
        nanosleep(&moment, NULL);
    }
    parked_since = now_ns();
    return 0;
}

uint64_t clones_settle(bool all_rebuilt)
{
    if (!parked_since || standing)
        return 0;
    if (!all_rebuilt && now_ns() < parked_since + STANDING_MAX_NS)
        return parked_since + STANDING_MAX_NS;
    parked_since = 0;
    descriptors_forget();
    warm_forget();
    threads_release();
    kvm_thaw();
    return 0;
}

int clones_stand(struct refusal *refusal)
{
    if (park_all(refusal) < 0)
        return -1;
    standing = true;
    return 0;
}

bool clones_stopped(void)
{
    return parked_since != 0;
}

void clones_prepare(void)
{
    if (standing && parked_since)
        warm_take();
}

void clones_stand_no_more(void)
{
    standing = false;
}

int clone_make(const struct channels *channels, struct clone_slot *slot, int done_fd, bool alone,
               int *pidfd, struct refusal *refusal)
{
    int parent = getpid(), control = own_tid(), pid;

    if (check_channels(channels, refusal) < 0 || park_all(refusal) < 0 ||
        descriptors_take(channels, refusal) < 0 || mappings_check(refusal) < 0 ||
        descriptors_connect(channels, refusal) < 0)
        return -1;
    stamp(slot, STAGE_PARKED);
    if (alone)
        keep_processor();
    pid = fork_clone(pidfd);
    if (pid == 0)
        clone_main(channels, slot, done_fd, parent, control, alone);
    if (alone && pid > 0)
        control_step_aside();
    if (alone)
        free_processor(); /* not for good: the clone may be about to send this thread elsewhere */
    descriptors_disconnect();
    if (pid < 0)
        refuse(refusal, REFUSAL_FORK, "the process could not be forked: %s%s",
               strerrorname_np(errno), errno == EAGAIN ? " (a limit of processes)" : "");
    return pid;
}
