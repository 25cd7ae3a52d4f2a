/*
 * The control protocol of the base point: the one place where it is defined.
 *
 * Lines of text, ended by LF (a CR before it is ignored), over a connected stream socket, so that a
 * person can type them with socat and a runtime that cannot pass descriptors can use them. Nothing
 * is polled: replies come when they are true, and out of order when several clones are under way.
 *
 * Requests
 *
 *   clone ID [CHANNEL ...]   make a clone; each CHANNEL renews one descriptor in it
 *   stages ID                the time stamps of a clone; the ID "self" means the base point itself
 *   kill ID                  SIGKILL to a clone; its "exited" line follows
 *   park                     let the threads of the base point stand still until "unpark": a clone
 *                            then need not wait for them; its monitor does not answer meanwhile.
 *                            Ends, too, with the connection that asked for it
 *   unpark
 *   ping                     answered with "pong"
 *
 *   ID      = 1*63( ALPHA / DIGIT / "." / "_" / "-" ), not "self"; free again once the clone ended
 *   CHANNEL = WHICH "=" BECOMES
 *   WHICH   = "fd:" NUMBER          the descriptor of that number in the base point
 *           / "path:" PATH          every connected AF_UNIX socket whose own or peer name is PATH
 *                                   (PATH begins with "/" or, for an abstract name, "@"; no "=")
 *   BECOMES = "connect:" PATH       the clone connects to the AF_UNIX stream socket listening there
 *           / "scm:" NUMBER         descriptor NUMBER, from 0, passed by SCM_RIGHTS with this line
 *           / "reopen"              the same file, opened anew: an offset of the clone's own, as a
 *                                   clone needs that reads a template's state by itself
 *           / "null"                nobody: a socket that was hung up, /dev/null for anything else
 *
 *   Words are separated by single or repeated spaces; a PATH holds no space and no control byte.
 *   Descriptors passed by SCM_RIGHTS belong to the line that the same sendmsg() carried; send such
 *   a line alone. Those the line does not name are closed.
 *
 *   What connects is connected before the fork, in the ascending order of the descriptors' numbers,
 *   whatever the order of the CHANNELs.
 *
 * Replies (NS is a number of nanoseconds, PID the clone's process)
 *
 *   basepoint 1 version=V pid=PID              once, on connect; 1 is this protocol's version
 *   cloned ID pid=PID park_ns=NS fork_ns=NS warm_ns=NS vm_ns=NS descriptors_ns=NS kvm_ns=NS
 *          revive_ns=NS total_ns=NS            one line
 *   refused ID CODE SENTENCE                   no clone; the base point is as it was
 *   exited ID pid=PID code=N                   a clone that had been "cloned" ended by exit(N)...
 *   exited ID pid=PID signal=N                 ...or by a signal, unasked, as soon as it happens
 *   stages ID request=NS parked=NS forked=NS warmed=NS vm=NS descriptors=NS kvm=NS
 *          revived=NS run=NS mark=NS marks=BYTE@NS,BYTE@NS,... lost=N
 *                                              one line; CLOCK_MONOTONIC; "-" for what did not
 *                                              happen; BYTE in two hexadecimal digits; lost counts
 *                                              the bytes beyond the first BASEPOINT_MARKS_MAX
 *   parked huge=BYTES | running                after park, unpark; a refusal of "park" has the ID "-"
 *   killing ID
 *   pong clones=N                              N clones are alive or under way
 *   error ID CODE SENTENCE                     the line was not understood or names nothing; ID is
 *                                              "-" when it had none; the connection goes on
 *
 * "stages" answers for living clones and for the last BASEPOINT_KEPT that ended.
 */
#ifndef BASEPOINT_PROTOCOL_H
#define BASEPOINT_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASEPOINT_PROTOCOL 1
#define BASEPOINT_VERSION "0.1.0"

#define BASEPOINT_LINE_MAX 4096  /* bytes of a request line with its LF */
#define BASEPOINT_ID_MAX 63      /* bytes of an ID */
#define BASEPOINT_PATH_MAX 108   /* bytes of a PATH: all of sun_path; one with "/" needs a NUL */
#define BASEPOINT_CHANNELS_MAX 16
#define BASEPOINT_MARKS_MAX 64   /* bytes of the mark descriptor kept with their stamps */
#define BASEPOINT_CLONES_MAX 1024
#define BASEPOINT_KEPT 64

/*
 * The stages of one clone, in order. X(NAME, word in "stages", what holds when it is stamped)
 */
#define BASEPOINT_STAGES(X)                                                                        \
    X(REQUEST, "request", "the request line was read")                                             \
    X(PARKED, "parked", "every other thread of the base point stands still in its signal handler") \
    X(FORKED, "forked", "the clone's process exists; it has one thread and shares every file")     \
    X(WARMED, "warmed", "the pages that an earlier clone came to own are this clone's own")         \
    X(VM, "vm", "the VM, its memory and its interrupt routing exist again")                        \
    X(DESCRIPTORS, "descriptors", "no descriptor of the clone can disturb the base point")         \
    X(KVM, "kvm", "the vCPUs and devices exist again too, in the state the base point set")        \
    X(REVIVED, "revived", "every thread of the base point exists in the clone, where it stood")    \
    X(RUN, "run", "a vCPU was about to enter KVM_RUN for the first time")                          \
    X(MARK, "mark", "the first byte was about to be written to the mark descriptor")

enum basepoint_stage {
#define X(name, word, holds) STAGE_##name,
    BASEPOINT_STAGES(X)
#undef X
    STAGE_COUNT
};

/*
 * Why a clone was refused. X(NAME, CODE of the line, cause)
 */
#define BASEPOINT_REFUSALS(X)                                                                 \
    X(LAYOUT, "layout", "the C library's thread layout is not recognised")                    \
    X(RAN, "vcpu-ran", "a vCPU has run: KVM holds state that was never set through an ioctl") \
    X(JOURNAL, "journal", "an ioctl of KVM that may change state cannot be replayed")         \
    X(DESCRIPTOR, "descriptor", "a descriptor of a kind that cannot be renewed")              \
    X(MAPPING, "mapping", "memory that the clone would share with the base point")            \
    X(THREAD, "thread", "a thread did not park in time, or there are too many")               \
    X(CHANNEL, "channel", "a channel of the request names nothing, or cannot be connected")   \
    X(LIMIT, "limit", "too many clones, or descriptors, at once")                             \
    X(FORK, "fork", "the kernel could not make the process")                                  \
    X(REBUILD, "rebuild", "a system call failed while the clone was rebuilt")                 \
    X(DIED, "died", "the clone ended while it was rebuilt")                                   \
    X(TIMEOUT, "timeout", "the clone was not rebuilt in time and was killed")

enum basepoint_refusal {
    REFUSAL_NONE,
#define X(name, code, cause) REFUSAL_##name,
    BASEPOINT_REFUSALS(X)
#undef X
};

/*
 * What is wrong with a line. X(NAME, CODE of the line, sentence)
 */
#define BASEPOINT_ERRORS(X)                                                                     \
    X(LINE, "line", "the line is longer than 4096 bytes or holds a control byte")               \
    X(VERB, "verb", "expected clone, stages, kill, park, unpark or ping")                                     \
    X(ID, "id", "expected an ID of 1 to 63 letters, digits, '.', '_' or '-', other than self")  \
    X(WORDS, "words", "words are left over at the end of the line")                             \
    X(CHANNEL_SYNTAX, "channel", "expected fd:N=BECOMES or path:/P=BECOMES, where BECOMES is "   \
                                 "connect:/P, connect:@NAME, scm:K, reopen or null")            \
    X(CHANNELS, "channels", "more than 16 channels")                                            \
    X(NUMBER, "number", "expected a whole number below 65536")                                  \
    X(PATH, "path", "expected 2 to 107 bytes that begin with '/', or 2 to 108 with '@'")                       \
    X(DUPLICATE, "duplicate", "a living clone has this ID, or a channel is named twice")        \
    X(UNKNOWN_ID, "unknown", "no clone has this ID")                                            \
    X(USER, "user", "this base point takes requests from its own user only")

enum basepoint_error {
    ERROR_NONE,
#define X(name, code, sentence) ERROR_##name,
    BASEPOINT_ERRORS(X)
#undef X
};

/* Those from VERB_PARK on stand alone; the others take an ID. */
enum basepoint_verb { VERB_CLONE, VERB_STAGES, VERB_KILL, VERB_PARK, VERB_UNPARK, VERB_PING };

struct basepoint_channel {
    enum { WHICH_FD, WHICH_PATH } which;
    enum { BECOMES_CONNECT, BECOMES_SCM, BECOMES_REOPEN, BECOMES_NULL } becomes;
    int fd;  /* WHICH_FD */
    int scm; /* BECOMES_SCM */
    char which_path[BASEPOINT_PATH_MAX + 1];
    char connect_path[BASEPOINT_PATH_MAX + 1];
};

struct basepoint_request {
    enum basepoint_verb verb;
    char id[BASEPOINT_ID_MAX + 1];
    unsigned channel_count;
    struct basepoint_channel channels[BASEPOINT_CHANNELS_MAX];
};

struct basepoint_mark {
    uint64_t ns;
    uint8_t byte;
};

/* What "stages" tells of one process. Lives in memory shared by the base point and its clones. */
struct basepoint_stages {
    uint64_t ns[STAGE_COUNT]; /* CLOCK_MONOTONIC; 0 means: did not happen */
    uint32_t mark_count;      /* bytes seen, kept or not */
    struct basepoint_mark marks[BASEPOINT_MARKS_MAX];
};

/*
 * Read one request from `line`, `length` bytes without the LF. Pure: touches nothing but *request.
 * On an error the ID is still filled in when the line had a readable one, so that the reply can
 * name it; otherwise it is "-".
 */
enum basepoint_error basepoint_parse(const char *line, size_t length,
                                     struct basepoint_request *request);

/* The CODE and the SENTENCE of the lines above. */
const char *basepoint_error_code(enum basepoint_error error);
const char *basepoint_error_sentence(enum basepoint_error error);
const char *basepoint_refusal_code(enum basepoint_refusal refusal);

/*
 * Write one reply with its LF into `out` of `size` bytes; the result is its length. A reply that
 * does not fit is cut, and still ends in LF. BASEPOINT_REPLY_MAX always suffices.
 */
#define BASEPOINT_REPLY_MAX 4096
size_t basepoint_format_hello(char *out, size_t size, int pid);
size_t basepoint_format_cloned(char *out, size_t size, const char *id, int pid,
                               const struct basepoint_stages *stages);
size_t basepoint_format_refused(char *out, size_t size, const char *id,
                                enum basepoint_refusal refusal, const char *sentence);
size_t basepoint_format_exited(char *out, size_t size, const char *id, int pid, bool signalled,
                               int status);
size_t basepoint_format_stages(char *out, size_t size, const char *id,
                               const struct basepoint_stages *stages);
size_t basepoint_format_error(char *out, size_t size, const char *id, enum basepoint_error error);

#endif
