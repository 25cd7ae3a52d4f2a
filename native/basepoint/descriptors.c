/*
 * What every open descriptor of the base point is, found while its threads stand still. After a
 * fork both processes share each open file: a clone that read the base point's eventfd would steal
 * its wake-up. So each kind is either harmless to share, or can be renewed (renew.c), or refused by
 * name. A kind that is not in this file is refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "kinds.h"
#include "text.h"

struct descriptors descriptors;

#define OWN_WORDS 1024u

static uint64_t own[OWN_WORDS];
static unsigned own_words; /* those that have ever had a bit: a clone reads no more */

void descriptors_own(int fd)
{
    unsigned word = (unsigned)fd / 64 % OWN_WORDS;

    own[word] |= 1ull << (fd % 64);
    if (word >= own_words)
        own_words = word + 1;
}

void descriptors_disown(int fd)
{
    own[(unsigned)fd / 64 % OWN_WORDS] &= ~(1ull << (fd % 64));
}

void descriptors_close_own(void)
{
    for (unsigned word = 0; word < own_words; word++) {
        for (uint64_t bits = own[word]; bits; bits &= bits - 1)
            real.close((int)word * 64 + __builtin_ctzll(bits));
        own[word] = 0;
    }
}

static bool is_own(int fd)
{
    return fd < 65536 && own[fd / 64] >> (fd % 64) & 1;
}

/* ---- one descriptor */

/* Devices that give every reader the same, and have no position. */
static bool is_stateless_device(const char *path)
{
    static const char *const paths[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                         "/dev/urandom" };

    for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (strcmp(path, paths[i]) == 0)
            return true;
    return false;
}

static int classify_anonymous(struct descriptor *descriptor, const char *path,
                              struct refusal *refusal)
{
    const char *kind = path + strlen("anon_inode:");
    bool taken;

    if (strcmp(kind, "[eventfd]") == 0)
        taken = take_eventfd(descriptor);
    else if (strcmp(kind, "[eventpoll]") == 0)
        taken = take_epoll(descriptor);
    else if (strcmp(kind, "[timerfd]") == 0)
        taken = take_timerfd(descriptor);
    else if (strcmp(kind, "[signalfd]") == 0)
        taken = take_signalfd(descriptor);
    else if (strncmp(kind, "kvm-", 4) == 0)
        taken = kvm_knows(descriptor->fd); /* renewed by the journal */
    else
        return refuse(refusal, REFUSAL_DESCRIPTOR, "descriptor %d (%s) is of a kind that cannot be "
                      "renewed", descriptor->fd, path);
    if (!taken)
        return refuse(refusal, REFUSAL_DESCRIPTOR, "descriptor %d (%s) cannot be understood",
                      descriptor->fd, path);
    return 0;
}

static int classify(struct descriptor *descriptor, const char *path, const struct stat *stat,
                    const struct channels *channels, struct refusal *refusal)
{
    int access = descriptor->status_flags & O_ACCMODE;

    descriptor->kind = DESCRIPTOR_SHARED;
    descriptor->identity = stat->st_ino;
    descriptor->is_socket = S_ISSOCK(stat->st_mode);
    descriptor->channel = channels->count ? find_channel(channels, descriptor) : -1;
    if (descriptor->channel >= 0) {
        if (descriptor->is_socket && !is_stream(descriptor->fd) &&
            channels->list[descriptor->channel].becomes != BECOMES_SCM)
            return refuse(refusal, REFUSAL_CHANNEL, "descriptor %d is not a stream socket; only "
                          "scm: can renew it", descriptor->fd);
        descriptor->kind = descriptor->is_socket && is_listening(descriptor->fd)
                               ? DESCRIPTOR_LISTENER
                               : DESCRIPTOR_CHANNEL;
        return 0;
    }
    if (strncmp(path, "anon_inode:", 11) == 0)
        return classify_anonymous(descriptor, path, refusal);
    /* Standard input, output, error: as with any child, shared. One that was closed is another's. */
    if (descriptor->fd <= 2)
        return 0;
    if (descriptor->is_socket)
        return refuse_socket(descriptor, refusal);
    switch (stat->st_mode & S_IFMT) {
    case S_IFDIR:
        return 0;
    case S_IFREG:
        if (access != O_RDONLY && !(descriptor->status_flags & O_PATH))
            descriptor->kind = DESCRIPTOR_WRITABLE;
        return 0;
    case S_IFIFO:
        if (strncmp(path, "pipe:", 5) == 0) {
            descriptor->kind = DESCRIPTOR_PIPE;
            return 0;
        }
        break;
    case S_IFCHR:
        if (is_stateless_device(path) || kvm_knows(descriptor->fd))
            return 0;
        break;
    }
    return refuse(refusal, REFUSAL_DESCRIPTOR, "descriptor %d (%s) is of a kind that cannot be "
                  "renewed", descriptor->fd, path);
}

static int take_descriptor(int fd, const struct channels *channels, struct refusal *refusal)
{
    struct descriptor *descriptor = &descriptors.list[descriptors.count];
    char link[64], path[256];
    struct text name = TEXT(link);
    struct stat stat;
    ssize_t length;

    if (descriptors.count == DESCRIPTORS_MAX)
        return refuse(refusal, REFUSAL_LIMIT, "more than %d descriptors are open", DESCRIPTORS_MAX);
    text_add(&name, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof(path) - 1);
    if (length < 0 || fstat(fd, &stat) < 0)
        return refuse(refusal, REFUSAL_DESCRIPTOR, "descriptor %d cannot be examined: %s", fd,
                      strerrorname_np(errno));
    path[length] = '\0';
    memset(descriptor, 0, sizeof(*descriptor));
    descriptor->fd = fd;
    descriptor->status_flags = fcntl(fd, F_GETFL);
    descriptor->close_on_exec = fcntl(fd, F_GETFD) & FD_CLOEXEC;
    if (classify(descriptor, path, &stat, channels, refusal) < 0)
        return -1;
    descriptors.count++;
    return 0;
}

/* ---- the set as a whole */

/* Two numbers of one open file must be so in the clone too. The first one met is renewed. */
static void find_twins(void)
{
    for (unsigned i = 0; i < descriptors.count; i++) {
        struct descriptor *later = &descriptors.list[i];

        later->twin = -1;
        if (later->kind != DESCRIPTOR_EVENTFD && later->kind != DESCRIPTOR_CHANNEL)
            continue;
        for (unsigned j = 0; j < i && later->twin < 0; j++) {
            const struct descriptor *earlier = &descriptors.list[j];
            if (earlier->kind == later->kind && earlier->identity == later->identity &&
                earlier->channel == later->channel && earlier->identity != 0)
                later->twin = (int)j;
        }
    }
}

/* A pipe can be renewed when both its ends are here and nothing is on its way. */
static int check_pipe(const struct descriptor *pipe, struct refusal *refusal)
{
    unsigned ends = 0, readers = 0;
    int waiting = 0;

    for (unsigned i = 0; i < descriptors.count; i++) {
        const struct descriptor *end = &descriptors.list[i];
        if (end->kind == DESCRIPTOR_PIPE && end->identity == pipe->identity) {
            ends++;
            readers += (end->status_flags & O_ACCMODE) == O_RDONLY;
        }
    }
    ioctl(pipe->fd, FIONREAD, &waiting);
    if (ends != 2 || readers != 1)
        return refuse(refusal, REFUSAL_DESCRIPTOR, "descriptor %d is a pipe whose other end is not "
                      "in this process alone", pipe->fd);
    if (waiting)
        return refuse(refusal, REFUSAL_DESCRIPTOR, "descriptor %d is a pipe that is not empty",
                      pipe->fd);
    return 0;
}

static int check_members(struct refusal *refusal)
{
    for (unsigned i = 0; i < descriptors.member_count; i++) {
        bool open = false;

        for (unsigned j = 0; j < descriptors.count && !open; j++)
            open = descriptors.list[j].fd == descriptors.members[i].fd;
        if (!open)
            return refuse(refusal, REFUSAL_DESCRIPTOR, "an epoll set watches descriptor %d, which "
                          "was closed", descriptors.members[i].fd);
    }
    return 0;
}

static int check_channels(const struct channels *channels, struct refusal *refusal)
{
    for (unsigned i = 0; i < channels->count; i++) {
        const struct basepoint_channel *channel = &channels->list[i];
        bool found = false;

        for (unsigned j = 0; j < descriptors.count && !found; j++)
            found = descriptors.list[j].channel == (int)i;
        if (!found && channel->which == WHICH_FD)
            return refuse(refusal, REFUSAL_CHANNEL, "descriptor %d is not open", channel->fd);
        if (!found)
            return refuse(refusal, REFUSAL_CHANNEL, "no socket is connected to %s",
                          channel->which_path);
    }
    return 0;
}

static int list_descriptors(int *fds, int places)
{
    static char buffer[32 * 1024];
    int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int count = 0;
    long length;

    if (directory < 0)
        return -1;
    while ((length = syscall(SYS_getdents64, directory, buffer, sizeof(buffer))) > 0)
        for (long at = 0; at < length;) {
            const char *name = buffer + at + 19; /* d_ino, d_off, d_reclen, d_type */
            unsigned short size;
            int fd = 0;

            memcpy(&size, buffer + at + 16, sizeof(size));
            for (const char *c = name; *c >= '0' && *c <= '9'; c++)
                fd = fd * 10 + (*c - '0');
            if (name[0] != '.' && fd != directory && !is_own(fd) && count < places)
                fds[count++] = fd;
            at += size;
        }
    real.close(directory);
    return count;
}

/* The channels of the last request, when what was found for them still holds. */
static struct basepoint_channel taken[BASEPOINT_CHANNELS_MAX];
static unsigned taken_count;
static bool is_taken;

static bool names_the_same(const struct channels *channels)
{
    if (!is_taken || channels->count != taken_count)
        return false;
    for (unsigned i = 0; i < taken_count; i++)
        if (channels->list[i].which != taken[i].which || channels->list[i].fd != taken[i].fd ||
            strcmp(channels->list[i].which_path, taken[i].which_path) != 0)
            return false;
    return true;
}

void descriptors_forget(void)
{
    is_taken = false;
}

static int read_descriptors(const struct channels *channels, struct refusal *refusal)
{
    static int fds[DESCRIPTORS_MAX + 1];
    int count = list_descriptors(fds, DESCRIPTORS_MAX + 1);

    descriptors.count = descriptors.member_count = 0;
    if (count < 0)
        return refuse(refusal, REFUSAL_DESCRIPTOR, "/proc/self/fd cannot be read: %s",
                      strerrorname_np(errno));
    for (int i = 0; i < count; i++)
        if (take_descriptor(fds[i], channels, refusal) < 0)
            return -1;
    find_twins();
    for (unsigned i = 0; i < descriptors.count; i++)
        if (descriptors.list[i].kind == DESCRIPTOR_PIPE &&
            check_pipe(&descriptors.list[i], refusal) < 0)
            return -1;
    if (check_members(refusal) < 0)
        return -1;
    return check_channels(channels, refusal);
}

int descriptors_take(const struct channels *channels, struct refusal *refusal)
{
    if (names_the_same(channels))
        return 0;
    is_taken = false;
    if (read_descriptors(channels, refusal) < 0)
        return -1;
    memcpy(taken, channels->list, channels->count * sizeof(*taken));
    taken_count = channels->count;
    is_taken = true;
    return 0;
}
