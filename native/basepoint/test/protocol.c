/* The parser and the formatter, without a process around them. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol.h"

static struct basepoint_request request;

/* The line is copied to a block of its exact size, so that the sanitizer sees a byte read beyond. */
static enum basepoint_error parse(const char *line)
{
    size_t length = strlen(line);
    char *copy = malloc(length ? length : 1);
    enum basepoint_error error;

    memcpy(copy, line, length);
    error = basepoint_parse(copy, length, &request);
    free(copy);
    return error;
}

static void reads_a_clone_with_every_kind_of_channel(void)
{
    assert(parse("clone a.B_9-  fd:3=connect:/run/x=y path:/tmp/q=scm:2 path:@n=null "
                 "fd:8=reopen\r") == 0);
    assert(request.verb == VERB_CLONE && strcmp(request.id, "a.B_9-") == 0);
    assert(request.channel_count == 4);
    assert(request.channels[0].which == WHICH_FD && request.channels[0].fd == 3);
    assert(request.channels[0].becomes == BECOMES_CONNECT);
    assert(strcmp(request.channels[0].connect_path, "/run/x=y") == 0);
    assert(request.channels[1].which == WHICH_PATH);
    assert(strcmp(request.channels[1].which_path, "/tmp/q") == 0);
    assert(request.channels[1].becomes == BECOMES_SCM && request.channels[1].scm == 2);
    assert(strcmp(request.channels[2].which_path, "@n") == 0);
    assert(request.channels[2].becomes == BECOMES_NULL);
    assert(request.channels[3].becomes == BECOMES_REOPEN && request.channels[3].fd == 8);
}

static void reads_the_other_verbs(void)
{
    assert(parse("stages self") == 0 && request.verb == VERB_STAGES);
    assert(parse(" kill 7 ") == 0 && request.verb == VERB_KILL && strcmp(request.id, "7") == 0);
    assert(parse("ping") == 0 && request.verb == VERB_PING);
    assert(parse("park") == 0 && request.verb == VERB_PARK);
    assert(parse("unpark\r") == 0 && request.verb == VERB_UNPARK);
    assert(parse("park a") == ERROR_WORDS);
    assert(parse("clone bare") == 0 && request.channel_count == 0);
}

static void says_what_is_wrong(void)
{
    static const struct {
        const char *line;
        enum basepoint_error error;
    } cases[] = {
        { "", ERROR_VERB },
        { "   ", ERROR_VERB },
        { "fork a", ERROR_VERB },
        { "clonea", ERROR_VERB },
        { "ping\t", ERROR_LINE },
        { "ping a", ERROR_WORDS },
        { "kill a b", ERROR_WORDS },
        { "clone", ERROR_ID },
        { "clone self", ERROR_ID },
        { "kill self", ERROR_ID },
        { "clone a/b", ERROR_ID },
        { "clone 0123456789012345678901234567890123456789012345678901234567890123", ERROR_ID },
        { "clone a fd:3", ERROR_CHANNEL_SYNTAX },
        { "clone a fx:3=null", ERROR_CHANNEL_SYNTAX },
        { "clone a fd:3=nul", ERROR_CHANNEL_SYNTAX },
        { "clone a fd:3=", ERROR_CHANNEL_SYNTAX },
        { "clone a fd:=null", ERROR_NUMBER },
        { "clone a fd:-1=null", ERROR_NUMBER },
        { "clone a fd:65536=null", ERROR_NUMBER },
        { "clone a fd:999999999999=null", ERROR_NUMBER },
        { "clone a fd:3=scm:x", ERROR_NUMBER },
        { "clone a path:rel=null", ERROR_PATH },
        { "clone a fd:3=connect:/", ERROR_PATH },
        { "clone a fd:3=connect:@", ERROR_PATH },
        { "clone a fd:3=null fd:3=null", ERROR_DUPLICATE },
        { "clone a path:/a=null path:/a=scm:0", ERROR_DUPLICATE },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum basepoint_error error = parse(cases[i].line);
        if (error != cases[i].error)
            printf("%s: %s\n", cases[i].line, basepoint_error_code(error));
        assert(error == cases[i].error);
    }
}

static void names_the_clone_of_a_bad_line(void)
{
    parse("clone a fd:x=null");
    assert(strcmp(request.id, "a") == 0);
    parse("clone a/b");
    assert(strcmp(request.id, "-") == 0);
}

static void keeps_the_limits(void)
{
    char line[BASEPOINT_LINE_MAX + 8], path[BASEPOINT_PATH_MAX + 2] = "/";
    int length = sprintf(line, "clone a");

    for (int i = 0; i < BASEPOINT_CHANNELS_MAX; i++)
        length += sprintf(line + length, " fd:%d=null", i);
    assert(parse(line) == 0 && request.channel_count == BASEPOINT_CHANNELS_MAX);
    sprintf(line + length, " fd:99=null");
    assert(parse(line) == ERROR_CHANNELS);

    memset(path + 1, 'p', BASEPOINT_PATH_MAX - 1);
    sprintf(line, "clone a fd:3=connect:%s", path);
    assert(parse(line) == ERROR_PATH); /* a name in the file system needs its NUL */
    line[strlen(line) - 1] = '\0';
    assert(parse(line) == 0 && strlen(request.channels[0].connect_path) == BASEPOINT_PATH_MAX - 1);
    path[0] = '@';
    sprintf(line, "clone a fd:3=connect:%s", path);
    assert(parse(line) == 0 && strlen(request.channels[0].connect_path) == BASEPOINT_PATH_MAX);
    strcat(line, "p");
    assert(parse(line) == ERROR_PATH);

    memset(line, ' ', sizeof(line));
    memcpy(line, "ping", 4);
    line[BASEPOINT_LINE_MAX - 1] = '\0';
    assert(parse(line) == 0);
    line[BASEPOINT_LINE_MAX - 1] = ' ';
    line[BASEPOINT_LINE_MAX] = '\0';
    assert(parse(line) == ERROR_LINE);
}

static void writes_the_replies(void)
{
    struct basepoint_stages stages = { .ns = { 100, 150, 250, 270, 290, 300, 700, 800, 0, 900 } };
    char out[BASEPOINT_REPLY_MAX];

    basepoint_format_hello(out, sizeof(out), 42);
    assert(strcmp(out, "basepoint 1 version=" BASEPOINT_VERSION " pid=42\n") == 0);
    basepoint_format_cloned(out, sizeof(out), "a", 7, &stages);
    assert(strcmp(out, "cloned a pid=7 park_ns=50 fork_ns=100 warm_ns=20 vm_ns=20 descriptors_ns=10 "
                       "kvm_ns=400 revive_ns=100 total_ns=700\n") == 0);
    basepoint_format_refused(out, sizeof(out), "a", REFUSAL_RAN, "a vCPU has run");
    assert(strcmp(out, "refused a vcpu-ran a vCPU has run\n") == 0);
    basepoint_format_exited(out, sizeof(out), "a", 7, true, 9);
    assert(strcmp(out, "exited a pid=7 signal=9\n") == 0);
    basepoint_format_exited(out, sizeof(out), "a", 7, false, 0);
    assert(strcmp(out, "exited a pid=7 code=0\n") == 0);
    stages.mark_count = 2;
    stages.marks[0] = (struct basepoint_mark){ 900, 'R' };
    stages.marks[1] = (struct basepoint_mark){ 910, 5 };
    basepoint_format_stages(out, sizeof(out), "a", &stages);
    assert(strcmp(out, "stages a request=100 parked=150 forked=250 warmed=270 vm=290 descriptors=300 "
                       "kvm=700 revived=800 run=- mark=900 marks=52@900,05@910 lost=0\n") == 0);
    basepoint_format_error(out, sizeof(out), "-", ERROR_VERB);
    assert(strcmp(out, "error - verb expected clone, stages, kill, park, unpark or ping\n") == 0);
}

static void the_longest_reply_fits(void)
{
    struct basepoint_stages stages;
    char out[BASEPOINT_REPLY_MAX], id[BASEPOINT_ID_MAX + 1];
    size_t length;

    memset(&stages, 0xff, sizeof(stages));
    memset(id, 'x', BASEPOINT_ID_MAX);
    id[BASEPOINT_ID_MAX] = '\0';
    length = basepoint_format_stages(out, sizeof(out), id, &stages);
    assert(length + 1 < sizeof(out) && strstr(out, " lost=4294967231\n"));
}

static void a_cut_reply_still_ends_its_line(void)
{
    char out[16];
    size_t length = basepoint_format_refused(out, sizeof(out), "abcdefgh", REFUSAL_FORK, "why");

    assert(length == sizeof(out) - 1 && out[length - 1] == '\n' && out[length] == '\0');
}

#define RUN(test) (test(), puts("ok " #test))

int main(void)
{
    RUN(reads_a_clone_with_every_kind_of_channel);
    RUN(reads_the_other_verbs);
    RUN(says_what_is_wrong);
    RUN(names_the_clone_of_a_bad_line);
    RUN(keeps_the_limits);
    RUN(writes_the_replies);
    RUN(the_longest_reply_fits);
    RUN(a_cut_reply_still_ends_its_line);
    return 0;
}
