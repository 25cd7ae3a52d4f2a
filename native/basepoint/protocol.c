/*
 * The control protocol as pure functions of buffers: no descriptor, no clock, no allocation, so
 * that it can be tested and fuzzed alone. The grammar is in protocol.h.
 */
#include "protocol.h"

#include <string.h>

#include "text.h"

struct word {
    const char *at;
    size_t length;
};

static bool next_word(const char **at, const char *end, struct word *word)
{
    while (*at < end && **at == ' ')
        (*at)++;
    word->at = *at;
    while (*at < end && **at != ' ')
        (*at)++;
    word->length = (size_t)(*at - word->at);
    return word->length > 0;
}

static bool is(const struct word *word, const char *text)
{
    return word->length == strlen(text) && memcmp(word->at, text, word->length) == 0;
}

/* Cut `prefix` off the front of the word, when it is there. */
static bool take_prefix(struct word *word, const char *prefix)
{
    size_t length = strlen(prefix);

    if (word->length < length || memcmp(word->at, prefix, length) != 0)
        return false;
    word->at += length;
    word->length -= length;
    return true;
}

static bool is_id(const struct word *word)
{
    if (word->length == 0 || word->length > BASEPOINT_ID_MAX)
        return false;
    for (size_t i = 0; i < word->length; i++) {
        char c = word->at[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '_' || c == '-';
        if (!fits)
            return false;
    }
    return true;
}

static enum basepoint_error parse_number(const struct word *word, int *number)
{
    *number = 0;
    if (word->length == 0 || word->length > 5)
        return ERROR_NUMBER;
    for (size_t i = 0; i < word->length; i++) {
        if (word->at[i] < '0' || word->at[i] > '9')
            return ERROR_NUMBER;
        *number = *number * 10 + (word->at[i] - '0');
    }
    return *number < 65536 ? ERROR_NONE : ERROR_NUMBER;
}

static enum basepoint_error parse_path(const struct word *word, char *path)
{
    if (word->length < 2 || word->length > BASEPOINT_PATH_MAX ||
        (word->at[0] != '/' && word->at[0] != '@'))
        return ERROR_PATH;
    if (word->at[0] == '/' && word->length == BASEPOINT_PATH_MAX)
        return ERROR_PATH;
    memcpy(path, word->at, word->length);
    path[word->length] = '\0';
    return ERROR_NONE;
}

static enum basepoint_error parse_which(struct word which, struct basepoint_channel *channel)
{
    if (take_prefix(&which, "fd:")) {
        channel->which = WHICH_FD;
        return parse_number(&which, &channel->fd);
    }
    if (take_prefix(&which, "path:")) {
        channel->which = WHICH_PATH;
        return parse_path(&which, channel->which_path);
    }
    return ERROR_CHANNEL_SYNTAX;
}

static enum basepoint_error parse_becomes(struct word becomes, struct basepoint_channel *channel)
{
    if (is(&becomes, "null")) {
        channel->becomes = BECOMES_NULL;
        return ERROR_NONE;
    }
    if (is(&becomes, "reopen")) {
        channel->becomes = BECOMES_REOPEN;
        return ERROR_NONE;
    }
    if (take_prefix(&becomes, "scm:")) {
        channel->becomes = BECOMES_SCM;
        return parse_number(&becomes, &channel->scm);
    }
    if (take_prefix(&becomes, "connect:")) {
        channel->becomes = BECOMES_CONNECT;
        return parse_path(&becomes, channel->connect_path);
    }
    return ERROR_CHANNEL_SYNTAX;
}

static enum basepoint_error parse_channel(struct word word, struct basepoint_channel *channel)
{
    const char *equals = memchr(word.at, '=', word.length);
    struct word which, becomes;
    enum basepoint_error error;

    if (!equals)
        return ERROR_CHANNEL_SYNTAX;
    which = (struct word){ word.at, (size_t)(equals - word.at) };
    becomes = (struct word){ equals + 1, word.length - which.length - 1 };
    error = parse_which(which, channel);
    return error ? error : parse_becomes(becomes, channel);
}

static bool same_which(const struct basepoint_channel *a, const struct basepoint_channel *b)
{
    if (a->which != b->which)
        return false;
    return a->which == WHICH_FD ? a->fd == b->fd : strcmp(a->which_path, b->which_path) == 0;
}

static enum basepoint_error parse_channels(const char *at, const char *end,
                                           struct basepoint_request *request)
{
    struct word word;

    while (next_word(&at, end, &word)) {
        struct basepoint_channel *channel = &request->channels[request->channel_count];
        enum basepoint_error error;

        if (request->channel_count == BASEPOINT_CHANNELS_MAX)
            return ERROR_CHANNELS;
        error = parse_channel(word, channel);
        if (error)
            return error;
        for (unsigned i = 0; i < request->channel_count; i++)
            if (same_which(channel, &request->channels[i]))
                return ERROR_DUPLICATE;
        request->channel_count++;
    }
    return ERROR_NONE;
}

static bool parse_verb(const struct word *word, enum basepoint_verb *verb)
{
    static const char *const verbs[] = { "clone", "stages", "kill", "park", "unpark", "ping" };

    for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (is(word, verbs[i])) {
            *verb = (enum basepoint_verb)i;
            return true;
        }
    return false;
}

enum basepoint_error basepoint_parse(const char *line, size_t length,
                                     struct basepoint_request *request)
{
    const char *at = line, *end;
    struct word word;

    memset(request, 0, sizeof(*request));
    request->id[0] = '-';
    if (length && line[length - 1] == '\r')
        length--;
    end = line + length;
    if (length >= BASEPOINT_LINE_MAX)
        return ERROR_LINE;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            return ERROR_LINE;

    if (!next_word(&at, end, &word) || !parse_verb(&word, &request->verb))
        return ERROR_VERB;
    if (request->verb >= VERB_PARK)
        return next_word(&at, end, &word) ? ERROR_WORDS : ERROR_NONE;

    if (!next_word(&at, end, &word) || !is_id(&word))
        return ERROR_ID;
    memcpy(request->id, word.at, word.length);
    request->id[word.length] = '\0';
    if (request->verb != VERB_STAGES && is(&word, "self"))
        return ERROR_ID;
    if (request->verb == VERB_CLONE)
        return parse_channels(at, end, request);
    return next_word(&at, end, &word) ? ERROR_WORDS : ERROR_NONE;
}

const char *basepoint_error_code(enum basepoint_error error)
{
    static const char *const codes[] = { "none",
#define X(name, code, sentence) code,
                                         BASEPOINT_ERRORS(X)
#undef X
    };
    return codes[error];
}

const char *basepoint_error_sentence(enum basepoint_error error)
{
    static const char *const sentences[] = { "",
#define X(name, code, sentence) sentence,
                                             BASEPOINT_ERRORS(X)
#undef X
    };
    return sentences[error];
}

const char *basepoint_refusal_code(enum basepoint_refusal refusal)
{
    static const char *const codes[] = { "none",
#define X(name, code, cause) code,
                                         BASEPOINT_REFUSALS(X)
#undef X
    };
    return codes[refusal];
}

/* A cut reply must still end in LF, or it would swallow the next one. */
static size_t end_line(struct text *reply)
{
    if (reply->length + 1 >= reply->size)
        reply->length = reply->size - 2;
    text_add(reply, "\n");
    return reply->length;
}

size_t basepoint_format_hello(char *out, size_t size, int pid)
{
    struct text reply = { .start = out, .size = size };

    text_add(&reply, "basepoint %d version=%s pid=%d", BASEPOINT_PROTOCOL, BASEPOINT_VERSION, pid);
    return end_line(&reply);
}

static void add_interval(struct text *reply, const char *name,
                         const struct basepoint_stages *stages, enum basepoint_stage from,
                         enum basepoint_stage to)
{
    text_add(reply, " %s_ns=%lu", name, stages->ns[to] - stages->ns[from]);
}

size_t basepoint_format_cloned(char *out, size_t size, const char *id, int pid,
                               const struct basepoint_stages *stages)
{
    struct text reply = { .start = out, .size = size };

    text_add(&reply, "cloned %s pid=%d", id, pid);
    add_interval(&reply, "park", stages, STAGE_REQUEST, STAGE_PARKED);
    add_interval(&reply, "fork", stages, STAGE_PARKED, STAGE_FORKED);
    add_interval(&reply, "warm", stages, STAGE_FORKED, STAGE_WARMED);
    add_interval(&reply, "vm", stages, STAGE_WARMED, STAGE_VM);
    add_interval(&reply, "descriptors", stages, STAGE_VM, STAGE_DESCRIPTORS);
    add_interval(&reply, "kvm", stages, STAGE_DESCRIPTORS, STAGE_KVM);
    add_interval(&reply, "revive", stages, STAGE_KVM, STAGE_REVIVED);
    add_interval(&reply, "total", stages, STAGE_REQUEST, STAGE_REVIVED);
    return end_line(&reply);
}

size_t basepoint_format_refused(char *out, size_t size, const char *id,
                                enum basepoint_refusal refusal, const char *sentence)
{
    struct text reply = { .start = out, .size = size };

    text_add(&reply, "refused %s %s %s", id, basepoint_refusal_code(refusal), sentence);
    return end_line(&reply);
}

size_t basepoint_format_exited(char *out, size_t size, const char *id, int pid, bool signalled,
                               int status)
{
    struct text reply = { .start = out, .size = size };

    text_add(&reply, "exited %s pid=%d %s=%d", id, pid, signalled ? "signal" : "code", status);
    return end_line(&reply);
}

size_t basepoint_format_stages(char *out, size_t size, const char *id,
                               const struct basepoint_stages *stages)
{
    static const char *const names[] = {
#define X(name, word, holds) word,
        BASEPOINT_STAGES(X)
#undef X
    };
    struct text reply = { .start = out, .size = size };
    uint32_t seen = stages->mark_count;
    uint32_t kept = seen < BASEPOINT_MARKS_MAX ? seen : BASEPOINT_MARKS_MAX;

    text_add(&reply, "stages %s", id);
    for (int i = 0; i < STAGE_COUNT; i++) {
        if (stages->ns[i])
            text_add(&reply, " %s=%lu", names[i], stages->ns[i]);
        else
            text_add(&reply, " %s=-", names[i]);
    }
    text_add(&reply, kept ? " marks=" : " marks=-");
    for (uint32_t i = 0; i < kept; i++)
        text_add(&reply, "%s%02x@%lu", i ? "," : "", stages->marks[i].byte, stages->marks[i].ns);
    text_add(&reply, " lost=%lu", (unsigned long)(seen - kept));
    return end_line(&reply);
}

size_t basepoint_format_error(char *out, size_t size, const char *id, enum basepoint_error error)
{
    struct text reply = { .start = out, .size = size };

    text_add(&reply, "error %s %s %s", id, basepoint_error_code(error),
             basepoint_error_sentence(error));
    return end_line(&reply);
}
