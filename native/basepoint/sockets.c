/* Which socket a channel of the request means. */
#include <string.h>
#include <sys/un.h>

#include "kinds.h"

static void name_of(int fd, int (*ask)(int, struct sockaddr *, socklen_t *), char *name)
{
    struct sockaddr_un address;
    socklen_t length = sizeof(address);

    name[0] = '\0';
    memset(&address, 0, sizeof(address));
    if (ask(fd, (struct sockaddr *)&address, &length) < 0 || address.sun_family != AF_UNIX ||
        length <= offsetof(struct sockaddr_un, sun_path))
        return;
    memcpy(name, address.sun_path, sizeof(address.sun_path));
    name[sizeof(address.sun_path)] = '\0';
    if (name[0] == '\0' && name[1] != '\0')
        name[0] = '@';
}

static int ask_own(int fd, struct sockaddr *address, socklen_t *length)
{
    return getsockname(fd, address, length);
}

static int ask_peer(int fd, struct sockaddr *address, socklen_t *length)
{
    return getpeername(fd, address, length);
}

int find_channel(const struct channels *channels, const struct descriptor *descriptor)
{
    char own_name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1], peer_name[sizeof(own_name)];
    bool named = false;

    for (unsigned i = 0; i < channels->count; i++) {
        const struct basepoint_channel *channel = &channels->list[i];

        if (channel->which == WHICH_FD) {
            if (channel->fd == descriptor->fd)
                return (int)i;
            continue;
        }
        if (!descriptor->is_socket)
            continue;
        if (!named) {
            name_of(descriptor->fd, ask_own, own_name);
            name_of(descriptor->fd, ask_peer, peer_name);
            named = true;
        }
        if (strcmp(channel->which_path, own_name) == 0 ||
            strcmp(channel->which_path, peer_name) == 0)
            return (int)i;
    }
    return -1;
}

bool is_listening(int fd)
{
    int listening = 0;
    socklen_t length = sizeof(listening);

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 && listening;
}

bool is_stream(int fd)
{
    int type = 0;
    socklen_t length = sizeof(type);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

int refuse_socket(const struct descriptor *descriptor, struct refusal *refusal)
{
    char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];

    name_of(descriptor->fd, ask_peer, name);
    if (!name[0])
        name_of(descriptor->fd, ask_own, name);
    return refuse(refusal, REFUSAL_DESCRIPTOR, "descriptor %d is a %s %s that the request does not "
                  "name", descriptor->fd, is_listening(descriptor->fd) ? "listening socket" :
                  "socket", name[0] ? name : "without a name");
}
