/* The kinds of descriptors that need a closer look; each is a part of descriptors.c. */
#ifndef BASEPOINT_KINDS_H
#define BASEPOINT_KINDS_H

#include "basepoint.h"

/* kinds.c: read what such a descriptor holds; false when the kernel's word is not understood. */
bool take_eventfd(struct descriptor *descriptor);
bool take_timerfd(struct descriptor *descriptor);
bool take_signalfd(struct descriptor *descriptor);
bool take_epoll(struct descriptor *descriptor); /* its members go to `descriptors` */

/* sockets.c: the index of the channel that names it, or -1. */
int find_channel(const struct channels *channels, const struct descriptor *descriptor);
bool is_listening(int fd);
bool is_stream(int fd);
int refuse_socket(const struct descriptor *descriptor, struct refusal *refusal);

#endif
